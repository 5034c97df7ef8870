/** Where a JSON text stops being JSON, in words that never repeat the text: it may hold a secret. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly expected: string;
}

/** Deepest nesting of a document people write by hand. */
const MAX_DEPTH = 64;

const BLANK = /[ \t\n\r]*/y;
const STRING = /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

/** The first fault of a JSON text, or null. Stricter than JSON.parse in one point: a key must not come twice in one object. */
export function jsonFault(text: string): JsonFault | null {
  const scan = { text, at: 0 };
  const expected = value(scan, 0) ?? end(scan);
  if (expected === null) return null;
  const before = text.slice(0, scan.at).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, expected };
}

interface Scan {
  readonly text: string;
  at: number;
}

/** Moves past what the pattern matches here; the text of it, or null. */
function take(scan: Scan, pattern: RegExp): string | null {
  pattern.lastIndex = scan.at;
  const match = pattern.exec(scan.text);
  if (!match) return null;
  scan.at += match[0].length;
  return match[0];
}

function skip(scan: Scan, character: string): boolean {
  take(scan, BLANK);
  if (scan.text[scan.at] !== character) return false;
  scan.at++;
  return true;
}

function end(scan: Scan): string | null {
  take(scan, BLANK);
  return scan.at < scan.text.length ? 'nothing more' : null;
}

/** Each of these returns what was expected where the scan stands, or null when all is well. */
function value(scan: Scan, depth: number): string | null {
  if (depth > MAX_DEPTH) return `at most ${MAX_DEPTH} levels`;
  if (skip(scan, '{')) return object(scan, depth);
  if (skip(scan, '[')) return array(scan, depth);
  return take(scan, STRING) === null && take(scan, SCALAR) === null
    ? 'a value: a text in double quotes, a number, true, false, null, {…} or […]'
    : null;
}

function object(scan: Scan, depth: number): string | null {
  if (skip(scan, '}')) return null;
  const keys = new Set<string>();
  do {
    take(scan, BLANK);
    const start = scan.at;
    const key = take(scan, STRING);
    if (key === null) return 'a key in double quotes';
    if (keys.size === keys.add(JSON.parse(key)).size) {
      scan.at = start;
      return 'each key once';
    }
    if (!skip(scan, ':')) return '":"';
    const fault = value(scan, depth + 1);
    if (fault !== null) return fault;
  } while (skip(scan, ','));
  return skip(scan, '}') ? null : '"," or "}"';
}

function array(scan: Scan, depth: number): string | null {
  if (skip(scan, ']')) return null;
  do {
    const fault = value(scan, depth + 1);
    if (fault !== null) return fault;
  } while (skip(scan, ','));
  return skip(scan, ']') ? null : '"," or "]"';
}
