import { excerpt } from '../domain/card-data.ts';
import { Fault } from '../domain/fault.ts';
import type { Order } from '../domain/order.ts';
import type { Screen } from '../domain/screen.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Inbound } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Announcement, Speaker } from '../ports/speaker.ts';
import type { InboxKey, Store } from '../ports/store.ts';
import type { SellRequest } from './box.ts';
import type { HealthService } from './health.ts';
import { storableId } from './storable-id.ts';
import type { TillService } from './till.ts';

export interface OrdersOptions {
  readonly till: TillService;
  readonly store: Store;
  readonly speaker: Speaker;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: HealthService;
  /** How long a result stays on the screen, and an announced amount at least, milliseconds. */
  readonly resultMs: number;
  readonly sell: (request: SellRequest) => void;
  /** By the backend's clock, milliseconds since 1970. */
  readonly backendNowMs: () => number;
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
const MAX_MESSAGE = 200;
/** A loudspeaker that hangs does not hold up what comes after, ms. */
const SPEAK_MS = 30_000;
/** So many payments that wait are said as one sum: the last would be stale before the first were said one by one. */
const MANY = 4;
/** While the box cannot sell, an order to sell is looked at again so often, ms. */
const NOT_READY_MS = 2_000;

/**
 * The backend's own orders. Each is taken in once for ever (a durable set, not the last id), acknowledged when that is
 * committed, and acted upon when the box is free, one after the other. That it was seen and that it was announced are
 * entries of their own.
 */
export class Orders {
  readonly #o: OrdersOptions;
  #announcing: Screen | null = null;
  #busy = false;
  #stopped = true;
  #cancelTimer: Cancel | null = null;
  #cancelShown: Cancel | null = null;
  #cancelLook: Cancel | null = null;
  /** What was announced, while the journal has not taken it: it is not said again for that. */
  #unrecorded: { readonly orders: readonly string[]; readonly spoken: boolean } | null = null;
  /** When orders of this run were taken in, monotonic; those that are not in here are from before a restart. */
  readonly #takenMs = new Map<string, number>();

  constructor(options: OrdersOptions) {
    this.#o = options;
  }

  start(): void {
    this.#stopped = false;
    this.#o.till.onCommitted((entries) => {
      for (const { entry } of entries) if (entry.kind === 'order.refused') this.#takenMs.delete(entry.order);
      // The customer before sees how it ended before the next one is asked.
      if (entries.some(({ entry }) => entry.kind === 'sale.settled' || entry.kind === 'sale.cancelled')) this.#later(this.#o.resultMs);
      else if (this.#cancelTimer === null) this.#next();
    });
    this.#o.health.onChange(() => {
      if (this.#cancelTimer === null) this.#next();
    });
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#cancelShown?.();
    this.#cancelLook?.();
  }

  /** What is being announced, as the customer sees it. */
  screen(): Screen | null {
    return this.#announcing;
  }

  /** @throws StoreFault: then it is not acknowledged and comes again */
  receive({ order, done }: Extract<Inbound, { kind: 'order' }>): void {
    const { store, log, metrics } = this.#o;
    const id = storableId(order.id);
    const key = { source: SOURCE, id };
    const seen = store.seenAt(key) !== null;
    metrics.count('orders_total', { purpose: order.purpose, outcome: seen ? 'duplicate' : 'taken' });
    if (seen) log.info('order.duplicate', { order: id });
    else this.take({ ...order, id }, [key]);
    done();
  }

  /** Keeps an order that is new, together with what it is recognised by. @throws StoreFault */
  take(order: Order, keys: readonly InboxKey[]): void {
    this.#takenMs.set(order.id, this.#o.clock.monotonicMs());
    this.#o.till.submit({ type: 'order', order: { ...order, message: excerpt(order.message, MAX_MESSAGE) } }, { inbox: keys });
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
    const order = this.#due();
    if (this.#stopped || this.#busy || order === undefined || till.state.sale !== null) return;
    this.#busy = true;
    this.#act(order)
      .then(() => this.#done(0))
      .catch((error: unknown) => {
        log.error('order.not-recorded', { order: order.id, error });
        this.#done(AGAIN_MS);
      });
  }

  /** The oldest order that can be acted upon. One to sell waits while the box cannot: what is to be announced goes before. */
  #due(): Order | undefined {
    const { till, health } = this.#o;
    const { qr, cash, card } = health.ready();
    const able = qr || cash || card;
    const order = till.state.orders.find((one) => able || one.purpose === 'announcement' || this.#stale(one));
    if (order === undefined && till.state.orders.length > 0) {
      this.#cancelLook?.();
      this.#cancelLook = this.#o.clock.after(NOT_READY_MS, () => this.#next());
    }
    return order;
  }

  #done(waitMs: number): void {
    this.#busy = false;
    if (this.#stopped) return;
    if (waitMs > 0) this.#later(waitMs);
    else if (this.#cancelTimer === null) this.#next();
  }

  async #act(order: Order): Promise<void> {
    if (this.#unrecorded) this.#recordAnnounced(this.#unrecorded);
    else if (order.purpose === 'announcement') await this.#announce(this.#together(order));
    else this.#sell(order);
  }

  /**
   * What is announced with an order: payments that have piled up are said as one sum, and those that are too old to be
   * said are shown as one, so that they do not hold up the others. Everything else goes by itself.
   */
  #together(order: Order): readonly Order[] {
    if (!order.paid) return [order];
    const stale = this.#stale(order);
    const paid = this.#o.till.state.orders.filter((one) => one.paid && this.#stale(one) === stale);
    return paid.length >= MANY ? paid : [order];
  }

  #sell(order: Order): void {
    const { till, sell, log } = this.#o;
    let refusal = this.#stale(order) ? { code: 'order-stale', reason: `it waited for more than ${STALE_MS / 1_000} s` } : null;
    if (refusal === null) {
      try {
        sell({ amountMinor: order.amountMinor, description: order.message, origin: 'backend', order: order.id });
        this.#takenMs.delete(order.id);
        return;
      } catch (error) {
        if (!(error instanceof Fault) || error.blame === 'device') throw error;
        refusal = { code: error.code, reason: error.explain().slice(0, MAX_REASON) };
      }
    }
    log.warn('order.refused', { order: order.id, ...refusal });
    till.submit({ type: 'order-refused', order: order.id, ...refusal });
    this.#takenMs.delete(order.id);
  }

  async #announce(orders: readonly Order[]): Promise<void> {
    const { till, log, clock, changed, resultMs } = this.#o;
    const [first] = orders;
    if (!first) return;
    const ids = orders.map(({ id }) => id);
    const amount = { minor: orders.reduce((sum, { amountMinor }) => sum + amountMinor, 0), currency: till.currency };
    let spoken = false;
    const shown = new Promise<void>((resolve) => {
      this.#cancelShown = clock.after(resultMs, resolve);
    });
    this.#announcing = { kind: 'announcement', amount, message: orders.length === 1 ? first.message : '' };
    changed();
    if (!this.#stale(first)) {
      try {
        const one = { phrase: first.paid ? 'received' : 'amount', amount } as const;
        spoken = await this.#speak(orders.length === 1 ? one : { phrase: 'received-many', amount, count: orders.length });
        if (!spoken) log.warn('announcement.failed', { orders: ids.length, reason: `it took more than ${SPEAK_MS / 1_000} s` });
      } catch (error) {
        log.warn('announcement.failed', { orders: ids.length, error });
      }
    }
    await shown;
    this.#announcing = null;
    for (const id of ids) this.#takenMs.delete(id);
    // A box that is stopping has closed its books; what was half said is said again while it is fresh.
    if (this.#stopped) return;
    this.#unrecorded = { orders: ids, spoken };
    this.#recordAnnounced(this.#unrecorded);
  }

  #recordAnnounced(announced: { readonly orders: readonly string[]; readonly spoken: boolean }): void {
    this.#o.till.submit({ type: 'orders-announced', ...announced });
    this.#unrecorded = null;
    this.#o.changed();
  }

  /** False when the loudspeaker did not come to an end in time. */
  #speak(announcement: Announcement): Promise<boolean> {
    const { speaker, clock } = this.#o;
    return new Promise((resolve, reject) => {
      const cancel = clock.after(SPEAK_MS, () => resolve(false));
      speaker
        .say(announcement)
        .then(() => resolve(true), reject)
        .finally(cancel);
    });
  }

  /** Whether it was taken in too long ago; from before a restart, without a clock that can be trusted, nobody knows, and silence is the safe side. */
  #stale(order: Order): boolean {
    const { store, clock, backendNowMs } = this.#o;
    const takenMs = this.#takenMs.get(order.id);
    if (order.paid && backendNowMs() - order.paid.atMs > STALE_MS) return true;
    if (takenMs !== undefined) return clock.monotonicMs() - takenMs > STALE_MS;
    if (order.paid) return !clock.wallTrusted();
    const seq = store.seenAt({ source: SOURCE, id: order.id });
    const [received] = seq === null ? [] : store.ledger({ after: seq - 1, limit: 1 });
    if (!received) return true;
    if (received.boot !== store.boot && (!received.clockTrusted || !clock.wallTrusted())) return true;
    return clock.wallMs() - received.atMs > STALE_MS;
  }
}
