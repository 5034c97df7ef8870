import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Cancel, Clock } from '../ports/clock.ts';

/** No box was made before this program was: a wall clock that says so has not been set yet. */
const OLDEST_MS = Date.UTC(2026, 0, 1);
/** systemd-timesyncd creates it once the clock was synchronised since boot; other time services do not. */
const SYNCHRONIZED = '/run/systemd/timesync/synchronized';
const RUNTIME = '/run/systemd/timesync';
/** Longest time a Node timer can wait. */
const LONGEST_MS = 2 ** 31 - 1;

interface Sources {
  /** The latest wall time the box is known to have lived through, from its journal: time does not go back behind it. */
  readonly floorMs?: number;
  readonly wallMs?: () => number;
  readonly exists?: (path: string) => boolean;
}

/** The real clock. A time service that keeps no such mark is taken at its word. */
export function systemClock({ floorMs = 0, wallMs = Date.now, exists = existsSync }: Sources = {}): Clock {
  const floor = Math.max(floorMs, OLDEST_MS);
  return {
    monotonicMs: () => performance.now(),
    wallMs,
    wallTrusted() {
      if (wallMs() < floor) return false;
      return exists(SYNCHRONIZED) || !exists(RUNTIME);
    },
    after(ms, task): Cancel {
      const timer = setTimeout(task, Math.min(Math.max(0, ms), LONGEST_MS));
      return () => clearTimeout(timer);
    },
  };
}
