import { excerpt } from './card-data.ts';
import { PeerFault } from './fault.ts';

/** What JSON text can say, with objects that have no prototype. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A text that is not JSON; `at` is where, in characters from its beginning (a byte order mark does not count). */
export class JsonMalformed extends PeerFault {
  readonly at: number;

  constructor(at: number, expected: string) {
    super(`The message is not JSON at character ${at}`, { code: 'json-malformed', expected });
    this.at = at;
  }
}

const MAX_DEPTH = 16;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 forbids them in a text
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;
const utf8 = new TextDecoder('utf-8', { fatal: true });

const refuse = (code: string, message: string, found?: string, expected?: string): never => {
  throw new PeerFault(message, { code, ...(found === undefined ? {} : { found }), ...(expected === undefined ? {} : { expected }) });
};

/**
 * Reads JSON (RFC 8259) from a stranger: UTF-8 only, at most `maxBytes`, 16 levels deep, no duplicate keys (two
 * readers could take different ones), no `__proto__`, no number beyond a double.
 * @throws PeerFault `json-too-large`, `json-not-utf8`, `json-malformed`, `json-too-deep`, `json-duplicate-key`,
 * `json-forbidden-key`, `json-number-range`
 */
export function parseJson(bytes: Uint8Array, maxBytes: number): JsonValue {
  if (bytes.byteLength > maxBytes) refuse('json-too-large', 'The message is too large', `${bytes.byteLength} bytes`, `at most ${maxBytes}`);
  return new Reader(decodeUtf8(bytes)).document();
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return refuse('json-not-utf8', 'The message is not UTF-8 text');
  }
}

class Reader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonValue {
    const value = this.#value(0);
    if (this.#at !== this.#text.length) this.#malformed('the end of the message');
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > MAX_DEPTH) refuse('json-too-deep', 'The message is nested too deeply', undefined, `at most ${MAX_DEPTH} levels`);
    this.#take(SPACE);
    const value = this.#bare(depth);
    this.#take(SPACE);
    return value;
  }

  #bare(depth: number): JsonValue {
    const first = this.#text[this.#at];
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#array(depth);
    if (first === '"') return this.#string();
    const word = this.#take(WORD);
    if (word !== null) return word === 'null' ? null : word === 'true';
    const digits = this.#take(NUMBER) ?? this.#malformed('a value');
    const number = Number(digits);
    return Number.isFinite(number) ? number : refuse('json-number-range', 'The message holds a number that is too large');
  }

  #object(depth: number): JsonObject {
    const object: Record<string, JsonValue> = Object.create(null);
    this.#at++;
    this.#take(SPACE);
    if (this.#eat('}')) return object;
    do {
      this.#take(SPACE);
      const key = this.#string();
      if (key === '__proto__') refuse('json-forbidden-key', 'The message holds a key that is not allowed', '__proto__');
      if (key in object) refuse('json-duplicate-key', 'The message holds a key twice', excerpt(key, 40));
      this.#take(SPACE);
      if (!this.#eat(':')) this.#malformed('a colon');
      object[key] = this.#value(depth + 1);
    } while (this.#eat(','));
    if (!this.#eat('}')) this.#malformed('a comma or a closing brace');
    return object;
  }

  #array(depth: number): JsonValue[] {
    const items: JsonValue[] = [];
    this.#at++;
    this.#take(SPACE);
    if (this.#eat(']')) return items;
    do items.push(this.#value(depth + 1));
    while (this.#eat(','));
    if (!this.#eat(']')) this.#malformed('a comma or a closing bracket');
    return items;
  }

  #string(): string {
    const quoted = this.#take(STRING) ?? this.#malformed('a quoted text');
    return JSON.parse(quoted);
  }

  #eat(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#at = pattern.lastIndex;
    return match[0];
  }

  #malformed(expected: string): never {
    throw new JsonMalformed(this.#at, expected);
  }
}
