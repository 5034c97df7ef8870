import type { Money } from '../domain/money.ts';
import type { Phrase } from '../domain/speech/phrase.ts';

/** What the box says aloud, by meaning; the driver knows how it sounds. */
export interface Announcement {
  readonly phrase: Phrase;
  readonly amount: Money | null;
}

/** Loudness as the DS50's keys set it: 1 (softest) to 5. */
export type Volume = 1 | 2 | 3 | 4 | 5;

/** Says one announcement after the other, never two at once; resolves when it has been said. Throws DeviceFault when it cannot be. */
export interface Speaker {
  say(announcement: Announcement): Promise<void>;
  /** Takes effect with what is said next. */
  setVolume(volume: Volume): void;
}
