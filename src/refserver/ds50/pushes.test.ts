import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeInbound } from '../../protocols/ds50/codec.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { seededEntropy } from '../../testkit/entropy.ts';
import { control, type Listener, listenTo } from '../../testkit/promptpay-box.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

const SN = 'S20A1012574P0002';
const TOPIC = `pos/message/${SN}`;
const ORDER = { deviceSn: SN, transType: '00', amount: '12344', message: 'hello', orderId: '12394555425' };

let clock: FakeClock;
let backend: ReferenceBackend;
let box: Listener;

beforeEach(async () => {
  clock = new FakeClock();
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, entropy: seededEntropy() });
  box = await listenTo(backend.mqttUrl, 'pos/message/#');
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
});

const push = async (wish: object) => {
  const { status, text } = await control(backend.httpUrl, 'POST', 'ds50/push', wish);
  return { status, ...JSON.parse(text) };
};
const fault = (wish: object) => control(backend.httpUrl, 'POST', 'faults', wish);

test('an order arrives on the topic of its box, as documented, with QoS 1', async () => {
  const payload = '{"message":"hello","amount":"12344","transType":"00","orderId":"12394555425"}';
  expect(await push(ORDER)).toEqual({
    status: 201,
    push: { deviceSn: SN, topic: TOPIC, payload, retain: false, copies: 1, sentAtMs: clock.wallMs() },
  });
  expect(await box.next()).toEqual({ topic: TOPIC, text: payload, retain: false, qos: 1 });
});

test('an announcement without message and order number gets a number of its own', async () => {
  await push({ deviceSn: SN, transType: '99', amount: '' });
  await push({ deviceSn: SN, transType: '99', amount: '' });
  const [first, second] = [await box.next(), await box.next()].map(({ text }) => decodeInbound(new TextEncoder().encode(text), 'THB'));
  expect(first).toMatchObject({ kind: 'order', order: { purpose: 'announcement', amountMinor: 0, message: '' } });
  expect(second).not.toEqual(first);
});

test('any text goes out as it is', async () => {
  await push({ deviceSn: SN, raw: '{"amount": "1"' });
  expect((await box.next()).text).toBe('{"amount": "1"');
});

test('the topic begins with the prefix the backend was started with', async () => {
  const other = await startReferenceBackend({ httpPort: 0, mqttPort: 0, ds50: { topicPrefix: 'shop/7' } });
  const listener = await listenTo(other.mqttUrl, 'shop/#');
  await control(other.httpUrl, 'POST', 'ds50/push', ORDER);
  expect((await listener.next()).topic).toBe(`shop/7/${SN}`);
  await listener.stop();
  await other.stop();
});

describe('as a broken server would', () => {
  test('duplicate: the same twice', async () => {
    await push({ ...ORDER, duplicate: true });
    expect((await box.next()).text).toBe((await box.next()).text);
  });

  test('retain: whoever subscribes later gets it too', async () => {
    await push({ ...ORDER, retain: true });
    await box.next();
    const later = await listenTo(backend.mqttUrl, TOPIC);
    expect(await later.next()).toMatchObject({ topic: TOPIC, retain: true });
    await later.stop();
  });

  test('the faults of messages strike here too', async () => {
    await fault({ kind: 'drop-mqtt', times: 1 });
    await push({ ...ORDER, orderId: 'dropped' });
    await fault({ kind: 'duplicate-mqtt', times: 1 });
    await fault({ kind: 'malformed-mqtt', times: 1 });
    await push({ ...ORDER, orderId: 'cut' });
    const [first, second] = [await box.next(), await box.next()];
    expect(first).toEqual(second);
    expect(() => JSON.parse(first.text)).toThrow();
    await fault({ kind: 'delay-mqtt', ms: 1_000, times: 1 });
    await push({ ...ORDER, orderId: 'late' });
    await push({ ...ORDER, orderId: 'soon' });
    expect((await box.next()).text).toContain('soon');
    clock.advance(1_000);
    expect((await box.next()).text).toContain('late');
  });
});

test('what was pushed is listed, the latest first', async () => {
  await push(ORDER);
  await push({ deviceSn: 'S2', raw: 'x', retain: true, duplicate: true });
  const { pushes } = JSON.parse((await control(backend.httpUrl, 'GET', 'ds50/pushes')).text);
  expect(pushes).toMatchObject([{ deviceSn: 'S2', payload: 'x', retain: true, copies: 2 }, { deviceSn: SN }]);
});

test.each<[string, object]>([
  ['deviceSn', { ...ORDER, deviceSn: '#' }],
  ['deviceSn', { ...ORDER, deviceSn: 'a/b' }],
  ['deviceSn', { transType: '99', amount: '1' }],
  ['amount', { ...ORDER, amount: '12.34' }],
  ['amount', { ...ORDER, amount: '0' }],
  ['transType', { ...ORDER, transType: '01' }],
  ['orderId', { ...ORDER, orderId: '' }],
  ['retain', { ...ORDER, retain: 1 }],
  ['duplicate', { ...ORDER, duplicate: 'yes' }],
  ['raw', { deviceSn: SN, raw: {} }],
  ['amount', { deviceSn: SN, raw: 'x', amount: '1' }],
  ['extra', { ...ORDER, extra: 1 }],
])('a push with a bad %s is refused and not sent: %j', async (field, wish) => {
  const refused = await push(wish);
  expect(refused).toMatchObject({ status: 400, error: { message: expect.stringContaining(field) } });
  expect(JSON.parse((await control(backend.httpUrl, 'GET', 'ds50/pushes')).text).pushes).toEqual([]);
});

test('a box of this dialect may publish nothing', async () => {
  const closed = new Promise<void>((resolve) => void box.client.once('close', () => resolve()));
  box.client.on('error', () => {});
  box.client.publish(TOPIC, '{}', { qos: 0 });
  await closed;
  expect(box.unread).toEqual([]);
});

test('an open page is told', async () => {
  const stream = await fetch(`${backend.httpUrl}/ref/stream`);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  await push(ORDER);
  let heard = '';
  while (!heard.includes('data: ds50')) heard += (await reader?.read())?.value ?? '';
  await reader?.cancel();
});
