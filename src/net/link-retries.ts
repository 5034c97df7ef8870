import { type BackoffLimits, fullJitter } from '../domain/backoff.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Entropy } from '../ports/entropy.ts';

const QUICK: BackoffLimits = { baseMs: 1_000, capMs: 60_000 };
const SLOW: BackoffLimits = { baseMs: 30_000, capMs: 300_000 };
const SLOW_LEAST_MS = 15_000;
/** A link that lived this long counts as good: the next retry is a quick one again. */
const STABLE_MS = 30_000;

/** When a link that is down is tried again: soon, with full jitter, and slowly where somebody must change something first. */
export class LinkRetries {
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  #quick: Iterator<number, never>;
  #slow: Iterator<number, never>;
  #cancelTry: Cancel = () => {};
  #cancelStable: Cancel = () => {};

  constructor(clock: Clock, entropy: Entropy) {
    this.#clock = clock;
    this.#entropy = entropy;
    this.#quick = this.#jitter(QUICK);
    this.#slow = this.#jitter(SLOW);
  }

  /** The link is up; `stable` is called when it has been for half a minute. */
  up(stable: () => void = () => {}): void {
    this.#cancelStable = this.#clock.after(STABLE_MS, () => {
      this.#quick = this.#jitter(QUICK);
      this.#slow = this.#jitter(SLOW);
      stable();
    });
  }

  /** The link is down: `connect` is called after the wait that is due, which is returned, ms. `lasting`: trying soon is pointless. */
  down(lasting: boolean, connect: () => void): number {
    this.#cancelStable();
    const waitMs = lasting ? SLOW_LEAST_MS + this.#slow.next().value : this.#quick.next().value;
    this.#cancelTry = this.#clock.after(waitMs, connect);
    return waitMs;
  }

  /** Nobody wants the link any longer. */
  stop(): void {
    this.#cancelStable();
    this.#cancelTry();
  }

  #jitter(limits: BackoffLimits): Iterator<number, never> {
    return fullJitter(limits, () => this.#entropy.fraction());
  }
}
