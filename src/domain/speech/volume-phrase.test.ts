import { expect, it } from 'vitest';
import { volumePhrase } from './volume-phrase.ts';

it.each([
  [2, 1, 'volume-up'],
  [4, 1, 'volume-up'],
  [5, 1, 'volume-max'],
  [4, -1, 'volume-down'],
  [2, -1, 'volume-down'],
  [1, -1, 'volume-min'],
] as const)('at %i after a step of %i: %s', (level, by, phrase) => {
  expect(volumePhrase(level, by)).toBe(phrase);
});
