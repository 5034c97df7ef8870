import { PeerFault } from './fault.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** From 13 digits on a number may be that of a card. */
const LONG_NUMBER = 1e12;

/** A message that is JSON but not what the dialect says; `path` is where ("data.encodedImage.expiry"). */
export class MessageFault extends PeerFault {
  readonly path: string;

  /** `hidden`: not even a number is quoted. */
  constructor(path: string, value: JsonValue | undefined, expected: string, showing: 'number' | 'hidden' = 'number') {
    const found = typeof value === 'number' && (showing === 'hidden' || Math.abs(value) >= LONG_NUMBER) ? 'a number' : describe(value);
    super(`The field ${path || '(whole message)'} is not usable`, { code: 'message-invalid', found, expected });
    this.path = path;
  }
}

/** Kind and size of a value, of a text never the content: it may be a secret. */
function describe(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  return isList(value) ? `a list of ${value.length}` : 'an object';
}

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

/** The value as an object. @throws MessageFault */
export function asObject(value: JsonValue | undefined, path: string): JsonObject {
  if (value === undefined || value === null || typeof value !== 'object' || isList(value)) throw new MessageFault(path, value, 'an object');
  return value;
}

/** The value as a list of at most `most` items. @throws MessageFault */
export function asList(value: JsonValue | undefined, path: string, most: number): readonly JsonValue[] {
  if (value === undefined || value === null || typeof value !== 'object' || !isList(value) || value.length > most) {
    throw new MessageFault(path, value, `a list of at most ${most}`);
  }
  return value;
}

/** The value as a text of `least` to `most` characters without control characters. @throws MessageFault */
export function asText(value: JsonValue | undefined, path: string, most: number, least = 1): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (typeof value !== 'string' || value.length < least || value.length > most || /[\u0000-\u001f\u007f]/.test(value)) {
    throw new MessageFault(path, value, `a text of ${least} to ${most} characters without control characters`);
  }
  return value;
}

/** The value as a text that `pattern` matches as a whole; `expected` says it in words. @throws MessageFault */
export function asPattern(value: JsonValue | undefined, path: string, pattern: RegExp, expected: string): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw new MessageFault(path, value, expected);
  return value;
}

/** The value as an integer from `least` to `most`. @throws MessageFault */
export function asInteger(value: JsonValue | undefined, path: string, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    throw new MessageFault(path, value, `an integer from ${least} to ${most}`);
  }
  return value;
}

/** @throws MessageFault */
export function asBoolean(value: JsonValue | undefined, path: string): boolean {
  if (typeof value !== 'boolean') throw new MessageFault(path, value, 'true or false');
  return value;
}

/** The value as one of a fixed set of texts. @throws MessageFault */
export function asOneOf<T extends string>(value: JsonValue | undefined, path: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new MessageFault(path, value, `one of ${allowed.join(', ')}`);
  return found;
}
