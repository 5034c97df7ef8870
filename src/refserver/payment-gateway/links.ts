import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { inTransaction, integerOf, textOf, textOrNull } from '../store.ts';
import type { CheckoutRequest } from './link-request.ts';
import { linkStatus } from './link-status.ts';
import { nextNumber } from './numbers.ts';
import { type TimelineEntry, writeTimeline } from './timeline.ts';
import type { LinkNotice, LinkStatus, PaymentLink } from './upstreams.ts';

/** An order somebody is asked to pay. Amounts in VND. */
export interface Order {
  readonly id: string;
  /** Its number in the database. */
  readonly seq: number;
  readonly orderCode: number;
  readonly amount: number;
  readonly status: LinkStatus;
  readonly amountPaid: number;
  readonly request: CheckoutRequest;
  /** Null as long as PayOS has not given one that is known here. */
  readonly link: PaymentLink | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly expiresAtMs: number;
}

/** What is news of an order: what PayOS says of all of it, or one transfer. */
export type OrderNews =
  | { readonly kind: 'state'; readonly status: LinkStatus; readonly amountPaid: number }
  | { readonly kind: 'transfer'; readonly notice: LinkNotice };

// What PayOS says in all and what its notices add up to are kept apart: the same transfer may be in both.
const ORDER = `SELECT t.*, l.*, max(l.amount_told, coalesce((SELECT sum(amount) FROM gateway_notices n WHERE n.id = l.id), 0)) AS amount_paid
  FROM gateway_links l JOIN gateway_transactions t ON t.id = l.id`;

/** The orders, with their links. */
export class Links {
  readonly #db: DatabaseSync;
  readonly #lifeMs: number;

  /** `lifeMs`: how long a link can be paid. */
  constructor(db: DatabaseSync, lifeMs: number) {
    this.#db = db;
    this.#lifeMs = lifeMs;
  }

  /** Keeps a new order, or finds the one that has this order code. */
  keep(request: CheckoutRequest, nowMs: number, followAtMs: number): { readonly order: Order; readonly fresh: boolean } {
    return inTransaction(this.#db, () => {
      const before = request.orderCode === null ? null : this.find(request.orderCode);
      if (before) return { order: before, fresh: false };
      const orderCode = request.orderCode ?? this.#newOrderCode(nowMs);
      const id = `PAYOS_${orderCode}`;
      this.#db
        .prepare(
          `INSERT INTO gateway_transactions (id, type, status, amount, created_at_ms, updated_at_ms, follow_at_ms)
           VALUES (?, 'payos', 'PENDING', ?, ?, ?, ?)`,
        )
        .run(id, request.amount, nowMs, nowMs, followAtMs);
      this.#db
        .prepare('INSERT INTO gateway_links (id, order_code, request, expires_at_ms) VALUES (?, ?, ?, ?)')
        .run(id, orderCode, JSON.stringify({ ...request, orderCode }), nowMs + this.#lifeMs);
      writeTimeline(this.#db, id, ['CREATED'], nowMs);
      return { order: this.find(orderCode) as Order, fresh: true };
    });
  }

  find(orderCode: number): Order | null {
    const row = this.#db.prepare(`${ORDER} WHERE l.order_code = ?`).get(orderCode);
    return row ? toOrder(row) : null;
  }

  findById(id: string): Order | null {
    const row = this.#db.prepare(`${ORDER} WHERE l.id = ?`).get(id);
    return row ? toOrder(row) : null;
  }

  /** The latest first, at most `limit`. */
  list(limit: number): Order[] {
    return this.#db.prepare(`${ORDER} ORDER BY t.seq DESC LIMIT ?`).all(limit).map(toOrder);
  }

  /** PayOS has given a link for it. */
  giveLink(id: string, link: PaymentLink, nowMs: number): void {
    inTransaction(this.#db, () => {
      this.#db.prepare('UPDATE gateway_links SET link = ? WHERE id = ?').run(JSON.stringify(link), id);
      writeTimeline(this.#db, id, ['SENT_TO_PAYOS'], nowMs);
    });
  }

  note(id: string, entries: readonly TimelineEntry[], nowMs: number): void {
    inTransaction(this.#db, () => writeTimeline(this.#db, id, entries, nowMs));
  }

  /** Takes news of an order. Told again it changes nothing, and what counts less than what is known neither. Returns whether the status changed. */
  take(id: string, news: OrderNews, nowMs: number): boolean {
    return inTransaction(this.#db, () => {
      const fresh = news.kind === 'state' ? this.#told(id, news.amountPaid) : this.#transferred(id, news.notice);
      const order = this.findById(id);
      if (!order) return false;
      if (fresh && news.kind === 'transfer') writeTimeline(this.#db, id, ['WEBHOOK_RECEIVED'], nowMs);
      const status = linkStatus(order.status, news.kind === 'state' ? news.status : order.status, order.amount, order.amountPaid);
      if (status === order.status) return false;
      this.#become(order, status, nowMs);
      return true;
    });
  }

  /** What was not paid in time expires. Returns how many did. Every reader calls it: what is open is followed, and only that is looked through. */
  expire(nowMs: number): number {
    const due = this.#db.prepare(
      `${ORDER} WHERE t.type = 'payos' AND t.follow_at_ms IS NOT NULL AND t.status IN ('PENDING', 'PROCESSING') AND +l.expires_at_ms <= ?`,
    );
    const orders = due.all(nowMs).map(toOrder);
    if (orders.length === 0) return 0;
    inTransaction(this.#db, () => {
      for (const order of orders) this.#become(order, 'EXPIRED', nowMs);
    });
    return orders.length;
  }

  #become(order: Order, status: LinkStatus, nowMs: number): void {
    this.#db.prepare('UPDATE gateway_transactions SET status = ?, updated_at_ms = ? WHERE id = ?').run(status, nowMs, order.id);
    writeTimeline(this.#db, order.id, entriesOf(order.status, status), nowMs);
  }

  #told(id: string, amountPaid: number): boolean {
    const { changes } = this.#db
      .prepare('UPDATE gateway_links SET amount_told = ?2 WHERE id = ?1 AND amount_told < ?2')
      .run(id, amountPaid);
    return Number(changes) > 0;
  }

  #transferred(id: string, { reference, amount, atMs }: LinkNotice): boolean {
    const { changes } = this.#db
      .prepare('INSERT INTO gateway_notices (id, reference, amount, at_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(id, reference, amount, atMs);
    return Number(changes) > 0;
  }

  /** Clients may have taken numbers of their own that lie ahead. */
  #newOrderCode(nowMs: number): number {
    for (;;) {
      const orderCode = nextNumber(this.#db, 'order', nowMs);
      if (!this.#db.prepare('SELECT 1 FROM gateway_links WHERE order_code = ?').get(orderCode)) return orderCode;
    }
  }
}

function entriesOf(before: LinkStatus, status: LinkStatus): TimelineEntry[] {
  if (status === 'PENDING') return [];
  if (status !== 'PAID') return [status];
  return before === 'EXPIRED' || before === 'CANCELLED' || before === 'FAILED' ? ['PAID_LATE', 'COMPLETED'] : ['COMPLETED'];
}

function toOrder(row: Record<string, SQLOutputValue>): Order {
  const link = textOrNull(row, 'link');
  return {
    id: textOf(row, 'id'),
    seq: integerOf(row, 'seq'),
    orderCode: integerOf(row, 'order_code'),
    amount: integerOf(row, 'amount'),
    status: textOf(row, 'status') as LinkStatus,
    amountPaid: integerOf(row, 'amount_paid'),
    request: JSON.parse(textOf(row, 'request')) as CheckoutRequest,
    link: link === null ? null : (JSON.parse(link) as PaymentLink),
    createdAtMs: integerOf(row, 'created_at_ms'),
    updatedAtMs: integerOf(row, 'updated_at_ms'),
    expiresAtMs: integerOf(row, 'expires_at_ms'),
  };
}
