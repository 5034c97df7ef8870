import { RequestFault } from '../../domain/request-fault.ts';
import type { Clock } from '../../ports/clock.ts';

export interface RateLimitOptions {
  readonly clock: Clock;
  /** Requests the gateway takes in any `windowMs`. */
  readonly most: number;
  /** Longer than the gateway's own by the time a request may be on its way: what counts there is when it arrives. */
  readonly windowMs: number;
}

export interface Turn {
  /** The request never left the box. */
  giveBack(): void;
}

/** Keeps requests below what the gateway takes, in the order they come. Monotonic milliseconds throughout. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  /** When requests went out or will, the earliest first. */
  readonly #turns: number[] = [];
  #heldUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /** The gateway wants nothing before that has passed, those who wait already included. */
  hold(ms: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#options.clock.monotonicMs() + ms);
  }

  /** How many could go right now without keeping anybody waiting. */
  free(): number {
    const nowMs = this.#options.clock.monotonicMs();
    return this.#next(nowMs) > nowMs ? 0 : this.#options.most - this.#turns.length;
  }

  /**
   * Waits for its turn if that comes within `patienceMs`. `spare`: so many are left for others. @throws RequestFault
   * `rate-limited` at once if it does not, with how long that will be (retryable); `request-aborted`
   */
  async turn(signal: AbortSignal, patienceMs: number, spare = 0): Promise<Turn> {
    const { clock } = this.#options;
    const giveUpAtMs = clock.monotonicMs() + patienceMs;
    for (;;) {
      if (signal.aborted) throw aborted();
      const nowMs = clock.monotonicMs();
      const atMs = this.#next(nowMs, spare);
      if (atMs > giveUpAtMs) throw tooMany(Math.ceil(atMs - nowMs));
      this.#turns.push(atMs);
      this.#turns.sort((a, b) => a - b);
      const mine: Turn = { giveBack: () => this.#remove(atMs) };
      if (atMs > nowMs && !(await waited(clock, atMs - nowMs, signal))) {
        mine.giveBack();
        throw aborted();
      }
      if (clock.monotonicMs() >= this.#heldUntilMs) return mine;
      mine.giveBack();
    }
  }

  #next(nowMs: number, spare = 0): number {
    const { most, windowMs } = this.#options;
    while ((this.#turns[0] ?? nowMs) <= nowMs - windowMs) this.#turns.shift();
    const full = this.#turns[this.#turns.length - most + spare];
    return Math.max(nowMs, this.#heldUntilMs, full === undefined ? nowMs : full + windowMs);
  }

  #remove(atMs: number): void {
    const at = this.#turns.indexOf(atMs);
    if (at >= 0) this.#turns.splice(at, 1);
  }
}

/** False as soon as the signal aborts. */
function waited(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const onAbort = () => {
    cancel();
    resolve(false);
  };
  const cancel = clock.after(ms, () => {
    signal.removeEventListener('abort', onAbort);
    resolve(true);
  });
  signal.addEventListener('abort', onAbort, { once: true });
  return promise;
}

const aborted = (): RequestFault =>
  new RequestFault('The request was given up', { code: 'request-aborted', retryable: true, unsent: true });

const tooMany = (waitMs: number): RequestFault =>
  new RequestFault('The box has asked as often as the gateway allows', {
    code: 'rate-limited',
    found: `${waitMs} ms until the next request`,
    retryable: true,
    retryAfterMs: waitMs,
    unsent: true,
  });
