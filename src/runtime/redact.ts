import { excerpt, withoutCardData } from '../domain/card-data.ts';
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
  'cardpin',
  // A voucher is money to whoever knows its number; the serial number of the box itself stays readable.
  'cardserial',
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
  'voucherpin',
  'voucherserial',
  'xsignature',
]);
/** Also when they only end a longer name: `clientSecret`, `mqtt_password`, `accessToken`. */
const SECRET_ENDINGS = ['password', 'passwd', 'secret', 'token', 'apikey', 'privatekey', 'pinblock', 'credentials', 'emvdata'];
/**
 * However the name goes on: `x-sign-v2`, `track2`, `track2EquivalentData`. EMV data is hidden whole: to drop only the
 * tags with card data would trust a parser with a hostile blob, for the sake of fields that no log needs.
 */
const SECRET_BEGINNINGS = ['xsign', 'track1', 'track2', 'track3', 'emvdata'];

/** Whether the value under this name is secret: passwords, keys, PINs, tokens, signatures, card data. */
export function isSecretName(name: string): boolean {
  const plain = name
    .slice(0, 64)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
  return (
    SECRET_NAMES.has(plain) ||
    SECRET_BEGINNINGS.some((beginning) => plain.startsWith(beginning)) ||
    SECRET_ENDINGS.some((ending) => plain.endsWith(ending))
  );
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

/** A text without card data and without the password of a URL in it, cut to 2,000 characters. */
export function redactText(text: string): string {
  const safe = excerpt(text, MAX_TEXT + 1).replaceAll(/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@]{1,300}@/gi, `$1${HIDDEN}@`);
  return safe.length > MAX_TEXT ? `${safe.slice(0, MAX_TEXT)}… [${text.length} characters]` : safe;
}

/** Whole numbers can be card numbers too. 13 digits that begin with 1 are a time in milliseconds, and no card. */
function redactNumber(value: number): unknown {
  if (!Number.isSafeInteger(value) || value < 2e12) return value;
  const masked = withoutCardData(String(value));
  return masked === String(value) ? value : masked;
}
