import type { JsonValue } from '../../domain/json.ts';
import { asInteger, asList, asObject, asText } from '../../domain/json-fields.ts';
import { MAX_MINOR } from '../../domain/money.ts';
import { bodyObject, toBytes } from '../ds50/message.ts';
import { amountIn, asAmount, asOrderCode, asStatus, asTime, isoText, numberIn, successData, textIn, timeIn } from './message.ts';

/** Longest description of an order, characters (2.1). */
export const MAX_DESCRIPTION = 50;
const MAX_ITEMS = 100;
/** Transfers read from one answer. */
const MAX_TRANSFERS = 500;

/** Paths under the url of the gateway. */
export const CHECKOUT_PATH = '/api/payos/checkout';
export const orderPath = (orderCode: number): string => `/api/payos/orders/${orderCode}`;
export const paymentInfoPath = (orderCode: number): string => `/api/payos/payment-info/${orderCode}`;

/** Asks for a payment link (2.1). Amounts and prices in whole VND. */
export interface CheckoutRequest {
  readonly amount: number;
  readonly description: string;
  /** 1 to 2^53 - 1; the gateway gives one where there is none. */
  readonly orderCode?: number;
  readonly returnUrl?: string;
  readonly cancelUrl?: string;
  readonly buyerName?: string;
  readonly buyerEmail?: string;
  readonly buyerPhone?: string;
  readonly items?: readonly { readonly name: string; readonly quantity: number; readonly price: number }[];
}

export const encodeCheckoutRequest = (request: CheckoutRequest): Uint8Array =>
  toBytes({
    amount: request.amount,
    description: request.description,
    orderCode: request.orderCode,
    returnUrl: request.returnUrl,
    cancelUrl: request.cancelUrl,
    buyerName: request.buyerName,
    buyerEmail: request.buyerEmail,
    buyerPhone: request.buyerPhone,
    items: request.items?.map(({ name, quantity, price }) => ({ name, quantity, price })),
  });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodeCheckoutRequest(raw: Uint8Array): CheckoutRequest {
  const request = bodyObject(raw);
  const text = <K extends string>(name: K, most: number) =>
    request[name] === undefined ? {} : ({ [name]: asText(request[name], name, most) } as Record<K, string>);
  return {
    amount: asAmount(request.amount, 'amount', 1),
    description: asText(request.description, 'description', MAX_DESCRIPTION),
    ...(request.orderCode === undefined ? {} : { orderCode: asOrderCode(request.orderCode, 'orderCode') }),
    ...text('returnUrl', 2_048),
    ...text('cancelUrl', 2_048),
    ...text('buyerName', 200),
    ...text('buyerEmail', 254),
    ...text('buyerPhone', 32),
    ...(request.items === undefined ? {} : { items: asList(request.items, 'items', MAX_ITEMS).map(item) }),
  };
}

function item(value: JsonValue, index: number) {
  const path = `items[${index}]`;
  const { name, quantity, price } = asObject(value, path);
  return {
    name: asText(name, `${path}.name`, 256),
    quantity: asInteger(quantity, `${path}.quantity`, 1, 1_000_000),
    price: asInteger(price, `${path}.price`, 0, MAX_MINOR),
  };
}

/** A payment link (2.1). */
export interface Checkout {
  /** Bank and account; the QR may name a virtual account instead. */
  readonly bin: string;
  readonly accountNumber: string;
  readonly accountName: string;
  readonly amount: number;
  readonly description: string;
  readonly orderCode: number;
  readonly currency: string;
  readonly paymentLinkId: string;
  /** In capitals; may be one that nobody knows. */
  readonly status: string;
  /** The text to make the QR symbol of, not looked at here. */
  readonly qrCode: string;
  readonly checkoutUrl: string;
  readonly expiresAtMs: number;
}

export const encodeCheckoutReply = ({ expiresAtMs, ...link }: Checkout): Uint8Array =>
  toBytes({
    success: true,
    data: {
      bin: link.bin,
      accountNumber: link.accountNumber,
      accountName: link.accountName,
      amount: link.amount,
      description: link.description,
      orderCode: link.orderCode,
      currency: link.currency,
      paymentLinkId: link.paymentLinkId,
      status: link.status,
      qrCode: link.qrCode,
      checkoutUrl: link.checkoutUrl,
      expiredAt: isoText(expiresAtMs),
    },
  });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodeCheckoutReply(raw: Uint8Array): Checkout {
  const data = successData(raw);
  return {
    bin: textIn(data.bin),
    accountNumber: textIn(data.accountNumber),
    accountName: textIn(data.accountName),
    amount: asAmount(data.amount, 'data.amount', 1),
    description: textIn(data.description),
    orderCode: asOrderCode(data.orderCode, 'data.orderCode'),
    currency: asText(data.currency, 'data.currency', 8),
    paymentLinkId: textIn(data.paymentLinkId),
    status: asStatus(data.status, 'data.status'),
    qrCode: asText(data.qrCode, 'data.qrCode', 512),
    checkoutUrl: textIn(data.checkoutUrl),
    expiresAtMs: asTime(data.expiredAt, 'data.expiredAt'),
  };
}

/** An order as the gateway keeps it (2.3). */
export interface KeptOrder {
  readonly id: number | null;
  readonly orderCode: number;
  /** What is asked for, not what was paid. */
  readonly amount: number;
  /** Not in the document; null where it is not said. */
  readonly amountPaid: number | null;
  readonly description: string;
  /** In capitals; SUCCESS is what PayOS calls PAID. */
  readonly status: string;
  readonly checkoutUrl: string;
  readonly paymentLinkId: string;
  readonly createdAtMs: number | null;
  readonly updatedAtMs: number | null;
}

export const encodeOrderReply = (order: KeptOrder): Uint8Array =>
  toBytes({
    success: true,
    data: {
      id: order.id,
      orderCode: order.orderCode,
      amount: order.amount,
      ...(order.amountPaid === null ? {} : { amountPaid: order.amountPaid }),
      description: order.description,
      status: order.status,
      checkoutUrl: order.checkoutUrl,
      paymentLinkId: order.paymentLinkId,
      createdAt: isoText(order.createdAtMs),
      updatedAt: isoText(order.updatedAtMs),
    },
  });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodeOrderReply(raw: Uint8Array): KeptOrder {
  const data = successData(raw);
  return {
    id: numberIn(data.id),
    orderCode: asOrderCode(data.orderCode, 'data.orderCode'),
    amount: asAmount(data.amount, 'data.amount', 1),
    amountPaid: amountIn(data.amountPaid),
    description: textIn(data.description),
    status: asStatus(data.status, 'data.status'),
    checkoutUrl: textIn(data.checkoutUrl),
    paymentLinkId: textIn(data.paymentLinkId),
    createdAtMs: timeIn(data.createdAt),
    updatedAtMs: timeIn(data.updatedAt),
  };
}

interface Transfer {
  readonly reference: string;
  readonly amount: number;
  readonly accountNumber: string;
  readonly description: string;
  readonly atMs: number | null;
}

/** An order as PayOS itself tells of it (2.2). */
export interface PaymentInfo {
  readonly orderCode: number;
  readonly amount: number;
  /** All that has come, also beyond the amount. */
  readonly amountPaid: number;
  /** Null where it is not said. */
  readonly amountRemaining: number | null;
  readonly status: string;
  readonly createdAtMs: number | null;
  /** Those that can be read. */
  readonly transactions: readonly Transfer[];
}

export const encodePaymentInfoReply = (info: PaymentInfo): Uint8Array =>
  toBytes({
    success: true,
    data: {
      orderCode: info.orderCode,
      amount: info.amount,
      amountPaid: info.amountPaid,
      amountRemaining: info.amountRemaining,
      status: info.status,
      createdAt: isoText(info.createdAtMs),
      transactions: info.transactions.map(({ reference, amount, accountNumber, description, atMs }) => ({
        reference,
        amount,
        accountNumber,
        description,
        transactionDateTime: isoText(atMs),
      })),
    },
  });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodePaymentInfoReply(raw: Uint8Array): PaymentInfo {
  const data = successData(raw);
  return {
    orderCode: asOrderCode(data.orderCode, 'data.orderCode'),
    amount: asAmount(data.amount, 'data.amount', 1),
    amountPaid: asAmount(data.amountPaid, 'data.amountPaid'),
    amountRemaining: numberIn(data.amountRemaining),
    status: asStatus(data.status, 'data.status'),
    createdAtMs: timeIn(data.createdAt),
    transactions: transfersIn(data.transactions),
  };
}

/** The first of them; nothing is worked out from them, so what cannot be read is left out. */
function transfersIn(value: JsonValue | undefined): Transfer[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_TRANSFERS).flatMap((transfer: JsonValue) => {
    if (typeof transfer !== 'object' || transfer === null || Array.isArray(transfer)) return [];
    const { reference, amount, accountNumber, description, transactionDateTime } = asObject(transfer, '');
    const read = amountIn(amount);
    if (read === null) return [];
    const texts = { reference: textIn(reference), accountNumber: textIn(accountNumber), description: textIn(description) };
    return [{ ...texts, amount: read, atMs: timeIn(transactionDateTime) }];
  });
}
