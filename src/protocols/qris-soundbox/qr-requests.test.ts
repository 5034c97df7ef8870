import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TestBroker, testBroker } from '../../testkit/broker.ts';
import { settle } from '../../testkit/clock.ts';
import { requestFault } from '../../testkit/promptpay-gateway.ts';
import { QR_VECTORS } from '../../testkit/qr-vectors.ts';
import { downlink, testQrisGateway, uplink } from '../../testkit/qris-gateway.ts';

const INTENT = { request: 'req_123', amount: { minor: 50_000, currency: 'IDR' }, description: '' } as const;
const REQUEST =
  '{"message_type":"dynamic_qr_request","request_id":"req_123","device_id":"sbx_001","terminal_id":"term_001","amount":50000,"currency":"IDR","created_at":"2026-05-23T10:00:00Z"}';
const OFFER = { charge: 'tx_123', qr: QR_VECTORS.qrisDynamic, expiresAtMs: Date.UTC(2026, 4, 23, 10, 5) };
const response = (change: object = {}): string =>
  JSON.stringify({
    message_type: 'dynamic_qr_response',
    correlation_id: 'req_123',
    transaction_id: 'tx_123',
    status: 'success',
    qr_payload: QR_VECTORS.qrisDynamic,
    expires_at: '2026-05-23T10:05:00Z',
    ...change,
  });

let broker: TestBroker;
let box: ReturnType<typeof testQrisGateway>;
/** Topics the broker refuses a subscription to. */
let refused: Set<string>;
/** QoS and retain flag of what the box published. */
let flags: string[];
beforeEach(async () => {
  refused = new Set();
  flags = [];
  broker = await testBroker({
    authorizeSubscribe: (_client, subscription, done) => done(null, refused.has(subscription.topic) ? null : subscription),
    authorizePublish: (client, { topic, qos, retain }, done) => {
      if (client !== null) flags.push(`${topic} QoS ${qos}${retain ? ' retained' : ''}`);
      done(null);
    },
  });
  box = testQrisGateway(`mqtt://127.0.0.1:${broker.port}`);
  await box.gateway.start();
});
afterEach(async () => {
  await box.stop();
  await broker.stop();
});

const up = () => box.inbound.next('reconnected');
const ask = (change: object = {}, signal = new AbortController().signal) => box.gateway.requestQr({ ...INTENT, ...change }, signal);
const answer = (change: object = {}) => broker.publish(downlink('dynamic-qr/response'), response(change));
const asked = async () => {
  for (;;) {
    const { topic, text } = await broker.events.next('published');
    if (topic === uplink('dynamic-qr/request')) return text;
  }
};
const acks = () => broker.events.of('ack').length;
const outcomes = (outcome: string) => box.metrics.value('push_messages_total', { outcome });

describe('a request for a QR', () => {
  test('goes out as the contract writes it, at QoS 1, and its response is the offer', async () => {
    await up();
    const offer = ask();
    expect(await asked()).toBe(REQUEST);
    await answer();
    expect(await offer).toEqual(OFFER);
    expect(flags).toEqual([`${uplink('dynamic-qr/request')} QoS 1`]);
    while (acks() < 1) await broker.events.next('ack');
    expect(box.metrics.value('backend_requests_total', { operation: 'qr', outcome: 'answered' })).toBe(1);
    await settle();
    expect(box.gateway.rejections().count).toBe(0);
  });

  test('without a response is given up after its time, and may be sent again', async () => {
    await up();
    const fault = requestFault(ask());
    await asked();
    box.clock.advance(4_999);
    await settle();
    expect(box.metrics.value('backend_requests_total', { operation: 'qr', outcome: 'qr-no-response' })).toBe(0);
    box.clock.advance(1);
    expect(await fault).toMatchObject({ code: 'qr-no-response', retryable: true });
  });

  test('is sent again under the same id, and the response to the first try answers the second', async () => {
    await up();
    const first = requestFault(ask());
    const text = await asked();
    box.clock.advance(5_000);
    await first;
    const second = ask();
    expect(JSON.parse(await asked())).toEqual({ ...JSON.parse(text), created_at: '2026-05-23T10:00:05Z' });
    await answer();
    expect(await second).toEqual(OFFER);
    await answer();
    while (outcomes('duplicate') < 1) await settle();
    expect([box.gateway.rejections().count, outcomes('answer')]).toEqual([0, 1]);
  });

  test('whose response comes between two tries is answered without another message', async () => {
    await up();
    const first = requestFault(ask());
    await asked();
    box.clock.advance(5_000);
    await first;
    await answer();
    while (outcomes('answer') < 1) await settle();
    expect(await ask()).toEqual(OFFER);
    await settle();
    expect(broker.events.of('published').filter(({ topic }) => topic === uplink('dynamic-qr/request'))).toHaveLength(1);
  });

  test('that was answered is answered the same when it is asked once more', async () => {
    await up();
    const first = ask();
    await asked();
    await answer();
    expect([await first, await ask()]).toEqual([OFFER, OFFER]);
  });

  test('is not made while there is no link', async () => {
    expect(await requestFault(ask())).toMatchObject({ code: 'mqtt-down', retryable: true });
    await up();
    broker.cut();
    while (box.gateway.links().mqtt === 'up') await settle();
    expect(await requestFault(ask())).toMatchObject({ code: 'mqtt-down', retryable: true });
    expect(broker.events.of('published').filter(({ from }) => from !== null)).toEqual([]);
  });

  test('ends at once when the link dies, and the response that the broker kept answers the next try', async () => {
    await up();
    const fault = requestFault(ask());
    await asked();
    broker.cut();
    expect(await fault).toMatchObject({ code: 'mqtt-down', retryable: true });
    await answer();
    box.clock.advance(60_000);
    await up();
    while (outcomes('answer') < 1) await settle();
    expect(await ask()).toEqual(OFFER);
  });

  test('ends when nobody waits any more, or the gateway stops', async () => {
    await up();
    expect(await requestFault(ask({}, AbortSignal.abort()))).toMatchObject({ code: 'request-aborted' });
    const abort = new AbortController();
    const given = requestFault(ask({}, abort.signal));
    await asked();
    abort.abort();
    expect(await given).toMatchObject({ code: 'request-aborted', retryable: true });
    const stopped = requestFault(ask({ request: 'req_124' }));
    await asked();
    await box.gateway.stop();
    expect(await stopped).toMatchObject({ code: 'mqtt-down' });
    expect(box.clock.pending()).toBe(0);
  });

  test.each(['dynamic-qr/response', 'payment/success'])('is not made where %s may not be heard', async (end) => {
    refused.add(downlink(end));
    await up();
    expect(await requestFault(ask())).toMatchObject({ code: 'mqtt-topic-refused', retryable: true });
    refused.clear();
    box.clock.advance(60_000);
    await up();
    const offer = ask();
    await asked();
    await answer();
    expect(await offer).toEqual(OFFER);
  });

  test('in another currency than rupiah is never made', async () => {
    await up();
    const amount = { minor: 100, currency: 'THB' };
    await expect(ask({ amount })).rejects.toMatchObject({ code: 'currency-unsupported', blame: 'caller' });
  });
});

describe('a response', () => {
  /** The fault that this response ends the request in. */
  const fault = async (change: object) => {
    await up();
    const ended = requestFault(ask());
    await asked();
    await answer(change);
    return ended;
  };

  test.each([
    [{ status: 'error', error_code: 'MERCHANT_CLOSED', message: 'shut' }, 'backend-refused-merchant-closed', 'MERCHANT_CLOSED: shut'],
    [{ status: 'failed', error_code: 'limit-exceeded' }, 'backend-refused-limit-exceeded', 'limit-exceeded'],
    [{ status: 'pending' }, 'backend-refused', 'no reason'],
    [{ status: 'error', error_code: 'mqtt-down' }, 'backend-refused-mqtt-down', 'mqtt-down'],
    [{ status: 'error', error_code: '***', message: 'x'.repeat(9_000) }, 'backend-refused', `***: ${'x'.repeat(200)}`],
  ])('%j refuses for good', async (change, code, found) => {
    expect(await fault(change)).toMatchObject({ code, found, retryable: false });
    expect(box.metrics.value('backend_requests_total', { operation: 'qr', outcome: 'backend-refused' })).toBe(1);
  });

  test.each([
    ['whose checksum is wrong', { qr_payload: QR_VECTORS.qrisDynamic.replace('540550000', '540550001') }, 'qr-refused-crc'],
    ['without an amount', { qr_payload: QR_VECTORS.qrisStatic }, 'qr-refused-amount-missing'],
    ['of another scheme', { qr_payload: QR_VECTORS.vietQr }, 'qr-refused-scheme'],
    ['that is none', { qr_payload: 'https://example.com' }, /^qr-refused-/],
    ['that has expired', { expires_at: '2026-05-23T10:00:00Z' }, 'qr-refused-expired'],
  ])('with a QR %s is refused for good', async (_what, change, code) => {
    const ended = await fault(change);
    expect(ended.retryable).toBe(false);
    expect(ended.code).toMatch(code);
  });

  test('for less than was asked is refused', async () => {
    await up();
    const ended = requestFault(ask({ amount: { minor: 60_000, currency: 'IDR' } }));
    await asked();
    await answer();
    expect(await ended).toMatchObject({ code: 'qr-refused-amount', retryable: false });
  });

  test('is measured by the time the backend told', async () => {
    await up();
    box.gateway.remote?.setTime(Date.UTC(2026, 4, 23, 10, 6));
    const ended = requestFault(ask());
    expect(JSON.parse(await asked()).created_at).toBe('2026-05-23T10:06:00Z');
    await answer();
    expect(await ended).toMatchObject({ code: 'qr-refused-expired' });
  });

  test('with a correlation id of no request is counted and left, and the right one still answers', async () => {
    await up();
    const offer = ask();
    await asked();
    for (const correlation_id of ['req_122', 'req_1234', 'REQ_123', 'tx_123']) await answer({ correlation_id, transaction_id: 'tx_lie' });
    await answer();
    expect(await offer).toEqual(OFFER);
    expect(outcomes('foreign')).toBe(4);
    expect(box.gateway.rejections()).toMatchObject({ count: 4, last: { code: 'response-foreign' } });
    while (acks() < 5) await broker.events.next('ack');
  });

  test.each([
    ['no correlation id', { correlation_id: undefined }],
    ['no transaction', { transaction_id: '' }],
    ['no such time', { expires_at: '2026-02-30T10:00:00Z' }],
    ['another type', { message_type: 'payment_success' }],
  ])('with %s is malformed, and the right one still answers', async (_what, change) => {
    await up();
    const offer = ask();
    await asked();
    await answer(change);
    await answer();
    expect(await offer).toEqual(OFFER);
    expect([outcomes('malformed'), box.gateway.rejections().last?.code]).toEqual([1, 'message-invalid']);
  });

  test('kept by the broker (retain) answers nothing on the next connection', async () => {
    await up();
    const ended = requestFault(ask());
    await asked();
    broker.cut();
    await ended;
    await broker.publish(downlink('dynamic-qr/response'), response(), { qos: 0, retain: true });
    box.clock.advance(60_000);
    await up();
    while (outcomes('retained') < 1) await settle();
    expect([outcomes('answer'), box.gateway.rejections().last?.code]).toEqual([0, 'message-retained']);
  });
});

test('requests beyond the last fifty are forgotten', async () => {
  await up();
  for (let i = 0; i < 51; i++) {
    const ended = requestFault(ask({ request: `req_${i}` }));
    await asked();
    box.clock.advance(5_000);
    await ended;
  }
  for (const correlation_id of ['req_0', 'req_1']) await answer({ correlation_id });
  while (outcomes('answer') < 1) await settle();
  expect([outcomes('foreign'), outcomes('answer')]).toEqual([1, 1]);
});
