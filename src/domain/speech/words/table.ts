import type { Currency } from '../../money.ts';
import type { Phrase } from '../phrase.ts';

/** The written word of a clip, or the word and the spelling that a synthesiser reads rightly. */
export type Word = string | readonly [text: string, say: string];

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** The clips that every language has. `payments-total` stands between the number of payments and their sum. */
type CommonClip = `n-${Digit}` | `currency-${Lowercase<Currency>}` | `phrase-${Phrase | 'test'}` | 'payments-total';

/**
 * The words of a language by clip, besides its own number words. Phrases are lower case where a script has case: one may
 * follow an amount. They are worded so that a woman or a man may record them (Thai without ค่ะ and ครับ).
 */
export type ClipTable = Readonly<Record<CommonClip, Word>> & Readonly<Record<string, Word>>;
