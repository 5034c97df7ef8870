import { asked, due, inDoubt, shownUntil, unrecorded, type Watch, watchGrace, watchShown } from '../domain/confirmation.ts';
import type { Via } from '../domain/journal.ts';
import type { SaleTimings } from '../domain/policy.ts';
import { isDirect, type OpenCharge } from '../domain/till/state.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { ChargeAnswer, Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { ChargeAnswers } from './charge-answers.ts';
import type { TillService } from './till.ts';

export interface InquiryOptions {
  readonly till: TillService;
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly timings: SaleTimings;
  /** Called when a QR is to leave the screen at another time than was said before. */
  readonly changed: () => void;
  /** The backend said nothing of a charge, or what cannot be, to the end of its grace time; it is asked about less and less often from now on. */
  readonly inDoubt: (charge: string) => void;
}

interface Watched {
  watch: Watch;
  asking: boolean;
  cancelTimer: Cancel | null;
  /** When the QR leaves the screen, monotonic; null in the grace time. */
  shownUntilMs: number | null;
  /** Whether a person was told that the backend does not say what became of it. */
  doubtful: boolean;
  /** Since when this process has watched the charge in its phase, monotonic. */
  readonly sinceMs: number;
}

type Question = Exclude<Via, 'push' | 'answer'>;

const CLOCK_DOUBT_MS = 1_000;
/** A question that is under way when the time of a charge on the screen is over gets so much longer. */
const LAST_WORD_MS = 5_000;

/** Queries under way at a time; only a charge on the screen goes beyond. */
const MAX_QUERIES = 4;

/**
 * Asks the backend about every open charge when it is time to: polling, the query after a reconnect, the last query at
 * expiry, and ever more seldom while it does not say.
 */
export class ChargeInquiry {
  readonly #o: InquiryOptions;
  readonly #answers: ChargeAnswers;
  readonly #watched = new Map<string, Watched>();
  /** Questions that wait until another is answered, oldest first. */
  readonly #waiting = new Map<string, Question>();
  #queries = 0;
  readonly #abort = new AbortController();

  constructor(options: InquiryOptions, answers: ChargeAnswers) {
    this.#o = options;
    this.#answers = answers;
  }

  /** Takes up every charge the journal left open, and asks about each at once. */
  start(): void {
    this.#o.till.onCommitted(() => this.#follow());
    this.#follow();
    for (const charge of this.#watched.keys()) void this.#o.gateway.watch(charge);
    this.#questionAll();
  }

  stop(): void {
    this.#abort.abort();
    for (const watched of this.#watched.values()) watched.cancelTimer?.();
  }

  /** Whether a charge is committed and open. */
  follows(charge: string): boolean {
    return this.#watched.has(charge);
  }

  /** Until when, on the monotonic clock, a charge's QR may stay on the screen. */
  shownUntilMs(charge: string): number {
    return this.#watched.get(charge)?.shownUntilMs ?? this.#o.clock.monotonicMs();
  }

  /** The backend can be reached again, after who knows how long. */
  reconnected(): void {
    this.#redate();
    this.#questionAll();
  }

  /** Asks about a charge out of turn, unless that is being asked already. */
  askNow(charge: string): void {
    this.#question(charge, 'poll');
  }

  #follow(): void {
    const { till, clock, gateway, timings } = this.#o;
    const open = till.state.charges;
    for (const [charge, watched] of this.#watched) {
      if (open[charge]) continue;
      watched.cancelTimer?.();
      this.#watched.delete(charge);
      this.#waiting.delete(charge);
      void gateway.unwatch(charge);
    }
    for (const charge of Object.values(open)) {
      const known = this.#watched.get(charge.id);
      const phase = charge.state === 'shown' ? 'shown' : 'grace';
      if (known?.watch.phase === phase) continue;
      const now = clock.monotonicMs();
      const watch = phase === 'shown' ? watchShown(charge.id, now, this.#lifeMs(charge), timings) : watchGrace(charge.id, now, timings);
      known?.cancelTimer?.();
      const shownUntilMs = phase === 'shown' ? watch.deadlineMs : null;
      this.#watched.set(charge.id, {
        watch,
        asking: known?.asking ?? false,
        cancelTimer: null,
        shownUntilMs,
        doubtful: false,
        sinceMs: now,
      });
      this.#schedule(charge.id);
    }
    this.#countDoubts();
  }

  #countDoubts(): void {
    const doubts = [...this.#watched.values()].filter(({ watch }) => watch.doubtMs > 0);
    this.#o.metrics.gauge('charges_in_doubt', doubts.length);
  }

  /** The backend's clock is known to the second: the QR leaves the screen rather a little early than too late. */
  #lifeMs(charge: OpenCharge): number {
    const { gateway, timings } = this.#o;
    const lifeMs = charge.expiresAtMs - gateway.backendNowMs() - CLOCK_DOUBT_MS;
    // The box itself gave a card its time: no clock that is set meanwhile makes it longer.
    if (charge.card) return Math.min(lifeMs, timings.cardAnswerMs);
    return charge.topUp ? Math.min(lifeMs, timings.topUpAnswerMs) : lifeMs;
  }

  /** The backend may have told the time: how long a QR is shown was worked out by a clock that can have been wrong by years. */
  #redate(answered?: string): void {
    const { till, clock, timings, changed } = this.#o;
    const now = clock.monotonicMs();
    for (const [charge, watched] of this.#watched) {
      const open = till.state.charges[charge];
      if (!open || isDirect(open) || watched.shownUntilMs === null) continue;
      const untilMs = shownUntil(watched.shownUntilMs, watched.sinceMs, now, this.#lifeMs(open), timings);
      if (untilMs === watched.shownUntilMs) continue;
      watched.shownUntilMs = untilMs;
      watched.watch = { ...watched.watch, deadlineMs: untilMs };
      // The next question about the charge that was just answered is planned with its answer.
      if (charge !== answered) this.#schedule(charge);
      changed();
    }
  }

  #schedule(charge: string): void {
    const watched = this.#watched.get(charge);
    if (!watched || this.#abort.signal.aborted) return;
    watched.cancelTimer?.();
    const now = this.#o.clock.monotonicMs();
    const next = due(watched.watch, now);
    // A question that is due while another is on its way is asked again when that one is back.
    if ('ask' in next) {
      if (!watched.asking) this.#question(charge, next.ask);
      else if (next.ask === 'expiry') this.#expireWithout(charge, watched);
      return;
    }
    watched.cancelTimer = this.#o.clock.after(next.atMs - now, () => this.#schedule(charge));
  }

  /** A question that takes too long does not keep a customer before a sale that is over. */
  #expireWithout(charge: string, watched: Watched): void {
    watched.cancelTimer = this.#o.clock.after(LAST_WORD_MS, () => {
      if (this.#watched.get(charge) !== watched || !watched.asking || this.#abort.signal.aborted) return;
      try {
        this.#answers.commit(charge, { type: 'expired', charge });
      } catch (error) {
        this.#o.log.error('charge.answer-not-recorded', { charge, via: 'expiry', error });
        this.#expireWithout(charge, watched);
      }
    });
  }

  /** Asks about every charge after an absence, first about the one a customer stands before. */
  #questionAll(): void {
    const shownFirst = [...this.#watched].sort(([, a], [, b]) => Number(a.watch.phase !== 'shown') - Number(b.watch.phase !== 'shown'));
    for (const [charge] of shownFirst) this.#question(charge, 'reconnect');
  }

  #question(charge: string, via: Question): void {
    const watched = this.#watched.get(charge);
    if (!watched || watched.asking) return;
    if (!this.#o.gateway.capabilities.queries) {
      this.#cannotAsk(watched, via);
      return;
    }
    if (this.#queries >= MAX_QUERIES && watched.watch.phase !== 'shown') {
      if (!this.#waiting.has(charge)) this.#waiting.set(charge, via);
      return;
    }
    this.#waiting.delete(charge);
    this.#queries++;
    watched.cancelTimer?.();
    const leftMs = watched.watch.deadlineMs - this.#o.clock.monotonicMs();
    if (watched.watch.phase === 'shown') watched.cancelTimer = this.#o.clock.after(Math.max(0, leftMs), () => this.#schedule(charge));
    this.#ask(charge, watched, via)
      .catch((error: unknown) => {
        // The answer could not be committed: it is asked for again, and has its effect then.
        const { log, clock, timings } = this.#o;
        log.error('charge.answer-not-recorded', { charge, via, error });
        const still = this.#watched.get(charge);
        if (!still) return;
        still.watch = unrecorded(still.watch, clock.monotonicMs(), timings);
        this.#schedule(charge);
      })
      .finally(() => {
        this.#queries--;
        this.#questionWaiting();
      });
  }

  /** A backend that only tells: its silence is all there is to go by, and a push that comes later is still believed. */
  #cannotAsk(watched: Watched, via: Question): void {
    const { charge, phase } = watched.watch;
    try {
      this.#unresolved(watched, phase, via, { state: 'unresolved', reason: 'cannot-ask' });
      this.#schedule(charge);
    } catch (error) {
      const { log, clock, timings } = this.#o;
      log.error('charge.answer-not-recorded', { charge, via, error });
      watched.watch = unrecorded(watched.watch, clock.monotonicMs(), timings);
      this.#schedule(charge);
    }
  }

  #questionWaiting(): void {
    const now = this.#o.clock.monotonicMs();
    for (const [charge, via] of this.#waiting) {
      if (this.#queries >= MAX_QUERIES || this.#abort.signal.aborted) return;
      const watched = this.#watched.get(charge);
      // While the question waited, the grace time may have run out.
      const next = watched ? due(watched.watch, now) : null;
      this.#question(charge, next && 'ask' in next && next.ask !== 'poll' ? next.ask : via);
    }
  }

  async #ask(charge: string, watched: Watched, via: Question): Promise<void> {
    const { gateway, log, metrics, till } = this.#o;
    watched.asking = true;
    const phase = watched.watch.phase;
    let answer: ChargeAnswer | null = null;
    try {
      const open = till.state.charges[charge];
      const amount = open && { minor: open.amountMinor, currency: till.currency };
      answer = await gateway.queryPayment(charge, this.#abort.signal, amount);
    } catch (error) {
      if (!this.#abort.signal.aborted) log.warn('charge.query-failed', { charge, via, error });
    }
    const now = this.#watched.get(charge);
    if (this.#abort.signal.aborted) return;
    if (now) {
      now.asking = false;
      metrics.count('charge_queries_total', { via, answer: answer?.state ?? 'none' });
      if (answer !== null) this.#answers.take(charge, answer, via);
    }
    if (answer) this.#redate(charge);
    if (!now) return;
    if (answer === null || answer.state === 'unresolved') this.#unresolved(now, phase, via, answer);
    this.#schedule(charge);
  }

  /** What follows when a question did not settle the charge; null when there was no answer at all. */
  #unresolved(watched: Watched, phase: Watch['phase'], via: Question, answer: Extract<ChargeAnswer, { state: 'unresolved' }> | null): void {
    const { clock, timings } = this.#o;
    const { charge, doubtMs, deadlineMs } = watched.watch;
    const nowMs = clock.monotonicMs();
    const same = watched.watch.phase === phase;
    const over = phase === 'shown' && answer?.over === true;
    if (same && (over || (via === 'expiry' && nowMs >= deadlineMs))) {
      // Off the screen either way; while the backend has not spoken it stays watched.
      this.#answers.commit(charge, { type: 'expired', charge });
    } else if (same && (via === 'grace' || doubtMs > 0)) {
      if (answer !== null && answer.kept === undefined) this.#answers.commit(charge, { type: 'grace-over', charge });
      else {
        // What the backend still works on needs no person yet.
        const doubtful = answer?.kept !== 'pending';
        if (doubtful && !watched.doubtful) this.#o.inDoubt(charge);
        watched.doubtful = doubtful;
        watched.watch = inDoubt(watched.watch, nowMs, timings);
      }
      this.#countDoubts();
    } else {
      watched.watch = asked(watched.watch, nowMs, timings);
    }
  }
}
