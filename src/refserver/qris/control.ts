import { Hono } from 'hono';
import type { Changes } from '../changes.ts';
import { controlBody, controlBodyLimit, demandNothingElse, errorReply, limitOf } from '../control-request.ts';
import type { BackendClock, BackendLog } from '../environment.ts';
import type { HttpEnv } from '../interference.ts';
import { OUTCOMES, type QrisIssuer } from './issuer.ts';
import type { RemoteOrders } from './orders.ts';
import type { QrisPayments } from './payments.ts';
import type { Reports } from './reports.ts';
import type { Transactions } from './transactions.ts';

export interface QrisControlSide {
  readonly transactions: Transactions;
  readonly issuer: QrisIssuer;
  readonly payments: QrisPayments;
  readonly orders: RemoteOrders;
  readonly reports: Reports;
  readonly changes: Changes;
  readonly clock: BackendClock;
  readonly log: BackendLog;
}

/** The control API of QRIS soundboxes: be the customer, set and command the boxes, see what they say. */
export function qrisControlRoutes(side: QrisControlSide): Hono<HttpEnv> {
  const { transactions, issuer, payments, orders, reports, changes, clock, log } = side;
  const app = new Hono<HttpEnv>();
  app.use(controlBodyLimit(log));
  app.onError((error) => errorReply(error, log));

  app.get('/transactions', (c) => c.json({ transactions: transactions.list(limitOf(c)), nowMs: clock.wallMs() }));
  app.get('/events', (c) => c.json({ events: payments.list(limitOf(c)) }));
  app.get('/orders', (c) => c.json({ orders: orders.list(limitOf(c)) }));
  app.get('/heartbeats', (c) => c.json({ heartbeats: reports.heartbeats() }));
  app.get('/acks', (c) => c.json({ acks: reports.acks(limitOf(c)) }));

  app.post('/pay', async (c) => {
    const event = await payments.pay(await controlBody(c));
    changes.tell('qris');
    return c.json({ event });
  });
  app.post('/announce', async (c) => {
    const event = await payments.announce(await controlBody(c));
    changes.tell('qris');
    return c.json({ event }, 201);
  });
  app.post('/config', async (c) => {
    const order = await orders.configure(await controlBody(c));
    changes.tell('qris');
    return c.json({ order }, 201);
  });
  app.post('/command', async (c) => {
    const order = await orders.command(await controlBody(c));
    changes.tell('qris');
    return c.json({ order }, 201);
  });

  app.get('/next', (c) => c.json({ next: issuer.linedUp(), outcomes: OUTCOMES }));
  app.post('/next', async (c) => {
    const decision = issuer.lineUp(await controlBody(c));
    changes.tell('qris');
    return c.json({ decision }, 201);
  });
  app.delete('/next', async (c) => {
    demandNothingElse(await controlBody(c));
    issuer.clear();
    changes.tell('qris');
    return c.json({ next: issuer.linedUp() });
  });
  return app;
}
