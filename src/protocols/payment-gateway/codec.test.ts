import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CardSecret } from '../../domain/card.ts';
import { PeerFault } from '../../domain/fault.ts';
import { MAX_MINOR } from '../../domain/money.ts';
import * as codec from './codec.ts';

const fixture = (name: string): Uint8Array => readFileSync(new URL(`fixtures/${name}.json`, import.meta.url));
const documented = (name: string) => JSON.parse(text(fixture(name)));
/** The documented message without the document's line breaks, as it goes over the wire. */
const compact = (name: string): string => JSON.stringify(documented(name));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const raw = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const request: codec.CheckoutRequest = {
  amount: 50_000,
  description: 'Thanh toan don hang 123',
  orderCode: 123_456,
  returnUrl: 'https://your-site.com/success',
  cancelUrl: 'https://your-site.com/cancel',
  buyerName: 'Nguyen Van A',
  buyerEmail: 'email@example.com',
  buyerPhone: '0901234567',
  items: [{ name: 'Gói Premium', quantity: 1, price: 50_000 }],
};
const link: codec.Checkout = {
  bin: '970422',
  accountNumber: '0123456789',
  accountName: 'CONG TY ABC',
  amount: 50_000,
  description: 'Thanh toan don hang 123',
  orderCode: 123_456,
  currency: 'VND',
  paymentLinkId: 'abc123xyz',
  status: 'PENDING',
  qrCode: '00020101021238620010A00000072701...',
  checkoutUrl: 'https://pay.payos.vn/web/abc123xyz',
  expiresAtMs: Date.UTC(2026, 1, 1, 16),
};
const order: codec.KeptOrder = {
  id: 1,
  orderCode: 123_456,
  amount: 50_000,
  amountPaid: null,
  description: 'Thanh toan don hang 123',
  status: 'SUCCESS',
  checkoutUrl: 'https://pay.payos.vn/web/abc123xyz',
  paymentLinkId: 'abc123xyz',
  createdAtMs: Date.UTC(2026, 1, 1, 15),
  updatedAtMs: Date.UTC(2026, 1, 1, 15, 5),
};
const info: codec.PaymentInfo = {
  orderCode: 123_456,
  amount: 50_000,
  amountPaid: 50_000,
  amountRemaining: 0,
  status: 'PAID',
  createdAtMs: Date.UTC(2026, 1, 1, 15),
  transactions: [
    {
      reference: 'FT123456789',
      amount: 50_000,
      accountNumber: '0901234567',
      description: 'THANH TOAN 123456',
      atMs: Date.UTC(2026, 1, 1, 15, 5),
    },
  ],
};
const card: codec.CardSubmitRequest = {
  username: 'user123',
  type: 'Viettel',
  amount: 10_000,
  pin: new CardSecret('0000000000000'),
  serial: new CardSecret('000000000000'),
  requestId: 'req_001',
};
const submitted = {
  message: 'Gửi thẻ thành công',
  transaction: 'TRANS_1706789012345',
  status: 'pending',
  type: 'Viettel',
  amount: 10_000,
  createdAtMs: Date.UTC(2026, 1, 1, 15),
} as const;
const credited = {
  transaction: 'TRANS_1706789012345',
  status: 'success',
  type: 'Viettel',
  declaredAmount: 50_000,
  actualAmount: 50_000,
  receivedAmount: 43_750,
  feePercent: 12.5,
  penaltyPercent: null,
  message: 'Gạch thẻ thành công',
  updatedAtMs: Date.UTC(2026, 1, 1, 15, 5),
} as const;
const penalised = {
  ...credited,
  status: 'wrong-amount',
  declaredAmount: 100_000,
  receivedAmount: 21_875,
  penaltyPercent: 50,
  message: 'Thẻ đúng nhưng sai mệnh giá. Đã áp dụng phí phạt.',
} as const;
const unauthorized = { error: 'Unauthorized', details: null, retryAfterMs: null };
const busy = { error: 'Too Many Requests', code: null, details: null, retryAfterMs: 60_000 };
/** A submission with its secrets in the open, to be compared. */
const opened = ({ pin, serial, ...rest }: codec.CardSubmitRequest) => ({ ...rest, pin: pin.reveal(), serial: serial.reveal() });

const ERRORS: Readonly<Record<string, codec.ErrorReply>> = {
  'rate-limited-bare': { ...busy, message: 'Bạn đã gửi quá nhiều request. Vui lòng thử lại sau.' },
  'rate-limited': {
    ...busy,
    message: 'Bạn đã gửi quá nhiều request. Vui lòng thử lại sau 60 giây.',
    code: 'RATE_LIMIT_EXCEEDED',
  },
  'missing-api-key': {
    ...unauthorized,
    message: 'API Key is required. Please provide x-api-key header.',
    code: 'MISSING_API_KEY',
  },
  'invalid-api-key': { ...unauthorized, message: 'Invalid API Key', code: 'INVALID_API_KEY' },
  'card-submit-refused': {
    error: 'Validation Error',
    message: 'Serial không hợp lệ. Serial phải có 10-20 ký tự (chữ và số).',
    code: null,
    details: { field: 'serial', value: '123' },
    retryAfterMs: null,
  },
  'validation-failed': {
    error: 'Validation Error',
    message: 'Serial không hợp lệ',
    code: 'VALIDATION_FAILED',
    details: { field: 'serial', received: '123', expected: '10-20 ký tự alphanumeric' },
    retryAfterMs: null,
  },
  'duplicate-card': {
    error: 'Duplicate Card',
    message: 'Thẻ này đã được gửi trước đó. Vui lòng kiểm tra lại.',
    code: 'DUPLICATE_CARD',
    details: { previous_transaction: 'TRANS_xxx', submitted_at: '2026-02-01T14:00:00.000Z' },
    retryAfterMs: null,
  },
};

interface Row {
  readonly name: string;
  readonly value: unknown;
  readonly decoded: (bytes: Uint8Array) => unknown;
  readonly encoded: () => Uint8Array;
}
const ROWS: readonly Row[] = [
  {
    name: 'checkout-request',
    value: request,
    decoded: codec.decodeCheckoutRequest,
    encoded: () => codec.encodeCheckoutRequest(request),
  },
  { name: 'checkout-reply', value: link, decoded: codec.decodeCheckoutReply, encoded: () => codec.encodeCheckoutReply(link) },
  { name: 'order-reply', value: order, decoded: codec.decodeOrderReply, encoded: () => codec.encodeOrderReply(order) },
  { name: 'payment-info-reply', value: info, decoded: codec.decodePaymentInfoReply, encoded: () => codec.encodePaymentInfoReply(info) },
  {
    name: 'card-submit-request',
    value: opened(card),
    decoded: (bytes) => opened(codec.decodeCardSubmitRequest(bytes)),
    encoded: () => codec.encodeCardSubmitRequest(card),
  },
  {
    name: 'card-submit-reply',
    value: submitted,
    decoded: codec.decodeCardSubmitReply,
    encoded: () => codec.encodeCardSubmitReply(submitted),
  },
  {
    name: 'card-status-request',
    value: 'TRANS_1706789012345',
    decoded: codec.decodeCardStatusRequest,
    encoded: () => codec.encodeCardStatusRequest('TRANS_1706789012345'),
  },
  {
    name: 'card-status-reply',
    value: credited,
    decoded: codec.decodeCardStatusReply,
    encoded: () => codec.encodeCardStatusReply(credited),
  },
  {
    name: 'card-status-wrong-amount',
    value: penalised,
    decoded: codec.decodeCardStatusReply,
    encoded: () => codec.encodeCardStatusReply(penalised),
  },
  ...Object.entries(ERRORS).map(([name, value]) => ({
    name,
    value,
    decoded: codec.decodeErrorReply,
    encoded: () => codec.encodeErrorReply(value),
  })),
];

describe.each(ROWS)('the documented $name', ({ name, value, decoded, encoded }) => {
  test('is read', () => expect(decoded(fixture(name))).toEqual(value));
  test('is written byte by byte', () => expect(text(encoded())).toBe(compact(name)));
});

test('the paths are the documented ones', () => {
  expect([codec.CHECKOUT_PATH, codec.orderPath(123_456), codec.paymentInfoPath(123_456), codec.CARDS_PATH, codec.CARD_STATUS_PATH]).toEqual(
    ['/api/payos/checkout', '/api/payos/orders/123456', '/api/payos/payment-info/123456', '/api/thesieutoc', '/api/thesieutoc/status'],
  );
});

test('an order may say how much was paid', () => {
  const underpaid = { ...order, status: 'UNDERPAID', amountPaid: 20_000 };
  expect(codec.decodeOrderReply(codec.encodeOrderReply(underpaid))).toEqual(underpaid);
});

/** The documented message with some of its data changed. */
const changed = (name: string, change: object): Uint8Array => {
  const whole = documented(name);
  return raw('data' in whole ? { ...whole, data: { ...whole.data, ...change } } : { ...whole, ...change });
};

describe('what the box goes by is strict', () => {
  test.each<[string, (bytes: Uint8Array) => unknown, object]>([
    ['checkout-reply', codec.decodeCheckoutReply, { amount: '50000' }],
    ['checkout-reply', codec.decodeCheckoutReply, { amount: 0 }],
    ['checkout-reply', codec.decodeCheckoutReply, { amount: 50_000.5 }],
    ['checkout-reply', codec.decodeCheckoutReply, { amount: MAX_MINOR + 1 }],
    ['checkout-reply', codec.decodeCheckoutReply, { orderCode: '123456' }],
    ['checkout-reply', codec.decodeCheckoutReply, { orderCode: 0 }],
    ['checkout-reply', codec.decodeCheckoutReply, { orderCode: 2 ** 53 }],
    ['checkout-reply', codec.decodeCheckoutReply, { currency: null }],
    ['checkout-reply', codec.decodeCheckoutReply, { status: 1 }],
    ['checkout-reply', codec.decodeCheckoutReply, { status: 'X'.repeat(41) }],
    ['checkout-reply', codec.decodeCheckoutReply, { qrCode: '0'.repeat(513) }],
    ['checkout-reply', codec.decodeCheckoutReply, { qrCode: undefined }],
    ['checkout-reply', codec.decodeCheckoutReply, { expiredAt: undefined }],
    ['checkout-reply', codec.decodeCheckoutReply, { expiredAt: 1_769_961_600 }],
    ['checkout-reply', codec.decodeCheckoutReply, { expiredAt: '2026-02-01T16:00:00' }],
    ['checkout-reply', codec.decodeCheckoutReply, { expiredAt: '2026-13-41T16:00:00Z' }],
    ['order-reply', codec.decodeOrderReply, { orderCode: undefined }],
    ['order-reply', codec.decodeOrderReply, { amount: -1 }],
    ['order-reply', codec.decodeOrderReply, { status: '' }],
    ['payment-info-reply', codec.decodePaymentInfoReply, { amountPaid: undefined }],
    ['payment-info-reply', codec.decodePaymentInfoReply, { amountPaid: -1 }],
    ['payment-info-reply', codec.decodePaymentInfoReply, { amountPaid: 1e300 }],
    ['payment-info-reply', codec.decodePaymentInfoReply, { status: ['PAID'] }],
    ['checkout-request', codec.decodeCheckoutRequest, { description: 'x'.repeat(51) }],
    ['checkout-request', codec.decodeCheckoutRequest, { description: '' }],
    ['checkout-request', codec.decodeCheckoutRequest, { amount: 1.5 }],
    ['checkout-request', codec.decodeCheckoutRequest, { orderCode: -1 }],
    ['checkout-request', codec.decodeCheckoutRequest, { buyerName: 1 }],
    ['checkout-request', codec.decodeCheckoutRequest, { items: [{ name: 'x', quantity: 0, price: 1 }] }],
    ['card-submit-request', codec.decodeCardSubmitRequest, { card_amount: 10_000 }],
    ['card-submit-request', codec.decodeCardSubmitRequest, { card_amount: '30000' }],
    ['card-submit-request', codec.decodeCardSubmitRequest, { card_type: 'viettel' }],
    ['card-submit-request', codec.decodeCardSubmitRequest, { username: '' }],
    ['card-submit-request', codec.decodeCardSubmitRequest, { request_id: 'a b' }],
    ['card-submit-request', codec.decodeCardSubmitRequest, { pin: '0'.repeat(16) }],
    ['card-submit-request', codec.decodeCardSubmitRequest, { serial: '0'.repeat(21) }],
    ['card-submit-reply', codec.decodeCardSubmitReply, { transaction_id: '' }],
    ['card-submit-reply', codec.decodeCardSubmitReply, { status: '0' }],
    ['card-submit-reply', codec.decodeCardSubmitReply, { amount: undefined }],
    ['card-status-request', codec.decodeCardStatusRequest, { transaction_id: 17 }],
    ['card-status-reply', codec.decodeCardStatusReply, { status: 1.5 }],
    ['card-status-reply', codec.decodeCardStatusReply, { received_amount: null }],
    ['card-status-reply', codec.decodeCardStatusReply, { received_amount: 43_750.5 }],
    ['card-status-reply', codec.decodeCardStatusReply, { received_amount: 50_001 }],
    ['card-status-reply', codec.decodeCardStatusReply, { actual_amount: null }],
    ['card-status-reply', codec.decodeCardStatusReply, { declared_amount: undefined }],
  ])('%s %#', (name, decode, change) => {
    expect(() => decode(changed(name, change))).toThrow(expect.objectContaining({ code: 'message-invalid' }));
  });

  test.each([
    codec.decodeCheckoutReply,
    codec.decodeOrderReply,
    codec.decodePaymentInfoReply,
    codec.decodeCardSubmitReply,
    codec.decodeCardStatusReply,
  ])('success:false is no answer, nor is a reply without success or data (%#)', (decode) => {
    for (const reply of [
      { success: false, data: {} },
      { data: {} },
      { success: 1, data: {} },
      { success: true },
      { success: true, data: [] },
    ]) {
      expect(() => decode(raw(reply))).toThrow(expect.objectContaining({ code: 'message-invalid' }));
    }
  });
});

test('what the box does not go by is no reason to lose an answer', () => {
  const odd = { accountName: 7, description: null, checkoutUrl: 'x'.repeat(501), paymentLinkId: undefined, bin: [], more: { a: 1 } };
  expect(codec.decodeCheckoutReply(changed('checkout-reply', odd))).toEqual({
    ...link,
    ...{ accountName: '', description: '', checkoutUrl: '', paymentLinkId: '', bin: '' },
  });
  const stray = { amountPaid: '50000', id: 'one', createdAt: '2026-02-01 15:00:00', updatedAt: 5, checkoutUrl: null };
  expect(codec.decodeOrderReply(changed('order-reply', stray))).toEqual({
    ...order,
    ...{ amountPaid: null, id: null, createdAtMs: null, updatedAtMs: null, checkoutUrl: '' },
  });
  const bare = { transactions: null, createdAt: 'today', amountRemaining: 'none' };
  expect(codec.decodePaymentInfoReply(changed('payment-info-reply', bare))).toEqual({
    ...info,
    ...{ transactions: [], createdAtMs: null, amountRemaining: null },
  });
  // What was sent back, and what nobody can read, says nothing of what came.
  const readable = { reference: '', amount: 1, accountNumber: '', description: '', atMs: null };
  for (const [transactions, read] of [
    [
      [{ amount: 1 }, { amount: '1' }, { amount: -1 }, {}, null, [], 'FT', 7, { amount: 1, reference: 5 }],
      [readable, readable],
    ],
    [{ 0: { amount: 1 } }, []],
    ['none', []],
    [Array.from({ length: 501 }, () => ({ amount: 1 })), Array.from({ length: 500 }, () => readable)],
  ]) {
    expect(codec.decodePaymentInfoReply(changed('payment-info-reply', { transactions }))).toEqual({ ...info, transactions: read });
  }
});

describe('the status of a card', () => {
  test.each<[object, string]>([
    [{ status: 0, status_text: 'PENDING', actual_amount: null, received_amount: null }, 'pending'],
    [{ status: 2, status_text: 'FAILED', actual_amount: null, received_amount: 0 }, 'failed'],
    [{ status: 2, status_text: 'FAILED', actual_amount: undefined, received_amount: undefined }, 'failed'],
    [{ status_text: undefined }, 'success'],
    [{ received_amount: 0 }, 'success'],
    [{ status: 4, status_text: 'REVERSED' }, 'unclear'],
    [{ status: 1, status_text: 'FAILED' }, 'unclear'],
    [{ status: 2, status_text: 'FAILED' }, 'unclear'],
    [{ status: 0, status_text: 'PENDING' }, 'unclear'],
    [{ declared_amount: 100_000 }, 'unclear'],
    [{ status: 3, status_text: 'WRONG_AMOUNT' }, 'unclear'],
  ])('%j: %s', (change, status) => {
    expect(codec.decodeCardStatusReply(changed('card-status-reply', change)).status).toBe(status);
  });
});

describe('PIN and serial', () => {
  test('do not turn into text by accident', () => {
    const shown = [inspect(card), JSON.stringify(card), `${card.pin}${card.serial}`].join();
    expect(shown).not.toContain('00000000');
  });

  test.each<[object]>([[{ pin: 987_654_321 }], [{ pin: '98765432' }], [{ serial: 987_654_321_012 }], [{ serial: '98765-4321012' }]])(
    'are not quoted by an error (%j)',
    (change) => {
      expect(() => codec.decodeCardSubmitRequest(changed('card-submit-request', change))).toThrow(
        expect.objectContaining({ code: 'message-invalid', found: expect.not.stringContaining('987') }),
      );
    },
  );
});

describe('an error', () => {
  test('needs to say no more than success:false', () => {
    expect(codec.decodeErrorReply(raw({ success: false }))).toEqual({
      error: '',
      message: '',
      code: null,
      details: null,
      retryAfterMs: null,
    });
    const odd = { success: false, error: 1, message: [], code: 'a secret', details: [1], retryAfter: '60' };
    expect(codec.decodeErrorReply(raw(odd))).toEqual({ error: '', message: '', code: null, details: null, retryAfterMs: null });
  });

  test.each([
    [0, 0],
    [0.25, 250],
    [60, 60_000],
    [1e9, 3_600_000],
    [-1, null],
  ])('retryAfter %d s is %d ms', (retryAfter, retryAfterMs) => {
    expect(codec.decodeErrorReply(raw({ success: false, retryAfter }))?.retryAfterMs).toBe(retryAfterMs);
  });

  test('a success is none', () => expect(codec.decodeErrorReply(fixture('order-reply'))).toBeNull());
});

const DECODERS = ROWS.map(({ name, decoded }) => [name, decoded] as const);

test.each(DECODERS)('%s: any bytes end in a value or a PeerFault', (name, decode) => {
  const total = (bytes: Uint8Array) => {
    try {
      decode(bytes);
    } catch (error) {
      if (!(error instanceof PeerFault)) throw error;
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), total));
  fc.assert(fc.property(fc.json(), (json) => total(new TextEncoder().encode(json))));
  const fields = Object.keys(documented(name).data ?? documented(name));
  const hostile = fc.dictionary(fc.constantFrom(...fields), fc.jsonValue());
  fc.assert(fc.property(hostile, (change) => total(changed(name, change))));
  expect(() => decode(new Uint8Array(codec.MAX_BODY_BYTES + 1).fill(0x20))).toThrow(expect.objectContaining({ code: 'json-too-large' }));
});

const amounts = fc.integer({ min: 1, max: MAX_MINOR });
const codes = fc.maxSafeNat().filter((code) => code > 0);
const words = fc.stringMatching(/^[A-Za-zÀ-ỹ0-9][A-Za-zÀ-ỹ0-9 .,-]{0,49}$/);
const times = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });

test('what is written is read again', () => {
  fc.assert(
    fc.property(amounts, words, codes, (amount, description, orderCode) => {
      const sent = { amount, description, orderCode };
      expect(codec.decodeCheckoutRequest(codec.encodeCheckoutRequest(sent))).toEqual(sent);
    }),
  );
  fc.assert(
    fc.property(amounts, codes, times, words, (amount, orderCode, expiresAtMs, accountName) => {
      const made = { ...link, amount, orderCode, expiresAtMs, accountName };
      expect(codec.decodeCheckoutReply(codec.encodeCheckoutReply(made))).toEqual(made);
    }),
  );
  fc.assert(
    fc.property(amounts, amounts, codes, fc.array(times), (amount, amountPaid, orderCode, transfers) => {
      const transactions = transfers.map((atMs) => ({ reference: 'FT', amount, accountNumber: 'V1', description: '', atMs }));
      const told = { ...info, amount, amountPaid, orderCode, transactions };
      expect(codec.decodePaymentInfoReply(codec.encodePaymentInfoReply(told))).toEqual(told);
    }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...codec.CARD_TYPES), fc.constantFrom(...codec.CARD_AMOUNTS), (type, amount) => {
      const sent = { ...card, type, amount, requestId: null };
      expect(opened(codec.decodeCardSubmitRequest(codec.encodeCardSubmitRequest(sent)))).toEqual(opened(sent));
    }),
  );
});
