import { CallerFault } from '../fault.ts';
import { MAX_MINOR } from '../money.ts';
import type { ClipId } from './clips.ts';
import type { Language } from './language.ts';
import { englishNumber } from './numbers/en.ts';
import { indonesianNumber } from './numbers/id.ts';
import { thaiNumber } from './numbers/th.ts';
import { vietnameseNumber } from './numbers/vi.ts';
import { mandarinCount, mandarinNumber } from './numbers/zh.ts';

/** What speakers of a language do not agree on. */
export interface NumberStyle {
  /** English only: "one hundred and one" rather than "one hundred one". */
  readonly and: boolean;
}

/** How numbers are said unless asked otherwise. */
export const USUAL_STYLE: NumberStyle = { and: true };

const NUMBERS: Readonly<Record<Language, (n: number, style: NumberStyle) => ClipId[]>> = {
  th: thaiNumber,
  id: indonesianNumber,
  vi: vietnameseNumber,
  en: (n, { and }) => englishNumber(n, and),
  zh: mandarinNumber,
};

/**
 * The clips of an integer from 0 to MAX_MINOR (10^12).
 * @throws CallerFault `number-unspeakable`
 */
export function numberClips(n: number, language: Language, style = USUAL_STYLE): ClipId[] {
  if (!Number.isSafeInteger(n) || n < 0 || n > MAX_MINOR) {
    throw new CallerFault('The number cannot be spoken', {
      code: 'number-unspeakable',
      found: String(n),
      expected: `an integer from 0 to ${MAX_MINOR}`,
    });
  }
  return NUMBERS[language](n, style);
}

/** The same for a number that counts something (two baht, two payments). @throws CallerFault `number-unspeakable` */
export function countClips(n: number, language: Language, style = USUAL_STYLE): ClipId[] {
  const clips = numberClips(n, language, style);
  return language === 'zh' ? mandarinCount(n) : clips;
}
