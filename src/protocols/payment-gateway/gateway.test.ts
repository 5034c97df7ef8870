import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Money } from '../../domain/money.ts';
import { buildPromptPay, buildVietQr } from '../../domain/qr/build.ts';
import { crc16 } from '../../domain/qr/crc.ts';
import type { QrIntent } from '../../ports/gateway.ts';
import { FakeClock, settle } from '../../testkit/clock.ts';
import { FAKE_API_KEY, paymentGatewayBox } from '../../testkit/payment-gateway-box.ts';
import { requestFault } from '../../testkit/promptpay-gateway.ts';
import { ScriptedUpstream, type UpstreamAnswer } from '../../testkit/scripted-upstream.ts';
import { orderCodeOf } from './order-code.ts';

const CODE = 723_158_420_617_619;
const CHARGE = String(CODE);
const CHECKOUT = 'POST /api/payos/checkout';
const ORDER = `GET /api/payos/orders/${CODE}`;
const INFO = `GET /api/payos/payment-info/${CODE}`;
const amount: Money = { minor: 50_000, currency: 'VND' };
const intent: QrIntent = { request: 'req-0001', amount, description: 'Car wash' };
const never = new AbortController().signal;

const vietQr = (minor: number, id = '0123456789') =>
  buildVietQr({ to: { kind: 'account', bin: '970422', id }, amount: { ...amount, minor } });
/** With a checksum that is right, whatever the account is. */
const qrOf = (account: string): string => {
  const field = (id: string, value: string) => `${id}${String(value.length).padStart(2, '0')}${value}`;
  const to = field('00', 'A000000727') + field('01', field('00', '970422') + field('01', account)) + field('02', 'QRIBFTTA');
  const text = `${field('00', '01')}${field('38', to)}${field('53', '704')}${field('54', '50000')}${field('58', 'VN')}6304`;
  return text + crc16(text);
};
const still = buildVietQr({ to: { kind: 'account', bin: '970422', id: '0123456789' } });
const thai = buildPromptPay({ to: { kind: 'phone', id: '0812345678' }, amount: { minor: 50_000, currency: 'THB' } });
const reply = (data: object): UpstreamAnswer => ({ body: { success: true, data } });
const link = (change: object = {}) => ({
  bin: '970422',
  accountNumber: '0123456789',
  accountName: 'CONG TY ABC',
  amount: 50_000,
  description: `TT ${CODE}`,
  orderCode: CODE,
  currency: 'VND',
  paymentLinkId: 'abc123xyz',
  status: 'PENDING',
  qrCode: vietQr(50_000),
  checkoutUrl: 'https://pay.example/web/abc123xyz',
  expiredAt: '2096-02-01T16:00:00.000Z',
  ...change,
});
const kept = (status: string, change: object = {}) => ({ id: 1, orderCode: CODE, amount: 50_000, status, ...change });
const settled = reply(kept('SUCCESS', { amountPaid: 50_000 }));
const told = (status: string, amountPaid = 0, change: object = {}) => ({
  orderCode: CODE,
  amount: 50_000,
  amountPaid,
  amountRemaining: Math.max(0, 50_000 - amountPaid),
  status,
  transactions: [],
  ...change,
});
const refusal = (status: number, change: object = {}): UpstreamAnswer => ({
  status,
  body: { success: false, error: 'Error', message: 'Lỗi', code: 'SOME_CODE', ...change },
});
const page = (status: number): UpstreamAnswer => ({ status, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' });

let server: ScriptedUpstream;
let url: string;
let box: ReturnType<typeof paymentGatewayBox>;

const asked = () => server.requests.all.map(({ method, path }) => `${method} ${path}`);
const renew = async (change?: Parameters<typeof paymentGatewayBox>[1]) => {
  await box.gateway.stop();
  box = paymentGatewayBox(url, change);
};
const requestQr = (request = intent.request) => box.gateway.requestQr({ ...intent, request }, never);
const query = (charge = CHARGE, due: Money | undefined = amount) => box.gateway.queryPayment(charge, never, due);

beforeEach(async () => {
  server = new ScriptedUpstream();
  url = await server.open();
  box = paymentGatewayBox(url);
});
afterEach(async () => {
  await box.gateway.stop();
  await server.close();
});

describe('asking for a QR', () => {
  test('sends the documented request and hands out a QR for exactly the amount', async () => {
    server.answer(reply(link()));
    expect(await requestQr()).toEqual({ charge: CHARGE, qr: vietQr(50_000), expiresAtMs: Date.UTC(2096, 1, 1, 16) });
    expect(asked()).toEqual([CHECKOUT]);
    const [{ body, headers } = { body: '', headers: {} }] = server.requests.all;
    expect(body).toBe(`{"amount":50000,"description":"TT ${CODE}","orderCode":${CODE}}`);
    expect(headers).toMatchObject({ 'x-api-key': FAKE_API_KEY, 'content-type': 'application/json', 'user-agent': 'tilld/0.1.0' });
    expect(box.gateway.links()).toEqual({ http: 'up' });
  });

  test('describes the order as the settings say', async () => {
    await renew({ settings: { descriptionTemplate: '{description} {serial}' } });
    server.answer(reply(link()));
    await requestQr();
    expect(JSON.parse(server.requests.all[0]?.body ?? '')).toMatchObject({ description: 'Car wash 0001' });
  });

  test('a repeat after a lost answer, and by another run of the box, is the same order byte by byte', async () => {
    server.answer('cut-body', reply(link()), reply(link()));
    expect(await requestFault(requestQr())).toMatchObject({ code: 'peer-cut', retryable: true });
    expect(box.gateway.links()).toEqual({ http: 'down' });
    const first = await requestQr();
    await renew();
    expect(await requestQr()).toEqual(first);
    expect(new Set(server.requests.all.map(({ body }) => body)).size).toBe(1);
  });

  test('every request, repeated or not, asks for its own order code', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 40 }), fc.boolean(), async (request, restarted) => {
        await renew();
        const sent = server.requests.all.length;
        server.answer('cut', refusal(503));
        await requestFault(requestQr(request));
        if (restarted) await renew();
        await requestFault(requestQr(request));
        const codes = server.requests.all.slice(sent).map(({ body }) => JSON.parse(body).orderCode);
        expect(codes).toEqual([orderCodeOf('0001', request), orderCodeOf('0001', request)]);
      }),
      { numRuns: 20 },
    );
  });

  test.each([
    ['to another account than the reply names (a virtual one)', { qrCode: vietQr(50_000, 'V3CASHDEV0001') }],
    ['of a link that is being paid', { status: 'PROCESSING' }],
    ['with fields that nobody knows', { accountName: null, more: [{}] }],
    ['without a word which bank it is', { bin: null }],
  ])('a QR %s is shown', async (_what, change) => {
    const data = link(change);
    server.answer(reply(data));
    expect((await requestQr()).qr).toBe(data.qrCode);
  });

  test.each<[string, object, string]>([
    ['for another amount', { qrCode: vietQr(50_001) }, 'qr-refused-amount'],
    ['for which the reply says another amount', { amount: 49_999 }, 'qr-refused-amount'],
    ['without an amount', { qrCode: still }, 'qr-refused-amount-missing'],
    ['with a wrong checksum', { qrCode: vietQr(50_000).replace(/.$/, (c) => (c === '0' ? '1' : '0')) }, 'qr-refused-crc'],
    ['of another scheme', { qrCode: thai }, 'qr-refused-scheme'],
    ['that is a link', { qrCode: 'https://pay.example/web/abc123xyz' }, 'qr-refused-malformed'],
    ['of another bank than the reply names', { bin: '970436' }, 'qr-refused-bank'],
    ['in another currency', { currency: 'USD' }, 'qr-refused-currency'],
    ['that has expired', { expiredAt: '2025-12-31T23:59:59.999Z' }, 'qr-refused-expired'],
    ['of an order that is paid', { status: 'PAID' }, 'order-over'],
    ['of an order that is over', { status: 'EXPIRED' }, 'order-over'],
    ['of an order in a state nobody knows', { status: 'ON_HOLD' }, 'order-over'],
  ])('a QR %s is refused for good', async (_what, change, code) => {
    server.answer(reply(link(change)));
    expect(await requestFault(requestQr())).toMatchObject({ code, retryable: false });
  });

  test('expiry goes by the clock of the gateway', async () => {
    await renew({ wallMs: 0 });
    const headers = { date: 'Thu, 01 Jan 2026 00:10:00 GMT' };
    server.answer({ headers, body: { success: true, data: link({ expiredAt: '2026-01-01T00:10:00.000Z' }) } });
    expect(await requestFault(requestQr())).toMatchObject({ code: 'qr-refused-expired' });
    expect(box.gateway.backendNowMs()).toBe(Date.UTC(2026, 0, 1, 0, 10));
    server.answer({ headers, body: { success: true, data: link({ expiredAt: '2026-01-01T00:10:00.001Z' }) } });
    await requestQr();
  });

  test('another currency is the caller`s mistake', async () => {
    const baht = { ...intent, amount: { minor: 50_000, currency: 'THB' } } as const;
    await expect(box.gateway.requestQr(baht, never)).rejects.toMatchObject({ blame: 'caller', code: 'currency-unsupported' });
    expect(asked()).toEqual([]);
  });

  test.each<[string, UpstreamAnswer, object]>([
    ['400', refusal(400), { code: 'backend-refused', retryable: false, found: 'status 400: SOME_CODE Lỗi' }],
    ['200 with success:false', refusal(200), { code: 'backend-refused', retryable: false }],
    ['404', refusal(404), { code: 'backend-refused', retryable: false }],
    ['401', refusal(401), { code: 'backend-unauthorized', retryable: false, found: 'status 401: SOME_CODE' }],
    ['403', refusal(403), { code: 'backend-unauthorized', retryable: false }],
    ['429', refusal(429, { retryAfter: 7 }), { code: 'backend-unavailable', retryable: true, retryAfterMs: 7_000 }],
    ['429 with a header', { status: 429, headers: { 'retry-after': '9' }, body: '' }, { retryAfterMs: 9_000 }],
    [
      '429 with both',
      { status: 429, headers: { 'retry-after': '9' }, body: { success: false, retryAfter: 7 } },
      { code: 'backend-unavailable', retryAfterMs: 9_000 },
    ],
    ['429 without a word', page(429), { code: 'backend-unavailable', retryAfterMs: 60_000 }],
    ['500', refusal(500), { code: 'backend-unavailable', retryable: true, retryAfterMs: undefined }],
    ['503 with a wish', refusal(503, { retryAfter: 5 }), { code: 'backend-unavailable', retryAfterMs: 5_000 }],
    ['502 with HTML', page(502), { code: 'backend-unavailable', retryable: true }],
    ['a captive portal', page(200), { code: 'peer-not-json', retryable: true }],
    ['400 with HTML', page(400), { code: 'peer-not-json', retryable: true }],
    ['a redirect', { status: 302, headers: { location: '/login' } }, { code: 'backend-unavailable', retryable: true }],
    ['half a reply', { body: '{"success":true,"data":{' }, { code: 'json-malformed', retryable: true }],
    ['duplicate keys', { body: '{"success":true,"success":false}' }, { code: 'json-duplicate-key', retryable: true }],
    ['a list', { body: '[]' }, { code: 'message-invalid', retryable: true }],
    ['a reply without data', { body: { success: true } }, { code: 'message-invalid', retryable: true }],
    ['the order of somebody else', reply(link({ orderCode: CODE + 1 })), { code: 'charge-mismatch', retryable: true }],
    ['a huge reply', { body: ' '.repeat(70_000) }, { code: 'peer-too-large', retryable: true }],
    ['a cut', 'cut', { code: 'peer-cut', retryable: true }],
    ['a cut in the middle', 'cut-body', { code: 'peer-cut', retryable: true }],
    ['something else than HTTP', 'not-http', { code: 'peer-not-http', retryable: true }],
  ])('%s is no QR', async (_what, answer, expected) => {
    server.answer(answer);
    expect(await requestFault(requestQr())).toMatchObject(expected);
    expect(asked()).toEqual([CHECKOUT]);
  });

  test('silence is given up in time', async () => {
    server.answer('silence');
    const answer = requestFault(requestQr());
    await server.requests.next('request');
    box.clock.advance(10_000);
    expect(await answer).toMatchObject({ code: 'peer-timeout', retryable: true });
  });

  test('the caller can give it up', async () => {
    server.answer('silence');
    const giving = new AbortController();
    const answer = requestFault(box.gateway.requestQr(intent, giving.signal));
    await server.requests.next('request');
    giving.abort();
    expect(await answer).toMatchObject({ code: 'request-aborted' });
  });
});

describe('querying a charge', () => {
  test.each(['SUCCESS', 'PAID', 'success'])('an order kept as %s, and how much came, is paid, and PayOS is not asked', async (status) => {
    server.answer(reply(kept(status, { amountPaid: 50_000 })));
    expect(await query()).toEqual({ state: 'paid' });
    expect(asked()).toEqual([ORDER]);
    expect(server.requests.all[0]?.headers['x-api-key']).toBe(FAKE_API_KEY);
  });

  test.each<[string, UpstreamAnswer, UpstreamAnswer, object]>([
    ['PayOS knows that it is paid', reply(kept('PENDING')), reply(told('PAID', 50_000)), { state: 'paid' }],
    ['overpaid', reply(kept('PENDING')), reply(told('PAID', 70_000)), { state: 'paid', paidMinor: 70_000 }],
    ['paid late', reply(kept('EXPIRED')), reply(told('PAID', 50_000)), { state: 'paid' }],
    ['pending', reply(kept('PENDING')), reply(told('PENDING')), { state: 'unresolved', reason: 'pending' }],
    [
      'underpaid',
      reply(kept('PENDING')),
      reply(told('UNDERPAID', 20_000)),
      { state: 'unresolved', reason: 'underpaid:20000', paidMinor: 20_000 },
    ],
    ['cancelled', reply(kept('CANCELLED')), reply(told('CANCELLED')), { state: 'unresolved', reason: 'cancelled', over: true }],
    ['expired', reply(kept('PENDING')), reply(told('EXPIRED')), { state: 'unresolved', reason: 'expired', over: true }],
    ['failed', reply(kept('FAILED')), reply(told('FAILED')), { state: 'unresolved', reason: 'failed', over: true }],
    // What the gateway keeps, by the document, does not say how much came.
    ['paid and counted by PayOS', reply(kept('SUCCESS')), reply(told('PAID', 50_000)), { state: 'paid' }],
    ['overpaid, as only PayOS says', reply(kept('SUCCESS')), reply(told('PAID', 70_000)), { state: 'paid', paidMinor: 70_000 }],
    [
      'kept as paid when a part came',
      reply(kept('SUCCESS')),
      reply(told('UNDERPAID', 20_000)),
      { state: 'unresolved', reason: 'underpaid:20000', paidMinor: 20_000 },
    ],
    ['kept as paid by nothing', reply(kept('SUCCESS', { amountPaid: 0 })), reply(told('PAID', 50_000)), { state: 'paid' }],
    ['paid, and unknown to PayOS', reply(kept('SUCCESS')), refusal(404), { state: 'paid' }],
    ['paid, and PayOS is refused', reply(kept('SUCCESS')), refusal(500), { state: 'paid' }],
    ['paid, and the count is cut off', reply(kept('SUCCESS')), 'cut', { state: 'paid' }],
    ['kept as what cannot be read, and paid', { body: 'oh' }, reply(told('PAID', 50_000)), { state: 'paid' }],
    ['not to be had, and paid', refusal(500), reply(told('PAID', 50_000)), { state: 'paid' }],
    [
      'behind a page, and paid in part',
      page(502),
      reply(told('UNDERPAID', 5)),
      { state: 'unresolved', reason: 'underpaid:5', paidMinor: 5 },
    ],
    [
      'expired with money',
      reply(kept('EXPIRED')),
      reply(told('EXPIRED', 1_000)),
      { state: 'unresolved', reason: 'expired:1000', paidMinor: 1_000 },
    ],
    ['unknown', reply(kept('HUH')), reply(told('HUH')), { state: 'unresolved', reason: 'huh' }],
    ['unknown to PayOS', reply(kept('EXPIRED')), refusal(404), { state: 'unresolved', reason: 'expired', over: true }],
    ['known to PayOS alone', refusal(404), reply(told('PAID', 50_000)), { state: 'paid' }],
    ['known to nobody', refusal(404), refusal(404), { state: 'unresolved', reason: 'not-found' }],
    ['another amount', reply(kept('PENDING')), reply(told('PAID', 5, { amount: 5 })), { state: 'unresolved', reason: 'amount-mismatch' }],
  ])('%s', async (_what, order, info, answer) => {
    server.answer(order, info);
    expect(await query()).toEqual(answer);
    expect(asked()).toEqual([ORDER, INFO]);
  });

  test.each<[Money]>([[{ minor: 49_999, currency: 'VND' }], [{ minor: 50_000, currency: 'IDR' }]])(
    'about %j nothing is settled',
    async (due) => {
      server.answer(reply(kept('SUCCESS')));
      expect(await query(CHARGE, due)).toEqual({ state: 'unresolved', reason: 'amount-mismatch' });
    },
  );

  const WRONG: readonly [string, UpstreamAnswer, object][] = [
    ['another order', reply({ ...told('PAID', 50_000), orderCode: CODE - 1 }), { code: 'charge-mismatch', retryable: true }],
    ['success:false', refusal(200), { code: 'backend-refused' }],
    ['no order code', reply({ ...told('PAID', 50_000), orderCode: undefined }), { code: 'message-invalid', retryable: true }],
    ['an amount as a text', reply({ ...told('PAID', 50_000), amount: '50000' }), { code: 'message-invalid' }],
    ['a 404 of something else', page(404), { code: 'peer-not-json', retryable: true }],
    ['a 404 without success:false', { status: 404, body: {} }, { code: 'backend-refused' }],
    ['500', refusal(500), { code: 'backend-unavailable', retryable: true }],
    ['429', refusal(429, { retryAfter: 3 }), { code: 'backend-unavailable', retryAfterMs: 3_000 }],
    ['a redirect', { status: 307, headers: { location: 'http://192.0.2.1/' } }, { code: 'backend-unavailable', retryable: true }],
    ['401', refusal(401), { code: 'backend-unauthorized', retryable: false }],
    ['a huge reply', { body: ' '.repeat(70_000) }, { code: 'peer-too-large' }],
    ['a cut', 'cut', { code: 'peer-cut', retryable: true }],
  ];

  test.each(WRONG)('%s is no answer of the gateway', async (_what, answer, expected) => {
    server.answer(answer, answer);
    expect(await requestFault(query())).toMatchObject(expected);
    expect(asked()[0]).toBe(ORDER);
  });

  test.each<[string, UpstreamAnswer]>([
    ['401', refusal(401)],
    ['429', refusal(429)],
    ['another order', reply(kept('SUCCESS', { orderCode: CODE + 1 }))],
    ['a cut', 'cut'],
  ])('after %s there is nothing more to ask', async (_what, answer) => {
    server.answer(answer);
    await requestFault(query());
    expect(asked()).toEqual([ORDER]);
  });

  test.each(['PENDING', 'EXPIRED'])('an order that cannot be read is not given up because PayOS says %s', async (status) => {
    server.answer(refusal(500), reply(told(status)));
    expect(await requestFault(query())).toMatchObject({ code: 'backend-unavailable', retryable: true });
  });

  test('a customer whose payment is known does not wait long to have it counted', async () => {
    server.answer(reply(kept('SUCCESS')), 'silence');
    const answer = query();
    await server.requests.next('request');
    await server.requests.next('request');
    box.clock.advance(3_000);
    expect(await answer).toEqual({ state: 'paid' });
    expect(box.metrics.value('backend_requests_total', { operation: 'payment-info', outcome: 'request-aborted' })).toBe(1);
    expect(box.clock.pending()).toBe(0);
  });

  test.each(WRONG)('%s is no answer of PayOS, and an order that seems over stays open', async (_what, answer, expected) => {
    server.answer(reply(kept('EXPIRED')), answer);
    expect(await requestFault(query())).toMatchObject(expected);
  });

  test('replies swapped between two orders settle neither', async () => {
    const other = orderCodeOf('0001', 'req-0002');
    server.answer(reply(kept('SUCCESS', { orderCode: other })), reply(kept('SUCCESS')));
    const faults = [await requestFault(query()), await requestFault(query(String(other)))];
    expect(asked()).toEqual([ORDER, `GET /api/payos/orders/${other}`]);
    expect(faults.map(({ code }) => code)).toEqual(['charge-mismatch', 'charge-mismatch']);
    expect(box.gateway.rejections()).toMatchObject({ count: 2, last: { code: 'charge-mismatch' } });
  });

  test.each(['ch_1', '0', '../orders/1', '9007199254740992'])('%j is never put into a path', async (charge) => {
    await expect(query(charge)).rejects.toMatchObject({ blame: 'caller', code: 'charge-invalid' });
    expect(asked()).toEqual([]);
  });
});

describe('within the rate limit of the gateway', () => {
  const times = (count: number) => Array.from({ length: count }, (_, i) => i);

  test('five checkouts go at once, the sixth is told how long to wait, and goes then', async () => {
    for (const i of times(5)) {
      server.answer(refusal(503));
      await requestFault(requestQr(`req-${i}`));
    }
    expect(await requestFault(requestQr())).toMatchObject({ code: 'rate-limited', retryable: true, retryAfterMs: 70_000 });
    expect(asked()).toHaveLength(5);
    expect(box.metrics.value('backend_requests_total', { operation: 'checkout', outcome: 'rate-limited' })).toBe(1);
    box.clock.advance(65_000);
    server.answer(reply(link()));
    const waiting = requestQr();
    await settle();
    expect(asked()).toHaveLength(5);
    box.clock.advance(5_000);
    expect((await waiting).charge).toBe(CHARGE);
  });

  test('a hundred questions go at once, the next ones wait or end in a fault, none is lost', async () => {
    for (const _ of times(100)) {
      server.answer(settled);
      await query();
    }
    expect(await requestFault(query())).toMatchObject({ code: 'rate-limited', retryAfterMs: 70_000 });
    expect(await requestFault(query())).toMatchObject({ code: 'rate-limited' });
    box.clock.advance(60_000);
    server.answer(settled, settled);
    const waiting = Promise.all([query(), query()]);
    await settle();
    expect(asked()).toHaveLength(100);
    box.clock.advance(10_000);
    expect(await waiting).toEqual([{ state: 'paid' }, { state: 'paid' }]);
  });

  test('checkouts and questions do not take each other`s turns', async () => {
    for (const i of times(5)) {
      server.answer(refusal(503));
      await requestFault(requestQr(`req-${i}`));
    }
    server.answer(settled);
    expect(await query()).toEqual({ state: 'paid' });
  });

  test('what never left the box does not count', async () => {
    let broken = true;
    await renew({
      dial: (host, port) => {
        const socket = connect(port, host);
        if (broken) socket.destroy(Object.assign(new Error('as Node says it'), { code: 'ECONNREFUSED' }));
        return socket;
      },
    });
    for (const _ of times(8)) expect(await requestFault(requestQr())).toMatchObject({ code: 'peer-refused-connection' });
    broken = false;
    server.answer(reply(link()));
    await requestQr();
  });

  test('after a 429 the box is silent for as long as it was told', async () => {
    server.answer(refusal(429, { code: 'RATE_LIMIT_EXCEEDED', retryAfter: 30 }));
    expect(await requestFault(query())).toMatchObject({ retryAfterMs: 30_000 });
    expect(await requestFault(query())).toMatchObject({ code: 'rate-limited', retryAfterMs: expect.closeTo(31_500, -4) });
    expect(asked()).toHaveLength(1);
    box.clock.advance(30_000);
    server.answer(settled);
    const waiting = query();
    await settle();
    expect(asked()).toHaveLength(1);
    // Up to a tenth longer, so that boxes with one key do not all come back at once.
    box.clock.advance(3_000);
    expect(await waiting).toEqual({ state: 'paid' });
    // Checkouts have a limit of their own.
    server.answer(reply(link()));
    await requestQr();
  });

  test.each([
    ['by the words', refusal(429, { retryAfter: 86_400 })],
    ['by the header', { status: 429, headers: { 'retry-after': '86400', 'content-type': 'text/html' }, body: 'busy' }],
  ])('is not silenced for long, %s', async (_what, answer) => {
    server.answer(answer);
    await requestFault(query());
    box.clock.advance(330_000);
    server.answer(settled);
    expect(await query()).toEqual({ state: 'paid' });
  });

  test('however many others are asked about, questions are left for the charge on the screen', async () => {
    server.answer(reply(link()));
    await requestQr();
    const other = orderCodeOf('0001', 'req-0002');
    for (const _ of times(70)) {
      server.answer(reply(kept('SUCCESS', { orderCode: other, amountPaid: 50_000 })));
      await query(String(other));
    }
    expect(await requestFault(query(String(other)))).toMatchObject({ code: 'rate-limited' });
    for (const _ of times(30)) {
      server.answer(settled);
      await query();
    }
    expect(await requestFault(query())).toMatchObject({ code: 'rate-limited' });
  });

  test('a stop ends what waits for its turn', async () => {
    for (const i of times(5)) {
      server.answer(refusal(503));
      await requestFault(requestQr(`req-${i}`));
    }
    box.clock.advance(65_000);
    const waiting = requestFault(requestQr());
    await settle();
    await box.gateway.stop();
    expect(await waiting).toMatchObject({ code: 'request-aborted' });
    expect(box.clock.pending()).toBe(0);
  });
});

describe('what a person must mend', () => {
  const codes = () => box.gateway.faults().map(({ link: name, code }) => `${name} ${code}`);

  test('a refused key stands until a request succeeds', async () => {
    const seen: string[][] = [];
    // Of an order that is not known PayOS is asked as well.
    const unknown = [refusal(404), refusal(404)];
    for (const answers of [unknown, [refusal(401)], [refusal(503), refusal(503)], unknown, [refusal(403)]]) {
      server.answer(...answers);
      await query().catch(() => {});
      seen.push(codes());
    }
    const standing = ['http backend-unauthorized'];
    expect(seen).toEqual([[], standing, standing, standing, standing]);
    server.answer(settled);
    await query();
    expect(codes()).toEqual([]);
  });

  test('a 401 that is no JSON is not the word of the gateway', async () => {
    server.answer(page(401), page(401));
    await requestFault(query());
    expect([codes(), box.gateway.links()]).toEqual([[], { http: 'down' }]);
  });

  test.each([
    [{ url: 'http://gateway.example' }, ['http not-encrypted']],
    [{ url: 'https://gateway.example', insecure: true }, ['http tls-unverified']],
    [{ url: 'https://gateway.example' }, []],
    [{ url: 'http://127.0.0.1:3000' }, []],
  ])('%j: %j', async (http, expected) => {
    await renew({ settings: { http } });
    await box.gateway.start();
    expect(codes()).toEqual(expected);
    expect(box.log.lines.filter(({ event }) => event === 'http.insecure')).toHaveLength(expected.length);
  });

  test.each(['', 'with blank', 'new\nline', 'ü'])('a key %j cannot be sent', (apiKey) => {
    expect(() => paymentGatewayBox(url, { settings: { apiKey } })).toThrow(expect.objectContaining({ code: 'api-key-invalid' }));
  });

  test('the key is in no fault, log line or rejection, whatever the gateway says', async () => {
    const message = `Invalid API Key ${FAKE_API_KEY}`;
    const shown: unknown[] = [];
    for (const status of [200, 400, 401, 403, 404, 422, 429, 500]) {
      server.answer(refusal(status, { message, error: message, code: message, details: { received: message } }));
      const fault = await requestFault(requestQr());
      shown.push(fault.explain(), fault.stack, box.gateway.faults(), box.gateway.rejections());
      if (status === 403) await renew();
    }
    server.answer(reply({ ...link(), status: message }), { body: `{"success":true,"${FAKE_API_KEY}":1,"${FAKE_API_KEY}":2}` });
    server.answer(reply({ ...link(), qrCode: qrOf(FAKE_API_KEY) }));
    await renew();
    for (let i = 0; i < 4; i++) {
      const fault = await requestFault(requestQr());
      shown.push(fault.explain(), fault.stack, box.gateway.rejections());
    }
    shown.push(box.log.lines);
    expect(JSON.stringify(shown)).not.toContain(FAKE_API_KEY);
    expect(JSON.stringify(shown)).toContain('Invalid API Key [hidden]');
  });
});

test('a clock that is off follows the Date header on the monotonic clock', async () => {
  const date = new Date(box.clock.wallMs() + 86_400_000).toUTCString();
  expect(box.gateway.backendNowMs()).toBe(box.clock.wallMs());
  server.answer({ headers: { date }, body: { success: true, data: kept('SUCCESS', { amountPaid: 50_000 }) } });
  await query();
  box.clock.stepWall(-1_000_000_000);
  box.clock.advance(5_000);
  expect(box.gateway.backendNowMs()).toBe(Date.parse(date) + 5_000);
});

test('what the dialect does not have, it says', async () => {
  const { gateway } = box;
  expect(gateway.capabilities).toEqual({ pairs: false, pushes: false, queries: true, qr: true, reports: false });
  await expect(gateway.register(never)).rejects.toMatchObject({ code: 'register-unsupported' });
  await expect(gateway.identify('x')).rejects.toMatchObject({ code: 'identify-unsupported' });
  expect(await gateway.deliver([], never)).toMatchObject({ state: 'refused' });
  expect(await gateway.watch(CHARGE)).toBe(true);
  await gateway.unwatch(CHARGE);
  gateway.publishState({ status: 'normal', activity: 'idle', uptimeMinutes: 1, rssiDbm: null });
  expect([gateway.links(), gateway.rejections()]).toEqual([{ http: 'off' }, { count: 0, last: null }]);
  const events = Array.fromAsync(gateway.inbound());
  await gateway.stop();
  expect(await events).toEqual([]);
});

test('nothing is opened before the first request, and no timer runs', async () => {
  const clock = new FakeClock();
  const idle = paymentGatewayBox(url, { clock, dial: () => expect.fail('nobody asked') });
  await idle.gateway.start();
  expect(clock.pending()).toBe(0);
  await idle.gateway.stop();
});
