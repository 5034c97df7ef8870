import type { DatabaseSync } from 'node:sqlite';
import { textOf } from '../store.ts';

const LEAST_MS = 5_000;
/** Looked after at one time; the rest is due next time. */
const MOST_AT_ONCE = 10;

/** How long to wait until something of this age is asked for again: ever longer, from 5 seconds to `mostMs`. */
export const patience = (ageMs: number, mostMs: number): number => Math.min(mostMs, Math.max(LEAST_MS, Math.floor(ageMs / 6)));

/** The transactions of a type that are due to be asked for, the longest due first. */
export function dueToFollow(db: DatabaseSync, type: 'card' | 'payos', nowMs: number): string[] {
  const rows = db
    .prepare('SELECT id FROM gateway_transactions WHERE type = ? AND follow_at_ms <= ? ORDER BY follow_at_ms LIMIT ?')
    .all(type, nowMs, MOST_AT_ONCE);
  return rows.map((row) => textOf(row, 'id'));
}

/** When a transaction is to be asked for next; null: no more. */
export function followNext(db: DatabaseSync, id: string, atMs: number | null): void {
  db.prepare('UPDATE gateway_transactions SET follow_at_ms = ? WHERE id = ?').run(atMs, id);
}
