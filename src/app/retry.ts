import { type BackoffLimits, fullJitter } from '../domain/backoff.ts';
import { RequestFault } from '../domain/request-fault.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Entropy } from '../ports/entropy.ts';

/** The waits of one piece of work that is tried again and again. */
export interface RetrySchedule {
  /** Milliseconds to wait before the next try; the peer's own wish (Retry-After) is obeyed. */
  next(error?: unknown): number;
}

/** Starts a new schedule. */
export type Retries = () => RetrySchedule;

/** Never shorter than this, so that a peer that refuses at once is not hammered. */
const LEAST_MS = 250;
/** A peer that asks for more patience than this is not obeyed: money waits. */
const LONGEST_WISH_MS = 3_600_000;

export function retries(limits: BackoffLimits, entropy: Entropy): Retries {
  return () => {
    const waits = fullJitter(limits, () => entropy.fraction());
    return {
      next: (error) => {
        const wish = error instanceof RequestFault ? (error.retryAfterMs ?? 0) : 0;
        return Math.max(LEAST_MS, waits.next().value, Math.min(wish, LONGEST_WISH_MS));
      },
    };
  };
}

/** Whether the very same request may be sent again: no usable answer came, as opposed to a refusal. */
export const isRetryable = (error: unknown): boolean => error instanceof RequestFault && error.retryable;

/** Waits on the injected clock; resolves false as soon as the signal aborts. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false);
      return;
    }
    let cancel: Cancel = () => undefined;
    const aborted = () => {
      cancel();
      resolve(false);
    };
    signal.addEventListener('abort', aborted, { once: true });
    cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', aborted);
      resolve(true);
    });
  });
}

const LOOK_EVERY_MS = 100;

/** Resolves as soon as `settled` says so, after `ms`, or when the signal aborts. */
export async function whenSettled(clock: Clock, ms: number, settled: () => boolean, signal: AbortSignal): Promise<void> {
  const untilMs = clock.monotonicMs() + ms;
  while (!settled() && clock.monotonicMs() < untilMs && (await pause(clock, LOOK_EVERY_MS, signal)));
}
