import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PeerFault } from './fault.ts';
import { parseJson } from './json.ts';

const read = (text: string, max = 65_536) => parseJson(new TextEncoder().encode(text), max);
const codeOf = (task: () => unknown): string => {
  try {
    task();
  } catch (error) {
    if (error instanceof PeerFault) return error.code;
    throw error;
  }
  return 'none';
};

test('reads what JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify(value);
      if (text.includes('"__proto__"')) return;
      expect(JSON.stringify(read(text))).toBe(text);
    }),
  );
});

test('agrees with JSON.parse on any text, except where it is stricter', () => {
  const texts = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'{}[]",:0123456789.eE+-\\ut nrlfas \n'), maxLength: 40 }));
  fc.assert(
    fc.property(texts, (text) => {
      const mine = codeOf(() => read(text));
      if (mine === 'none') expect(JSON.stringify(read(text))).toBe(JSON.stringify(JSON.parse(text)));
      if (mine === 'json-malformed')
        expect(() => JSON.parse(new TextDecoder().decode(new TextEncoder().encode(text)))).toThrow(SyntaxError);
    }),
    { numRuns: 2_000 },
  );
});

test('never throws anything but a PeerFault, whatever the bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void codeOf(() => parseJson(bytes, 150))));
});

test.each([
  ['{"a":1,"a":2}', 'json-duplicate-key'],
  ['{"a":1,"\\u0061":2}', 'json-duplicate-key'],
  ['{"__proto__":{"success":true}}', 'json-forbidden-key'],
  ['{"\\u005f_proto__":1}', 'json-forbidden-key'],
  ['['.repeat(18) + ']'.repeat(18), 'json-too-deep'],
  ['['.repeat(60_000), 'json-too-deep'],
  ['1e999', 'json-number-range'],
  ['', 'json-malformed'],
  ['{"a":1} x', 'json-malformed'],
  ['{"a":1,}', 'json-malformed'],
  ['[1,]', 'json-malformed'],
  ['{a:1}', 'json-malformed'],
  ['01', 'json-malformed'],
  ['"a\nb"', 'json-malformed'],
  ['NaN', 'json-malformed'],
  ['<html>', 'json-malformed'],
])('refuses %j as %s', (text, code) => {
  expect(codeOf(() => read(text))).toBe(code);
});

test('refuses what is too large or not UTF-8', () => {
  expect(codeOf(() => read('"12345678"', 9))).toBe('json-too-large');
  expect(read('"1234567"', 9)).toBe('1234567');
  expect(codeOf(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22), 99))).toBe('json-not-utf8');
});

test('objects inherit nothing', () => {
  const object = read('{"a":1}');
  expect(Object.getPrototypeOf(object)).toBeNull();
});

test('a long text does not exhaust the reader', () => {
  expect(read(JSON.stringify('\\'.repeat(30_000)))).toHaveLength(30_000);
});
