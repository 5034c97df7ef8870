import type { Cancel, Clock } from '../ports/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

/** A clock that stands still until the test moves it; timers run in the order they are due. */
export class FakeClock implements Clock {
  trusted = true;
  #now = 1_000;
  #wall: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.#wall = wallMs;
  }

  monotonicMs(): number {
    return this.#now;
  }

  wallMs(): number {
    return this.#wall;
  }

  wallTrusted(): boolean {
    return this.trusted;
  }

  after(ms: number, task: () => void): Cancel {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#order++, task };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Number of timers that wait. */
  pending(): number {
    return this.#timers.size;
  }

  /** Steps the wall clock only, as a time server or a person would. */
  stepWall(ms: number): void {
    this.#wall += ms;
  }

  /** Moves both clocks and runs, in order, every timer that falls due on the way, also those set meanwhile. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].filter((t) => t.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#move(Math.max(next.at, this.#now));
      next.task();
    }
    this.#move(end);
  }

  /** As `advance`, in small steps that let promises settle between timers. */
  async flow(ms: number, stepMs = 50): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.advance(Math.min(stepMs, left));
      await settle();
    }
  }

  #move(to: number): void {
    this.#wall += to - this.#now;
    this.#now = to;
  }
}

/** Lets everything that is already resolved run, including what that resolves. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}
