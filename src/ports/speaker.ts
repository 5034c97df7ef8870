import type { Money } from '../domain/money.ts';

/** What the box says aloud, by meaning; the driver knows how it sounds. */
export interface Announcement {
  readonly phrase: 'received' | 'delivered' | 'failed' | 'paired';
  readonly amount: Money | null;
}

/** Says one announcement after the other, never two at once; resolves when it has been said. Throws DeviceFault when it cannot be. */
export interface Speaker {
  say(announcement: Announcement): Promise<void>;
}
