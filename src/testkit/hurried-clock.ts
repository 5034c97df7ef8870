import type { Cancel, Clock } from '../ports/clock.ts';
import { systemClock } from '../runtime/clock.ts';

const LONG_MS = 2_000;
const HURRIED_MS = 30;

/** The real clock, for real devices; in a hurry long waits are over almost at once, for those that nothing will end. */
export class HurriedClock implements Clock {
  hurry = false;
  readonly #clock = systemClock();

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  wallTrusted(): boolean {
    return true;
  }

  after(ms: number, task: () => void): Cancel {
    return this.#clock.after(this.hurry && ms >= LONG_MS ? HURRIED_MS : ms, task);
  }
}
