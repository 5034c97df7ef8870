import type { Phrase } from './phrase.ts';

/** What is said to a press of a volume key that led to `level` (1 to 5): at either end that there is no more. */
export function volumePhrase(level: number, by: 1 | -1): Phrase {
  if (by === 1) return level >= 5 ? 'volume-max' : 'volume-up';
  return level <= 1 ? 'volume-min' : 'volume-down';
}
