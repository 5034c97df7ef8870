import type { DatabaseSync } from 'node:sqlite';
import { integerOf } from '../store.ts';

/**
 * The next of a row of numbers that rise for ever, also over restarts and when the clock is set back: the time in
 * milliseconds, or one more than the last. To be called in the transaction that uses it.
 */
export function nextNumber(db: DatabaseSync, name: 'card' | 'order', nowMs: number): number {
  const row = db
    .prepare('INSERT INTO gateway_numbers (name, last) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET last = max(last + 1, ?2) RETURNING last')
    .get(name, nowMs);
  return integerOf(row ?? {}, 'last');
}
