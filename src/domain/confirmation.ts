import type { SaleTimings } from './policy.ts';

/**
 * When to ask a backend about one charge. Push messages, polling and the query after a reconnect all end in the same
 * till input; this schedule only says when asking is due. Monotonic milliseconds throughout.
 */
export interface Watch {
  readonly charge: string;
  /** `shown`: on the screen. `grace`: off the screen and still payable. */
  readonly phase: 'shown' | 'grace';
  /** When the QR leaves the screen, or when the grace time is over. */
  readonly deadlineMs: number;
  readonly nextPollMs: number;
  readonly pollDelayMs: number;
  /** The pause before the next question once the grace time ran out without an answer; 0 before that. */
  readonly doubtMs: number;
}

/** Longest pause between questions about a charge in doubt. */
const MAX_DOUBT_MS = 3_600_000;
/** The backend's clock is known to the second: a smaller difference is no news. */
const CLOCK_NEWS_MS = 1_500;

/** What is due now: a question (by which road), or nothing before `atMs`. */
export type Due = { readonly ask: 'poll' | 'expiry' | 'grace' } | { readonly atMs: number };

/** A watch over a QR that is shown from now on for `lifeMs` (0 = expired already; at most `qrMaxMs` is believed). */
export function watchShown(charge: string, nowMs: number, lifeMs: number, timings: SaleTimings): Watch {
  const life = Math.min(Math.max(0, lifeMs), timings.qrMaxMs);
  return {
    charge,
    phase: 'shown',
    deadlineMs: nowMs + life,
    nextPollMs: nowMs + timings.firstPollMs,
    pollDelayMs: timings.pollMinMs,
    doubtMs: 0,
  };
}

/** The same charge once its QR is off the screen: watched for the grace time from now on. */
export function watchGrace(charge: string, nowMs: number, timings: SaleTimings): Watch {
  return {
    charge,
    phase: 'grace',
    deadlineMs: nowMs + timings.graceMs,
    nextPollMs: nowMs + timings.pollMinMs,
    pollDelayMs: timings.pollMinMs,
    doubtMs: 0,
  };
}

/** Polls at 8 s, then after 2, 4, 8 … 30 s by default; at the deadline one last question. */
export function due(watch: Watch, nowMs: number): Due {
  if (nowMs >= watch.deadlineMs) return { ask: watch.phase === 'shown' ? 'expiry' : 'grace' };
  if (nowMs >= watch.nextPollMs) return { ask: 'poll' };
  return { atMs: Math.min(watch.deadlineMs, watch.nextPollMs) };
}

/** The watch after a question that did not resolve the charge. */
export function asked(watch: Watch, nowMs: number, timings: SaleTimings): Watch {
  return {
    ...watch,
    nextPollMs: nowMs + watch.pollDelayMs,
    pollDelayMs: Math.min(watch.pollDelayMs * 2, timings.pollMaxMs),
  };
}

/**
 * The watch after a question past the grace time got no answer at all: the charge stays in doubt until the backend has
 * spoken, and is asked about after `pollMaxMs`, then after twice as long each time, up to an hour.
 */
export function inDoubt(watch: Watch, nowMs: number, timings: SaleTimings): Watch {
  const doubtMs = Math.min(Math.max(timings.pollMaxMs, watch.doubtMs * 2), MAX_DOUBT_MS);
  return { ...watch, deadlineMs: nowMs + doubtMs, nextPollMs: nowMs + doubtMs, doubtMs };
}

/** The watch after an answer that the box could not record: it is asked for again after the longest poll delay. */
export function unrecorded(watch: Watch, nowMs: number, timings: SaleTimings): Watch {
  return { ...watch, deadlineMs: nowMs + timings.pollMaxMs, nextPollMs: nowMs + timings.pollMaxMs };
}

/**
 * Until when a QR that has been shown since `sinceMs` may stay, now that its life is known to be `lifeMs` from `nowMs` on:
 * `untilMs` itself when that is no news, and never more than `qrMaxMs` after it was first shown.
 */
export function shownUntil(untilMs: number, sinceMs: number, nowMs: number, lifeMs: number, timings: SaleTimings): number {
  const found = Math.min(nowMs + lifeMs, sinceMs + timings.qrMaxMs);
  return Math.abs(found - untilMs) > CLOCK_NEWS_MS ? found : untilMs;
}
