import { excerpt } from '../../domain/card-data.ts';
import { type JsonObject, type JsonValue, parseJson } from '../../domain/json.ts';
import { asInteger, asObject, asOneOf, asPattern, MessageFault } from '../../domain/json-fields.ts';
import { MAX_MINOR, type Money } from '../../domain/money.ts';

/** Largest payload a box reads, in bytes. */
export const MAX_DOWNLINK_BYTES = 16_384;
/** Largest payload a backend reads, in bytes: an answer to a command may carry lines of a log. */
export const MAX_UPLINK_BYTES = 65_536;
/** As long as a text for people may be, characters. */
export const MOST_TEXT = 200;

const DEVICE = /^[A-Za-z0-9_-]{1,64}$/;
const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Whether a text can be the id of a box: it stands in topics, so no separators and no wildcards. */
export const isDeviceId = (text: string): boolean => DEVICE.test(text);

/** A device's or terminal's id. @throws MessageFault */
export const asDeviceId = (value: JsonValue | undefined, path: string): string =>
  asPattern(value, path, DEVICE, '1 to 64 of A-Z a-z 0-9 _ -');

/** Any other id: `most` visible ASCII characters at the most. @throws MessageFault */
export function asId(value: JsonValue | undefined, path: string, most = 128): string {
  if (typeof value === 'string' && value.length <= most && /^[\x21-\x7e]+$/.test(value)) return value;
  throw new MessageFault(path, value, `1 to ${most} visible ASCII characters`);
}

/** A message of this type as an object. @throws PeerFault `json-…`, `message-invalid` */
export function messageIn(raw: Uint8Array, type: string, maxBytes: number): JsonObject {
  const message = asObject(parseJson(raw, maxBytes), '');
  asOneOf(message.message_type, 'message_type', [type]);
  return message;
}

/** An amount above 0 of the one currency there is, from the fields `amount` and `currency`. @throws MessageFault */
export function amountIn({ amount, currency }: JsonObject): Money {
  return { currency: asOneOf(currency, 'currency', ['IDR']), minor: asInteger(amount, 'amount', 1, MAX_MINOR) };
}

/** A time as RFC 3339 has it, also with an offset or parts of a second: milliseconds since 1970. @throws MessageFault */
export function asTime(value: JsonValue | undefined, path: string): number {
  const local = typeof value === 'string' ? RFC3339.exec(value)?.[1] : undefined;
  if (local === undefined) throw new MessageFault(path, value, 'a time in RFC 3339');
  const day = new Date(`${local}Z`);
  const ms = Date.parse(String(value));
  // A reader of dates may take 30 February for a day in March.
  if (!Number.isFinite(ms) || !Number.isFinite(day.getTime()) || day.toISOString().slice(0, 19) !== local) {
    throw new MessageFault(path, value, 'a time that exists');
  }
  return ms;
}

/** Milliseconds since 1970, in the years 0 to 9999, as the contract writes times: UTC, whole seconds. */
export const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** What a stranger wants people to read, as one short line; no reason to refuse a message, so anything else is the empty text. */
export function lineIn(value: JsonValue | undefined, most = MOST_TEXT): string {
  return typeof value === 'string' ? line(value, most) : '';
}

/** A text as one line without control characters and card data, cut to `most` characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
export const line = (text: string, most: number): string => excerpt(text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').trim(), most);

/** A value as compact JSON in UTF-8. */
export const toBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
