import { type JsonObject, type JsonValue, parseJson } from '../../domain/json.ts';
import { asBoolean, asObject, asPattern, MessageFault } from '../../domain/json-fields.ts';

/** Largest HTTP body and MQTT payload either side reads, in bytes. */
export const MAX_BODY_BYTES = 65_536;
export const MAX_MQTT_BYTES = 16_384;

const ID = /^(?!\.{1,2}$)[\w.:=@~-]{1,128}$/;

/** Whether a text may be used as a charge or device id in a topic and in a URL path: no separators, no wildcards. */
export const isId = (text: string): boolean => ID.test(text);

/** @throws MessageFault */
export const asId = (value: JsonValue | undefined, path: string): string =>
  asPattern(value, path, ID, '1 to 128 of A-Z a-z 0-9 . _ : = @ ~ - (and not . or ..)');

/** A value as compact JSON in UTF-8. */
export const toBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** The object an HTTP body holds. @throws PeerFault `json-…`, `message-invalid` */
export const bodyObject = (raw: Uint8Array): JsonObject => asObject(parseJson(raw, MAX_BODY_BYTES), '');

/** `data` of a reply that says success:true. @throws PeerFault `json-…`, `message-invalid` at `success` or `data` */
export function successData(raw: Uint8Array): JsonObject {
  const reply = bodyObject(raw);
  if (!asBoolean(reply.success, 'success')) throw new MessageFault('success', false, 'true');
  return asObject(reply.data, 'data');
}
