import type { BackendClock } from '../environment.ts';
import { Rejection } from './rejection.ts';

const WINDOW_MS = 60_000;
/** Callers remembered before those are forgotten that have not been there for a minute. */
const MOST_CALLERS = 10_000;

/** Counts requests of the last 60 seconds, whichever minute they fell into. In memory: a restart begins anew. */
export class RateLimit {
  readonly #clock: BackendClock;
  readonly #taken = new Map<string, number[]>();

  constructor(clock: BackendClock) {
    this.#clock = clock;
  }

  /** Takes one of `most` in 60 seconds. One that is refused is not counted. @throws Rejection `rate-limit-exceeded` */
  take(caller: string, most: number): void {
    const nowMs = this.#clock.wallMs();
    // A clock that was set back must lock nobody out.
    const recent = (this.#taken.get(caller) ?? []).filter((atMs) => atMs > nowMs - WINDOW_MS && atMs <= nowMs);
    const [oldest] = recent;
    if (recent.length >= most) throw tooMany(Math.max(1, Math.ceil(((oldest ?? nowMs) + WINDOW_MS - nowMs) / 1_000)));
    recent.push(nowMs);
    this.#taken.set(caller, recent);
    if (this.#taken.size > MOST_CALLERS) this.#forget(nowMs);
  }

  #forget(nowMs: number): void {
    for (const [caller, times] of this.#taken) if ((times.at(-1) ?? 0) <= nowMs - WINDOW_MS) this.#taken.delete(caller);
    // All of them within one minute is an attack from many addresses: the first ones go.
    for (const caller of this.#taken.keys()) {
      if (this.#taken.size <= MOST_CALLERS) return;
      this.#taken.delete(caller);
    }
  }
}

const tooMany = (seconds: number): Rejection =>
  new Rejection(429, `Bạn đã gửi quá nhiều request. Vui lòng thử lại sau ${seconds} giây.`, {
    code: 'rate-limit-exceeded',
    retryAfter: seconds,
  });
