import type { Announcement } from '../domain/speech/announcement.ts';
import type { Language } from '../domain/speech/language.ts';

export type { Announcement } from '../domain/speech/announcement.ts';

/** Says one announcement after the other, never two at once; `say` resolves when it has been said, and throws DeviceFault when it cannot be. */
export interface Speaker {
  say(announcement: Announcement): Promise<void>;
  /** A short tone, for people who look for the box; resolves when it is over. */
  beep(): Promise<void>;
  /** Percent, 0 to 100; takes effect with what is said next. */
  setVolume(percent: number): void;
  setLanguage(language: Language): void;
}
