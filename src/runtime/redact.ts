import { Fault } from '../domain/fault.ts';

/** What stands in the place of anything secret. */
const HIDDEN = '[hidden]';
const MAX_DEPTH = 6;
const MAX_ITEMS = 50;
const MAX_TEXT = 2_000;
/** Of what caused an error a line says only this much, characters. */
const MAX_CAUSE = 200;

/** Key names whose values never leave the box, compared without case and punctuation. */
const SECRET_NAMES = new Set([
  'authorization',
  'apikey',
  'cardnumber',
  'cookie',
  'credential',
  'credentials',
  'cvc',
  'cvv',
  'cvv2',
  'key',
  'pan',
  'passphrase',
  'passwd',
  'password',
  'pin',
  'pinblock',
  'privatekey',
  'psk',
  'secret',
  'setcookie',
  'token',
  'track',
  'track1',
  'track2',
  'track3',
  'xsignature',
]);
/** Also when they only end a longer name: `clientSecret`, `mqtt_password`, `accessToken`. */
const SECRET_ENDINGS = ['password', 'passwd', 'secret', 'token', 'apikey', 'privatekey', 'pinblock', 'credentials'];

/** Whether the value under this name is secret: passwords, keys, PINs, tokens, signatures, card data. */
export function isSecretName(name: string): boolean {
  const plain = name
    .slice(0, 64)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
  return SECRET_NAMES.has(plain) || plain.startsWith('xsign') || SECRET_ENDINGS.some((ending) => plain.endsWith(ending));
}

/**
 * A copy of any value that may be written to a log: secrets by name replaced, card numbers masked, no deeper than 6
 * levels, at most 50 items a level and 2,000 characters a text. Of an error: code, message and found, its cause in one
 * short text, and with `stacks` the stack of what is no Fault. Total: never throws, whatever it is given.
 */
export function redact(value: unknown, { stacks = false } = {}): unknown {
  return redactAt(value, stacks, 0);
}

function redactAt(value: unknown, stacks: boolean, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return redactText(String(value));
  if (typeof value === 'number') return redactNumber(value);
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (value === null || typeof value !== 'object') return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  try {
    return redactObject(value, stacks, depth + 1);
  } catch {
    // A getter or a proxy that throws must not take the log line with it.
    return '[unreadable]';
  }
}

function redactObject(value: object, stacks: boolean, depth: number): unknown {
  if (value instanceof Error) return redactAt(errorFields(value, stacks), stacks, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return redactObject(Object.fromEntries(value), stacks, depth);
  if (value instanceof Set) return redactObject([...value], stacks, depth);
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => redactAt(item, stacks, depth));
    return value.length > MAX_ITEMS ? [...items, `[${value.length - MAX_ITEMS} more]`] : items;
  }
  const keys = Object.keys(value);
  const fields = keys.slice(0, MAX_ITEMS).map((key): [string, unknown] => {
    const field: unknown = (value as Record<string, unknown>)[key];
    return [redactText(key), isSecretName(key) && field !== null && field !== undefined ? HIDDEN : redactAt(field, stacks, depth)];
  });
  if (keys.length > MAX_ITEMS) fields.push(['…', `[${keys.length - MAX_ITEMS} more]`]);
  return Object.fromEntries(fields);
}

/** The fields of an error that a log line shows: enough to know which it was, and the stack where nobody foresaw it. */
function errorFields(error: Error, stacks: boolean): Record<string, unknown> {
  const { message, cause } = error;
  const why = cause === undefined ? {} : { cause: inShort(cause) };
  if (error instanceof Fault) {
    return { code: error.code, message, ...(error.found === undefined ? {} : { found: error.found }), ...why };
  }
  const code = codeOf(error);
  return { name: error.name, ...(code === '' ? {} : { code }), message, ...why, ...(stacks ? { stack: error.stack } : {}) };
}

/** `ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:8081`; of several errors (one for each address tried) the first. */
function inShort(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0 && cause.message === '') return inShort(cause.errors[0]);
  if (!(cause instanceof Error)) return typeof cause === 'string' ? cut(cause) : `[${typeof cause}]`;
  return cut(`${codeOf(cause) || cause.name}: ${cause.message}`);
}

const cut = (text: string): string => (text.length > MAX_CAUSE ? `${redactText(text).slice(0, MAX_CAUSE)}…` : text);

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');

/** A text without card numbers and without the password of a URL in it, cut to 2,000 characters. */
export function redactText(text: string): string {
  // The cut comes last but one: half a card number at the end would pass the check, so a little more is looked at.
  const looked = text.length > MAX_TEXT + 40 ? text.slice(0, MAX_TEXT + 40) : text;
  const safe = maskCards(looked).replaceAll(/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@]{1,300}@/gi, `$1${HIDDEN}@`);
  return safe.length > MAX_TEXT || looked.length < text.length ? `${safe.slice(0, MAX_TEXT)}… [${text.length} characters]` : safe;
}

/** Whole numbers can be card numbers too. 13 digits that begin with 1 are a time in milliseconds, and no card. */
function redactNumber(value: number): unknown {
  if (!Number.isSafeInteger(value) || value < 2e12) return value;
  const masked = maskCards(String(value));
  return masked === String(value) ? value : masked;
}

/** Masks what passes the Luhn check in every run of 13 to 19 digits, also in groups with blanks or dashes: first 6 and last 4 stay. */
const maskCards = (text: string): string => text.replaceAll(/\d(?:[ -]?\d){12,}/g, maskRun);

function maskRun(run: string): string {
  const groups = [...run.matchAll(/\d+/g)].map((match) => ({ text: match[0], start: match.index, end: match.index + match[0].length }));
  for (const [i, { start }] of groups.entries()) {
    let digits = '';
    for (const { text, end } of groups.slice(i, i + 19)) {
      digits += text;
      if (digits.length > 19) break;
      if (digits.length < 13 || !luhn(digits)) continue;
      return `${run.slice(0, start)}${digits.slice(0, 6)}${'*'.repeat(digits.length - 10)}${digits.slice(-4)}${maskCards(run.slice(end))}`;
    }
  }
  return run;
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  // All zeros passes the check and is no card.
  return sum > 0 && sum % 10 === 0;
}
