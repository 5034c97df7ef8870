export interface BackoffLimits {
  /** Upper bound of the first wait, milliseconds. */
  readonly baseMs: number;
  /** Upper bound of any wait. */
  readonly capMs: number;
}

/**
 * Waits between tries, without end: a random time between 0 and an upper bound that doubles from `baseMs` to `capMs`
 * (full jitter, so that a thousand boxes do not come back in step after a power cut). `fraction` gives [0, 1).
 */
export function* fullJitter(limits: BackoffLimits, fraction: () => number): Generator<number, never> {
  for (let bound = limits.baseMs; ; bound = Math.min(bound * 2, limits.capMs)) yield Math.round(fraction() * bound);
}
