import type { PresentedCard } from '../domain/card.ts';
import type { Money } from '../domain/money.ts';

/**
 * Reads one card for one amount. Resolves when a card was presented and read; rejects with DeviceFault `card-aborted`
 * when the signal ends the wait, `card-unreadable` when the customer should try again, `card-reader-failed` when the
 * reader itself is at fault. The customer sees the amount until then. One card at a time: a second read while one waits
 * is refused with CallerFault `card-reader-busy`. What it hands over is kept by nobody.
 */
export interface CardReader {
  read(amount: Money, signal: AbortSignal): Promise<PresentedCard>;
}
