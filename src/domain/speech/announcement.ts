import type { Money } from '../money.ts';
import type { Phrase } from './phrase.ts';

/** What is to be said aloud, by meaning. An amount belongs to `received`, `amount` and `present-card`; elsewhere it is not spoken. */
export type Announcement =
  | { readonly phrase: Phrase; readonly amount: Money | null }
  /** So many payments (1 or more) that came while others were being spoken, and their sum. */
  | { readonly phrase: 'received-many'; readonly amount: Money; readonly count: number }
  /** The answer to a command to test the speaker. */
  | { readonly phrase: 'test'; readonly amount: null };
