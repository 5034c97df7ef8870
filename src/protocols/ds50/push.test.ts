import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { settle } from '../../testkit/clock.ts';
import { DS50_SERIAL, DS50_TOPIC, ds50Files, testDs50Gateway } from '../../testkit/ds50-gateway.ts';
import { type ScriptedBackend, scriptedBackend } from '../../testkit/scripted-backend.ts';

const order = (change: object = {}): string =>
  JSON.stringify({ message: 'hello', amount: '12344', transType: '00', orderId: '12394555425', ...change });
const SHA = '3f'.repeat(32);
const offer = {
  deployment: 'dep-0001',
  name: 'CUST_DS50-MQ_ACME_V1.0.0.zip',
  size: 1_234,
  sha256: SHA,
  path: `/tms/v1/packages/${SHA}`,
  permitDowngrade: false,
};

let backend: ScriptedBackend;
let box: ReturnType<typeof testDs50Gateway>;
/** Topics the broker refuses a subscription to. */
let refused: Set<string>;

beforeEach(async () => {
  refused = new Set();
  backend = await scriptedBackend({
    authorizeSubscribe: (_client, subscription, callback) => callback(null, refused.has(subscription.topic) ? null : subscription),
  });
  box = testDs50Gateway(backend);
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
});

const publish = (payload: string | Uint8Array, topic = DS50_TOPIC, flags: { qos?: 0 | 1; retain?: boolean } = {}) =>
  backend.broker.publish(topic, payload, flags);
const acks = () => backend.broker.events.of('ack').length;

async function up(): Promise<void> {
  await box.gateway.start();
  await box.inbound.next('reconnected');
}

async function another(change: Parameters<typeof testDs50Gateway>[1] = {}): Promise<void> {
  await box.stop();
  box = testDs50Gateway(backend, change);
}

describe('the link', () => {
  test('is made under the serial number, for prefix/SN, with a persistent session', async () => {
    await up();
    expect(backend.broker.events.of('client')).toEqual([{ kind: 'client', id: DS50_SERIAL }]);
    expect(backend.broker.events.of('subscribed')).toEqual([{ kind: 'subscribed', topics: [DS50_TOPIC] }]);
    expect(box.gateway.links()).toEqual({ mqtt: 'up', payment: 'off', tms: 'off' });
    box.gateway.publishState({ status: 'normal', activity: 'idle', uptimeMinutes: 1, rssiDbm: null });
    await box.gateway.stop();
    expect([backend.broker.events.of('published'), box.gateway.links().mqtt]).toEqual([[], 'off']);
  });

  test('has a topic for every prefix', async () => {
    await another({ files: { mqtt: { topicPrefixes: ['a/command', 'a/voice'] } } });
    await up();
    expect(backend.broker.events.of('subscribed')[0]?.topics).toEqual([`a/command/${DS50_SERIAL}`, `a/voice/${DS50_SERIAL}`]);
    await publish(order({ orderId: 'v-1' }), `a/voice/${DS50_SERIAL}`);
    expect((await box.inbound.next('order')).order.id).toBe('v-1');
  });

  test('says `reconnected` each time it is up again, and why it was down', async () => {
    await up();
    backend.broker.cut();
    while (box.gateway.links().mqtt === 'up') await settle();
    expect(box.gateway.faults()).toMatchObject([{ link: 'mqtt', code: expect.stringMatching(/^(mqtt-closed|peer-cut)$/) }]);
    box.clock.advance(60_000);
    await box.inbound.next('reconnected');
    expect(box.gateway.faults()).toEqual([]);
    expect(box.metrics.value('mqtt_connects_total', { outcome: 'up' })).toBe(2);
  });

  test('that may not subscribe is down until the broker lets it', async () => {
    refused.add(DS50_TOPIC);
    await up();
    expect(box.gateway.links().mqtt).toBe('down');
    expect(box.gateway.faults()).toMatchObject([{ link: 'mqtt', code: 'mqtt-topic-refused', detail: expect.stringContaining(DS50_TOPIC) }]);
    expect(await box.gateway.parameters?.probe(new AbortController().signal)).toBe(false);
    refused.clear();
    box.clock.advance(60_000);
    await box.inbound.next('reconnected');
    expect([box.gateway.links().mqtt, box.gateway.faults()]).toEqual(['up', []]);
    await publish(order());
    await box.inbound.next('order');
  });

  test('that may subscribe to a part of its topics is up, and says which not', async () => {
    refused.add(`b/${DS50_SERIAL}`);
    await another({ files: { mqtt: { topicPrefixes: ['pos/message', 'b'] } } });
    await up();
    expect([box.gateway.links().mqtt, box.gateway.faults().map(({ code }) => code)]).toEqual(['up', ['mqtt-topic-refused']]);
  });
});

describe('an order', () => {
  test('is acknowledged when it is kept, and then the next one comes', async () => {
    await up();
    await publish(order());
    await publish(order({ orderId: 'b', transType: '99', amount: '5' }));
    const first = await box.inbound.next('order');
    expect(first.order).toEqual({ id: '12394555425', purpose: 'sale', amountMinor: 12_344, message: 'hello' });
    await settle();
    expect([acks(), box.inbound.of('order')]).toEqual([0, [first]]);
    first.done();
    const second = await box.inbound.next('order');
    expect(second.order).toEqual({ id: 'b', purpose: 'announcement', amountMinor: 5, message: 'hello' });
    second.done();
    while (acks() < 2) await backend.broker.events.next('ack');
  });

  test('that was not acknowledged comes again on the next connection', async () => {
    await up();
    await publish(order());
    const first = await box.inbound.next('order');
    backend.broker.cut();
    while (box.gateway.links().mqtt === 'up') await settle();
    box.clock.advance(60_000);
    const again = await box.inbound.next('order');
    expect(again.order).toEqual(first.order);
    first.done();
    again.done();
    await backend.broker.events.next('ack');
  });

  test('sent while the box is away arrives when it is back', async () => {
    await up();
    await box.stop();
    await publish(order({ orderId: 'while-away' }));
    box = testDs50Gateway(backend);
    await box.gateway.start();
    const { order: late, done } = await box.inbound.next('order');
    done();
    expect(late.id).toBe('while-away');
  });

  test('delivered twice under two packet ids is told twice: only the journal knows what was done', async () => {
    await up();
    for (let i = 0; i < 2; i++) {
      await publish(order());
      (await box.inbound.next('order')).done();
    }
    expect(box.inbound.of('order').map(({ order: { id } }) => id)).toEqual(['12394555425', '12394555425']);
  });

  test('at QoS 0 is as good', async () => {
    await up();
    await publish(order(), DS50_TOPIC, { qos: 0 });
    (await box.inbound.next('order')).done();
  });

  test('with the common mistakes of senders is taken, and the mistake is told', async () => {
    await up();
    await publish(order({ amount: 12_344, orderId: 12_394 }));
    expect((await box.inbound.next('order')).order).toMatchObject({ id: '12394', amountMinor: 12_344 });
    expect(box.log.lines.filter(({ event }) => event === 'push.tolerated')).toHaveLength(2);
    expect(box.gateway.rejections()).toEqual({ count: 0, last: null });
  });

  test('on a topic of earlier parameters still counts, and the topic is given back', async () => {
    await another({ files: { mqtt: { topicPrefixes: ['old'] } } });
    await up();
    await another();
    await publish(order(), `old/${DS50_SERIAL}`);
    await box.gateway.start();
    (await box.inbound.next('order')).done();
    expect((await backend.broker.events.next('unsubscribed')).topics).toEqual([`old/${DS50_SERIAL}`]);
  });
});

test('an update instruction is told as an offer and acknowledged when it is kept', async () => {
  await up();
  await publish(JSON.stringify({ update: { ...offer, deadline: '2026-12-01T00:00:00Z' } }));
  const { offer: heard, done } = await box.inbound.next('update');
  expect(heard).toEqual({ ...offer, deadlineMs: Date.UTC(2026, 11, 1) });
  expect(acks()).toBe(0);
  done();
  await backend.broker.events.next('ack');
});

describe('a message that cannot be used', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['no JSON', 'hello', 'json-malformed'],
    ['nothing', '', 'json-malformed'],
    ['no text', Uint8Array.of(0xff, 0xfe, 0x00), 'json-not-utf8'],
    ['a list', '[]', 'message-invalid'],
    ['no transType', JSON.stringify({ amount: '1', orderId: 'x' }), 'message-invalid'],
    ['another transType', order({ transType: '01' }), 'message-invalid'],
    ['no orderId', order({ orderId: undefined }), 'message-invalid'],
    ['a long orderId', order({ orderId: 'x'.repeat(100_000) }), 'json-too-large'],
    ['a negative amount', order({ amount: '-1' }), 'message-invalid'],
    ['a fraction of a cent', order({ amount: 1.5 }), 'message-invalid'],
    ['a huge amount', order({ amount: 1e308 }), 'message-invalid'],
    ['an object for an amount', order({ amount: {} }), 'message-invalid'],
    ['a key twice', '{"orderId":"a","orderId":"b","amount":"1","transType":"00"}', 'json-duplicate-key'],
    ['__proto__', '{"__proto__":{},"orderId":"a"}', 'json-forbidden-key'],
    ['depth', '['.repeat(100), 'json-too-deep'],
    ['an update to another host', JSON.stringify({ update: { ...offer, path: '//elsewhere.example/x' } }), 'message-invalid'],
    ['an update out of the folder', JSON.stringify({ update: { ...offer, path: '/a/../b' } }), 'message-invalid'],
    ['an update and an order', JSON.stringify({ update: offer, transType: '00' }), 'message-invalid'],
  ])('%s: acknowledged, counted, told with its reason; the next one works', async (_what, payload, code) => {
    await up();
    await publish(payload);
    await publish(order());
    (await box.inbound.next('order')).done();
    expect(box.gateway.rejections()).toEqual({
      count: 1,
      last: { code, detail: expect.stringMatching(/\w{3}/), atMs: box.clock.wallMs() },
    });
    expect(box.metrics.value('push_messages_total', { outcome: 'malformed' })).toBe(1);
    const told = box.log.lines.filter(({ event }) => event === 'push.refused');
    expect(told).toMatchObject([{ level: 'warn', fields: { code, reason: box.gateway.rejections().last?.detail } }]);
  });

  test.each([
    ['an order', order()],
    ['an update', JSON.stringify({ update: offer })],
  ])('%s the broker kept (retain) is refused', async (_what, payload) => {
    await publish(payload, DS50_TOPIC, { retain: true });
    await up();
    await publish(order({ orderId: 'live' }));
    const live = await box.inbound.next('order');
    live.done();
    expect([live.order.id, box.inbound.of('order').length, box.inbound.of('update')]).toEqual(['live', 1, []]);
    expect(box.gateway.rejections()).toMatchObject({ count: 1, last: { code: 'message-retained' } });
    expect(box.metrics.value('push_messages_total', { outcome: 'retained' })).toBe(1);
  });
});

describe('new parameters', () => {
  const apply = (change: Parameters<typeof ds50Files>[1] = {}) => box.gateway.parameters?.apply(ds50Files(backend, change));

  test('make the links anew, and an order under way is not lost', async () => {
    await up();
    await publish(order());
    const first = await box.inbound.next('order');
    await apply({ mqtt: { topicPrefixes: ['pos/message', 'new'] } });
    first.done();
    const again = await box.inbound.next('order');
    expect(again.order).toEqual(first.order);
    again.done();
    await box.inbound.next('reconnected');
    await publish(order({ orderId: 'n-1' }), `new/${DS50_SERIAL}`);
    expect((await box.inbound.next('order')).order.id).toBe('n-1');
  });

  test('that are applied before the start are those it starts with', async () => {
    await apply({ mqtt: { topicPrefixes: ['new'] } });
    expect(backend.broker.events.all).toEqual([]);
    await up();
    expect(backend.broker.events.of('subscribed')[0]?.topics).toEqual([`new/${DS50_SERIAL}`]);
  });

  test('applied one upon another: the last ones stay, and there is one link', async () => {
    await up();
    await Promise.all([apply({ mqtt: { topicPrefixes: ['one'] } }), apply({ mqtt: { topicPrefixes: ['two'] } })]);
    await box.inbound.next('reconnected');
    expect(backend.broker.events.of('subscribed').map(({ topics }) => topics[0])).toEqual([DS50_TOPIC, `two/${DS50_SERIAL}`]);
    await settle();
    expect(box.log.lines.map(({ event }) => event)).toEqual(['mqtt.up', 'mqtt.up']);
  });

  test('applied while the gateway stops open nothing', async () => {
    await up();
    const applied = apply();
    await Promise.all([box.gateway.stop(), applied]);
    await settle();
    expect([backend.broker.events.of('client').length, box.gateway.links().mqtt]).toEqual([1, 'off']);
  });

  test('that lead nowhere leave the box without a link, and back again', async () => {
    await up();
    await apply({ mqtt: { url: 'mqtt://127.0.0.1:9' } });
    while (box.gateway.faults().length === 0) await settle();
    expect(box.gateway.faults()).toMatchObject([{ code: 'peer-refused-connection' }]);
    await apply();
    await box.inbound.next('reconnected');
    expect(box.gateway.faults()).toEqual([]);
  });
});
