import type { JsonObject, JsonValue } from '../../../domain/json.ts';
import { asInteger, asList, asObject, asOneOf, asPattern, asText, MessageFault } from '../../../domain/json-fields.ts';
import { invalidAnswer } from '../upstream-fault.ts';
import { LINK_STATUSES, type LinkNotice, type LinkRequest, type LinkState, type LinkTransfer, type PaymentLink } from '../upstreams.ts';
import { isSigned } from './signature.ts';
import { parseTime } from './time.ts';

/** The answers PayOS gives with status 200, by the codes seen in the field; it publishes no list. */
export const PAYOS_CODES = {
  done: '00',
  fields: '20',
  unknownOrder: '101',
  signature: '201',
  keys: '214',
  orderExists: '231',
} as const;

/** Far more than anybody transfers, and so little that sums of them stay whole. */
const MAX_AMOUNT = 1_000_000_000_000;
const MAX_TRANSFERS = 1_000;
const LINK_ID = /^[\w-]{1,100}$/;

/** The `data` of a created link, which must be of what was asked for. @throws PeerFault `upstream-invalid` */
export function decodeLink(data: JsonObject, request: LinkRequest): PaymentLink {
  return usable(() => {
    const { orderCode, amount } = request;
    asInteger(data.orderCode, 'data.orderCode', orderCode, orderCode);
    asInteger(data.amount, 'data.amount', amount, amount);
    asOneOf(data.currency, 'data.currency', ['VND']);
    return {
      paymentLinkId: asPattern(data.paymentLinkId, 'data.paymentLinkId', LINK_ID, 'an id'),
      bin: asPattern(data.bin, 'data.bin', /^\d{6}$/, '6 digits'),
      accountNumber: asPattern(data.accountNumber, 'data.accountNumber', /^[0-9A-Za-z]{1,40}$/, '1 to 40 letters and digits'),
      accountName: asText(data.accountName, 'data.accountName', 200, 0),
      amount,
      description: asText(data.description, 'data.description', 500, 0),
      orderCode,
      qrCode: asText(data.qrCode, 'data.qrCode', 512),
      checkoutUrl: webAddress(data.checkoutUrl, 'data.checkoutUrl'),
      status: asOneOf(data.status, 'data.status', LINK_STATUSES),
    };
  });
}

/** The `data` of a link that was asked for or cancelled. @throws PeerFault `upstream-invalid` */
export function decodeState(data: JsonObject, orderCode: number): LinkState {
  return usable(() => {
    asInteger(data.orderCode, 'data.orderCode', orderCode, orderCode);
    const remaining = asInteger(data.amountRemaining, 'data.amountRemaining', -MAX_AMOUNT, MAX_AMOUNT);
    return {
      orderCode,
      paymentLinkId: asPattern(data.id, 'data.id', LINK_ID, 'an id'),
      amount: asInteger(data.amount, 'data.amount', 1, MAX_AMOUNT),
      amountPaid: asInteger(data.amountPaid, 'data.amountPaid', 0, MAX_AMOUNT),
      amountRemaining: Math.max(0, remaining),
      status: asOneOf(data.status, 'data.status', LINK_STATUSES),
      createdAtMs: asTime(data.createdAt, 'data.createdAt'),
      transfers: asList(data.transactions, 'data.transactions', MAX_TRANSFERS).map(decodeTransfer),
    };
  });
}

/**
 * A webhook body. `code` and `desc` beside `data` are not signed and not looked at.
 * @returns null when the signature is not PayOS's, or could be that of another webhook
 * @throws PeerFault `upstream-invalid` for a body that is no webhook, or tells of no transfer
 */
export function decodeNotice(body: unknown, checksumKey: string): LinkNotice | null {
  return usable(() => {
    const webhook = asObject(body as JsonValue | undefined, '');
    const data = asObject(webhook.data, 'data');
    const signature = webhook.signature;
    if (typeof signature !== 'string') throw new MessageFault('signature', signature, 'a text');
    if (!isSigned(data, signature, checksumKey) || !isPlain(data)) return null;
    if (data.code !== undefined) asOneOf(data.code, 'data.code', [PAYOS_CODES.done]);
    return {
      orderCode: asInteger(data.orderCode, 'data.orderCode', 1, Number.MAX_SAFE_INTEGER),
      paymentLinkId: asPattern(data.paymentLinkId, 'data.paymentLinkId', LINK_ID, 'an id'),
      amount: asInteger(data.amount, 'data.amount', 1, MAX_AMOUNT),
      reference: asText(data.reference, 'data.reference', 100),
      atMs: asTime(data.transactionDateTime, 'data.transactionDateTime'),
    };
  });
}

/**
 * What is signed is `key=value&key=value`: a value with `&key=` in it could be read as two fields, and two as one. PayOS
 * itself, when asked, says what such a transfer was.
 */
const isPlain = (data: JsonObject): boolean => !Object.values(data).some((value) => typeof value === 'string' && /&[^&=]*=/.test(value));

function decodeTransfer(item: JsonValue, index: number): LinkTransfer {
  const path = `data.transactions.${index}`;
  const transfer = asObject(item, path);
  return {
    reference: asText(transfer.reference, `${path}.reference`, 100),
    amount: asInteger(transfer.amount, `${path}.amount`, 1, MAX_AMOUNT),
    accountNumber: asText(transfer.accountNumber, `${path}.accountNumber`, 100, 0),
    description: asText(transfer.description, `${path}.description`, 500, 0),
    atMs: asTime(transfer.transactionDateTime, `${path}.transactionDateTime`),
  };
}

function asTime(value: JsonValue | undefined, path: string): number {
  const ms = typeof value === 'string' ? parseTime(value) : null;
  if (ms === null) throw new MessageFault(path, value, 'a time such as 2026-02-01T15:05:00+07:00');
  return ms;
}

/** @throws MessageFault */
export function webAddress(value: JsonValue | undefined, path: string): string {
  const text = asText(value, path, 2_048);
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? '')) throw new MessageFault(path, value, 'an address with http or https');
  return text;
}

function usable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MessageFault)) throw error;
    throw invalidAnswer('PayOS', `${error.path || 'the message'}: ${error.found}`, error.expected ?? 'another value');
  }
}
