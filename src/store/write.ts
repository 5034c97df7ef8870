import type { Entry, Recorded } from '../domain/journal.ts';
import { type Commit, type Lane, UPDATE_ROWS_KEPT } from '../ports/store.ts';
import { damaged } from './result-codes.ts';
import { checksum, INSERT_LEDGER, ledgerValues, outboxChecksum, type Stamp } from './rows.ts';
import type { Connection, Value } from './sqlite.ts';

const DROP_OLD_UPDATES = `DELETE FROM outbox WHERE lane = 'update' AND seq <=
  (SELECT seq FROM outbox WHERE lane = 'update' ORDER BY seq DESC LIMIT 1 OFFSET ?)`;

/** A commit with everything turned into column values, once, however often it has to be written. */
export interface Prepared {
  readonly commit: Commit;
  readonly stamp: Stamp;
  readonly entries: readonly { readonly entry: Entry; readonly values: readonly Value[] }[];
  readonly outbox: readonly { readonly id: string; readonly lane: Lane; readonly report: string; readonly crc: number }[];
}

export function prepare(commit: Commit, stamp: Stamp): Prepared {
  return {
    commit,
    stamp,
    entries: commit.entries.map((entry) => ({ entry, values: ledgerValues(entry, stamp) })),
    outbox: (commit.outbox ?? []).map(({ id, lane, report }) => {
      const text = JSON.stringify(report);
      return { id, lane, report: text, crc: outboxChecksum(id, lane, text, stamp.atMs) };
    }),
  };
}

/** True when there is nothing to write. */
export function isEmpty({ entries, outbox = [], inbox = [], acknowledged = [], parked = [], attempted = [], facts = {} }: Commit): boolean {
  const rows = entries.length + outbox.length + inbox.length + acknowledged.length + parked.length + attempted.length;
  return rows === 0 && Object.keys(facts).length === 0;
}

/** The last sequence number of the journal, 0 while it is empty. */
export function lastSeq(db: Connection): number {
  return db.get<{ seq: number }>('SELECT seq FROM ledger ORDER BY seq DESC LIMIT 1')?.seq ?? 0;
}

/** Writes everything of one commit; to be called inside a transaction. */
export function write(db: Connection, { commit, stamp, entries, outbox }: Prepared): Recorded[] {
  const written = entries.map(({ entry, values }) => ({ ...stamp, seq: db.run(INSERT_LEDGER, ...values).rowid, entry }));
  const insert = 'INSERT INTO outbox (id, lane, report, queued_at_ms, crc) VALUES (?, ?, ?, ?, ?)';
  for (const { id, lane, report, crc } of outbox) {
    const { rowid } = db.run(insert, id, lane, report, stamp.atMs, crc);
    db.run('INSERT INTO outbox_id (id, seq) VALUES (?, ?)', id, rowid);
  }
  if (outbox.some(({ lane }) => lane === 'update')) db.run(DROP_OLD_UPDATES, UPDATE_ROWS_KEPT);
  if (commit.inbox?.length) {
    const atSeq = written.at(-1)?.seq ?? lastSeq(db);
    for (const { source, id } of commit.inbox) db.run('INSERT INTO inbox (source, id, at_seq) VALUES (?, ?, ?)', source, id, atSeq);
  }
  for (const id of commit.acknowledged ?? []) acknowledge(db, id);
  for (const { id, reason } of commit.parked ?? []) {
    db.run('UPDATE outbox SET parked_reason = ? WHERE seq = (SELECT seq FROM outbox_id WHERE id = ?)', reason, id);
  }
  for (const id of commit.attempted ?? []) {
    db.run('UPDATE outbox SET attempts = attempts + 1 WHERE seq = (SELECT seq FROM outbox_id WHERE id = ?)', id);
  }
  for (const [name, value] of Object.entries(commit.facts ?? {})) writeFact(db, name, value);
  return written;
}

/** Removes an acknowledged row. The same acknowledgement may come twice, so a row that is gone is fine; one that cannot be found is not. */
function acknowledge(db: Connection, id: string): void {
  const { changes } = db.run('DELETE FROM outbox WHERE seq = (SELECT seq FROM outbox_id WHERE id = ?1) AND id = ?1', id);
  if (changes === 0 && db.get('SELECT 1 FROM outbox WHERE id = ?', id)) throw damaged('an outbox row that its id does not lead to');
}

function writeFact(db: Connection, name: string, value: string | null): void {
  if (value === null) db.run('DELETE FROM facts WHERE name = ?', name);
  else {
    const sql = 'INSERT INTO facts (name, value, crc) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET value = ?2, crc = ?3';
    db.run(sql, name, value, checksum([name, value]));
  }
}

/**
 * Whether a commit is in the database after all, looked up by what is unique in it. Asked only after its transaction failed at
 * or near COMMIT. Acknowledgements and facts have nothing to look up, and nothing that writing them twice would change.
 */
export function landed(db: Connection, { commit, outbox }: Prepared, written: readonly Recorded[]): boolean {
  const [first] = written;
  if (first) return lastSeq(db) >= first.seq;
  if (commit.entries.length > 0) return false;
  const [message] = outbox;
  if (message) return db.get('SELECT 1 FROM outbox_id WHERE id = ?', message.id) !== undefined;
  const key = commit.inbox?.[0];
  return key !== undefined && db.get('SELECT 1 FROM inbox WHERE source = ? AND id = ?', key.source, key.id) !== undefined;
}
