import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../../domain/fault.ts';
import { parsePaymentQr } from '../../../domain/qr/parse.ts';
import type { FakeClock } from '../../../testkit/clock.ts';
import { serveApp } from '../../../testkit/scripted-upstream.ts';
import { FAKE_PAYOS_KEYS, sampleLinkRequest, simulatedPayOs } from '../../../testkit/simulated-payos.ts';
import type { PayOsUpstream } from '../upstreams.ts';
import { createPayOsClient } from './client.ts';
import { sampleWebhook, webhookBody } from './payloads.ts';
import type { PayOsSimulation } from './simulation.ts';

const NEVER = new AbortController().signal;

interface Harness {
  readonly upstream: PayOsUpstream;
  close(): Promise<void>;
}

const direct = async (simulation: PayOsSimulation): Promise<Harness> => ({ upstream: simulation, close: async () => undefined });
const overHttp = async (simulation: PayOsSimulation, clock: FakeClock): Promise<Harness> => {
  const served = await serveApp(simulation.api);
  const client = createPayOsClient({ ...FAKE_PAYOS_KEYS, url: served.url }, clock);
  return { upstream: client, close: async () => void (await Promise.all([client.close(), served.close()])) };
};

describe.each([
  { name: 'the simulation', open: direct },
  { name: 'the HTTP client before the simulation', open: overHttp },
])('$name keeps the contract of PayOsUpstream', ({ open }) => {
  let side: ReturnType<typeof simulatedPayOs>;
  let harness: Harness;
  let payos: PayOsUpstream;
  beforeEach(async () => {
    side = simulatedPayOs();
    harness = await open(side.simulation, side.clock);
    payos = harness.upstream;
  });
  afterEach(async () => {
    await harness.close();
    await side.simulation.stop();
  });
  const make = (more = {}) => payos.createLink(sampleLinkRequest(side.clock, more), NEVER);
  const stateOf = (orderCode = 123_456) => payos.link(orderCode, NEVER);
  const refusal = (promise: Promise<unknown>) =>
    promise.catch((error: unknown) => (error instanceof Fault ? [error.blame, error.code, error.found] : error));

  it('makes a link with a VietQR over exactly the amount', async () => {
    const link = await make();
    expect(link).toMatchObject({
      orderCode: 123_456,
      amount: 50_000,
      status: 'PENDING',
      bin: '970422',
      description: 'Thanh toan don hang 123',
    });
    const qr = parsePaymentQr(link.qrCode);
    expect(qr.ok && qr.qr).toMatchObject({ amount: { minor: 50_000, currency: 'VND' } });
    expect(link.checkoutUrl).toMatch(/^https:\/\/pay\.payos\.invalid\/web\/[0-9a-f]{32}$/);
    expect(await stateOf()).toEqual({
      orderCode: 123_456,
      paymentLinkId: link.paymentLinkId,
      amount: 50_000,
      amountPaid: 0,
      amountRemaining: 50_000,
      status: 'PENDING',
      createdAtMs: side.clock.wallMs(),
      transfers: [],
    });
  });

  it('carries what the buyer is asked for, and takes descriptions with accents', async () => {
    const items = [{ name: 'Gói Premium', quantity: 1, price: 50_000 }];
    await expect(
      make({ description: 'Đơn hàng số 1', buyerName: 'Nguyen Van A', buyerEmail: 'a@example.com', items }),
    ).resolves.toMatchObject({ description: 'Đơn hàng số 1' });
    expect(side.simulation.find(123_456)?.qrCode).toContain('Don hang so 1');
  });

  it('makes one link for each order, for ever', async () => {
    await make();
    expect(await refusal(make({ amount: 1_000 }))).toEqual(['peer', 'upstream-refused', 'code 231: Đơn thanh toán đã tồn tại']);
    expect((await stateOf())?.amount).toBe(50_000);
  });

  it('takes the largest order code', async () => {
    const orderCode = Number.MAX_SAFE_INTEGER;
    await make({ orderCode });
    expect((await stateOf(orderCode))?.orderCode).toBe(orderCode);
  });

  it('knows nothing of an order that was never made', async () => {
    expect(await stateOf(999)).toBeNull();
    expect(await refusal(payos.cancelLink(999, '', NEVER))).toEqual(['peer', 'upstream-refused', 'code 101: Mã thanh toán không tồn tại']);
  });

  it.each([
    ['exactly', [50_000], 'PAID', 50_000, 0],
    ['less', [20_000], 'UNDERPAID', 20_000, 30_000],
    ['less and then the rest', [20_000, 30_000], 'PAID', 50_000, 0],
    ['more', [50_001], 'PAID', 50_001, 0],
    ['twice', [50_000, 50_000], 'PAID', 100_000, 0],
  ])('tells of a payment: %s', async (_how, amounts, status, amountPaid, amountRemaining) => {
    await make();
    const transfers = amounts.map((amount) => side.simulation.pay(123_456, amount));
    expect(await stateOf()).toMatchObject({ status, amountPaid, amountRemaining, transfers });
    expect(new Set(transfers.map(({ reference }) => reference)).size).toBe(amounts.length);
  });

  it('tells PROCESSING, FAILED and EXPIRED', async () => {
    await make();
    side.simulation.process(123_456);
    expect((await stateOf())?.status).toBe('PROCESSING');
    side.simulation.fail(123_456);
    expect((await stateOf())?.status).toBe('FAILED');
    await make({ orderCode: 2, expiresAtMs: side.clock.wallMs() + 60_000 });
    side.clock.advance(59_999);
    expect((await stateOf(2))?.status).toBe('PENDING');
    side.clock.advance(1);
    expect((await stateOf(2))?.status).toBe('EXPIRED');
  });

  it('lets a part that was paid wait for the rest, however long', async () => {
    await make({ expiresAtMs: side.clock.wallMs() + 60_000 });
    side.simulation.pay(123_456, 1);
    side.clock.advance(60_000);
    expect((await stateOf())?.status).toBe('UNDERPAID');
  });

  it('cancels an open link, once or more', async () => {
    await make();
    expect((await payos.cancelLink(123_456, 'Khách đổi ý', NEVER)).status).toBe('CANCELLED');
    expect((await payos.cancelLink(123_456, '', NEVER)).status).toBe('CANCELLED');
    expect(side.simulation.find(123_456)?.cancellationReason).toBe('Khách đổi ý');
  });

  it('does not cancel what is paid', async () => {
    await make();
    side.simulation.pay(123_456, 50_000);
    expect(await refusal(payos.cancelLink(123_456, 'too late', NEVER))).toMatchObject([
      'peer',
      'upstream-refused',
      expect.stringMatching(/^code 20: .*PAID/),
    ]);
    expect((await stateOf())?.status).toBe('PAID');
  });

  it('reads its webhooks and nobody else’s', async () => {
    const { paymentLinkId } = await make();
    const transfer = side.simulation.pay(123_456, 50_000);
    const order = { orderCode: 123_456, paymentLinkId };
    const { reference, atMs } = transfer;
    expect(payos.readNotice(webhookBody(order, transfer, FAKE_PAYOS_KEYS.checksumKey))).toEqual({
      ...order,
      amount: 50_000,
      reference,
      atMs,
    });
    expect(payos.readNotice(sampleWebhook(FAKE_PAYOS_KEYS.checksumKey))).toMatchObject({ orderCode: 123, amount: 3_000 });
    expect(payos.readNotice(webhookBody(order, transfer, 'another-fake-key'))).toBeNull();
    const honest = webhookBody(order, transfer, FAKE_PAYOS_KEYS.checksumKey);
    expect(payos.readNotice({ ...honest, data: { ...Object(honest.data), amount: 1 } })).toBeNull();
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'webhook'],
    ['a list', []],
    ['no data', { signature: 'x' }],
    ['no signature', { data: {} }],
    ['a signature that is no text', { data: {}, signature: 1 }],
  ])('refuses a body that is no webhook: %s', (_what, body) => {
    expect(() => payos.readNotice(body)).toThrow(expect.objectContaining({ blame: 'peer', code: 'upstream-invalid' }));
  });

  it('gives up when nobody waits any more', async () => {
    const gone = AbortSignal.abort();
    expect(await refusal(payos.createLink(sampleLinkRequest(side.clock), gone))).toMatchObject([
      'peer',
      'upstream-unreachable',
      'the request was given up',
    ]);
    expect(await refusal(payos.link(1, gone))).toMatchObject(['peer', 'upstream-unreachable', expect.anything()]);
    expect(await payos.probe(gone)).toBe(false);
    expect(await payos.probe(NEVER)).toBe(true);
    expect(await stateOf()).toBeNull();
  });
});
