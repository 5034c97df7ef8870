import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../../domain/fault.ts';
import { FakeClock, settle } from '../../../testkit/clock.ts';
import { ScriptedUpstream, type UpstreamAnswer } from '../../../testkit/scripted-upstream.ts';
import { FAKE_PAYOS_KEYS, sampleLinkRequest } from '../../../testkit/simulated-payos.ts';
import { createPayOsClient, type PayOsClient } from './client.ts';
import { signedAnswer } from './payloads.ts';

const NEVER = new AbortController().signal;
const { checksumKey, apiKey, clientId } = FAKE_PAYOS_KEYS;

const STATE = {
  id: 'abc123xyz',
  orderCode: 7,
  amount: 50_000,
  amountPaid: 50_000,
  amountRemaining: 0,
  status: 'PAID',
  createdAt: '2026-02-01T22:00:00+07:00',
  transactions: [
    {
      reference: 'FT1',
      amount: 50_000,
      accountNumber: '0000000000001',
      description: 'X',
      transactionDateTime: '2026-02-01T22:05:00+07:00',
      counterAccountName: null,
    },
  ],
  cancellationReason: null,
  canceledAt: null,
};
const CREATED = {
  bin: '970422',
  accountNumber: '0000000000001',
  accountName: 'CONG TY TILLD TEST',
  amount: 50_000,
  description: 'Thanh toan don hang 123',
  orderCode: 123_456,
  currency: 'VND',
  paymentLinkId: 'abc123xyz',
  status: 'PENDING',
  checkoutUrl: 'https://pay.payos.invalid/web/abc123xyz',
  qrCode: '00020101021238',
};
const signed = (data: object): UpstreamAnswer => ({ body: signedAnswer(data as never, checksumKey) });

describe('the client of PayOS', () => {
  let payos: PayOsClient;
  let server: ScriptedUpstream;
  let clock: FakeClock;
  beforeEach(async () => {
    server = new ScriptedUpstream();
    clock = new FakeClock();
    payos = createPayOsClient({ ...FAKE_PAYOS_KEYS, url: `${await server.open()}/prefix/`, timeoutMs: 5_000 }, clock);
  });
  afterEach(async () => {
    await payos.close();
    await server.close();
  });
  const outcome = (promise: Promise<unknown>) =>
    promise.then(
      () => 'done',
      (error: unknown) => (error instanceof Fault ? `${error.blame} ${error.code}` : error),
    );
  const explained = (promise: Promise<unknown>) =>
    promise.then(
      () => 'done',
      (error: unknown) => (error instanceof Fault ? error.explain() : String(error)),
    );
  const askWith = (answer: UpstreamAnswer) => {
    server.answer(answer);
    return payos.link(7, NEVER);
  };

  it('sends a link as PayOS wants it, signed, with both keys', async () => {
    server.answer(signed(CREATED));
    const request = sampleLinkRequest(clock, { buyerName: 'Nguyen Van A', items: [{ name: 'A', quantity: 1, price: 50_000 }] });
    await payos.createLink(request, NEVER);
    const { method, path, headers, body } = await server.requests.next('request');
    expect([method, path, headers['x-client-id'], headers['x-api-key'], headers['content-type']]).toEqual([
      'POST',
      '/prefix/v2/payment-requests',
      clientId,
      apiKey,
      'application/json',
    ]);
    const { expiresAtMs, ...fields } = request;
    expect(JSON.parse(body)).toEqual({
      ...fields,
      expiredAt: Math.floor(expiresAtMs / 1000),
      signature: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('reads a state with times of any offset, and never less than nothing left', async () => {
    expect(
      await askWith(signed({ ...STATE, amountPaid: 60_000, amountRemaining: -10_000, createdAt: '2026-02-01T15:00:00.000Z' })),
    ).toEqual({
      orderCode: 7,
      paymentLinkId: 'abc123xyz',
      amount: 50_000,
      amountPaid: 60_000,
      amountRemaining: 0,
      status: 'PAID',
      createdAtMs: Date.UTC(2026, 1, 1, 15),
      transfers: [
        { reference: 'FT1', amount: 50_000, accountNumber: '0000000000001', description: 'X', atMs: Date.UTC(2026, 1, 1, 15, 5) },
      ],
    });
  });

  it('cancels with and without a reason', async () => {
    server.answer(signed({ ...STATE, status: 'CANCELLED' }), signed({ ...STATE, status: 'CANCELLED' }));
    await payos.cancelLink(7, 'Hết hàng', NEVER);
    await payos.cancelLink(7, '', NEVER);
    const sent = server.requests.all.map(({ method, path, body }) => [method, path, body]);
    const path = '/prefix/v2/payment-requests/7/cancel';
    expect(sent).toEqual([
      ['POST', path, '{"cancellationReason":"Hết hàng"}'],
      ['POST', path, '{}'],
    ]);
  });

  it.each<[string, UpstreamAnswer, string]>([
    ['a cut connection', 'cut', 'upstream-unreachable'],
    ['a cut in the middle of the answer', 'cut-body', 'upstream-unreachable'],
    ['500, even with all of an answer', { status: 500, body: signedAnswer(STATE as never, checksumKey) }, 'upstream-unreachable'],
    ['503 in HTML', { status: 503, body: '<html>' }, 'upstream-unreachable'],
    ['429', { status: 429, body: { code: '429', desc: 'x' } }, 'upstream-unreachable'],
    [
      'a redirect, even with all of an answer',
      { status: 302, headers: { location: 'https://elsewhere.example/' }, body: signedAnswer(STATE as never, checksumKey) },
      'upstream-invalid',
    ],
    ['what is no HTTP', 'not-http', 'upstream-invalid'],
    ['too large a body', { body: ' '.repeat(70_000) }, 'upstream-invalid'],
    ['HTML', { body: '<!doctype html>', headers: { 'content-type': 'text/html' } }, 'upstream-invalid'],
    ['half a JSON text', { body: '{"code":"00","data":{' }, 'upstream-invalid'],
    ['a key twice', { body: '{"code":"00","code":"01"}' }, 'upstream-invalid'],
    ['a list', { body: [] }, 'upstream-invalid'],
    ['no code', { body: { desc: 'x' } }, 'upstream-invalid'],
    ['404 without a code', { status: 404, body: {} }, 'upstream-invalid'],
    ['no data', { body: { code: '00', desc: 'success', data: null, signature: 'x' } }, 'upstream-invalid'],
    ['no signature', { body: { code: '00', desc: 'success', data: STATE } }, 'upstream-invalid'],
    ['the signature of another key', { body: signedAnswer(STATE as never, 'another-fake-key') }, 'upstream-invalid'],
    [
      'data changed after it was signed',
      { body: { ...signedAnswer(STATE as never, checksumKey), data: { ...STATE, amountPaid: 1 } } },
      'upstream-invalid',
    ],
    ['another order', signed({ ...STATE, orderCode: 8 }), 'upstream-invalid'],
    ['a status nobody knows', signed({ ...STATE, status: 'DONE' }), 'upstream-invalid'],
    ['half a dong', signed({ ...STATE, amountPaid: 0.5 }), 'upstream-invalid'],
    ['an amount as text', signed({ ...STATE, amount: '50000' }), 'upstream-invalid'],
    ['a time nobody can read', signed({ ...STATE, createdAt: 'yesterday' }), 'upstream-invalid'],
    ['no list of transfers', signed({ ...STATE, transactions: null }), 'upstream-invalid'],
    ['a transfer of nothing', signed({ ...STATE, transactions: [{ ...STATE.transactions[0], amount: 0 }] }), 'upstream-invalid'],
    ['401 with a code', { status: 401, body: { code: '401', desc: 'Unauthorized' } }, 'upstream-refused'],
    ['the code for wrong keys', { body: { code: '214', desc: 'Cổng thanh toán không tồn tại hoặc đã tạm dừng' } }, 'upstream-refused'],
    ['a code without words', { body: { code: '20' } }, 'upstream-refused'],
  ])('names %s', async (_what, answer, code) => {
    expect(await outcome(askWith(answer))).toBe(`peer ${code}`);
  });

  it.each([
    ['another amount', { amount: 49_999 }],
    ['another currency', { currency: 'USD' }],
    ['a bank that is none', { bin: '9704' }],
    ['no QR', { qrCode: '' }],
    ['too long a QR', { qrCode: '0'.repeat(513) }],
    ['a page that is no web page', { checkoutUrl: 'javascript:alert(1)' }],
    ['no id', { paymentLinkId: '../7' }],
  ])('refuses a link with %s', async (_what, more) => {
    server.answer(signed({ ...CREATED, ...more }));
    expect(await outcome(payos.createLink(sampleLinkRequest(clock), NEVER))).toBe('peer upstream-invalid');
  });

  it('gives up on silence in time', async () => {
    server.answer('silence');
    const pending = explained(payos.link(7, NEVER));
    await server.requests.next('request');
    clock.advance(4_999);
    await settle();
    clock.advance(1);
    expect(await pending).toContain('no whole reply within 5000 ms');
    expect(clock.pending()).toBe(0);
  });

  it('gives up when nobody waits any more', async () => {
    server.answer('silence');
    const gone = new AbortController();
    const pending = explained(payos.link(7, gone.signal));
    await server.requests.next('request');
    gone.abort();
    expect(await pending).toContain('the request was given up');
  });

  it('says that nobody listens', async () => {
    const dead = createPayOsClient({ ...FAKE_PAYOS_KEYS, url: 'http://127.0.0.1:1' }, clock);
    expect(await explained(dead.link(7, NEVER))).toContain('ECONNREFUSED');
    expect(await dead.probe(NEVER)).toBe(false);
    await dead.close();
  });

  it('knows whether PayOS answers', async () => {
    server.answer({ body: { code: '101', desc: 'x' } }, { status: 500 }, { status: 401, body: {} });
    expect([await payos.probe(NEVER), await payos.probe(NEVER), await payos.probe(NEVER)]).toEqual([true, false, true]);
  });

  it('quotes the words of PayOS, on one line, and none of the keys', async () => {
    const echo = `Sai khoá ${apiKey.toUpperCase()}\r\nclient ${clientId} checksum ${checksumKey}`;
    const text = await explained(askWith({ body: { code: '214', desc: echo } }));
    expect(text).toContain('code 214: Sai khoá [hidden] client [hidden] checksum [hidden]');
  });

  it('has no cause that could quote a request', async () => {
    for (const answer of ['cut', 'cut-body', 'not-http', { body: 'x' }] as const) {
      const fault = await askWith(answer).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(Fault);
      expect((fault as Fault).cause).toBeUndefined();
    }
  });
});
