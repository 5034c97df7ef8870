import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TestBroker, testBroker } from '../../testkit/broker.ts';
import { settle } from '../../testkit/clock.ts';
import { downlink, testQrisGateway } from '../../testkit/qris-gateway.ts';

const documented = (name: string): string => readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8');
const payment = (change: object = {}): string => JSON.stringify({ ...JSON.parse(documented('payment-success')), ...change });
const NOTICE = {
  event: 'evt_123',
  charge: 'tx_123',
  amount: { minor: 50_000, currency: 'IDR' },
  text: 'Pembayaran diterima Rp50.000',
  paidAtMs: Date.UTC(2026, 4, 23, 10, 2, 10),
};

let broker: TestBroker;
let box: ReturnType<typeof testQrisGateway>;
beforeEach(async () => {
  broker = await testBroker();
  box = testQrisGateway(`mqtt://127.0.0.1:${broker.port}`);
});
afterEach(async () => {
  await box.stop();
  await broker.stop();
});

async function up(): Promise<void> {
  await box.gateway.start();
  await box.inbound.next('reconnected');
}
const publish = (end: string, payload: string | Uint8Array, flags: { qos?: 0 | 1; retain?: boolean } = {}) =>
  broker.publish(downlink(end), payload, flags);
const acks = () => broker.events.of('ack').length;
const outcomes = (outcome: string) => box.metrics.value('push_messages_total', { outcome });

describe('a documented message', () => {
  test('payment_success is told, and acknowledged when it is kept', async () => {
    await up();
    await publish('payment/success', documented('payment-success'));
    const { payment: notice, done } = await box.inbound.next('payment');
    expect(notice).toEqual(NOTICE);
    await settle();
    expect(acks()).toBe(0);
    done();
    await broker.events.next('ack');
    expect([outcomes('payment'), box.gateway.rejections()]).toEqual([1, { count: 0, last: null }]);
  });

  test('config_push is told, and acknowledged when it is kept', async () => {
    await up();
    await publish('config/push', documented('config-push'));
    const { push, done } = await box.inbound.next('settings');
    expect(push).toEqual({ version: 3, settings: { volume: 80, language: 'id', heartbeatSeconds: 60 } });
    await settle();
    expect(acks()).toBe(0);
    done();
    await broker.events.next('ack');
  });

  test('command is told, and acknowledged when it is kept', async () => {
    await up();
    await publish('command', documented('command'));
    const { command, done } = await box.inbound.next('command');
    expect(command).toEqual({ id: 'cmd_123', name: 'test_speaker', parameters: {} });
    await settle();
    expect(acks()).toBe(0);
    done();
    await broker.events.next('ack');
  });
});

test('a push with a version and unusable settings is told with its refusal', async () => {
  await up();
  await publish('config/push', JSON.stringify({ message_type: 'config_push', config_version: 4, settings: { volume: 101, pitch: 3 } }));
  const { push, done } = await box.inbound.next('settings');
  done();
  expect(push).toEqual({
    version: 4,
    refusal: { code: 'settings-invalid', reason: expect.stringMatching(/volume.*pitch/) },
  });
});

describe('a payment', () => {
  test('that was not acknowledged comes again on the next connection, in its order', async () => {
    await up();
    await publish('payment/success', payment());
    await publish('payment/success', payment({ event_id: 'evt_124' }));
    const first = await box.inbound.next('payment');
    broker.cut();
    while (box.gateway.links().mqtt === 'up') await settle();
    box.clock.advance(60_000);
    const again = await box.inbound.next('payment');
    expect(again.payment).toEqual(first.payment);
    // The message of the dead connection: acknowledged by nobody.
    first.done();
    await settle();
    expect(acks()).toBe(0);
    again.done();
    expect((await box.inbound.next('payment')).payment.event).toBe('evt_124');
  });

  test('announced while the box is away arrives when it is back', async () => {
    await up();
    await box.stop();
    await publish('payment/success', payment({ event_id: 'evt_away' }));
    box = testQrisGateway(`mqtt://127.0.0.1:${broker.port}`);
    await box.gateway.start();
    const { payment: notice, done } = await box.inbound.next('payment');
    done();
    expect(notice.event).toBe('evt_away');
  });

  test('announced twice is told twice: only the journal knows what took effect', async () => {
    await up();
    for (let i = 0; i < 2; i++) {
      await publish('payment/success', payment());
      (await box.inbound.next('payment')).done();
    }
    expect(box.inbound.of('payment').map(({ payment: { event } }) => event)).toEqual(['evt_123', 'evt_123']);
  });

  test('at QoS 0 is as good', async () => {
    await up();
    await publish('payment/success', payment(), { qos: 0 });
    expect((await box.inbound.next('payment')).payment).toEqual(NOTICE);
  });

  test('a flood of 1,000: each is told once, in order, and acknowledged after it is kept', async () => {
    await up();
    const events = Array.from({ length: 1_000 }, (_, i) => `evt_${i}`);
    const sent = Promise.all(events.map((event_id) => publish('payment/success', payment({ event_id }))));
    for (const [told, event] of events.entries()) {
      const { payment: notice, done } = await box.inbound.next('payment');
      expect(notice.event).toBe(event);
      expect(acks()).toBeLessThanOrEqual(told);
      done();
    }
    await sent;
    while (acks() < events.length) await broker.events.next('ack');
    expect([box.inbound.of('payment').length, outcomes('payment'), box.inbound.of('reconnected').length]).toEqual([1_000, 1_000, 1]);
  });
});

describe('a message that cannot be used', () => {
  const parsed = (name: string): object => JSON.parse(documented(name));
  test.each<[string, string, string | Uint8Array, string]>([
    ['no JSON', 'payment/success', 'hello', 'json-malformed'],
    ['nothing', 'command', '', 'json-malformed'],
    ['no text', 'config/push', Uint8Array.of(0xff, 0xfe, 0x00), 'json-not-utf8'],
    ['a list', 'payment/success', '[]', 'message-invalid'],
    ['too much', 'payment/success', payment({ display_text: 'x'.repeat(100_000) }), 'json-too-large'],
    ['a key twice', 'payment/success', '{"event_id":"a","event_id":"b"}', 'json-duplicate-key'],
    ['__proto__', 'command', '{"__proto__":{}}', 'json-forbidden-key'],
    ['depth', 'command', '['.repeat(100), 'json-too-deep'],
    ['another type', 'payment/success', documented('command'), 'message-invalid'],
    ['another currency', 'payment/success', payment({ currency: 'USD' }), 'message-invalid'],
    ['no currency', 'payment/success', payment({ currency: undefined }), 'message-invalid'],
    ['an amount of 0', 'payment/success', payment({ amount: 0 }), 'message-invalid'],
    ['an amount below 0', 'payment/success', payment({ amount: -1 }), 'message-invalid'],
    ['a part of a rupiah', 'payment/success', payment({ amount: 0.5 }), 'message-invalid'],
    ['a huge amount', 'payment/success', payment({ amount: 1e308 }), 'message-invalid'],
    ['an amount in a text', 'payment/success', payment({ amount: '50000' }), 'message-invalid'],
    ['no event', 'payment/success', payment({ event_id: '' }), 'message-invalid'],
    ['no transaction', 'payment/success', payment({ transaction_id: null }), 'message-invalid'],
    ['no time', 'payment/success', payment({ paid_at: 'yesterday' }), 'message-invalid'],
    ['no version', 'config/push', JSON.stringify({ ...parsed('config-push'), config_version: 0 }), 'message-invalid'],
    ['a fraction for a version', 'config/push', JSON.stringify({ ...parsed('config-push'), config_version: 1.5 }), 'message-invalid'],
    ['no command', 'command', JSON.stringify({ ...parsed('command'), command_name: '' }), 'message-invalid'],
    ['a long command id', 'command', JSON.stringify({ ...parsed('command'), command_id: 'x'.repeat(65) }), 'message-invalid'],
    ['a list of parameters', 'command', JSON.stringify({ ...parsed('command'), parameters: [] }), 'message-invalid'],
  ])('%s on %s: acknowledged, counted, told with its reason; the next one works', async (_what, end, payload, code) => {
    await up();
    await publish(end, payload);
    await publish('payment/success', payment());
    (await box.inbound.next('payment')).done();
    while (acks() < 2) await broker.events.next('ack');
    expect(box.gateway.rejections()).toEqual({
      count: 1,
      last: { code, detail: expect.stringMatching(/\w{3}/), atMs: box.clock.wallMs() },
    });
    expect([outcomes('malformed'), box.inbound.all.length]).toEqual([1, 2]);
    const told = box.log.lines.filter(({ event }) => event === 'push.refused');
    expect(told).toMatchObject([{ level: 'warn', fields: { code, reason: box.gateway.rejections().last?.detail } }]);
  });

  test.each([
    ['payment/success', 'payment-success'],
    ['config/push', 'config-push'],
    ['command', 'command'],
    ['dynamic-qr/response', 'dynamic-qr-response'],
  ])('kept by the broker (retain) on %s is refused, and the next one works', async (end, name) => {
    await publish(end, documented(name), { retain: true });
    await up();
    await publish('payment/success', payment({ event_id: 'live' }));
    const live = await box.inbound.next('payment');
    live.done();
    expect([live.payment.event, box.inbound.all.map(({ kind }) => kind)]).toEqual(['live', ['reconnected', 'payment']]);
    expect([outcomes('retained'), box.gateway.rejections().last?.code]).toEqual([1, 'message-retained']);
  });
});
