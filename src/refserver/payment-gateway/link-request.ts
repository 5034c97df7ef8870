import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { readableText } from './readable-text.ts';
import { invalidField } from './rejection.ts';

/** What a client asks a link for. Amounts in VND. */
export interface CheckoutRequest {
  readonly amount: number;
  readonly description: string;
  /** Null: the gateway gives one. */
  readonly orderCode: number | null;
  readonly returnUrl: string | null;
  readonly cancelUrl: string | null;
  readonly buyerName: string | null;
  readonly buyerEmail: string | null;
  readonly buyerPhone: string | null;
  readonly items: readonly CheckoutItem[] | null;
}

interface CheckoutItem {
  readonly name: string;
  readonly quantity: number;
  readonly price: number;
}

/** The document names no bounds. These are this gateway's own: the smallest bill in common use, and about what NAPAS 24/7 moves in one transfer. */
const LEAST_AMOUNT = 1_000;
const MOST_AMOUNT = 500_000_000;
const MOST_ITEMS = 100;
const EMAIL = /^(?=.{3,254}$)[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]+$/u;
const PHONE = /^\+?\d{8,15}$/;

/** Reads the body of a checkout (document 2.1). @throws Rejection `validation-failed` for the first field that is not usable */
export function readCheckout(body: JsonObject): CheckoutRequest {
  return {
    amount: amountOf(body.amount),
    description: words('description', 50, 'Mô tả không hợp lệ. Mô tả phải có 1-50 ký tự.')(body.description),
    orderCode: optional(body.orderCode, readOrderCode),
    returnUrl: optional(body.returnUrl, address('returnUrl')),
    cancelUrl: optional(body.cancelUrl, address('cancelUrl')),
    buyerName: optional(body.buyerName, words('buyerName', 100, 'Tên người mua không hợp lệ.')),
    buyerEmail: optional(body.buyerEmail, text('buyerEmail', EMAIL, 'Địa chỉ email', 'Email người mua không hợp lệ.')),
    buyerPhone: optional(body.buyerPhone, text('buyerPhone', PHONE, '8-15 chữ số', 'Số điện thoại người mua không hợp lệ.')),
    items: optional(body.items, itemsOf),
  };
}

/** The order code of a body. @throws Rejection `validation-failed` */
function readOrderCode(value: JsonValue): number {
  if (isOrderCode(value)) return value;
  throw invalidField('orderCode', value, `Số nguyên từ 1 đến ${Number.MAX_SAFE_INTEGER}`, 'Mã đơn hàng không hợp lệ.');
}

/** The order code of a path. @throws Rejection `validation-failed` */
export function orderCodeInPath(text: string): number {
  return readOrderCode(/^[1-9]\d{0,15}$/.test(text) ? Number(text) : text);
}

const isOrderCode = (value: JsonValue): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;

function amountOf(value: JsonValue | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= LEAST_AMOUNT && value <= MOST_AMOUNT) return value;
  throw invalidField(
    'amount',
    value,
    `Số nguyên từ ${LEAST_AMOUNT} đến ${MOST_AMOUNT}`,
    'Số tiền không hợp lệ. Số tiền phải là số nguyên từ 1.000 đến 500.000.000 VNĐ.',
  );
}

function itemsOf(value: JsonValue): readonly CheckoutItem[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_ITEMS) {
    throw invalidField('items', value, `Danh sách 1-${MOST_ITEMS} sản phẩm`, 'Danh sách sản phẩm không hợp lệ.');
  }
  return value.map((item: JsonValue, i) => {
    const at = `items[${i}]`;
    if (item === null || typeof item !== 'object' || Array.isArray(item)) {
      throw invalidField(at, item, 'Đối tượng có name, quantity, price', 'Sản phẩm không hợp lệ.');
    }
    const { name, quantity, price } = item as JsonObject;
    return {
      name: words(`${at}.name`, 256, 'Tên sản phẩm không hợp lệ.')(name),
      quantity: whole(`${at}.quantity`, 1, 1_000_000, 'Số lượng không hợp lệ.')(quantity),
      price: whole(`${at}.price`, 0, MOST_AMOUNT, 'Giá sản phẩm không hợp lệ.')(price),
    };
  });
}

const optional = <T>(value: JsonValue | undefined, read: (value: JsonValue) => T): T | null =>
  value === undefined || value === null ? null : read(value);

function words(field: string, most: number, message: string): (value: JsonValue | undefined) => string {
  return (value) => {
    const read = typeof value === 'string' ? readableText(value, most) : null;
    if (read !== null) return read;
    throw invalidField(field, value, `1-${most} ký tự`, message);
  };
}

function text(field: string, form: RegExp, expected: string, message: string): (value: JsonValue | undefined) => string {
  return (value) => {
    if (typeof value === 'string' && form.test(value)) return value;
    throw invalidField(field, value, expected, message);
  };
}

function whole(field: string, least: number, most: number, message: string): (value: JsonValue | undefined) => number {
  return (value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw invalidField(field, value, `Số nguyên từ ${least} đến ${most}`, message);
  };
}

function address(field: string): (value: JsonValue) => string {
  return (value) => {
    if (typeof value === 'string' && value.length <= 2_048 && /^https?:\/\/[^\s\p{Cc}]+$/u.test(value) && URL.canParse(value)) return value;
    throw invalidField(field, value, 'URL http(s), tối đa 2048 ký tự', `${field} không hợp lệ.`);
  };
}
