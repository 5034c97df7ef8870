import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonFault } from './json-text.ts';

test.each([
  ['', 1, 1, 'a value'],
  ['{', 1, 2, 'a key'],
  ['{"a": 1,}', 1, 9, 'a key'],
  ['{\n  "a": 1\n  "b": 2\n}', 3, 3, '"," or "}"'],
  ['{"a" 1}', 1, 6, '":"'],
  ["{'a': 1}", 1, 2, 'a key'],
  ['{"a": tru}', 1, 7, 'a value'],
  ['{"a": 01}', 1, 7, 'a value'],
  ['[1 2]', 1, 4, '"," or "]"'],
  ['{"a": "x\ny"}', 1, 7, 'a value'],
  ['{} {}', 1, 4, 'nothing more'],
  ['{"a": 1, "b": {"c": 1, "c": 2}}', 1, 24, 'each key once'],
  ['['.repeat(100), 1, 66, 'at most 64 levels'],
])('%j is faulty at line %i column %i', (text, line, column, expected) => {
  expect(jsonFault(text)).toMatchObject({ line, column, expected: expect.stringContaining(expected) });
});

test('finds no fault in what JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(0, 2), (text, indent) => jsonFault(JSON.stringify(JSON.parse(text), null, indent)) === null),
  );
});

test('finds a fault wherever JSON.parse does', () => {
  const damaged = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', '0', '\\'));
  fc.assert(
    fc.property(damaged, ([text, at, put]) => {
      const cut = at % text.length;
      const broken = text.slice(0, cut) + put + text.slice(cut + 1);
      try {
        JSON.parse(broken);
      } catch {
        return jsonFault(broken) !== null;
      }
      return true;
    }),
  );
});
