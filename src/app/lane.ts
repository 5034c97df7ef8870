import type { Cancel, Clock } from '../ports/clock.ts';
import type { Delivery } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Lane as LaneName, OutboxRow, Store } from '../ports/store.ts';
import type { Retries, RetrySchedule } from './retry.ts';

export interface LaneOptions<L extends LaneName> {
  readonly lane: L;
  readonly store: Store;
  /** Null: there is nobody to deliver to. */
  readonly deliver: ((rows: readonly OutboxRow<L>[], signal: AbortSignal) => Promise<Delivery>) | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly retries: Retries;
}

const BATCH = 20;

/** Delivers one lane of the outbox in order: a row goes only when the other side has taken it, and is parked when it never will. */
export class Lane<L extends LaneName> {
  readonly #o: LaneOptions<L>;
  readonly #abort = new AbortController();
  #schedule: RetrySchedule;
  #running = false;
  #again = false;
  /** Monotonic time the other side asked to be left alone until. */
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: Cancel | null = null;

  constructor(options: LaneOptions<L>) {
    this.#o = options;
    this.#schedule = options.retries();
  }

  start(): void {
    this.kick();
  }

  stop(): void {
    this.#abort.abort();
    this.#cancelTimer?.();
  }

  /** There is something new, or the way may be free again. */
  kick(): void {
    const { deliver, clock, log, lane } = this.#o;
    // Whoever asks while the last batch comes back may have queued what that did not see.
    this.#again = this.#running;
    if (this.#running || this.#abort.signal.aborted || deliver === null) return;
    this.#cancelTimer?.();
    const earlyMs = this.#notBeforeMs - clock.monotonicMs();
    if (earlyMs > 0) {
      this.#cancelTimer = clock.after(earlyMs, () => this.kick());
      return;
    }
    this.#running = true;
    this.#pump(deliver)
      .catch((error: unknown) => {
        log.error('lane.not-recorded', { lane, error });
        return this.#schedule.next();
      })
      .then((waitMs) => {
        this.#running = false;
        if (this.#abort.signal.aborted) return;
        if (waitMs !== null) this.#cancelTimer = clock.after(waitMs, () => this.kick());
        else if (this.#again) this.kick();
      });
  }

  /** Sends until nothing waits (null) or a try was in vain (milliseconds until the next). */
  async #pump(deliver: NonNullable<LaneOptions<L>['deliver']>): Promise<number | null> {
    const { lane, store, log, metrics, clock } = this.#o;
    const { signal } = this.#abort;
    for (;;) {
      const rows = store.outbox(lane, BATCH);
      if (rows.length === 0) return null;
      const delivery = await deliver(rows, signal);
      if (signal.aborted) return null;
      metrics.count('lane_deliveries_total', { lane, outcome: delivery.state });
      const ids = rows.map(({ id }) => id);
      if (delivery.state === 'retry') {
        const waitMs = this.#schedule.next() + (delivery.afterMs ?? 0);
        if (delivery.afterMs !== undefined) this.#notBeforeMs = clock.monotonicMs() + delivery.afterMs;
        log.warn('lane.retry', { lane, rows: rows.length, reason: delivery.reason, waitMs });
        return waitMs;
      }
      if (delivery.state === 'acked') store.commit({ entries: [], acknowledged: ids });
      else {
        log.error('lane.refused', { lane, rows: rows.length, reason: delivery.reason });
        store.commit({ entries: [], parked: ids.map((id) => ({ id, reason: delivery.reason })) });
      }
      this.#schedule = this.#o.retries();
    }
  }
}
