import { createRequire } from 'node:module';
import net from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type TestBroker, type TestBrokerOptions, testBroker } from '../testkit/broker.ts';
import { type Certificates, makeCertificates } from '../testkit/certificates.ts';
import { settle } from '../testkit/clock.ts';
import { testLink } from '../testkit/mqtt-link.ts';
import { needsOpenssl } from '../testkit/needs.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function broker(options?: TestBrokerOptions): Promise<TestBroker> {
  const made = await testBroker(options);
  cleanups.push(() => made.stop());
  return made;
}

function link(...given: Parameters<typeof testLink>): ReturnType<typeof testLink> {
  const made = testLink(...given);
  cleanups.push(() => made.link.stop());
  return made;
}

const acknowledge = (done: () => void) => done();

describe('against a broker', () => {
  test('nothing happens before start; then it is up, and a message comes through', async () => {
    const { port, events: seen, publish } = await broker();
    const box = link(port, {}, acknowledge);
    expect(box.link.state).toBe('off');
    expect(await box.link.subscribe('device/ch_1/payment-status')).toBe(false);
    expect(box.link.publish('server/d-1/streaming', Buffer.from('x'))).toBe(false);
    await settle();
    expect(seen.all).toEqual([]);
    box.link.start();
    await box.events.next('up');
    expect(box.link.state).toBe('up');
    await publish('device/ch_1/payment-status', 'paid');
    const { message, text } = await box.events.next('message');
    expect([message.topic, text, message.qos, message.retained, message.dup]).toEqual([
      'device/ch_1/payment-status',
      'paid',
      1,
      false,
      false,
    ]);
    expect(box.link.publish('server/d-1/streaming', Buffer.from('state'))).toBe(true);
    while ((await seen.next('published')).text !== 'state');
  });

  test('the client library keeps no table of numbers, which is larger than all else of it', async () => {
    const { port } = await broker();
    const box = link(port);
    box.link.start();
    await box.events.next('up');
    const { cache } = createRequire(import.meta.url)('mqtt-packet/numbers.js');
    expect(cache).toEqual({});
  });

  test('PUBACK follows done, and nothing more is delivered before it', async () => {
    const { port, events: seen, publish } = await broker();
    const box = link(port);
    box.link.start();
    await box.events.next('up');
    expect(await box.link.subscribe('t/1')).toBe(true);
    for (const text of ['1', '2', '3']) await publish('t/1', text);
    const first = await box.events.next('message');
    await settle();
    expect(seen.of('ack')).toEqual([]);
    expect(box.events.of('message')).toHaveLength(1);
    first.done();
    first.done();
    await seen.next('ack');
    const second = await box.events.next('message');
    expect(second.text).toBe('2');
    await settle();
    expect(seen.of('ack')).toHaveLength(1);
  });

  test('a cut before done: the message comes again, and the late done of the dead connection acknowledges nothing', async () => {
    const { port, events: seen, publish, cut } = await broker();
    const box = link(port);
    await box.link.subscribe('t/1');
    box.link.start();
    await box.events.next('up');
    await publish('t/1', 'paid');
    const first = await box.events.next('message');
    cut();
    await box.retry();
    const again = await box.events.next('message');
    expect(again.text).toBe('paid');
    first.done();
    await settle();
    expect(seen.of('ack')).toEqual([]);
    again.done();
    await seen.next('ack');
  });

  test('a handler that throws leaves the message unacknowledged', async () => {
    const { port, publish } = await broker();
    let fails = true;
    const box = link(port, {}, (done) => {
      if (fails) throw new RangeError('disk full');
      done();
    });
    await box.link.subscribe('t/1');
    box.link.start();
    await box.events.next('up');
    await publish('t/1', 'paid');
    expect((await box.retry()).fault.code).toBe('mqtt-handler');
    fails = false;
    expect((await box.events.next('message')).text).toBe('paid');
  });

  test('what was missed while the link was down comes after it, from the persistent session', async () => {
    const { port, publish, cut } = await broker();
    const box = link(port, {}, acknowledge);
    await box.link.subscribe('t/1');
    box.link.start();
    await box.events.next('up');
    cut();
    await box.events.next('down');
    await publish('t/1', 'missed');
    box.clock.advance(60_000);
    expect((await box.events.next('message')).text).toBe('missed');
  });

  test('a broker that forgot the session: subscribed again after the reconnect', async () => {
    const first = await broker();
    const box = link(first.port, {}, acknowledge);
    await box.link.subscribe('t/1');
    await box.link.subscribe('t/2');
    box.link.start();
    await box.events.next('up');
    box.link.unsubscribe('t/2');
    await first.events.next('unsubscribed');
    await first.stop();
    const second = await broker({ port: first.port });
    await box.retry();
    await box.events.next('up');
    expect(second.events.of('subscribed').flatMap(({ topics }) => topics)).toEqual(['t/1']);
    await second.publish('t/1', 'hello');
    expect((await box.events.next('message')).text).toBe('hello');
  });

  test('a retained message is told apart', async () => {
    const { port, publish } = await broker();
    await publish('t/1', 'old', { retain: true });
    const box = link(port, {}, acknowledge);
    await box.link.subscribe('t/1');
    box.link.start();
    expect((await box.events.next('message')).message.retained).toBe(true);
  });

  test('a huge packet cuts the link before it is read, and is dropped with the session', async () => {
    const { port, publish } = await broker();
    const box = link(port, {}, acknowledge);
    await box.link.subscribe('t/1');
    box.link.start();
    await box.events.next('up');
    await publish('t/1', Buffer.alloc(400_000));
    expect((await box.retry()).fault.code).toBe('mqtt-packet-too-large');
    await box.events.next('up');
    await publish('t/1', 'small');
    expect((await box.events.next('message')).text).toBe('small');
  });

  test('a topic the broker does not allow: false, and told', async () => {
    const { port } = await broker({ authorizeSubscribe: (_client, wanted, done) => done(null, wanted.topic === 't/2' ? wanted : null) });
    const box = link(port);
    await box.link.subscribe('t/1');
    box.link.start();
    expect((await box.events.next('refused')).topic).toBe('t/1');
    await box.events.next('up');
    expect(await box.link.subscribe('t/1')).toBe(false);
    expect(await box.link.subscribe('t/2')).toBe(true);
  });

  test('the will is published when the link is cut, not when it is stopped', async () => {
    const { port, cut, events: seen } = await broker();
    const box = link(port);
    box.link.start();
    await box.events.next('up');
    cut();
    expect(await seen.next('published')).toMatchObject({ topic: 'server/d-1/streaming', text: 'gone' });
    await box.retry();
    await box.events.next('up');
    await box.link.stop();
    await settle();
    expect(seen.of('published')).toHaveLength(1);
    expect(box.clock.pending()).toBe(0);
  });

  test('a link that dies every few hundred bytes still makes progress, and no message is lost', async () => {
    const { port, publish } = await broker();
    const dial = (host: string, at: number) => {
      const socket = net.connect(at, host);
      let seen = 0;
      socket.on('data', (chunk) => {
        seen += chunk.length;
        if (seen > 600) setImmediate(() => socket.resetAndDestroy());
      });
      return socket;
    };
    const box = link(port, { dial }, acknowledge);
    await box.link.subscribe('t/1');
    box.link.start();
    await box.events.next('up');
    const sent = Array.from({ length: 20 }, (_, i) => `${i}-${'x'.repeat(100)}`);
    for (const text of sent) await publish('t/1', text);
    const received = () => new Set(box.events.of('message').map(({ text }) => text));
    while (received().size < sent.length) await box.retry();
    expect(received()).toEqual(new Set(sent));
  });

  test.each([
    [4, 'mqtt-auth-refused'],
    [5, 'mqtt-auth-refused'],
  ])('CONNACK %i is an alarm with slow retries', async (returnCode, code) => {
    const { port } = await broker({
      authenticate: (_client, user, password, done) => {
        const known = user === 'box' && password?.toString() === 'right';
        done(known ? null : Object.assign(new Error('no'), { returnCode }), known);
      },
    });
    const endpoint = (password: string) => ({ endpoint: { url: `mqtt://127.0.0.1:${port}`, username: 'box', password } });
    const box = link(port, endpoint('wrong'));
    box.link.start();
    const { fault, retryMs } = await box.retry();
    expect([fault.code, fault.lasting]).toEqual([code, true]);
    expect(fault.remedy).toBeDefined();
    expect(retryMs).toBeGreaterThanOrEqual(15_000);
    expect((await box.events.next('down')).fault.code).toBe(code);
    const good = link(port, endpoint('right'));
    good.link.start();
    await good.events.next('up');
  });

  test('two boxes with one client id: they slow down and say so', async () => {
    const { port, cut } = await broker();
    const box = link(port);
    box.link.start();
    for (let i = 0; i < 2; i++) {
      await box.events.next('up');
      cut();
      expect((await box.retry()).fault.lasting).toBe(false);
    }
    await box.events.next('up');
    cut();
    const third = await box.retry();
    expect([third.fault.code, third.fault.lasting]).toEqual(['mqtt-contested', true]);
    await box.events.next('up');
    box.clock.advance(30_000);
    cut();
    expect((await box.events.next('down')).fault.lasting).toBe(false);
  });
});

const openssl = needsOpenssl();
describe.skipIf(openssl.missing)(`over TLS${openssl.why}`, () => {
  let pems: Certificates;
  beforeAll(() => {
    pems = makeCertificates();
  });
  afterAll(() => pems.dispose());

  test('a certificate of the given authority is taken', async () => {
    const { port } = await broker({ tls: pems.server });
    const box = link(port, {
      endpoint: { url: `mqtts://localhost:${port}`, ca: pems.ca },
      dial: (_host, at) => net.connect(at, '127.0.0.1'),
    });
    box.link.start();
    await box.events.next('up');
  });

  test.each([
    ['another authority', 'server', 'otherCa', 'tls-untrusted'],
    ['another host', 'elsewhere', 'ca', 'tls-host'],
    ['the past', 'expired', 'ca', 'tls-expired'],
  ] as const)('a certificate of %s is an alarm with slow retries', async (_what, name, ca, code) => {
    const { port, events: seen } = await broker({ tls: pems[name] });
    const box = link(port, { endpoint: { url: `mqtts://localhost:${port}`, ca: pems[ca] } });
    box.link.start();
    const { fault, retryMs } = await box.events.next('down');
    expect([fault.code, fault.lasting, retryMs >= 15_000]).toEqual([code, true, true]);
    expect(seen.all).toEqual([]);
  });
});
