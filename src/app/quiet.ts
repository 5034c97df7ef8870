import type { Clock } from '../ports/clock.ts';
import { type TillService, whenIdle } from './till.ts';

/** A card payment that was never answered holds up a change of the links for this long, and no longer: they may be what is wrong, ms. */
const OPEN_CARD_MS = 900_000;

/**
 * Resolves true in a moment when nobody is buying anything and no card payment waits for its answer, whose question must
 * go to the same payment server; false when the signal aborts first.
 */
export async function whenQuiet(till: TillService, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const untilMs = clock.monotonicMs() + OPEN_CARD_MS;
  while (await whenIdle(till, signal)) {
    const cardIsOpen = () => Object.values(till.state.charges).some((charge) => charge.card);
    const leftMs = untilMs - clock.monotonicMs();
    if (!cardIsOpen() || leftMs <= 0) return true;
    await new Promise<void>((resolve) => {
      const end = () => {
        cancelTimer();
        cancelListener();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancelTimer = clock.after(leftMs, end);
      const cancelListener = till.onCommitted(() => (cardIsOpen() ? undefined : end()));
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  }
  return false;
}
