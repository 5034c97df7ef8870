import type { DatabaseSync } from 'node:sqlite';
import { type Cards, statusNumber } from './cards.ts';
import { keptStatus } from './link-status.ts';
import type { Links } from './links.ts';
import { notFound } from './rejection.ts';
import type { Route } from './routing.ts';
import { readPage, readSearch } from './search-request.ts';
import { readTimeline } from './timeline.ts';
import { statusWords, type Transactions } from './transactions.ts';

export interface TransactionRoutesSide {
  readonly db: DatabaseSync;
  readonly cards: Cards;
  readonly links: Links;
  readonly transactions: Transactions;
  /** Makes what is over so, before anybody reads. */
  readonly expire: () => void;
}

/** History, search and the life of a transaction (document 3). */
export function transactionRoutes(side: TransactionRoutesSide): Route[] {
  const { db, transactions, expire } = side;
  return [
    {
      method: 'GET',
      path: '/api/transaction/history',
      description: 'Lịch sử giao dịch',
      auth: true,
      limit: 'read',
      handle: (c) => {
        const { limit, offset, type } = readPage((name) => c.req.query(name));
        expire();
        const page = transactions.page(type, limit, offset);
        const total = transactions.count(type);
        const pagination = { total, limit, offset, hasMore: offset + page.length < total };
        return c.json({ success: true, data: { transactions: page, pagination } });
      },
    },
    {
      method: 'GET',
      path: '/api/transaction/search',
      description: 'Tìm kiếm giao dịch',
      auth: true,
      limit: 'read',
      handle: (c) => {
        const request = readSearch((name) => c.req.query(name));
        expire();
        return c.json({ success: true, data: transactions.search(request) });
      },
    },
    {
      method: 'GET',
      path: '/api/transaction/:id/logs',
      description: 'Chi tiết và logs của giao dịch',
      auth: true,
      limit: 'read',
      handle: (c) => {
        expire();
        const id = c.req.param('id') ?? '';
        const transaction = cardDetails(side, id) ?? orderDetails(side, id);
        if (transaction === null) throw notFound('transaction');
        return c.json({ success: true, data: { transaction, timeline: readTimeline(db, id) } });
      },
    },
  ];
}

function cardDetails({ cards }: TransactionRoutesSide, id: string) {
  const card = cards.find(id);
  if (card === null) return null;
  const { pin, serial } = cards.masked(id);
  return {
    id,
    type: 'card',
    username: card.username,
    card_type: card.type,
    serial,
    pin,
    declared_amount: card.declaredAmount,
    actual_amount: card.actualAmount,
    received_amount: card.receivedAmount,
    status: statusNumber(card.status),
    status_text: card.status,
  };
}

function orderDetails({ links }: TransactionRoutesSide, id: string) {
  const order = links.findById(id);
  if (order === null) return null;
  const status = keptStatus(order.status);
  return {
    id,
    type: 'payos',
    order_code: order.orderCode,
    description: order.request.description,
    amount: order.amount,
    amount_paid: order.amountPaid,
    status,
    status_text: statusWords(status),
  };
}
