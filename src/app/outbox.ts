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

type Retry = Extract<Delivery, { state: 'retry' }>;

/** What became of the rows of one batch, over all the parts it was halved into. */
interface Round {
  /** The backend refused it as a whole. */
  halved: boolean;
  acked: boolean;
  readonly refused: { readonly id: string; readonly sale: string; readonly reason: string }[];
}

/**
 * Brings sale reports to the backend: at boot, after each reconnect and soon after a sale. A row goes only when the
 * backend itself confirms it. A batch without an answer is sent again as the very same batch, so that the backend can
 * tell that it has it already. A batch it refuses is halved until the bad rows stand alone; they are parked with an
 * alarm only when the backend took another row of the same batch. A backend that refuses every row (even a single one)
 * is more likely wrong itself: then nothing is parked, `reports-refused` is raised, and all is tried again later
 * together with what was sold meanwhile, which shows whose fault it is.
 */
export class Outbox {
  readonly #o: OutboxOptions;
  readonly #abort = new AbortController();
  #schedule: RetrySchedule;
  #running = false;
  #again = false;
  /** The last try was in vain and the timer is set to the next one. */
  #backingOff = false;
  /** Monotonic time the backend asked to be left alone until. */
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  /** How many of the oldest rows make the next batch; null: as many as were tried equally often. */
  #take: number | null = null;
  #cancelTimer: Cancel | null = null;

  constructor(options: OutboxOptions) {
    this.#o = options;
    this.#schedule = options.retries();
  }

  start(): void {
    this.#showParked();
    this.kick('reconnect');
  }

  stop(): void {
    this.#abort.abort();
    this.#cancelTimer?.();
  }

  /**
   * There is something new to deliver (`sale`), or the way is free again (`reconnect`). Only a reconnect brings forward
   * a try that waits after one in vain, and neither comes before the time the backend asked for.
   */
  kick(news: 'sale' | 'reconnect'): void {
    if (news === 'sale' && this.#backingOff) return;
    if (news === 'reconnect') {
      this.#schedule = this.#o.retries();
      this.#backingOff = false;
    }
    this.#later(SETTLE_MS);
  }

  #later(ms: number): void {
    this.#cancelTimer?.();
    if (this.#abort.signal.aborted) return;
    const { clock, log } = this.#o;
    this.#cancelTimer = clock.after(Math.max(ms, this.#notBeforeMs - clock.monotonicMs()), () => {
      if (this.#running) {
        this.#again = true;
        return;
      }
      this.#running = true;
      this.#backingOff = false;
      this.#pump()
        .catch((error: unknown) => {
          log.error('outbox.not-recorded', { error });
          this.#backOff(this.#schedule.next());
        })
        .finally(() => {
          this.#running = false;
          if (this.#again && !this.#backingOff) this.#later(0);
          this.#again = false;
        });
    });
  }

  #backOff(waitMs: number): void {
    this.#backingOff = true;
    this.#later(waitMs);
  }

  async #pump(): Promise<void> {
    const { paired, clock, log } = this.#o;
    while (paired() && !this.#abort.signal.aborted) {
      const rows = this.#batch();
      if (rows.length === 0) return;
      const stuck = await this.#deliver(rows);
      if (this.#abort.signal.aborted) return;
      if (stuck) {
        if (stuck.afterMs !== undefined) this.#notBeforeMs = clock.monotonicMs() + stuck.afterMs;
        const waitMs = this.#schedule.next() + (stuck.afterMs ?? 0);
        log.warn('outbox.retry', { rows: rows.length, reason: stuck.reason, waitMs });
        this.#backOff(waitMs);
        return;
      }
      this.#schedule = this.#o.retries();
    }
  }

  /** The oldest rows; those tried before stay the batch they were, also after a restart. */
  #batch(): readonly OutboxRow<'sale'>[] {
    const rows = this.#o.store.outbox('sale', this.#take ?? BATCH);
    if (this.#take !== null) return rows;
    const end = rows.findIndex(({ attempts }) => attempts !== rows[0]?.attempts);
    return end === -1 ? rows : rows.slice(0, end);
  }

  /** Delivers one batch and parks what only the backend's refusal of that row explains; what has to be tried again later, or null. */
  async #deliver(rows: readonly OutboxRow<'sale'>[]): Promise<Retry | null> {
    const { store, health, log } = this.#o;
    const round: Round = { halved: false, acked: false, refused: [] };
    // Before sending: when power is cut before the answer, the next run still knows what belonged together.
    store.commit({ entries: [], attempted: rows.map(({ id }) => id) });
    const stuck = await this.#send(rows, round);
    if (this.#abort.signal.aborted) return null;
    const [first] = round.refused;
    this.#take = stuck && !round.halved ? rows.length : null;
    if (round.acked) health.clear('reports-refused');
    if (first === undefined) return stuck;
    if (round.acked) {
      store.commit({ entries: [], parked: round.refused.map(({ id, reason }) => ({ id, reason })) });
      for (const refusal of round.refused) log.error('outbox.parked', refusal);
      this.#showParked();
      return stuck;
    }
    if (stuck) return stuck;
    this.#take = BATCH;
    health.raise('reports-refused', `the backend refuses every sale report: ${first.reason}`);
    return { state: 'retry', reason: first.reason };
  }

  /** Sends rows, halving what is refused; the delivery that got no answer, or null. */
  async #send(rows: readonly OutboxRow<'sale'>[], round: Round): Promise<Retry | null> {
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
      round.acked = true;
      log.info('outbox.delivered', { rows: rows.length });
      return null;
    }
    if (delivery.state === 'retry') {
      // A part of a batch is from now on a batch of its own.
      if (round.halved) store.commit({ entries: [], attempted: ids });
      return delivery;
    }
    const [only] = rows;
    if (rows.length === 1 && only) {
      round.refused.push({ id: only.id, sale: only.report.sale, reason: delivery.reason });
      return null;
    }
    round.halved = true;
    const half = Math.ceil(rows.length / 2);
    return (await this.#send(rows.slice(0, half), round)) ?? (await this.#send(rows.slice(half), round));
  }

  #showParked(): void {
    const { parked } = this.#o.store.outboxSize('sale');
    if (parked > 0)
      this.#o.health.raise('report-parked', `the backend refused ${parked} sale report${parked === 1 ? '' : 's'}; see the queue`);
  }
}
