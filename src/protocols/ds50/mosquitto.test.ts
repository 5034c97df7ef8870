import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Certificates, makeCertificates } from '../../testkit/certificates.ts';
import { settle } from '../../testkit/clock.ts';
import { ds50Files, PLANTED, testDs50Gateway } from '../../testkit/ds50-gateway.ts';
import { type Mosquitto, mosquitto } from '../../testkit/mosquitto.ts';
import { needsAll, needsMosquitto, needsOpenssl } from '../../testkit/needs.ts';

const order = (orderId: string): string => JSON.stringify({ message: 'hello', amount: '12344', transType: '00', orderId });
const programs = needsAll(needsMosquitto(), needsOpenssl());

describe.skipIf(programs.missing)(`over mosquitto with TLS, and passwords or client certificates${programs.why}`, () => {
  let pems: Certificates;
  let broker: Mosquitto;
  const cleanups: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    pems = makeCertificates();
    broker = await mosquitto({
      folder: pems.folder,
      users: {
        box: { password: PLANTED.password, acl: ['pattern read pos/message/%c'] },
        backend: { password: 'synthetic-backend', acl: ['topic readwrite #'] },
      },
    });
    // Here a box proves itself by its password or by its certificate, as its parameters say.
    const file = join(pems.folder, 'mosquitto.conf');
    writeFileSync(file, readFileSync(file, 'utf8').replace('require_certificate true', 'require_certificate false'));
    await broker.start();
  });
  afterAll(async () => {
    await broker.kill();
    pems.dispose();
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  /** Each test has a box of its own, because the broker remembers sessions. */
  function box(serial: string, change: Parameters<typeof testDs50Gateway>[1] = {}) {
    const urls = { httpUrl: 'https://127.0.0.1:9', mqttUrl: `mqtts://localhost:${broker.port}` };
    const made = testDs50Gateway(urls, { serial, ...change, files: { ca: pems.ca, ...change.files } });
    cleanups.push(made.stop);
    return { ...made, urls, topic: `pos/message/${serial}` };
  }

  async function backend() {
    const client = await mqtt.connectAsync(`mqtts://localhost:${broker.port}`, {
      username: 'backend',
      password: 'synthetic-backend',
      ca: pems.ca,
      clientId: 'backend',
      reconnectPeriod: 0,
    });
    client.on('error', () => {});
    cleanups.push(() => client.endAsync(true));
    return (topic: string, payload: string) => client.publishAsync(topic, payload, { qos: 1 });
  }

  /** Waits for the first thing that stands in the way of the link. */
  async function fault({ gateway }: ReturnType<typeof testDs50Gateway>): Promise<string | undefined> {
    while (gateway.faults().length === 0) await settle();
    return gateway.faults()[0]?.code;
  }

  test('an order comes in, and one that is sent while the box is away arrives later', async () => {
    const send = await backend();
    const first = box('SN-0001');
    await first.gateway.start();
    await first.inbound.next('reconnected');
    await send(first.topic, order('a'));
    const { order: a, done } = await first.inbound.next('order');
    done();
    expect(a).toEqual({ id: 'a', purpose: 'sale', amountMinor: 12_344, message: 'hello' });
    await first.stop();
    await send(first.topic, order('b'));
    const second = box('SN-0001');
    await second.gateway.start();
    const late = await second.inbound.next('order');
    late.done();
    expect(late.order.id).toBe('b');
  });

  test('an order that was not acknowledged comes again, also over parameters applied meanwhile', async () => {
    const send = await backend();
    const made = box('SN-0002');
    await made.gateway.start();
    await made.inbound.next('reconnected');
    await send(made.topic, order('a'));
    await made.inbound.next('order');
    await made.gateway.parameters?.apply(ds50Files(made.urls, { ca: pems.ca }));
    const again = await made.inbound.next('order');
    again.done();
    expect(again.order.id).toBe('a');
  });

  test('a box hears its own topic only', async () => {
    const send = await backend();
    const other = box('SN-0003', { files: { mqtt: { topicPrefixes: ['elsewhere'] }, ca: pems.ca } });
    const own = box('SN-0004');
    for (const { gateway, inbound } of [other, own]) {
      await gateway.start();
      await inbound.next('reconnected');
    }
    await send('elsewhere/SN-0003', order('forbidden'));
    await send(own.topic, order('for-you'));
    const { order: heard, done } = await own.inbound.next('order');
    done();
    expect(heard.id).toBe('for-you');
    // Whatever the broker had for the other box went out before the order that came after it.
    await settle();
    expect(other.inbound.of('order')).toEqual([]);
  });

  test('a wrong password is a fault, until parameters with the right one are applied', async () => {
    const auth = { kind: 'password', username: 'box', password: 'wrong' } as const;
    const made = box('SN-0005', { files: { ca: pems.ca, mqtt: { auth } } });
    await made.gateway.start();
    expect(await fault(made)).toBe('mqtt-auth-refused');
    await made.gateway.parameters?.apply(ds50Files(made.urls, { ca: pems.ca }));
    await made.inbound.next('reconnected');
    expect([made.gateway.faults(), made.gateway.links().mqtt]).toEqual([[], 'up']);
  });

  test('a broker whose certificate is of an unknown authority is a fault', async () => {
    const made = box('SN-0006', { files: { ca: pems.otherCa } });
    await made.gateway.start();
    expect(await fault(made)).toBe('tls-untrusted');
  });

  test('a broker that was killed and forgot everything is subscribed to again', async () => {
    const made = box('SN-0007');
    await made.gateway.start();
    await made.inbound.next('reconnected');
    await broker.kill();
    while (made.gateway.links().mqtt !== 'down') await settle();
    await broker.start();
    made.clock.advance(60_000);
    await made.inbound.next('reconnected');
    await (await backend())(made.topic, order('again'));
    (await made.inbound.next('order')).done();
  });

  describe('by client certificate', () => {
    let strict: Mosquitto;
    beforeAll(async () => {
      // The certificate names the user, as `use_identity_as_username` has it.
      strict = await mosquitto({ folder: pems.folder, users: { 'tilld-box-0001': { password: 'not-used', acl: [] } } });
      const file = join(pems.folder, 'mosquitto.conf');
      writeFileSync(file, `${readFileSync(file, 'utf8')}use_identity_as_username true\n`);
      await strict.start();
    });
    afterAll(() => strict.kill());

    const certified = (client: { readonly cert: string; readonly key: string }) => {
      const files = { ca: pems.ca, clientCertificate: client.cert, mqtt: { auth: { kind: 'certificate' } } } as const;
      const urls = { httpUrl: 'https://127.0.0.1:9', mqttUrl: `mqtts://localhost:${strict.port}` };
      const made = testDs50Gateway(urls, { settings: { clientKey: client.key }, files });
      cleanups.push(made.stop);
      return made;
    };

    test('the box is let in', async () => {
      const made = certified(pems.client);
      await made.gateway.start();
      await made.inbound.next('reconnected');
      expect(made.gateway.links().mqtt).toBe('up');
    });

    test('a certificate of an unknown authority is a fault', async () => {
      const other = makeCertificates();
      cleanups.push(async () => other.dispose());
      const made = certified(other.client);
      await made.gateway.start();
      expect(await fault(made)).toBe('tls-client-refused');
    });
  });
});
