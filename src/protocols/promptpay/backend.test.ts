import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CashTally } from '../../domain/journal.ts';
import { buildPromptPay, buildPromptPayBill, buildVietQr } from '../../domain/qr/build.ts';
import type { DatedReport } from '../../ports/gateway.ts';
import { SYNTHETIC_MAC as MAC } from '../../testkit/promptpay-box.ts';
import { requestFault, testGateway } from '../../testkit/promptpay-gateway.ts';
import { type ScriptedBackend, type ScriptedReply, scriptedBackend } from '../../testkit/scripted-backend.ts';
import { PROMPTPAY_DEFAULTS } from './settings.ts';
import { signatureOf } from './signing.ts';

const PAY = 'POST /api/v1/payment-gateway/payments';
const UPLOAD = 'POST /api/v1/device-event-logs/uploads';
const intent = { request: 'req-0001', amount: { minor: 2_000, currency: 'THB' }, description: 'Car wash payment' } as const;
const QUERY = 'GET /api/v1/payment-gateway/payments/ch_1/status';
const never = new AbortController().signal;

let backend: ScriptedBackend;
let gateway: ReturnType<typeof testGateway>['gateway'];
let clock: ReturnType<typeof testGateway>['clock'];
let stop: ReturnType<typeof testGateway>['stop'];

function box(change?: Parameters<typeof testGateway>[1]): void {
  ({ gateway, clock, stop } = testGateway(backend, change));
}

beforeEach(async () => {
  backend = await scriptedBackend();
  box();
});
afterEach(async () => {
  await stop();
  await backend.stop();
});

const promptPay = (minor: number) => buildPromptPay({ to: { kind: 'phone', id: '0812345678' }, amount: { minor, currency: 'THB' } });
const paymentReply = (rawData: string, charge = 'ch_1', expiry = '2096-01-01T00:15:00.123456789Z') => ({
  success: true,
  data: {
    chargeId: charge,
    redirect: null,
    encodedImage: { expiry, rawData, imageBase64Encoded: null },
    actionRequired: 'ENCODED_IMAGE',
    paymentMethodType: 'QR_PROMPT_PAY',
  },
  message: 'Payment created successfully',
});

describe('asking for a QR', () => {
  const BODY = '{"device_id":"device-0004","amount":2000,"payment_method":"QR_PROMPT_PAY","description":"Car wash payment"}';

  test('sends the documented request and hands out a QR for exactly the amount', async () => {
    backend.script({ request: PAY, body: BODY, reply: { body: paymentReply(promptPay(2_000)) } });
    const expiresAtMs = Date.UTC(2096, 0, 1, 0, 15, 0, 123);
    expect(await gateway.requestQr(intent, never)).toEqual({ charge: 'ch_1', qr: promptPay(2_000), expiresAtMs });
    const [request] = backend.requests.all;
    expect(request?.headers['idempotency-key']).toBe('req-0001');
    const signed = { purpose: 'other', method: 'POST', path: '', body: new TextEncoder().encode(BODY) } as const;
    expect(request?.headers['x-sign']).toBe(signatureOf({ profile: 'crc32' }, MAC, signed, { t: 0, n: '', s: 0 }));
  });

  test('a retry carries the same idempotency key', async () => {
    backend.script({ request: PAY, reply: 'cut' }, { request: PAY, reply: { body: paymentReply(promptPay(2_000)) } });
    expect((await requestFault(gateway.requestQr(intent, never))).retryable).toBe(true);
    expect(gateway.links().http).toBe('down');
    await gateway.requestQr(intent, never);
    expect(backend.requests.all.map(({ headers }) => headers['idempotency-key'])).toEqual(['req-0001', 'req-0001']);
  });

  test.each([
    ['for another amount', promptPay(2_001), 'qr-refused-amount'],
    ['without an amount', buildPromptPay({ to: { kind: 'phone', id: '0812345678' } }), 'qr-refused-amount-missing'],
    ['with a wrong checksum', promptPay(2_000).replace(/.$/, (c) => (c === '0' ? '1' : '0')), 'qr-refused-crc'],
    ['of another country', vietQr(), 'qr-refused-scheme'],
    ['that is a link', 'https://pay.example/ch_1', 'qr-refused-malformed'],
    ['as in the document', '000201010212', 'qr-refused-crc-missing'],
  ])('a QR %s is refused for good', async (_what, qr, code) => {
    backend.script({ request: PAY, reply: { body: paymentReply(qr) } });
    const refusal = await requestFault(gateway.requestQr(intent, never));
    expect([refusal.code.startsWith('qr-refused-'), refusal.retryable]).toEqual([true, false]);
    expect(refusal.code).toBe(code);
  });

  test.each([
    ['has expired by the clock of the backend', '2026-01-01T00:09:59Z', 'qr-refused-expired'],
    ['expires at this moment', '2026-01-01T00:10:00Z', 'qr-refused-expired'],
    ['lives a second longer', '2026-01-01T00:10:01Z', null],
  ])('a QR that %s', async (_what, expiry, code) => {
    const headers = { date: 'Thu, 01 Jan 2026 00:10:00 GMT' };
    backend.script({ request: PAY, reply: { headers, body: paymentReply(promptPay(2_000), 'ch_1', expiry) } });
    const answer = gateway.requestQr(intent, never);
    if (code === null) expect((await answer).expiresAtMs).toBe(Date.parse(expiry));
    else expect(await requestFault(answer)).toMatchObject({ code, retryable: false, found: `expiry ${new Date(expiry).toISOString()}` });
  });

  test('a bill payment QR is as good, and a static one where the settings allow it', async () => {
    await stop();
    const settings = { ...PROMPTPAY_DEFAULTS, allowStaticQr: true, http: { url: backend.httpUrl }, mqtt: { url: backend.mqttUrl } };
    box({ settings });
    const bill = buildPromptPayBill({ billerId: '099400016550100', ref1: 'CH1', amount: intent.amount });
    const still = buildPromptPay({ to: { kind: 'phone', id: '0812345678' } });
    backend.script({ request: PAY, reply: { body: paymentReply(bill) } }, { request: PAY, reply: { body: paymentReply(still) } });
    expect((await gateway.requestQr(intent, never)).qr).toBe(bill);
    expect((await gateway.requestQr(intent, never)).qr).toBe(still);
  });

  test.each<[string, ScriptedReply, object]>([
    ['400', { status: 400, body: { success: false, message: 'Bad Request' } }, { code: 'backend-refused', retryable: false }],
    ['200 with success:false', { body: { success: false, message: 'no' } }, { code: 'backend-refused', retryable: false }],
    ['401', { status: 401, body: { success: false, message: 'x-sign' } }, { code: 'backend-unauthorized', retryable: false }],
    ['404', { status: 404, body: { success: false, message: 'x' } }, { code: 'backend-refused', retryable: false }],
    ['409', { status: 409, body: { success: false, message: 'x' } }, { code: 'backend-unavailable', retryable: true }],
    [
      '429',
      { status: 429, headers: { 'retry-after': '7' }, body: '' },
      { code: 'backend-unavailable', retryable: true, retryAfterMs: 7_000 },
    ],
    ['500', { status: 500, body: { success: false, message: 'x' } }, { code: 'backend-unavailable', retryable: true }],
    ['502 with HTML', { status: 502, type: 'text/html', body: '<html>' }, { code: 'backend-unavailable', retryable: true }],
    ['a captive portal', { type: 'text/html', body: '<html>Sign in</html>' }, { code: 'peer-not-json', retryable: true }],
    ['a redirect to one', { status: 302, headers: { location: '/login' }, body: '' }, { code: 'backend-unavailable', retryable: true }],
    ['400 with HTML', { status: 400, type: 'text/html', body: '<html>' }, { code: 'peer-not-json', retryable: true }],
    ['half a reply', { body: '{"success":true,"data":{' }, { code: 'json-malformed', retryable: true }],
    ['a charge with a wildcard', { body: paymentReply(promptPay(2_000), '#') }, { code: 'message-invalid', retryable: true }],
    ['duplicate keys', { body: '{"success":true,"success":true}' }, { code: 'json-duplicate-key', retryable: true }],
    ['a huge reply', { body: ' '.repeat(70_000) }, { code: 'peer-too-large', retryable: true }],
    ['a cut', 'cut', { code: 'peer-cut', retryable: true }],
  ])('%s', async (_what, reply, expected) => {
    backend.script({ request: PAY, reply });
    expect(await requestFault(gateway.requestQr(intent, never))).toMatchObject(expected);
  });

  test('silence is given up in time', async () => {
    backend.script({ request: PAY, reply: 'silence' });
    const answer = requestFault(gateway.requestQr(intent, never));
    await backend.requests.next('request');
    clock.advance(10_000);
    expect(await answer).toMatchObject({ code: 'peer-timeout', retryable: true });
  });
});

describe('querying a charge', () => {
  const ask = () => gateway.queryPayment('ch_1', never);
  const found = (data: object) => ({ success: true, data, message: 'Payment status retrieved successfully' });

  test.each<[string, ScriptedReply, string]>([
    ['the documented success', { body: found({ chargeId: 'ch_1' }) }, 'paid'],
    ['a status beside it', { body: { ...found({ chargeId: 'ch_1' }), status: 'pending' } }, 'unresolved'],
    ['a status inside data', { body: found({ chargeId: 'ch_1', status: 'expired' }) }, 'failed'],
    ['the documented failure', { body: { success: false, message: 'Payment not found or failed' } }, 'unresolved'],
    ['the same with 404', { status: 404, body: { success: false, message: 'Payment not found or failed' } }, 'unresolved'],
    ['404 that names it', { status: 404, body: { success: false, data: { chargeId: 'ch_1' }, message: 'gone' } }, 'unresolved'],
    ['a failure that names it', { status: 400, body: { success: false, data: { chargeId: 'ch_1' }, message: 'declined' } }, 'failed'],
    ['success with status 400', { status: 400, body: found({ chargeId: 'ch_1', status: 'paid' }) }, 'unresolved'],
  ])('%s: %s', async (_what, reply, state) => {
    backend.script({ request: QUERY, reply });
    expect((await ask()).state).toBe(state);
  });

  test.each<[string, ScriptedReply, object]>([
    ['another charge', { body: found({ chargeId: 'ch_2' }) }, { code: 'charge-mismatch', retryable: true }],
    ['another charge failed', { body: { success: false, data: { chargeId: 'ch_2' } } }, { code: 'charge-mismatch', retryable: true }],
    ['no charge', { body: { success: true, message: 'ok' } }, { code: 'message-invalid', retryable: true }],
    ['a captive portal', { type: 'text/html', body: 'x' }, { code: 'peer-not-json', retryable: true }],
    ['a 404 page of something else', { status: 404, type: 'text/html', body: 'x' }, { code: 'peer-not-json', retryable: true }],
    ['500', { status: 500, body: {} }, { code: 'backend-unavailable', retryable: true }],
    ['429', { status: 429, headers: { 'retry-after': '3' }, body: '' }, { code: 'backend-unavailable', retryAfterMs: 3_000 }],
    ['403', { status: 403, body: { success: false, message: 'no' } }, { code: 'backend-unauthorized', retryable: false }],
  ])('%s is no answer', async (_what, reply, expected) => {
    backend.script({ request: QUERY, reply });
    expect(await requestFault(ask())).toMatchObject(expected);
  });

  test('is signed over the MAC and an empty payload', async () => {
    backend.script({ request: QUERY, reply: { body: found({ chargeId: 'ch_1' }) } });
    await ask();
    const signed = { purpose: 'other', method: 'GET', path: '', body: new Uint8Array() } as const;
    expect(backend.requests.all[0]?.headers['x-sign']).toBe(signatureOf({ profile: 'crc32' }, MAC, signed, { t: 0, n: '', s: 0 }));
  });
});

describe('delivering reports', () => {
  const report = (id: string, cash: CashTally = { coin: { '100': 6 }, bill: {} }): DatedReport => ({
    id,
    sale: id,
    status: 'SUCCEEDED',
    qrMinor: 0,
    charge: null,
    cash,
    currency: 'THB',
    atMs: 1_759_854_682_992,
  });
  const two = [report('r1'), report('r2')];
  const kept = (length: number, status = 201): ScriptedReply => ({
    status,
    body: { success: true, data: { length }, message: 'Logs uploaded successfully' },
  });

  test('the documented upload, byte by byte', async () => {
    const body =
      '{"items":[{"qr":{"net_amount":0,"chargeId":""},"bank":{"20":0,"50":0,"300":0,"500":0,"1000":0},"coin":{"1":6,"2":0,"5":0,"10":0},"type":"PAYMENT","status":"SUCCEEDED","timestamp":1759854682992}]}';
    backend.script({ request: UPLOAD, body, reply: kept(1) });
    expect(await gateway.deliver([report('r1')], never)).toEqual({ state: 'acked' });
  });

  test.each<[string, ScriptedReply, object]>([
    ['201 with the whole length', kept(2), { state: 'acked' }],
    ['201 with another length', kept(1), { state: 'retry' }],
    ['200 with the length', kept(2, 200), { state: 'retry' }],
    ['201 without a length', { status: 201, body: { success: true, data: {} } }, { state: 'retry' }],
    ['201 with success:false', { status: 201, body: { success: false, message: 'no' } }, { state: 'retry' }],
    ['201 with HTML', { status: 201, type: 'text/html', body: '<html>' }, { state: 'retry' }],
    ['400', { status: 400, body: { success: false, message: 'Bad Request' } }, { state: 'refused', reason: 'Bad Request' }],
    ['413', { status: 413, body: { success: false, message: 'too large' } }, { state: 'refused', reason: 'too large' }],
    ['400 of a proxy', { status: 400, type: 'text/html', body: '<html>' }, { state: 'retry' }],
    ['401', { status: 401, body: { success: false, message: 'x-sign' } }, { state: 'retry' }],
    ['429', { status: 429, headers: { 'retry-after': '9' }, body: '' }, { state: 'retry', afterMs: 9_000 }],
    ['503', { status: 503, headers: { 'retry-after': '9' }, body: '' }, { state: 'retry', afterMs: 9_000 }],
    ['a cut', 'cut', { state: 'retry' }],
  ])('%s', async (_what, reply, expected) => {
    backend.script({ request: UPLOAD, reply });
    expect(await gateway.deliver(two, never)).toMatchObject(expected);
  });

  test('the same batch again has the same idempotency key, another batch another', async () => {
    backend.script({ request: UPLOAD, reply: 'cut' }, { request: UPLOAD, reply: kept(2) }, { request: UPLOAD, reply: kept(1) });
    await gateway.deliver(two, never);
    await gateway.deliver(two, never);
    await gateway.deliver([report('r1')], never);
    const [first, second, third] = backend.requests.all.map(({ headers }) => headers['idempotency-key']);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect([second === first, third === first]).toEqual([true, false]);
  });

  test('a batch that is too large is refused without asking', async () => {
    expect(await gateway.deliver(Array(51).fill(report('r1')), never)).toEqual({ state: 'refused', reason: 'batch too large' });
  });
});

function vietQr(): string {
  return buildVietQr({ to: { kind: 'account', bin: '970436', id: '0123456789' }, amount: { minor: 2_000, currency: 'VND' } });
}
