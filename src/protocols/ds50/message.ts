import { type JsonObject, type JsonValue, parseJson } from '../../domain/json.ts';
import { asObject, MessageFault } from '../../domain/json-fields.ts';

/** Largest HTTP body and MQTT payload either side reads, in bytes. */
export const MAX_BODY_BYTES = 65_536;
export const MAX_MQTT_BYTES = 16_384;

const SERIAL = /^[A-Za-z0-9_-]{1,64}$/;

/** The serial number of a box: it stands in a topic of its own, so no separators and no wildcards. @throws MessageFault */
export const asSerial = (value: JsonValue | undefined, path: string): string => asHidden(value, path, SERIAL, '1 to 64 of A-Z a-z 0-9 _ -');

/** A calendar day as `YYYY-MM-DD`. @throws MessageFault */
export function asDay(value: JsonValue | undefined, path: string): string {
  const day = asHidden(value, path, /^\d{4}-\d\d-\d\d$/, 'a day as YYYY-MM-DD');
  const date = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== day) throw new MessageFault(path, value, 'a day that exists');
  return day;
}

/**
 * The value as a text that `pattern` matches, for messages that carry card data: what is there instead is said by kind
 * and size only, a number too, which elsewhere is quoted. @throws MessageFault
 */
export function asHidden(value: JsonValue | undefined, path: string, pattern: RegExp, expected: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new MessageFault(path, value, expected, 'hidden');
}

/** A value as compact JSON in UTF-8. */
export const toBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** The object an HTTP body holds. @throws PeerFault `json-…`, `message-invalid` */
export const bodyObject = (raw: Uint8Array): JsonObject => asObject(parseJson(raw, MAX_BODY_BYTES), '');
