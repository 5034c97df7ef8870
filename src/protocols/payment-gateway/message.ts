import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { asBoolean, asInteger, asObject, asPattern, MessageFault } from '../../domain/json-fields.ts';
import { MAX_MINOR } from '../../domain/money.ts';
import { bodyObject } from '../ds50/message.ts';

const MOST_TEXT = 500;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** `data` of a reply that says success:true. @throws PeerFault `json-…`, `message-invalid` at `success` or `data` */
export function successData(raw: Uint8Array): JsonObject {
  const reply = bodyObject(raw);
  if (!asBoolean(reply.success, 'success')) throw new MessageFault('success', false, 'true');
  return asObject(reply.data, 'data');
}

/** Whole VND. @throws MessageFault */
export const asAmount = (value: JsonValue | undefined, path: string, least = 0): number => asInteger(value, path, least, MAX_MINOR);

/** An order code: 1 to 2^53 - 1. @throws MessageFault */
export const asOrderCode = (value: JsonValue | undefined, path: string): number => asInteger(value, path, 1, Number.MAX_SAFE_INTEGER);

/** A status in capitals, be it one that is known or not. @throws MessageFault */
export const asStatus = (value: JsonValue | undefined, path: string): string =>
  asPattern(value, path, /^[A-Za-z][A-Za-z_-]{0,39}$/, 'the word of a status').toUpperCase();

/** A time with its zone, in milliseconds since 1970. @throws MessageFault */
export function asTime(value: JsonValue | undefined, path: string): number {
  const atMs = timeIn(value);
  if (atMs === null) throw new MessageFault(path, value, 'a time that exists, as ISO 8601 with its zone');
  return atMs;
}

// What the box does not go by is no reason to lose an answer about money: there, anything else is null or the empty text.

/** As `asTime`, or null. */
export function timeIn(value: JsonValue | undefined): number | null {
  const atMs = typeof value === 'string' && RFC3339.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isFinite(atMs) ? atMs : null;
}

export const textIn = (value: JsonValue | undefined): string => (typeof value === 'string' && value.length <= MOST_TEXT ? value : '');

export const numberIn = (value: JsonValue | undefined): number | null => (typeof value === 'number' ? value : null);

/** As `asAmount`, or null. */
export const amountIn = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MAX_MINOR ? value : null;

/** Null stays null. */
export const isoText = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString());
