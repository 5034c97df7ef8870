import { connect } from 'node:net';
import fc from 'fast-check';
import mqttClient from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryLog } from '../testkit/log.ts';
import { listenTo, REGISTER_PATH, registerBody, wireBox } from '../testkit/promptpay-box.ts';
import { PacketMeter } from './packet-meter.ts';
import { type ReferenceBackend, startReferenceBackend } from './server.ts';

describe('the broker', () => {
  const log = memoryLog();
  let backend: ReferenceBackend;
  beforeEach(async () => {
    log.lines.length = 0;
    backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, log });
  });
  afterEach(() => backend.stop());
  const logged = (event: string) => log.lines.filter((line) => line.event === event);

  test('lets nobody but the backend say that something was paid', async () => {
    const [forger, witness] = [
      await listenTo(backend.mqttUrl),
      await listenTo(backend.mqttUrl, 'device/+/payment-status', 'server/+/streaming'),
    ];
    const closed = new Promise<void>((resolve) => void forger.client.once('close', () => resolve()));
    forger.client.on('error', () => {});
    forger.client.publish('device/ch_1/payment-status', '{"success":true,"chargeId":"ch_1","message":""}', { qos: 0 });
    await closed;
    await witness.client.publishAsync('server/device-0001/streaming', '{}', { qos: 1 });
    expect((await witness.next()).topic).toBe('server/device-0001/streaming');
    expect(logged('broker.publish-refused')).toHaveLength(1);
    await forger.stop();
    await witness.stop();
  });

  test('cuts off a client that announces a packet it could not hold', async () => {
    const { port } = new URL(backend.mqttUrl);
    const socket = connect(Number(port), '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    // A CONNECT that says 256 MiB follow.
    socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
    await closed;
    expect(logged('broker.connection-error').map(({ fields }) => fields.reason)).toContain('The MQTT packet is too large');
  });

  test('keeps the will of a box that vanishes', async () => {
    const box = wireBox(backend.httpUrl, () => Date.now());
    const { device_id } = JSON.parse((await box.post(REGISTER_PATH, registerBody())).text).data;
    const witness = await listenTo(backend.mqttUrl, 'server/+/streaming');
    const payload = Buffer.from(JSON.stringify({ rssi: 0, status: 'offline', uptime: 1, timestamp: 1 }));
    const will = { topic: `server/${device_id}/streaming`, payload, qos: 1 as const, retain: false };
    const client = await mqttClient.connectAsync(backend.mqttUrl, { reconnectPeriod: 0, will });
    client.on('error', () => {});
    client.stream.destroy();
    expect((await witness.next()).text).toBe(payload.toString());
    const { states } = (await (await fetch(`${backend.httpUrl}/ref/states`)).json()) as { states: unknown };
    expect(states).toMatchObject([{ deviceId: device_id, state: { status: 'offline' } }]);
    await client.endAsync(true);
    await witness.stop();
  });

  test('keeps messages for a box with a session while it is away', async () => {
    const options = { clientId: 'box-1', clean: false, reconnectPeriod: 0 };
    const box = wireBox(backend.httpUrl, () => Date.now());
    const deviceId = await box.pair();
    const first = await mqttClient.connectAsync(backend.mqttUrl, options);
    await first.subscribeAsync('device/+/payment-status', { qos: 1 });
    await first.endAsync();
    const body = JSON.stringify({ device_id: deviceId, amount: 100, payment_method: 'QR_PROMPT_PAY', description: '' });
    const { chargeId } = JSON.parse((await box.post('/api/v1/payment-gateway/payments', body)).text).data;
    await fetch(`${backend.httpUrl}/ref/charges/${chargeId}/pay`, { method: 'POST' });
    const second = mqttClient.connect(backend.mqttUrl, options);
    const topic = await new Promise((resolve) => second.once('message', resolve));
    expect(topic).toBe(`device/${chargeId}/payment-status`);
    await second.endAsync(true);
  });
});

describe('the packet meter', () => {
  const packet = (length: number): Uint8Array => {
    const header = [0x30];
    for (let left = length; ; left >>= 7) {
      header.push(left > 127 ? (left & 0x7f) | 0x80 : left);
      if (left <= 127) return Uint8Array.from([...header, ...new Uint8Array(length).fill(0xff)]);
    }
  };
  const MAX = 300;

  test('takes a stream, however it is cut into pieces, up to the first packet that is too long', () => {
    const cuts = fc.array(
      fc.nat({ max: 40 }).map((size) => size + 1),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(fc.array(fc.nat({ max: MAX + 3 }), { maxLength: 8 }), cuts, (lengths, sizes) => {
        const stream = Buffer.concat(lengths.map(packet));
        const meter = new PacketMeter(MAX);
        let taken = true;
        for (let at = 0, turn = 0; at < stream.length && taken; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          taken = meter.takes(stream.subarray(at, at + size));
          at += size;
        }
        expect(taken).toBe(lengths.every((length) => length <= MAX));
      }),
    );
  });

  test('refuses a length of more than four bytes', () => {
    expect(new PacketMeter(MAX).takes(Uint8Array.from([0x30, 0x80, 0x80, 0x80, 0x80]))).toBe(false);
  });
});
