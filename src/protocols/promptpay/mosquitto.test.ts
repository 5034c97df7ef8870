import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { MqttEndpoint } from '../../net/endpoint.ts';
import type { Inbound } from '../../ports/gateway.ts';
import { type Certificates, makeCertificates } from '../../testkit/certificates.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { seededEntropy } from '../../testkit/entropy.ts';
import { eventLog } from '../../testkit/event-log.ts';
import { memoryLog } from '../../testkit/log.ts';
import { memoryMetrics } from '../../testkit/metrics.ts';
import { type Mosquitto, mosquitto } from '../../testkit/mosquitto.ts';
import { needsAll, needsMosquitto, needsOpenssl } from '../../testkit/needs.ts';
import { createPromptPayGateway } from './gateway.ts';
import { PROMPTPAY_DEFAULTS } from './settings.ts';

const DEVICE = 'device-0004';
const TOPIC = 'device/ch_1/payment-status';
const PAID = '{"success":true,"chargeId":"ch_1","message":"string"}';
const programs = needsAll(needsMosquitto(), needsOpenssl());

describe.skipIf(programs.missing)(`over mosquitto with passwords, an ACL and client certificates${programs.why}`, () => {
  let pems: Certificates;
  let broker: Mosquitto;
  const cleanups: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    pems = makeCertificates();
    broker = await mosquitto({
      folder: pems.folder,
      users: {
        box: { password: 'synthetic-box', acl: [`topic write server/${DEVICE}/streaming`, 'topic read device/+/payment-status'] },
        backend: { password: 'synthetic-backend', acl: ['topic readwrite #'] },
      },
    });
    await broker.start();
  });
  afterAll(async () => {
    await broker.kill();
    pems.dispose();
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  function box(serial: string, { deviceId = DEVICE, ...change }: Partial<MqttEndpoint> & { deviceId?: string } = {}) {
    const clock = new FakeClock();
    const log = memoryLog();
    const events = eventLog<Inbound | { readonly kind: 'alarm'; readonly code: unknown }>();
    const url = `mqtts://localhost:${broker.port}`;
    const gateway = createPromptPayGateway({
      settings: {
        ...PROMPTPAY_DEFAULTS,
        http: { url: 'http://127.0.0.1:9' },
        mqtt: { url, username: 'box', password: 'synthetic-box', ca: pems.ca, ...pems.client, ...change },
      },
      device: { serial, mac: '02:00:5E:00:53:01', chipId: 'chip-0001', firmwareVersion: '0.1.0' },
      deviceId,
      clock,
      entropy: seededEntropy(),
      log: { ...log, error: (_event, fields) => events.add({ kind: 'alarm', code: fields?.code }) },
      metrics: memoryMetrics(),
    });
    const consume = async () => {
      for await (const event of gateway.inbound()) events.add(event);
    };
    void consume();
    cleanups.push(() => gateway.stop());
    return { gateway, clock, events };
  }

  async function backend() {
    const events = eventLog<{ readonly kind: 'message'; readonly topic: string; readonly text: string }>();
    const client = await mqtt.connectAsync(`mqtts://localhost:${broker.port}`, {
      username: 'backend',
      password: 'synthetic-backend',
      ca: pems.ca,
      ...pems.client,
      clientId: 'backend',
      reconnectPeriod: 0,
    });
    client.on('message', (topic, payload) => events.add({ kind: 'message', topic, text: payload.toString() }));
    client.on('error', () => {});
    await client.subscribeAsync('server/#');
    cleanups.push(() => client.endAsync(true));
    return { client, events };
  }

  test('a payment is confirmed and the state arrives', async () => {
    const { client, events: heard } = await backend();
    const { gateway, events } = box('0001');
    await gateway.start();
    await events.next('reconnected');
    expect(await gateway.watch('ch_1')).toBe(true);
    await client.publishAsync(TOPIC, PAID, { qos: 1 });
    const { done, ...confirmation } = await events.next('confirmation');
    done();
    expect(confirmation).toEqual({ kind: 'confirmation', charge: 'ch_1', answer: { state: 'paid' } });
    gateway.publishState({ status: 'normal', activity: 'idle', uptimeMinutes: 1, rssiDbm: -50 });
    const state = await heard.next('message');
    expect([state.topic, JSON.parse(state.text).status]).toEqual([`server/${DEVICE}/streaming`, 'normal']);
    await gateway.stop();
    expect(JSON.parse((await heard.next('message')).text).status).toBe('offline');
  });

  test('a confirmation that was not acknowledged before the link was lost comes again', async () => {
    const { client } = await backend();
    const first = box('0002');
    await first.gateway.start();
    await first.events.next('reconnected');
    await first.gateway.watch('ch_1');
    await client.publishAsync(TOPIC, PAID, { qos: 1 });
    await first.events.next('confirmation');
    await first.gateway.stop();
    const second = box('0002');
    await second.gateway.watch('ch_1');
    await second.gateway.start();
    expect((await second.events.next('confirmation')).charge).toBe('ch_1');
  });

  test('a box reaches its own topics only', async () => {
    const { client, events: heard } = await backend();
    const stranger = box('0003', { deviceId: 'device-9999' });
    await stranger.gateway.start();
    await stranger.events.next('reconnected');
    stranger.gateway.publishState({ status: 'normal', activity: 'idle', uptimeMinutes: 7, rssiDbm: null });
    // The answer to the subscription comes after the broker has read the state before it.
    await stranger.gateway.watch('ch_1');
    await client.publishAsync('server/mark', '{}', { qos: 1 });
    expect((await heard.next('message')).topic).toBe('server/mark');
  });

  test('a wrong password is an alarm', async () => {
    const { gateway, events } = box('0004', { password: 'wrong' });
    await gateway.start();
    expect((await events.next('alarm')).code).toBe('mqtt-auth-refused');
    expect(gateway.faults()).toMatchObject([{ code: 'mqtt-auth-refused' }]);
  });

  test('a client certificate the broker does not trust is an alarm', async () => {
    const other = makeCertificates();
    cleanups.push(async () => other.dispose());
    const { gateway, events } = box('0005', other.client);
    await gateway.start();
    expect((await events.next('alarm')).code).toBe('tls-client-refused');
  });

  test('a broker that was killed and forgot everything is subscribed to again', async () => {
    const { gateway, events, clock } = box('0006');
    await gateway.start();
    await events.next('reconnected');
    await gateway.watch('ch_1');
    const lost = new Promise<void>((resolve) => {
      const look = () => (gateway.links().mqtt === 'down' ? resolve() : void setImmediate(look));
      look();
    });
    await broker.kill();
    await lost;
    await broker.start();
    clock.advance(60_000);
    await events.next('reconnected');
    const { client } = await backend();
    await client.publishAsync(TOPIC, PAID, { qos: 1 });
    expect((await events.next('confirmation')).charge).toBe('ch_1');
  });
});
