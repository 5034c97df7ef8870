import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Cancel, Clock } from '../ports/clock.ts';

/** No box was made before this program was: a wall clock that says so has not been set yet. */
export const OLDEST_MS = Date.UTC(2026, 0, 1);
/** systemd-timesyncd creates it once the clock was synchronised since boot; other time services do not. */
export const SYNCHRONIZED = '/run/systemd/timesync/synchronized';
export const RUNTIME = '/run/systemd/timesync';
/** Longest time a Node timer can wait. */
const LONGEST_MS = 2 ** 31 - 1;

interface Sources {
  readonly wallMs?: () => number;
  readonly exists?: (path: string) => boolean;
}

export interface SystemClock extends Clock {
  /** The box is known to have lived through this wall time (milliseconds since 1970): the clock is not trusted while it says an earlier one. */
  notBefore(ms: number): void;
}

/** The real clock. A time service that keeps no such mark is taken at its word. */
export function systemClock({ wallMs = Date.now, exists = existsSync }: Sources = {}): SystemClock {
  let floor = OLDEST_MS;
  return {
    notBefore(ms) {
      floor = Math.max(floor, ms);
    },
    monotonicMs: () => performance.now(),
    wallMs,
    wallTrusted() {
      if (wallMs() < OLDEST_MS) return false;
      // Synchronised counts for more than the floor: a box that once lived in a wrong future gets out of it.
      return exists(SYNCHRONIZED) || (!exists(RUNTIME) && wallMs() >= floor);
    },
    after(ms, task): Cancel {
      const timer = setTimeout(task, Math.min(Math.max(0, ms), LONGEST_MS));
      return () => clearTimeout(timer);
    },
  };
}
