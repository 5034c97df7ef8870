import type { Script } from '../../src/drivers/display/fonts.ts';
import { en } from '../../src/drivers/display/texts/en.ts';
import { id } from '../../src/drivers/display/texts/id.ts';
import { th } from '../../src/drivers/display/texts/th.ts';
import { vi } from '../../src/drivers/display/texts/vi.ts';
import { zh } from '../../src/drivers/display/texts/zh.ts';

/** First and last code point. */
type Range = readonly [number, number];

/** Latin with what Vietnamese and the languages of Europe add, general punctuation, signs of currencies, minus. */
const LATIN: readonly Range[] = [
  [0x20, 0x7e],
  [0xa0, 0x17f],
  [0x1a0, 0x1a1],
  [0x1af, 0x1b0],
  [0x300, 0x304],
  [0x306, 0x309],
  [0x31b, 0x31b],
  [0x323, 0x323],
  [0x1ea0, 0x1ef9],
  [0x2010, 0x2027],
  [0x2030, 0x203a],
  [0x20a0, 0x20bf],
  [0x2122, 0x2122],
  [0x2212, 0x2212],
];
const THAI: readonly Range[] = [
  [0xe01, 0xe3a],
  [0xe3f, 0xe5b],
];
/** Rows of GB 2312: signs, full-width ASCII, and level 1, the 3,755 characters of everyday writing. */
const GB_ROWS: readonly Range[] = [
  [1, 1],
  [3, 3],
  [16, 55],
];

/** What a text from outside is written with, by script; other characters are not drawn. */
export function charactersOf(script: Script): string {
  if (script === 'latin') return within(LATIN);
  if (script === 'thai') return within(THAI);
  return [...new Set(gb2312() + han(catalogueTexts().join('')))].sort().join('');
}

/** Every text of the catalogues of all languages, a number or time filled in where they take one. */
export const catalogueTexts = (): string[] => [en, id, th, vi, zh].flatMap(textsWithin);

function textsWithin(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'function') return [String(value('0123456789:.,-'))];
  return Object.values(value as object).flatMap(textsWithin);
}

const within = (ranges: readonly Range[]): string =>
  ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i))).join('');

const han = (text: string): string => text.replace(/[^\p{Script=Han}\u{3000}-\u{303f}\u{ff00}-\u{ffef}]/gu, '');

function gb2312(): string {
  const decoder = new TextDecoder('gb2312');
  let characters = '';
  for (const [first, last] of GB_ROWS) {
    for (let row = first; row <= last; row++) {
      for (let cell = 1; cell <= 94; cell++) characters += decoder.decode(Uint8Array.of(0xa0 + row, 0xa0 + cell));
    }
  }
  // The decoder knows the larger GBK: private characters where GB 2312 has none.
  return characters.replace(/[\p{Co}\u{fffd}]/gu, '');
}
