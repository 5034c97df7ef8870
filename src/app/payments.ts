import { knownCharge } from '../domain/till/state.ts';
import type { Inbound } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { InboxKey, Store } from '../ports/store.ts';
import type { Confirm } from './confirm.ts';
import type { HealthService } from './health.ts';
import type { Orders } from './orders.ts';
import { storableId } from './storable-id.ts';
import type { TillService } from './till.ts';

export interface PaymentsOptions {
  readonly till: TillService;
  readonly store: Store;
  readonly confirm: Confirm;
  readonly orders: Orders;
  readonly health: HealthService;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Where the inbox keeps the events, and the transactions, that were ever taken in. */
const EVENT_SOURCE = 'payment-event';
const TRANSACTION_SOURCE = 'payment-transaction';

/**
 * Payments as the backend announces them: of a charge of this box, where they confirm it, or of one it knows nothing of,
 * where they are kept, shown and spoken. Each event, and each transaction, takes effect once for ever.
 */
export class Payments {
  readonly #o: PaymentsOptions;

  constructor(options: PaymentsOptions) {
    this.#o = options;
  }

  start(): void {
    this.#o.till.onCommitted(() => this.#match());
    this.#match();
  }

  /** @throws StoreFault: then it is not acknowledged and comes again */
  receive(inbound: Extract<Inbound, { kind: 'payment' }>): void {
    const { till, store, confirm, health, log, metrics } = this.#o;
    const { payment, done } = inbound;
    // Only the charge says whether the amount is the right one.
    if (confirm.hold(payment.charge, () => this.receive(inbound))) return;
    const event = { source: EVENT_SOURCE, id: storableId(payment.event) };
    const transaction = { source: TRANSACTION_SOURCE, id: storableId(payment.charge) };
    const known = knownCharge(till.state, payment.charge);
    const note = (outcome: string) => metrics.count('payments_total', { outcome });
    if (store.seenAt(event) !== null || store.seenAt(transaction) !== null) {
      note('duplicate');
      log.info('payment.duplicate', { event: event.id });
      done();
    } else if (known && known.amountMinor === payment.amount.minor) {
      note('matched');
      this.#settle({ charge: payment.charge, atMs: payment.paidAtMs }, [event, transaction]);
      done();
    } else {
      note(known ? 'mismatched' : 'unsolicited');
      if (known) {
        const detail = `charge ${transaction.id} is for ${known.amountMinor}, the backend announced ${payment.amount.minor}; it is kept apart`;
        health.raise('payment-mismatch', detail);
        log.error('payment.mismatch', { charge: transaction.id, announced: payment.amount.minor, expected: known.amountMinor });
      }
      const { amount, text, paidAtMs } = payment;
      const paid = { transaction: transaction.id, atMs: paidAtMs };
      this.#o.orders.take({ id: event.id, purpose: 'announcement', amountMinor: amount.minor, message: text, paid }, [event, transaction]);
      done();
    }
  }

  /** A payment that was told before the QR it paid waits like one of nothing known, until its charge turns up. */
  #match(): void {
    const { orders, charges } = this.#o.till.state;
    if (Object.keys(charges).length === 0) return;
    const waiting = new Map(orders.flatMap((order) => (order.paid ? [[order.paid.transaction, order] as const] : [])));
    for (const { id: charge, amountMinor } of Object.values(charges)) {
      const order = waiting.get(storableId(charge));
      if (order?.paid && order.amountMinor === amountMinor) this.#settle({ charge, atMs: order.paid.atMs, order: order.id }, []);
    }
  }

  #settle(paid: { readonly charge: string; readonly atMs: number; readonly order?: string }, keys: readonly InboxKey[]): void {
    const inbox = [{ source: 'charge', id: paid.charge }, ...keys];
    const effect = this.#o.till.submit({ type: 'paid', via: 'push', ...paid }, { inbox }).length > 0;
    this.#o.metrics.count('confirmations_total', { via: 'push', state: 'paid', effect: effect ? 'applied' : 'none' });
  }
}
