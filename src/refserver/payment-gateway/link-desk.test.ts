import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXAMPLE_CHECKOUT, GATEWAY_EXAMPLES_BEGIN, type TestGateway, testGateway } from '../../testkit/payment-gateway.ts';
import type { LinkStatus } from './upstreams.ts';

let box: TestGateway;
beforeEach(() => {
  box = testGateway();
});
afterEach(() => box.stop());

const CODE = 123_456;
const DAY_MS = 86_400_000;
const checkout = (more: object = {}) => box.post('/api/payos/checkout', { ...EXAMPLE_CHECKOUT, ...more });
const stored = () => box.gateway.links.find(CODE);
const order = async () => (await box.get(`/api/payos/orders/${CODE}`)).body.data;
const info = () => box.get(`/api/payos/payment-info/${CODE}`);
const timeline = async (): Promise<string[]> =>
  (await box.get(`/api/transaction/PAYOS_${CODE}/logs`)).body.data.timeline.map(({ action }: { action: string }) => action);

describe('an order code', () => {
  test('with the same content is the same link', async () => {
    const first = await checkout();
    expect((await checkout()).body).toEqual(first.body);
    expect(box.payos.requests).toHaveLength(1);
    await box.transfer({});
    expect((await checkout()).body.data).toEqual({ ...first.body.data, status: 'PAID' });
  });

  test.each([
    { amount: 50_001 },
    { description: 'Another' },
    { returnUrl: 'https://your-site.com/success' },
    { buyerName: 'Nguyen Van B' },
    { items: [{ name: 'A', quantity: 1, price: 1 }] },
  ])('with other content, %j, is refused', async (more) => {
    await checkout();
    expect(await checkout(more)).toMatchObject({
      status: 400,
      body: { error: 'Order Exists', code: 'ORDER_EXISTS', details: { orderCode: CODE, createdAt: '2026-02-01T15:00:00.000Z' } },
    });
    expect(box.payos.requests).toHaveLength(1);
  });

  test('that nobody gave is new every time, rises, and never is one that was given', async () => {
    await checkout({ orderCode: GATEWAY_EXAMPLES_BEGIN + 1 });
    await checkout({ orderCode: Number.MAX_SAFE_INTEGER });
    const codes: number[] = [];
    for (let i = 0; i < 4; i++) {
      codes.push((await checkout({ orderCode: undefined })).body.data.orderCode);
      box.clock.stepWall(-5_000);
    }
    expect(codes).toEqual([0, 2, 3, 4].map((i) => GATEWAY_EXAMPLES_BEGIN + i));
  });

  test('asked for twice at once is made once', async () => {
    const replies = await Promise.all([checkout(), checkout(), checkout({ amount: 1_000 })]);
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 400]);
    expect(box.payos.requests).toHaveLength(1);
  });

  test.each([1, 2 ** 53 - 1])('may be %i', async (orderCode) => {
    expect((await checkout({ orderCode })).body.data.orderCode).toBe(orderCode);
    expect((await box.get(`/api/payos/orders/${orderCode}`)).body.data.orderCode).toBe(orderCode);
  });

  test.each([1_000, 500_000_000])('may be over %i', async (amount) => {
    expect((await checkout({ amount })).status).toBe(200);
  });

  test('without addresses goes to PayOS with those of the settings', async () => {
    await checkout();
    expect(box.payos.requests[0]).toMatchObject({ returnUrl: 'https://example.com/success', cancelUrl: 'https://example.com/cancel' });
  });
});

describe('a link PayOS has not given', () => {
  const orders = () => box.payos.script.calls;

  test('because it was away: the same request again makes it', async () => {
    box.payos.script.next('create', 'unreachable');
    expect(await checkout()).toMatchObject({
      status: 503,
      body: { code: 'UPSTREAM_UNAVAILABLE', details: { orderCode: CODE }, retryAfter: 5 },
    });
    expect(await order()).toMatchObject({ status: 'PENDING', checkoutUrl: null, paymentLinkId: null });
    expect((await checkout()).body.data).toMatchObject({ paymentLinkId: 'link123456' });
    expect(orders()).toEqual(['create 123456', 'link 123456', 'create 123456']);
    expect(await timeline()).toEqual(['CREATED', 'SEND_FAILED', 'SENT_TO_PAYOS']);
  });

  test('is made by the scheduler too', async () => {
    box.payos.script.next('create', 'unreachable');
    await checkout();
    await box.pass(5_000);
    expect((await order()).paymentLinkId).toBe('link123456');
  });

  test('because its answer was lost: what nobody can show is withdrawn', async () => {
    box.payos.script.next('create', 'lost');
    expect((await checkout()).status).toBe(503);
    expect(await checkout()).toMatchObject({ status: 400, body: { code: 'ORDER_UNUSABLE', details: { orderCode: CODE } } });
    expect(orders()).toEqual(['create 123456', 'link 123456', 'cancel 123456']);
    expect((await order()).status).toBe('CANCELLED');
    expect((await checkout({ orderCode: CODE + 1 })).status).toBe(200);
  });

  test('because it refused: it says why, and says so again', async () => {
    box.payos.script.next('create', 'refused');
    expect(await checkout()).toMatchObject({
      status: 400,
      body: { code: 'UPSTREAM_REFUSED', details: { orderCode: CODE, reason: 'code 99: scripted words' } },
    });
    expect((await checkout()).body.code).toBe('UPSTREAM_REFUSED');
    expect((await order()).status).toBe('FAILED');
    expect(await timeline()).toEqual(['CREATED', 'REFUSED', 'FAILED']);
    await box.pass(60_000);
    expect(orders()).toEqual(['create 123456']);
  });

  test('and that was paid all the same counts', async () => {
    box.payos.script.next('create', 'lost');
    await checkout();
    box.payos.says(CODE, { status: 'PAID', amountPaid: 50_000, amountRemaining: 0 });
    await box.pass(5_000);
    expect((await order()).status).toBe('SUCCESS');
  });

  test('in 15 seconds is not waited for', async () => {
    box.payos.script.next('create', 'hang');
    const reply = checkout();
    await box.pass(15_000);
    expect((await reply).status).toBe(503);
  });

  test('expires like any other', async () => {
    box.payos.script.next('create', 'unreachable');
    await checkout();
    box.clock.stepWall(DAY_MS);
    expect((await checkout()).body.code).toBe('ORDER_UNUSABLE');
    expect((await order()).status).toBe('EXPIRED');
  });
});

describe('a webhook', () => {
  beforeEach(async () => {
    await checkout();
  });

  test('pays the link, once, however often it comes', async () => {
    for (let i = 0; i < 3; i++) expect((await box.transfer({})).body).toEqual({ success: true, message: 'Webhook processed' });
    expect(await order()).toMatchObject({ status: 'SUCCESS', amountPaid: 50_000 });
    expect(await timeline()).toEqual(['CREATED', 'SENT_TO_PAYOS', 'WEBHOOK_RECEIVED', 'COMPLETED']);
  });

  test('with a wrong signature is refused', async () => {
    expect(await box.transfer({}, 'wrong')).toMatchObject({ status: 400, body: { success: false, code: 'INVALID_SIGNATURE' } });
    expect(await order()).toMatchObject({ status: 'PENDING', amountPaid: 0 });
    expect(await timeline()).toEqual(['CREATED', 'SENT_TO_PAYOS']);
  });

  test('that is none is refused', async () => {
    expect(await box.post('/api/payos/callback', { hello: 1 }, {})).toMatchObject({ status: 400, body: { code: 'INVALID_WEBHOOK' } });
  });

  test.each([{ orderCode: 123 }, { paymentLinkId: 'another' }, { amount: 0 }, { amount: -5 }, { amount: 0.5 }])(
    'for %j changes nothing and is answered all the same',
    async (more) => {
      expect(await box.transfer(more)).toMatchObject({ status: 200, body: { success: true } });
      expect(await order()).toMatchObject({ status: 'PENDING', amountPaid: 0 });
      expect(box.logged.at(-1)).toContain('gateway.callback-ignored');
    },
  );

  test('over less makes it underpaid, and the rest makes it paid', async () => {
    await box.transfer({ amount: 20_000, reference: 'FT1' });
    expect(await order()).toMatchObject({ status: 'UNDERPAID', amountPaid: 20_000 });
    await box.transfer({ amount: 20_000, reference: 'FT1' });
    expect(await order()).toMatchObject({ status: 'UNDERPAID', amountPaid: 20_000 });
    await box.transfer({ amount: 30_000, reference: 'FT2' });
    expect(await order()).toMatchObject({ status: 'SUCCESS', amountPaid: 50_000 });
    expect(await timeline()).toEqual(['CREATED', 'SENT_TO_PAYOS', 'WEBHOOK_RECEIVED', 'UNDERPAID', 'WEBHOOK_RECEIVED', 'COMPLETED']);
  });

  test('over more makes it paid, with all that came', async () => {
    await box.transfer({ amount: 70_000 });
    expect(await order()).toMatchObject({ status: 'SUCCESS', amount: 50_000, amountPaid: 70_000 });
  });

  test('of a transfer PayOS told of before is not counted twice', async () => {
    box.payos.says(CODE, { status: 'UNDERPAID', amountPaid: 30_000, amountRemaining: 20_000 });
    await info();
    await box.transfer({ amount: 30_000 });
    expect(await order()).toMatchObject({ status: 'UNDERPAID', amountPaid: 30_000 });
  });

  test.each([
    ['has expired', 'EXPIRED', () => box.clock.stepWall(DAY_MS)],
    ['was cancelled', 'CANCELLED', () => box.payos.says(CODE, { status: 'CANCELLED' })],
    ['failed', 'FAILED', () => box.payos.says(CODE, { status: 'FAILED' })],
  ] as const)('after the link %s is applied, and stands in the timeline', async (_, status, end) => {
    end();
    await info();
    expect((await order()).status).toBe(status);
    await box.transfer({});
    expect((await order()).status).toBe('SUCCESS');
    expect((await timeline()).slice(2)).toEqual([status, 'WEBHOOK_RECEIVED', 'PAID_LATE', 'COMPLETED']);
  });
});

describe('a link', () => {
  beforeEach(async () => {
    await checkout();
  });

  test('expires after 24 hours, when somebody reads it', async () => {
    box.clock.stepWall(DAY_MS - 1);
    expect((await order()).status).toBe('PENDING');
    box.clock.stepWall(1);
    expect((await order()).status).toBe('EXPIRED');
    expect((await checkout()).body.data.status).toBe('EXPIRED');
  });

  test('expires after 24 hours, when nobody does', async () => {
    box.clock.stepWall(DAY_MS);
    await box.pass(5_000);
    expect(stored()?.status).toBe('EXPIRED');
  });

  test.each(['history', 'search?trans_id=PAYOS_123456'])('that has expired is shown so in %s', async (path) => {
    box.clock.stepWall(DAY_MS);
    const { body } = await box.get(`/api/transaction/${path}`);
    expect(body.data.transactions[0]).toMatchObject({ status: 'EXPIRED', status_text: 'Đã hết hạn' });
  });

  test('is asked for, ever less often, and an hour beyond its end', async () => {
    await box.stop();
    box = testGateway({ settings: { linkLifeMs: 7_200_000 } });
    await checkout();
    const asked = () => box.payos.script.calls.filter((call) => call.startsWith('link')).length;
    await box.pass(60_000);
    const minute = asked();
    expect(minute).toBeGreaterThan(5);
    await box.pass(7_200_000);
    expect(asked() - minute).toBeLessThan(40);
    const end = asked();
    await box.pass(3_600_000 + 600_000);
    expect(asked() - end).toBeGreaterThan(4);
    const over = asked();
    await box.pass(3_600_000);
    expect(asked()).toBe(over);
  });

  test('paid while no webhook came is found by asking', async () => {
    box.payos.says(CODE, { status: 'PAID', amountPaid: 50_000, amountRemaining: 0 });
    await box.pass(5_000);
    expect(stored()).toMatchObject({ status: 'PAID', amountPaid: 50_000 });
  });

  test('paid after its end is found by asking for an hour', async () => {
    box.clock.stepWall(DAY_MS);
    await box.pass(600_000);
    expect(stored()?.status).toBe('EXPIRED');
    box.payos.says(CODE, { status: 'PAID', amountPaid: 50_000, amountRemaining: 0 });
    await box.pass(900_000);
    expect(stored()?.status).toBe('PAID');
  });

  test.each<[LinkStatus, number, string]>([
    ['PROCESSING', 0, 'PROCESSING'],
    ['CANCELLED', 0, 'CANCELLED'],
    ['EXPIRED', 0, 'EXPIRED'],
    ['FAILED', 0, 'FAILED'],
    ['UNDERPAID', 10_000, 'UNDERPAID'],
    ['PAID', 50_000, 'SUCCESS'],
    ['CANCELLED', 10_000, 'UNDERPAID'],
    // No money, no goods: whatever is said.
    ['PAID', 0, 'PENDING'],
    ['PAID', 49_999, 'UNDERPAID'],
  ])('of which PayOS says %s with %i paid', async (status, amountPaid, kept) => {
    box.payos.says(CODE, { status, amountPaid, amountRemaining: 50_000 - amountPaid });
    expect((await info()).body.data.status).toBe(status);
    expect((await order()).status).toBe(kept);
  });

  test.each<[LinkStatus]>([['PENDING'], ['PROCESSING'], ['CANCELLED'], ['EXPIRED'], ['FAILED'], ['UNDERPAID']])(
    'that is paid stays so when PayOS says %s',
    async (status) => {
      await box.transfer({});
      box.payos.says(CODE, { status });
      await info();
      expect((await order()).status).toBe('SUCCESS');
    },
  );

  test.each([{ amount: 1_000 }, { paymentLinkId: 'another' }])('is not what PayOS says of %j', async (more) => {
    box.payos.says(CODE, { status: 'PAID', amountPaid: 50_000, ...more });
    await info();
    expect((await order()).status).toBe('PENDING');
  });

  test('that only PayOS knows is shown as PayOS shows it', async () => {
    const known = box.payos.known.get(CODE);
    if (known) box.payos.known.set(7, { ...known, orderCode: 7 });
    expect((await box.get('/api/payos/payment-info/7')).body.data).toMatchObject({ orderCode: 7, status: 'PENDING' });
    expect((await box.get('/api/payos/orders/7')).status).toBe(404);
  });

  test.each(['unreachable', 'invalid', 'refused'] as const)('while PayOS is %s', async (manner) => {
    box.payos.script.next('link', manner);
    expect(await info()).toMatchObject({ status: 503, body: { code: 'UPSTREAM_UNAVAILABLE' } });
    expect((await order()).status).toBe('PENDING');
  });

  test('that is paid is kept so by the database itself', async () => {
    await box.transfer({});
    expect(() => box.db.exec("UPDATE gateway_transactions SET status = 'EXPIRED'")).toThrow('this link is paid');
    expect(() => box.db.exec('UPDATE gateway_transactions SET amount = 1')).toThrow('this link is paid');
  });
});
