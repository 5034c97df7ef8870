import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkOffer } from '../../domain/qr/offer.ts';
import { encodeQrRequest, type QrRequest } from '../../protocols/qris-soundbox/codec.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { seededEntropy } from '../../testkit/entropy.ts';
import { memoryLog } from '../../testkit/log.ts';
import { control, listenAs } from '../../testkit/promptpay-box.ts';
import { type QrisWireBox, qrisBox } from '../../testkit/qris-box.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

const log = memoryLog();
let clock: FakeClock;
let backend: ReferenceBackend;
let box: QrisWireBox;

beforeEach(async () => {
  log.lines.length = 0;
  clock = new FakeClock();
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, entropy: seededEntropy(), log });
  box = await qrisBox(backend.mqttUrl);
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
});

const request = (change: Partial<QrRequest> = {}): Uint8Array =>
  encodeQrRequest({
    request: 'req_123',
    deviceId: 'sbx_001',
    terminalId: 'term_001',
    amount: { minor: 50_000, currency: 'IDR' },
    atMs: Date.UTC(2026, 4, 23, 10),
    ...change,
  });
const ask = async (change: Partial<QrRequest> = {}) => {
  await box.say('dynamic-qr/request', request(change));
  return box.hear();
};
const post = async (path: string, body: object) => {
  const { status, text } = await control(backend.httpUrl, 'POST', path, body);
  return { status, ...JSON.parse(text) };
};
const transactions = async () => JSON.parse((await control(backend.httpUrl, 'GET', 'qris/transactions')).text).transactions;
const lineUp = (outcome: string, more = {}) => post('qris/next', { outcome, ...more });
const checked = (qr: unknown, minor = 50_000) =>
  checkOffer(String(qr), { amount: { minor, currency: 'IDR' }, allowStatic: false, schemes: ['qris'] });

describe('a request for a QR', () => {
  test('is answered with a QRIS code over exactly the amount, for five minutes', async () => {
    const { kind, message } = await ask();
    expect(kind).toBe('dynamic-qr/response');
    expect(Object.keys(message)).toEqual(['message_type', 'correlation_id', 'transaction_id', 'status', 'qr_payload', 'expires_at']);
    expect(message).toMatchObject({ message_type: 'dynamic_qr_response', correlation_id: 'req_123', status: 'success' });
    expect(checked(message.qr_payload)).toMatchObject({ ok: true, qr: { use: 'once', country: 'ID', merchantName: 'TOKO CONTOH' } });
    expect(Date.parse(String(message.expires_at))).toBe(Math.floor((clock.wallMs() + 300_000) / 1_000) * 1_000);
    expect(await transactions()).toEqual([
      {
        transactionId: message.transaction_id,
        deviceId: 'sbx_001',
        requestId: 'req_123',
        terminalId: 'term_001',
        amountMinor: 50_000,
        qrPayload: message.qr_payload,
        state: 'open',
        late: false,
        requests: 1,
        createdAtMs: clock.wallMs(),
        expiresAtMs: Date.parse(String(message.expires_at)),
        paidAtMs: null,
      },
    ]);
  });

  test('that comes again is the same transaction, also later and after it was paid', async () => {
    const { message: first } = await ask();
    clock.advance(60_000);
    expect((await ask()).message).toEqual(first);
    await post('qris/pay', { transactionId: first.transaction_id });
    await box.hear();
    expect((await ask()).message).toEqual(first);
    expect(await transactions()).toMatchObject([{ requests: 3, state: 'paid' }]);
  });

  test('under another id, or of another box, is another transaction', async () => {
    const first = await ask();
    const second = await ask({ request: 'req_124' });
    const neighbour = await qrisBox(backend.mqttUrl, 'sbx_002');
    await neighbour.say('dynamic-qr/request', request({ deviceId: 'sbx_002' }));
    const third = await neighbour.hear();
    await neighbour.stop();
    for (const field of ['transaction_id', 'qr_payload']) {
      expect(new Set([first, second, third].map(({ message }) => message[field])).size).toBe(3);
    }
    expect(box.unread).toEqual([]);
  });

  test.each([
    ['amount', { amount: { minor: 50_001, currency: 'IDR' } }],
    ['terminal', { terminalId: 'term_002' }],
  ] as const)('with a used id and another %s is refused', async (_what, change) => {
    await ask();
    const { message } = await ask(change);
    expect(message).toMatchObject({ correlation_id: 'req_123', status: 'error', error_code: 'request-mismatch' });
    expect(message).not.toHaveProperty('qr_payload');
    expect(await transactions()).toHaveLength(1);
  });

  test('over the largest amount gets its QR', async () => {
    const { message } = await ask({ amount: { minor: 1_000_000_000_000, currency: 'IDR' } });
    expect(checked(message.qr_payload, 1_000_000_000_000)).toMatchObject({ ok: true });
  });

  test('with the number of a card for an id is answered, and the number not kept', async () => {
    const { message } = await ask({ request: '4111111111111111', terminalId: '378282246310005' });
    expect(message.correlation_id).toBe('4111111111111111');
    const [kept] = await transactions();
    expect(kept).toMatchObject({ requestId: expect.stringMatching(/^hidden~/), terminalId: expect.stringMatching(/^hidden~/) });
    expect((await ask({ request: '4111111111111111', terminalId: '378282246310005' })).message).toEqual(message);
  });

  test.each([
    ['no JSON', '{"request_id":'],
    ['in dollars', new TextDecoder().decode(request()).replace('IDR', 'USD')],
    ['about another box', request({ deviceId: 'sbx_002' })],
  ])('that is %s is logged and not answered', async (_what, bytes) => {
    await box.say('dynamic-qr/request', bytes);
    await ask();
    expect(box.unread).toEqual([]);
    expect(log.lines.filter(({ event }) => event === 'qris.uplink-refused')).toHaveLength(1);
    expect(await transactions()).toHaveLength(1);
  });
});

describe('what can be done wrong with one answer', () => {
  test('an error makes no transaction, and the next request is answered', async () => {
    expect(await lineUp('error', { code: 'shop-closed', message: 'Come back tomorrow' })).toMatchObject({ status: 201 });
    const { message } = await ask();
    expect(message).toEqual({
      message_type: 'dynamic_qr_response',
      correlation_id: 'req_123',
      status: 'error',
      error_code: 'shop-closed',
      message: 'Come back tomorrow',
    });
    expect(await transactions()).toEqual([]);
    expect((await ask()).message).toMatchObject({ status: 'success' });
  });

  test('no answer: the transaction is there, and the next try gets it', async () => {
    await lineUp('no-answer');
    await box.say('dynamic-qr/request', request());
    const { message } = await ask();
    expect(box.unread).toEqual([]);
    expect(await transactions()).toMatchObject([{ transactionId: message.transaction_id, requests: 2 }]);
  });

  test('a wrong correlation id: the rest is right', async () => {
    await lineUp('wrong-correlation');
    const { message } = await ask();
    expect(message.correlation_id).toMatch(/^req_[0-9A-Za-z]{20}$/);
    const { message: right } = await ask();
    expect(right).toEqual({ ...message, correlation_id: 'req_123' });
  });

  test('a wrong amount: the code itself is valid', async () => {
    await lineUp('wrong-amount');
    const { message } = await ask();
    expect(checked(message.qr_payload)).toMatchObject({ ok: false, refusal: { code: 'qr-amount' } });
    expect(checked(message.qr_payload, 50_100)).toMatchObject({ ok: true });
    expect(checked((await ask()).message.qr_payload)).toMatchObject({ ok: true });
  });

  test('what is lined up strikes in order, is listed, and taken back', async () => {
    await lineUp('no-answer');
    await lineUp('wrong-amount');
    const listed = () => control(backend.httpUrl, 'GET', 'qris/next').then(({ text }) => JSON.parse(text));
    expect(await listed()).toMatchObject({
      next: [{ outcome: 'no-answer' }, { outcome: 'wrong-amount' }],
      outcomes: ['error', 'no-answer', 'wrong-correlation', 'wrong-amount'],
    });
    await control(backend.httpUrl, 'DELETE', 'qris/next');
    expect(await listed()).toMatchObject({ next: [] });
    for (const wish of [
      {},
      { outcome: 'x' },
      { outcome: 'error', code: '' },
      { outcome: 'error', message: 7 },
      { outcome: 'error', x: 1 },
    ]) {
      expect(await post('qris/next', wish)).toMatchObject({ status: 400, error: { code: 'request-invalid' } });
    }
  });

  test.each([
    ['wrong-amount-qr', 'qr-amount'],
    ['wrong-crc-qr', 'qr-crc'],
    ['wrong-currency-qr', 'qr-currency'],
  ])('the fault %s strikes here too', async (kind, code) => {
    await post('faults', { kind, times: 1 });
    expect(checked((await ask()).message.qr_payload)).toMatchObject({ ok: false, refusal: { code } });
    expect(checked((await ask()).message.qr_payload)).toMatchObject({ ok: true });
  });
});

test('a box may speak for itself alone', async () => {
  for (const topic of ['devices/sbx_001/uplink/heartbeat', 'devices/sbx_009/downlink/payment/success', 'devices/sbx_009/uplink/other']) {
    const stranger = await listenAs(backend.mqttUrl, { clientId: 'sbx_009' });
    const closed = new Promise<void>((resolve) => void stranger.client.once('close', () => resolve()));
    stranger.client.on('error', () => {});
    stranger.client.publish(topic, '{}', { qos: 0 });
    await closed;
    await stranger.stop();
  }
  expect(log.lines.filter(({ event }) => event === 'broker.publish-refused')).toHaveLength(3);
});
