import fc from 'fast-check';
import { toCardinal as british } from 'n2words/en-GB';
import { toCardinal as american } from 'n2words/en-US';
import { toCardinal as indonesian } from 'n2words/id-ID';
import { describe, expect, test } from 'vitest';
import { MAX_MINOR } from '../money.ts';
import type { Language } from './language.ts';
import { type NumberStyle, numberClips, USUAL_STYLE } from './number.ts';
import { spokenText } from './spoken-text.ts';

/** n2words puts an "and" before every group below 100; it belongs before the last words only. */
const STRAY_AND = /\b(billion|million) and (\S+ (?:million|thousand)\b)/g;

/** What another program, written by others, says of the same numbers. */
const OTHERS: readonly [name: string, Language, NumberStyle, (n: number) => string][] = [
  ['British English', 'en', { and: true }, (n) => british(n).replace(STRAY_AND, '$1 $2')],
  ['American English', 'en', { and: false }, american],
  ['Indonesian', 'id', USUAL_STYLE, indonesian],
];

describe.each(OTHERS)('%s beside n2words', (_, language, style, theirs) => {
  const ours = (n: number) => spokenText(numberClips(n, language, style), language).toLowerCase();

  test('every number up to 20,000 is said alike', () => {
    const different = Array.from({ length: 20_001 }, (_, n) => n).filter((n) => ours(n) !== theirs(n));
    expect(different).toEqual([]);
  });

  test('and any number below a million million', () => {
    const below = fc.integer({ min: 0, max: MAX_MINOR - 1 });
    fc.assert(
      fc.property(below, (n) => {
        expect(ours(n)).toBe(theirs(n));
      }),
      { numRuns: 2_000 },
    );
  });
});
