import type { UpdateReport, UpdateStatusName } from '../domain/ota/update.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { UpdateGateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Commit, Store } from '../ports/store.ts';
import type { Retries, RetrySchedule } from './retry.ts';

export interface UpdateReportsOptions {
  readonly store: Store;
  /** Null: there is nobody to report to. */
  readonly gateway: UpdateGateway | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly retries: Retries;
  readonly newId: () => string;
}

const BATCH = 20;

/** Tells the TMS how updates go: kept in the outbox until the TMS itself has taken them, in order. */
export class UpdateReports {
  readonly #o: UpdateReportsOptions;
  readonly #abort = new AbortController();
  #schedule: RetrySchedule;
  #running = false;
  #again = false;
  #cancelTimer: Cancel | null = null;

  constructor(options: UpdateReportsOptions) {
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

  /**
   * Queues one report; `along` is committed with it. An update made by hand (no deployment) has nobody who waits for
   * reports. @throws StoreFault
   */
  report(deployment: string | null, status: UpdateStatusName, progress = 0, reason = '', along: Pick<Commit, 'facts'> = {}): void {
    const { store, gateway, newId } = this.#o;
    const told = gateway !== null && deployment !== null && deployment !== '';
    const id = newId();
    const report: UpdateReport = { id, deployment: deployment ?? '', status, progress, reason };
    store.commit({ ...along, entries: [], outbox: told ? [{ id, lane: 'update', report }] : [] });
    this.kick();
  }

  /** There is something new, or the way may be free again. */
  kick(): void {
    const { gateway, clock, log } = this.#o;
    // Whoever asks while the last batch comes back may have queued what that did not see.
    this.#again = this.#running;
    if (this.#running || this.#abort.signal.aborted || gateway === null) return;
    this.#cancelTimer?.();
    this.#running = true;
    this.#pump(gateway)
      .catch((error: unknown) => {
        log.error('update.reports-not-recorded', { error });
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
  async #pump(gateway: UpdateGateway): Promise<number | null> {
    const { store, log, metrics } = this.#o;
    const { signal } = this.#abort;
    for (;;) {
      const rows = store.outbox('update', BATCH);
      if (rows.length === 0) return null;
      const delivery = await gateway.report(
        rows.map((row) => ({ ...row.report, atMs: row.queuedAtMs })),
        signal,
      );
      if (signal.aborted) return null;
      metrics.count('update_reports_total', { outcome: delivery.state });
      const ids = rows.map(({ id }) => id);
      if (delivery.state === 'retry') {
        const waitMs = this.#schedule.next() + (delivery.afterMs ?? 0);
        log.warn('update.reports-retry', { rows: rows.length, reason: delivery.reason, waitMs });
        return waitMs;
      }
      if (delivery.state === 'acked') store.commit({ entries: [], acknowledged: ids });
      else {
        log.error('update.reports-refused', { rows: rows.length, reason: delivery.reason });
        store.commit({ entries: [], parked: ids.map((id) => ({ id, reason: delivery.reason })) });
      }
      this.#schedule = this.#o.retries();
    }
  }
}
