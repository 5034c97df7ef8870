import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { maskSecret, withoutSecrets } from './mask.ts';
import { readableText } from './readable-text.ts';
import { invalidField, type Rejection } from './rejection.ts';
import { CARD_AMOUNTS, CARD_TYPES, type CardType } from './upstreams.ts';

/** A card as a client sends it. */
export interface CardRequest {
  readonly username: string;
  readonly type: CardType;
  /** VND. */
  readonly amount: number;
  readonly pin: string;
  readonly serial: string;
  /** The client's own name for this submission. */
  readonly requestId: string | null;
}

const PIN = /^[A-Za-z0-9]{10,15}$/;
const SERIAL = /^[A-Za-z0-9]{10,20}$/;
/** The longest name of a user, characters. */
export const MOST_USERNAME = 64;
const REQUEST_ID = /^[\x21-\x7e]{1,100}$/;
const TRANSACTION_ID = /^[\x21-\x7e]{1,64}$/;

/** Reads the body of a submission (document 1.1). @throws Rejection `validation-failed` for the first field that is not usable */
export function readCardRequest(body: JsonObject): CardRequest {
  const card = cardOf(body);
  const secrets = [card.pin, card.serial].map((secret) => secret.toUpperCase());
  const holdsSecret = (text: string) => secrets.some((secret) => text.toUpperCase().includes(secret));
  // Both are kept and shown as they are.
  if (holdsSecret(card.username)) throw usernameFault(null);
  if (card.requestId !== null && holdsSecret(card.requestId)) throw requestIdFault(null);
  return card;
}

function cardOf(body: JsonObject): CardRequest {
  return {
    username: usernameOf(body.username),
    type: typeOf(body.card_type),
    amount: amountOf(body.card_amount),
    pin: secretOf('pin', body.pin, PIN, '10-15 ký tự alphanumeric', 'Mã thẻ không hợp lệ. Mã thẻ phải có 10-15 ký tự (chữ và số).'),
    serial: secretOf(
      'serial',
      body.serial,
      SERIAL,
      '10-20 ký tự alphanumeric',
      'Serial không hợp lệ. Serial phải có 10-20 ký tự (chữ và số).',
    ),
    requestId: requestIdOf(body.request_id),
  };
}

/** Reads the body of a question for a card (document 1.3). @throws Rejection `validation-failed` */
export function readTransactionId(body: JsonObject): string {
  const value = body.transaction_id;
  if (typeof value === 'string' && TRANSACTION_ID.test(value)) return value;
  throw invalidField('transaction_id', shown(value), 'Mã giao dịch dạng chuỗi, ví dụ TRANS_1706789012345', 'Mã giao dịch không hợp lệ.');
}

function usernameOf(value: JsonValue | undefined): string {
  const username = typeof value === 'string' ? readableText(value, MOST_USERNAME) : null;
  if (username !== null) return username;
  throw usernameFault(shown(value));
}

const usernameFault = (received: JsonValue): Rejection =>
  invalidField(
    'username',
    received,
    '1-64 ký tự, không chứa mã thẻ hoặc serial',
    'Tên người dùng không hợp lệ. Tên người dùng phải có 1-64 ký tự.',
  );

function typeOf(value: JsonValue | undefined): CardType {
  const type = CARD_TYPES.find((known) => known === value);
  if (type !== undefined) return type;
  const types = CARD_TYPES.join(', ');
  throw invalidField('card_type', shown(value), types, `Loại thẻ không hợp lệ. Các loại thẻ được hỗ trợ: ${types}.`);
}

function amountOf(value: JsonValue | undefined): number {
  const amount = CARD_AMOUNTS.find((known) => String(known) === value);
  if (amount !== undefined) return amount;
  const amounts = CARD_AMOUNTS.join(', ');
  throw invalidField('card_amount', shown(value), amounts, `Mệnh giá không hợp lệ. Các mệnh giá được hỗ trợ: ${amounts}.`);
}

/** What is not usable may be one that was mistyped: it is shown masked. */
function secretOf(field: 'pin' | 'serial', value: JsonValue | undefined, form: RegExp, expected: string, message: string): string {
  if (typeof value === 'string' && form.test(value)) return value;
  const missing = value === undefined || value === null;
  throw invalidField(field, missing ? null : maskSecret(typeof value === 'string' ? value : ''), expected, message);
}

function requestIdOf(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && REQUEST_ID.test(value)) return value;
  throw requestIdFault(shown(value));
}

const requestIdFault = (received: JsonValue): Rejection =>
  invalidField(
    'request_id',
    received,
    '1-100 ký tự ASCII, không có khoảng trắng, không chứa mã thẻ hoặc serial',
    'request_id không hợp lệ.',
  );

/** What stands in the wrong field may be a PIN or a serial. */
function shown(value: JsonValue | undefined): JsonValue {
  if (value === undefined || value === null || typeof value === 'boolean') return value ?? null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = withoutSecrets(text);
  return typeof value === 'number' && safe === text ? value : safe;
}
