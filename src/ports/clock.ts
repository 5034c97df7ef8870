/** Cancels what it was returned for; calling it twice does nothing. */
export type Cancel = () => void;

/**
 * Time, injected. Monotonic time orders and measures; wall time only labels and is never used for a duration.
 * A box may boot in 1970: `wallTrusted` says whether the wall clock has been synchronised.
 */
export interface Clock {
  /** Milliseconds since an arbitrary start, never going back; fractions allowed. */
  monotonicMs(): number;
  /** Milliseconds since 1970, whole; may jump either way. */
  wallMs(): number;
  wallTrusted(): boolean;
  /** Runs `task` once after `ms` (0 to 2^31-1) on the monotonic clock. */
  after(ms: number, task: () => void): Cancel;
}
