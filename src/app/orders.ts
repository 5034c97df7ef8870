import CRC32 from 'crc-32';
import { withoutCardData } from '../domain/card-data.ts';
import { Fault } from '../domain/fault.ts';
import type { Order } from '../domain/order.ts';
import type { Screen } from '../domain/screen.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Inbound } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Speaker } from '../ports/speaker.ts';
import type { Store } from '../ports/store.ts';
import type { SellRequest } from './box.ts';
import type { TillService } from './till.ts';

export interface OrdersOptions {
  readonly till: TillService;
  readonly store: Store;
  readonly speaker: Speaker;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** How long a result stays on the screen, and an announced amount at least, milliseconds. */
  readonly resultMs: number;
  readonly sell: (request: SellRequest) => void;
  /** What is announced has changed. */
  readonly changed: () => void;
}

/** An order that waited longer than this is no longer acted upon: whoever it was for is gone. */
const STALE_MS = 300_000;
/** Where the inbox keeps the orders that were ever taken in. */
const SOURCE = 'order';
/** Pause before work the journal could not take is done again. */
const AGAIN_MS = 1_000;
const MAX_REASON = 300;

/**
 * The backend's own orders. Each is taken in once for ever (a durable set, not the last id), acknowledged when that is
 * committed, and acted upon when the box is free, one after the other. That it was seen and that it was announced are
 * entries of their own.
 */
export class Orders {
  readonly #o: OrdersOptions;
  #announcing: Order | null = null;
  #busy = false;
  #stopped = true;
  #cancelTimer: Cancel | null = null;

  constructor(options: OrdersOptions) {
    this.#o = options;
  }

  start(): void {
    this.#stopped = false;
    this.#o.till.onCommitted((entries) => {
      // The customer before sees how it ended before the next one is asked.
      if (entries.some(({ entry }) => entry.kind === 'sale.settled' || entry.kind === 'sale.cancelled')) this.#later(this.#o.resultMs);
      else if (this.#cancelTimer === null) this.#next();
    });
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  /** What is being announced, as the customer sees it. */
  screen(): Screen | null {
    if (!this.#announcing) return null;
    const { amountMinor, message } = this.#announcing;
    return { kind: 'announcement', amount: { minor: amountMinor, currency: this.#o.till.currency }, message };
  }

  /** @throws StoreFault: then it is not acknowledged and comes again */
  receive({ order, done }: Extract<Inbound, { kind: 'order' }>): void {
    const { till, store, log, metrics } = this.#o;
    const id = storable(order.id);
    const key = { source: SOURCE, id };
    const seen = store.seenAt(key) !== null;
    metrics.count('orders_total', { purpose: order.purpose, outcome: seen ? 'duplicate' : 'taken' });
    if (seen) log.info('order.duplicate', { order: id });
    else till.submit({ type: 'order', order: { ...order, id, message: withoutCardData(order.message) } }, { inbox: [key] });
    done();
  }

  #later(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#o.clock.after(ms, () => {
      this.#cancelTimer = null;
      this.#next();
    });
  }

  #next(): void {
    const { till, log } = this.#o;
    const [order] = till.state.orders;
    if (this.#stopped || this.#busy || order === undefined || till.state.sale !== null) return;
    this.#busy = true;
    this.#act(order)
      .then(() => this.#done(0))
      .catch((error: unknown) => {
        log.error('order.not-recorded', { order: order.id, error });
        this.#done(AGAIN_MS);
      });
  }

  #done(waitMs: number): void {
    this.#busy = false;
    if (this.#stopped) return;
    if (waitMs > 0) this.#later(waitMs);
    else if (this.#cancelTimer === null) this.#next();
  }

  async #act(order: Order): Promise<void> {
    if (order.purpose === 'announcement') await this.#announce(order);
    else this.#sell(order);
  }

  #sell(order: Order): void {
    const { till, sell, log } = this.#o;
    let refusal = this.#stale(order) ? { code: 'order-stale', reason: `it waited for more than ${STALE_MS / 1_000} s` } : null;
    if (refusal === null) {
      try {
        sell({ amountMinor: order.amountMinor, description: order.message, origin: 'backend', order: order.id });
        return;
      } catch (error) {
        if (!(error instanceof Fault) || error.blame === 'device') throw error;
        refusal = { code: error.code, reason: error.explain().slice(0, MAX_REASON) };
      }
    }
    log.warn('order.refused', { order: order.id, ...refusal });
    till.submit({ type: 'order-refused', order: order.id, ...refusal });
  }

  async #announce(order: Order): Promise<void> {
    const { till, speaker, log, clock, changed, resultMs } = this.#o;
    let spoken = false;
    const shown = new Promise<void>((resolve) => void clock.after(resultMs, resolve));
    this.#announcing = order;
    changed();
    if (!this.#stale(order)) {
      try {
        await speaker.say({ phrase: 'amount', amount: { minor: order.amountMinor, currency: till.currency } });
        spoken = true;
      } catch (error) {
        log.warn('announcement.failed', { order: order.id, error });
      }
    }
    await shown;
    this.#announcing = null;
    // A box that is stopping has closed its books; what was half said is said again while it is fresh.
    if (this.#stopped) return;
    till.submit({ type: 'order-announced', order: order.id, spoken });
    changed();
  }

  /** Whether it was taken in too long ago; from before a restart, without a clock that can be trusted, nobody knows, and silence is the safe side. */
  #stale(order: Order): boolean {
    const { store, clock } = this.#o;
    const seq = store.seenAt({ source: SOURCE, id: order.id });
    const [received] = seq === null ? [] : store.ledger({ after: seq - 1, limit: 1 });
    if (!received) return true;
    if (received.boot !== store.boot && (!received.clockTrusted || !clock.wallTrusted())) return true;
    return clock.wallMs() - received.atMs > STALE_MS;
  }
}

/** An order number that could be a card number is kept masked, told from others by its checksum: no database row holds a card number. */
function storable(id: string): string {
  const masked = withoutCardData(id);
  return masked === id ? id : `${masked}~${(CRC32.str(id) >>> 0).toString(16).padStart(8, '0')}`;
}
