import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXAMPLE_CARD, EXAMPLE_CHECKOUT, type TestGateway, testGateway } from '../../testkit/payment-gateway.ts';

/** The document's examples, answered as it shows them. */

let box: TestGateway;
beforeEach(() => {
  box = testGateway();
});
afterEach(() => box.stop());

const at = '2026-02-01T15:00:00.000Z';
const later = '2026-02-01T15:05:00.000Z';
const ID = `TRANS_${Date.parse(at)}`;
const fiveMinutes = () => box.clock.advance(300_000);
const good = { status: 1, actualAmount: 50_000, receivedAmount: 43_750 } as const;

describe('cards', () => {
  test('1.1: a card is taken', async () => {
    const { status, body } = await box.post('/api/thesieutoc', { ...EXAMPLE_CARD, card_amount: '10000', request_id: 'req_001' });
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      message: 'Gửi thẻ thành công',
      data: { transaction_id: ID, status: 0, status_text: 'PENDING', card_type: 'Viettel', amount: 10_000, created_at: at },
    });
  });

  test('1.1: a serial that is none', async () => {
    const { status, body } = await box.post('/api/thesieutoc', { ...EXAMPLE_CARD, serial: '123' });
    expect(status).toBe(400);
    expect(body).toEqual({
      success: false,
      error: 'Validation Error',
      message: 'Serial không hợp lệ. Serial phải có 10-20 ký tự (chữ và số).',
      code: 'VALIDATION_FAILED',
      details: { field: 'serial', value: '****', received: '****', expected: '10-20 ký tự alphanumeric' },
    });
  });

  test('1.2: the fees', async () => {
    const { status, body } = await box.get('/api/thesieutoc/discount', {});
    expect(status).toBe(200);
    expect(body).toEqual({ success: true, data: box.thesieutoc.table, updated_at: at });
  });

  test('1.3: a card that is good', async () => {
    await box.post('/api/thesieutoc', EXAMPLE_CARD);
    box.thesieutoc.says(ID, good);
    box.clock.stepWall(300_000);
    expect((await box.post('/api/thesieutoc/status', { transaction_id: ID })).body).toEqual({
      success: true,
      data: {
        transaction_id: ID,
        status: 1,
        status_text: 'SUCCESS',
        card_type: 'Viettel',
        declared_amount: 50_000,
        actual_amount: 50_000,
        received_amount: 43_750,
        fee_percent: 12.5,
        message: 'Gạch thẻ thành công',
        updated_at: later,
      },
    });
  });

  test('1.3: a card of another value', async () => {
    await box.post('/api/thesieutoc', { ...EXAMPLE_CARD, card_amount: '100000' });
    box.thesieutoc.says(ID, { status: 3, actualAmount: 50_000, receivedAmount: 21_875 });
    box.clock.stepWall(300_000);
    expect((await box.post('/api/thesieutoc/status', { transaction_id: ID })).body).toEqual({
      success: true,
      data: {
        transaction_id: ID,
        status: 3,
        status_text: 'WRONG_AMOUNT',
        card_type: 'Viettel',
        declared_amount: 100_000,
        actual_amount: 50_000,
        received_amount: 21_875,
        fee_percent: 12.5,
        penalty_percent: 50,
        message: 'Thẻ đúng nhưng sai mệnh giá. Đã áp dụng phí phạt.',
        updated_at: later,
      },
    });
  });

  test('1.4: the callback', async () => {
    await box.post('/api/thesieutoc', EXAMPLE_CARD);
    box.thesieutoc.says(ID, good);
    const fields = { status: 'thanhcong', serial: '100012345678', pin: '1234567890123', card_type: 'Viettel', amount: '50000' };
    const rest = { receive_amount: '50000', real_amount: '43750', noidung: 'The Thanh Cong', content: ID };
    const { status, body } = await box.form('/api/thesieutoc/callback', { ...fields, ...rest });
    expect(status).toBe(200);
    expect(body).toEqual({ success: true, message: 'Callback processed successfully' });
  });
});

describe('links', () => {
  const whole = {
    ...EXAMPLE_CHECKOUT,
    returnUrl: 'https://your-site.com/success',
    cancelUrl: 'https://your-site.com/cancel',
    buyerName: 'Nguyen Van A',
    buyerEmail: 'email@example.com',
    buyerPhone: '0901234567',
    items: [{ name: 'Gói Premium', quantity: 1, price: 50_000 }],
  };

  test('2.1: a link', async () => {
    const { status, body } = await box.post('/api/payos/checkout', whole);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      data: {
        bin: '970422',
        accountNumber: '0123456789',
        accountName: 'CONG TY ABC',
        amount: 50_000,
        description: 'Thanh toan don hang 123',
        orderCode: 123_456,
        currency: 'VND',
        paymentLinkId: 'link123456',
        status: 'PENDING',
        qrCode: 'QR of 123456',
        checkoutUrl: 'https://pay.example/web/link123456',
        expiredAt: '2026-02-02T15:00:00.000Z',
      },
    });
    expect(box.payos.requests).toEqual([{ ...whole, expiresAtMs: Date.parse('2026-02-02T15:00:00.000Z') }]);
  });

  test('2.2: what PayOS knows of it', async () => {
    await box.post('/api/payos/checkout', EXAMPLE_CHECKOUT);
    const transfer = { reference: 'FT123456789', amount: 50_000, accountNumber: '0901234567', description: 'THANH TOAN 123456' };
    const transfers = [{ ...transfer, atMs: Date.parse(later) }];
    box.payos.says(123_456, { amountPaid: 50_000, amountRemaining: 0, status: 'PAID', transfers });
    expect((await box.get('/api/payos/payment-info/123456')).body).toEqual({
      success: true,
      data: {
        orderCode: 123_456,
        amount: 50_000,
        amountPaid: 50_000,
        amountRemaining: 0,
        status: 'PAID',
        createdAt: at,
        transactions: [{ ...transfer, transactionDateTime: later }],
      },
    });
  });

  test('2.3 and 2.4: the webhook, and what is kept', async () => {
    await box.post('/api/payos/checkout', EXAMPLE_CHECKOUT);
    box.clock.stepWall(300_000);
    const { status, body } = await box.transfer({});
    expect([status, body]).toEqual([200, { success: true, message: 'Webhook processed' }]);
    expect((await box.get('/api/payos/orders/123456')).body).toEqual({
      success: true,
      data: {
        id: 1,
        orderCode: 123_456,
        amount: 50_000,
        amountPaid: 50_000,
        description: 'Thanh toan don hang 123',
        status: 'SUCCESS',
        checkoutUrl: 'https://pay.example/web/link123456',
        paymentLinkId: 'link123456',
        createdAt: at,
        updatedAt: later,
      },
    });
  });
});

describe('transactions', () => {
  beforeEach(async () => {
    await box.post('/api/payos/checkout', { ...EXAMPLE_CHECKOUT, amount: 100_000, description: 'Thanh toan don hang' });
    await box.post('/api/thesieutoc', { ...EXAMPLE_CARD, request_id: 'req_001' });
    box.thesieutoc.says(ID, good);
    await box.transfer({ amount: 100_000 });
    fiveMinutes();
    await box.post('/api/thesieutoc/status', { transaction_id: ID });
  });

  test('3.1: the history', async () => {
    expect((await box.get('/api/transaction/history')).body).toEqual({
      success: true,
      data: {
        transactions: [
          {
            id: ID,
            type: 'card',
            username: 'user123',
            amount: 50_000,
            received_amount: 43_750,
            status: 'SUCCESS',
            status_text: 'Thành công',
            card_type: 'Viettel',
            request_id: 'req_001',
            created_at: at,
            updated_at: later,
          },
          {
            id: 'PAYOS_123456',
            type: 'payos',
            amount: 100_000,
            status: 'SUCCESS',
            status_text: 'Thành công',
            description: 'Thanh toan don hang',
            created_at: at,
            updated_at: at,
          },
        ],
        pagination: { total: 2, limit: 50, offset: 0, hasMore: false },
      },
    });
  });

  test('3.2: a search', async () => {
    const { body } = await box.get('/api/transaction/search?serial=10001&status=1&from_date=2026-01-01');
    expect(body).toMatchObject({ success: true, data: { transactions: [{ id: ID }], count: 1 } });
  });

  test('3.3: the life of a card', async () => {
    const { body } = await box.get(`/api/transaction/${ID}/logs`);
    expect(body).toEqual({
      success: true,
      data: {
        transaction: {
          id: ID,
          type: 'card',
          username: 'user123',
          card_type: 'Viettel',
          serial: '1000****5678',
          pin: '1234****0123',
          declared_amount: 50_000,
          actual_amount: 50_000,
          received_amount: 43_750,
          status: 1,
          status_text: 'SUCCESS',
        },
        timeline: [
          { action: 'CREATED', message: 'Giao dịch được tạo', timestamp: at },
          { action: 'SENT_TO_TST', message: 'Đã gửi thẻ lên TheSieuToc', timestamp: at },
          { action: 'VERIFIED', message: 'Đã xác thực với TheSieuToc API', timestamp: later },
          { action: 'COMPLETED', message: 'Giao dịch hoàn tất - Thành công', timestamp: later },
        ],
      },
    });
  });

  test('3.3: the life of a link', async () => {
    const { body } = await box.get('/api/transaction/PAYOS_123456/logs');
    expect(body.data.transaction).toEqual({
      id: 'PAYOS_123456',
      type: 'payos',
      order_code: 123_456,
      description: 'Thanh toan don hang',
      amount: 100_000,
      amount_paid: 100_000,
      status: 'SUCCESS',
      status_text: 'Thành công',
    });
    expect(body.data.timeline.map(({ action }: { action: string }) => action)).toEqual([
      'CREATED',
      'SENT_TO_PAYOS',
      'WEBHOOK_RECEIVED',
      'COMPLETED',
    ]);
  });
});

describe('errors as the document words them', () => {
  test('no key, and a wrong one', async () => {
    expect((await box.get('/api/transaction/history', {})).body).toEqual({
      success: false,
      error: 'Unauthorized',
      message: 'API Key is required. Please provide x-api-key header.',
      code: 'MISSING_API_KEY',
    });
    const wrong = await box.get('/api/transaction/history', { 'x-api-key': 'pk_wrong' });
    expect([wrong.status, wrong.body]).toEqual([
      401,
      { success: false, error: 'Unauthorized', message: 'Invalid API Key', code: 'INVALID_API_KEY' },
    ]);
  });

  test('a card that was sent before', async () => {
    await box.post('/api/thesieutoc', EXAMPLE_CARD);
    const { status, body } = await box.post('/api/thesieutoc', EXAMPLE_CARD);
    expect(status).toBe(400);
    expect(body).toEqual({
      success: false,
      error: 'Duplicate Card',
      message: 'Thẻ này đã được gửi trước đó. Vui lòng kiểm tra lại.',
      code: 'DUPLICATE_CARD',
      details: { previous_transaction: ID, submitted_at: at },
    });
  });

  test('too many requests', async () => {
    await box.stop();
    box = testGateway({ settings: { limits: { write: 5, read: 100, callback: 600 } } });
    for (let i = 0; i < 5; i++) expect((await box.post('/api/thesieutoc/status', {})).status).toBe(400);
    const { status, body, headers } = await box.post('/api/thesieutoc/status', {});
    expect([status, headers.get('retry-after')]).toEqual([429, '60']);
    expect(body).toEqual({
      success: false,
      error: 'Too Many Requests',
      message: 'Bạn đã gửi quá nhiều request. Vui lòng thử lại sau 60 giây.',
      code: 'RATE_LIMIT_EXCEEDED',
      retryAfter: 60,
    });
  });
});
