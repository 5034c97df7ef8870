import { crc32 } from 'node:zlib';
import { type Entry, posting, type Recorded } from '../domain/journal.ts';
import type { Letter, OutboxRow } from '../ports/store.ts';
import { damaged } from './result-codes.ts';
import type { Value } from './sqlite.ts';

/** When and in which run of the box something was written. */
export interface Stamp {
  readonly boot: string;
  readonly atMs: number;
  readonly clockTrusted: boolean;
}

export interface LedgerRow {
  readonly seq: number;
  readonly boot: string;
  readonly at_ms: number;
  readonly clock_trusted: number;
  readonly kind: string;
  readonly sale: string | null;
  readonly charge: string | null;
  readonly act: string | null;
  readonly train: string | null;
  readonly request: string | null;
  readonly minor: number | null;
  readonly account_from: string | null;
  readonly account_to: string | null;
  readonly data: string;
  readonly crc: number;
}

export interface OutboxRecord {
  readonly seq: number;
  readonly id: string;
  readonly lane: string;
  readonly report: string;
  readonly queued_at_ms: number;
  readonly attempts: number;
  readonly parked_reason: string | null;
  readonly crc: number;
}

type Ids = { readonly [name in 'sale' | 'charge' | 'act' | 'train' | 'request']?: string | null };

export const INSERT_LEDGER = `INSERT INTO ledger
  (boot, at_ms, clock_trusted, kind, sale, charge, act, train, request, minor, account_from, account_to, data, crc)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** An entry as the values of INSERT_LEDGER. */
export function ledgerValues(entry: Entry, { boot, atMs, clockTrusted }: Stamp): Value[] {
  const { sale = null, charge = null, act = null, train = null, request = null } = entry as Ids;
  const moved = posting(entry);
  const values: Value[] = [boot, atMs, clockTrusted ? 1 : 0, entry.kind, sale, charge, act, train, request];
  values.push(moved ? moved.minor : null, moved ? moved.from : null, moved ? moved.to : null, JSON.stringify(entry));
  values.push(checksum(values));
  return values;
}

/**
 * A row of the journal as it was written.
 * @throws StoreFault `store-damaged` when any of its columns changed since
 */
export function recorded(row: LedgerRow): Recorded {
  const { seq, boot, at_ms, clock_trusted, kind, sale, charge, act, train, request, minor, account_from, account_to, data, crc } = row;
  const sum = checksum([boot, at_ms, clock_trusted, kind, sale, charge, act, train, request, minor, account_from, account_to, data]);
  if (sum !== crc) throw damaged(`journal entry ${seq} with a wrong checksum`);
  return { seq, boot, atMs: at_ms, clockTrusted: clock_trusted === 1, entry: JSON.parse(data) as Entry };
}

/**
 * A row of the outbox as it was written.
 * @throws StoreFault `store-damaged`
 */
export function outboxRow({ seq, id, lane, report, queued_at_ms, attempts, parked_reason, crc }: OutboxRecord): OutboxRow {
  if (outboxChecksum(id, lane, report, queued_at_ms) !== crc) throw damaged(`outbox row ${seq} with a wrong checksum`);
  const letter = { lane, report: JSON.parse(report) } as Letter;
  return { seq, id, ...letter, queuedAtMs: queued_at_ms, attempts, parkedReason: parked_reason };
}

/** The lane counts only where it is not the first one: rows from before there were lanes keep their checksum. */
export const outboxChecksum = (id: string, lane: string, report: string, atMs: number): number =>
  checksum([id, report, atMs, ...(lane === 'sale' ? [] : [lane])]);

/** CRC-32 over values in their order. SQLite has no checksum of its own: without one a flipped bit in an amount would be believed. */
export function checksum(values: readonly Value[]): number {
  return crc32(values.join('\u0000'));
}
