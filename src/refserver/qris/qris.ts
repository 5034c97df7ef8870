import type { DatabaseSync } from 'node:sqlite';
import type { Hono } from 'hono';
import type { Announcer } from '../announcer.ts';
import type { Changes } from '../changes.ts';
import type { BackendClock, BackendEntropy, BackendLog } from '../environment.ts';
import type { FaultBoard } from '../faults.ts';
import type { HttpEnv } from '../interference.ts';
import { qrisControlRoutes } from './control.ts';
import { QrisIssuer } from './issuer.ts';
import { RemoteOrders } from './orders.ts';
import { QrisPayments } from './payments.ts';
import { Reports } from './reports.ts';
import { Transactions } from './transactions.ts';
import { takeUplink } from './uplink.ts';

export interface QrisSide {
  readonly db: DatabaseSync;
  readonly announcer: Announcer;
  readonly faults: FaultBoard;
  readonly changes: Changes;
  readonly clock: BackendClock;
  readonly entropy: BackendEntropy;
  readonly log: BackendLog;
  /** How long a customer has to pay, milliseconds. */
  readonly lifeMs: number;
}

/** The side of the backend that QRIS soundboxes speak to. */
export interface Qris {
  /** What goes below /ref/qris. */
  readonly control: Hono<HttpEnv>;
  /** A message of a box. Nobody waits for it; what is not usable is logged. */
  uplink(topic: string, payload: Uint8Array): void;
}

/** Puts it together. */
export function createQris(side: QrisSide): Qris {
  const { db, announcer, clock, entropy, log, lifeMs } = side;
  const transactions = new Transactions(db, clock, entropy, lifeMs);
  const issuer = new QrisIssuer();
  const reports = new Reports(db, clock);
  const payments = new QrisPayments({ ...side, transactions });
  const orders = new RemoteOrders(db, announcer, clock, entropy);
  const heard = { ...side, transactions, issuer, reports };
  return {
    control: qrisControlRoutes({ ...heard, payments, orders }),
    uplink: (topic, payload) => {
      takeUplink(heard, topic, payload).catch((error: unknown) => log.error('qris.uplink-failed', { reason: String(error) }));
    },
  };
}
