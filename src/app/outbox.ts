import type { Cancel, Clock } from '../ports/clock.ts';
import type { Delivery, Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { OutboxRow, Store } from '../ports/store.ts';
import type { HealthService } from './health.ts';
import type { Retries, RetrySchedule } from './retry.ts';

export interface OutboxOptions {
  readonly store: Store;
  readonly gateway: Gateway;
  readonly health: HealthService;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly retries: Retries;
  /** A backend identity is known, so there is somebody to deliver to. */
  readonly paired: () => boolean;
}

const BATCH = 50;
/** After a sale the box waits this long, so that a sale and what follows it at once travel together. */
const SETTLE_MS = 500;

/**
 * Brings sale reports to the backend: at boot, after each reconnect and soon after a sale. A row goes only when the
 * backend itself confirms it; a batch it refuses is halved until the one bad row stands alone, which is parked with an
 * alarm while the others go.
 */
export class Outbox {
  readonly #o: OutboxOptions;
  readonly #abort = new AbortController();
  #schedule: RetrySchedule;
  #running = false;
  #again = false;
  #cancelTimer: Cancel | null = null;

  constructor(options: OutboxOptions) {
    this.#o = options;
    this.#schedule = options.retries();
  }

  start(): void {
    this.#showParked();
    this.kick();
  }

  stop(): void {
    this.#abort.abort();
    this.#cancelTimer?.();
  }

  /** There is something new to deliver, or the way is free again. */
  kick(): void {
    this.#schedule = this.#o.retries();
    this.#later(SETTLE_MS);
  }

  #later(ms: number): void {
    this.#cancelTimer?.();
    if (this.#abort.signal.aborted) return;
    this.#cancelTimer = this.#o.clock.after(ms, () => {
      if (this.#running) {
        this.#again = true;
        return;
      }
      this.#running = true;
      this.#pump()
        .catch((error: unknown) => {
          this.#o.log.error('outbox.not-recorded', { error });
          this.#later(this.#schedule.next());
        })
        .finally(() => {
          this.#running = false;
          if (this.#again) this.#later(0);
          this.#again = false;
        });
    });
  }

  async #pump(): Promise<void> {
    const { store, paired } = this.#o;
    while (paired() && !this.#abort.signal.aborted) {
      const rows = store.outbox(BATCH);
      if (rows.length === 0) return;
      const stuck = await this.#deliver(rows);
      if (this.#abort.signal.aborted) return;
      if (stuck) {
        const waitMs = this.#schedule.next() + (stuck.afterMs ?? 0);
        this.#o.log.warn('outbox.retry', { rows: rows.length, reason: stuck.reason, waitMs });
        this.#later(waitMs);
        return;
      }
      this.#schedule = this.#o.retries();
    }
  }

  /** Delivers rows, halving what is refused; the delivery that has to be tried again later, or null. */
  async #deliver(rows: readonly OutboxRow[]): Promise<Extract<Delivery, { state: 'retry' }> | null> {
    const { store, gateway, metrics, log } = this.#o;
    const ids = rows.map((row) => row.id);
    const delivery = await gateway.deliver(
      rows.map((row) => ({ ...row.report, atMs: row.queuedAtMs })),
      this.#abort.signal,
    );
    if (this.#abort.signal.aborted) return null;
    metrics.count('outbox_deliveries_total', { outcome: delivery.state });
    if (delivery.state === 'acked') {
      store.commit({ entries: [], acknowledged: ids });
      log.info('outbox.delivered', { rows: rows.length });
      return null;
    }
    if (delivery.state === 'retry') {
      store.commit({ entries: [], attempted: ids });
      return delivery;
    }
    const [only] = rows;
    if (rows.length === 1 && only) {
      store.commit({ entries: [], parked: [{ id: only.id, reason: delivery.reason }] });
      log.error('outbox.parked', { id: only.id, sale: only.report.sale, reason: delivery.reason });
      this.#showParked();
      return null;
    }
    const half = Math.ceil(rows.length / 2);
    return (await this.#deliver(rows.slice(0, half))) ?? (await this.#deliver(rows.slice(half)));
  }

  #showParked(): void {
    const { parked } = this.#o.store.outboxSize();
    if (parked > 0)
      this.#o.health.raise('report-parked', `the backend refused ${parked} sale report${parked === 1 ? '' : 's'}; see the queue`);
  }
}
