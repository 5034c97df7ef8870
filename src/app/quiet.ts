import { isDirect } from '../domain/till/state.ts';
import type { Clock } from '../ports/clock.ts';
import { type TillService, whenIdle } from './till.ts';

/** A card payment that was never answered holds up a change of the links for this long, and no longer: they may be what is wrong, ms. */
const OPEN_CARD_MS = 900_000;

/**
 * Resolves true in a moment when nobody is buying anything, no ticket is being printed, and no payment by card or at a terminal waits for
 * its answer, whose question must go to the same payment server; false when the signal aborts first.
 */
export async function whenQuiet(till: TillService, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const untilMs = clock.monotonicMs() + OPEN_CARD_MS;
  while (await whenIdle(till, signal)) {
    const isBusy = () => Object.values(till.state.charges).some(isDirect) || Object.keys(till.state.tickets).length > 0;
    const leftMs = untilMs - clock.monotonicMs();
    if (!isBusy() || leftMs <= 0) return true;
    await new Promise<void>((resolve) => {
      const end = () => {
        cancelTimer();
        cancelListener();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancelTimer = clock.after(leftMs, end);
      const cancelListener = till.onCommitted(() => (isBusy() ? undefined : end()));
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  }
  return false;
}
