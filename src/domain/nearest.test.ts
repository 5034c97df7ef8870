import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

test.each([
  ['statsu', 'status'],
  ['sel', 'sell'],
  ['Queue', 'queue'],
  ['sttus', 'status'],
  ['conut', null],
  ['zzzz', null],
  ['', null],
])('%s is taken for %s', (word, meant) => {
  expect(nearest(word, ['status', 'sell', 'queue', 'counters'])).toBe(meant);
});

test('a word is nearest to itself', () => {
  fc.assert(fc.property(fc.string({ minLength: 1, maxLength: 20 }), (word) => nearest(word, ['x'.repeat(40), word]) === word));
});
