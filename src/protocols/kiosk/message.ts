import { excerpt } from '../../domain/card-data.ts';
import { PeerFault } from '../../domain/fault.ts';
import { type JsonValue, parseJson } from '../../domain/json.ts';
import { MessageFault as FieldFault } from '../../domain/json-fields.ts';

/** Largest message either side reads, bytes of UTF-8. */
export const MAX_MESSAGE_BYTES = 65_536;
/** As long as a text for people may be, characters. */
const MOST_TEXT = 200;

/**
 * A message that is not what the dialect says: `json-…`, `message-invalid` or `screen-unknown`. What it explains names
 * fields, kinds and sizes, never the content of a text, so that it can be sent back and logged.
 */
export class MessageFault extends PeerFault {}

/** What `read` gives; whatever is wrong with the message comes out as one kind of fault. @throws MessageFault */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MessageFault || !(error instanceof PeerFault)) throw error;
    const { message, code, found, expected } = error;
    throw new MessageFault(message, {
      code,
      // Only a fault of a field is known not to quote the message.
      ...(error instanceof FieldFault && found !== undefined ? { found } : {}),
      ...(expected === undefined ? {} : { expected }),
    });
  }
}

/** The JSON value of a message. @throws PeerFault `json-…` */
export function jsonOf(text: string): JsonValue {
  // Each character takes a byte at least: what is too long need not be copied to be refused.
  if (text.length <= MAX_MESSAGE_BYTES) return parseJson(new TextEncoder().encode(text), MAX_MESSAGE_BYTES);
  throw new PeerFault('The message is too large', { code: 'json-too-large', expected: `at most ${MAX_MESSAGE_BYTES}` });
}

/** Control characters, lone halves of characters, and what turns the direction of the text after it. */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;

/** A text as one line of at most 200 visible characters, without card data. */
function line(text: string): string {
  const seen = excerpt(text.replaceAll(UNSEEN, ' ').trim(), 2 * MOST_TEXT);
  return [...seen].slice(0, MOST_TEXT).join('').trim();
}

/** A text for people; no reason to refuse a message, least of all one about money, so anything else is the empty text. */
export const lineIn = (value: JsonValue | undefined): string => (typeof value === 'string' ? line(value) : '');

/** As `lineIn`, from a sender that must keep to the dialect. @throws PeerFault `message-invalid` */
export function asLine(value: JsonValue | undefined, path: string): string {
  if (typeof value === 'string') return line(value);
  throw new FieldFault(path, value, 'a text');
}
