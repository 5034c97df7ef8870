import { CallerFault } from '../domain/fault.ts';
import type { Recorded } from '../domain/journal.ts';
import { StoreFault } from '../domain/store-fault.ts';
import type { Clock } from '../ports/clock.ts';
import {
  type Checkpoint,
  type Commit,
  type Counters,
  type InboxKey,
  LANES,
  type Lane,
  type LedgerQuery,
  type OutboxRow,
  type Store,
} from '../ports/store.ts';
import { COUNTED_KINDS, countersOf, nothingTallied, type Tallied, tally } from './counting.ts';
import { damaged, storeFault } from './result-codes.ts';
import type { Room } from './room.ts';
import { checksum, type LedgerRow, type OutboxRecord, outboxRow, recorded } from './rows.ts';
import type { Connection } from './sqlite.ts';
import { isEmpty, landed, lastSeq, prepare, write } from './write.ts';

const PAGE = 1_000;
const COUNTED = COUNTED_KINDS.map((kind) => `'${kind}'`).join(', ');

/** The journal on one SQLite connection. Opened by `openStore`, which has checked the database and its durability. */
export class SqliteStore implements Store {
  readonly boot: string;
  readonly #db: Connection;
  readonly #clock: Clock;
  readonly #room: Room;
  #tallied: Tallied | null = null;
  /** Why nothing is answered any more. */
  #ended: StoreFault | 'closed' | null = null;

  constructor(db: Connection, boot: string, clock: Clock, room: Room) {
    this.#db = db;
    this.boot = boot;
    this.#clock = clock;
    this.#room = room;
  }

  commit(commit: Commit): Recorded[] {
    if (isEmpty(commit)) return [];
    const stamp = { boot: this.boot, atMs: this.#clock.wallMs(), clockTrusted: this.#clock.wallTrusted() };
    const prepared = prepare(commit, stamp);
    let written: Recorded[] = [];
    const attempt = (): Recorded[] => {
      try {
        written = [];
        return this.#db.transaction(() => {
          written = write(this.#db, prepared);
          return written;
        });
      } catch (error) {
        const fault = this.#judge(error, () => landed(this.#db, prepared, written));
        // The same ids and times once more in the room that was made; the first attempt left nothing behind.
        if (fault.code === 'store-full' && fault.outcome === 'refused' && this.#room.makeWay()) return attempt();
        throw fault;
      }
    };
    return this.#open(attempt);
  }

  /** @throws CallerFault `store-query-invalid` */
  ledger({ after = 0, limit = 100, sale }: LedgerQuery): Recorded[] {
    whole('after', after, 0, Number.MAX_SAFE_INTEGER);
    whole('limit', limit, 1, PAGE);
    return this.#open(() => {
      if (sale !== undefined) {
        return this.#db
          .all<LedgerRow>('SELECT * FROM ledger WHERE sale = ? AND seq > ? ORDER BY seq LIMIT ?', sale, after, limit)
          .map(recorded);
      }
      const rows = this.#db.all<LedgerRow>('SELECT * FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?', after, limit);
      // A rolled-back transaction gives its numbers back, so a gap means that entries are gone.
      const gap = rows.findIndex((row, index) => row.seq !== after + 1 + index);
      if (gap >= 0) throw damaged(`no journal entry ${after + 1 + gap}`);
      return rows.map(recorded);
    });
  }

  lastSeq(): number {
    return this.#open(() => lastSeq(this.#db));
  }

  seenAt({ source, id }: InboxKey): number | null {
    return this.#open(
      () => this.#db.get<{ at_seq: number }>('SELECT at_seq FROM inbox WHERE source = ? AND id = ?', source, id)?.at_seq ?? null,
    );
  }

  outbox<L extends Lane>(lane: L, limit: number): OutboxRow<L>[] {
    // Not `lane =`: a row whose lane has been damaged must be found, not overlooked.
    const others = LANES.filter((other) => other !== lane).map((other) => `'${other}'`);
    const sql = `SELECT * FROM outbox WHERE parked_reason IS NULL AND lane NOT IN (${others}) ORDER BY seq LIMIT ?`;
    return this.#outboxRows(sql, limit) as OutboxRow<L>[];
  }

  parked(limit: number): OutboxRow[] {
    return this.#outboxRows('SELECT * FROM outbox WHERE parked_reason IS NOT NULL ORDER BY seq LIMIT ?', limit);
  }

  outboxSize(lane?: Lane): { readonly waiting: number; readonly parked: number } {
    const sql = 'SELECT count(*) AS total, count(parked_reason) AS parked FROM outbox WHERE lane = coalesce(?, lane)';
    const sizes = this.#open(() => this.#db.get<{ total: number; parked: number }>(sql, lane ?? null));
    const { total, parked } = sizes ?? { total: 0, parked: 0 };
    return { waiting: total - parked, parked };
  }

  fact(name: string): string | null {
    return this.#open(() => {
      const row = this.#db.get<{ value: string; crc: number }>('SELECT value, crc FROM facts WHERE name = ?', name);
      if (row && checksum([name, row.value]) !== row.crc) throw damaged('a fact of the box with a wrong checksum');
      return row?.value ?? null;
    });
  }

  counters(): Counters {
    return this.#open(() => countersOf(this.#tally()));
  }

  checkpoint(): Checkpoint | null {
    return this.#open(() => {
      const row = this.#checkpointRow();
      return row && { seq: row.seq, state: row.state };
    });
  }

  /** Keeps the counters beside the state. A cache: it may be refused for want of room, and never takes the reserve. */
  saveCheckpoint({ seq, state }: Checkpoint): void {
    this.#open(() => {
      whole('seq', seq, 0, lastSeq(this.#db));
      const totals = JSON.stringify(this.#tally());
      const sql = 'INSERT OR REPLACE INTO checkpoint (id, seq, state, totals, crc) VALUES (1, ?, ?, ?, ?)';
      this.#db.transaction(() => this.#db.run(sql, seq, state, totals, checksum([seq, state, totals])));
    });
  }

  /** Besides what `Room.probe` finds: `store-poisoned`, `store-closed`, or the code of the fault that the check itself met. */
  probe(): string | null {
    if (this.#ended) return this.#ended === 'closed' ? 'store-closed' : 'store-poisoned';
    try {
      return this.#open(() => this.#room.probe());
    } catch (error) {
      return storeFault(error, 'refused').code;
    }
  }

  fillPercent(): number {
    return this.#open(() => this.#room.fillPercent());
  }

  close(): void {
    if (this.#ended === 'closed') return;
    this.#ended = 'closed';
    this.#db.close();
  }

  /** Runs work on the database unless the store has ended; ends it when the work shows that the database cannot be trusted. */
  #open<T>(work: () => T): T {
    if (this.#ended) throw endedFault(this.#ended);
    try {
      return work();
    } catch (error) {
      const fault = storeFault(error, 'refused');
      if (fault instanceof StoreFault && (fault.outcome === 'unknown' || fault.code === 'store-damaged')) this.#ended = fault;
      throw fault;
    }
  }

  /** A failed transaction, with the outcome checked against the database where SQLite says that it was rolled back. */
  #judge(error: unknown, isThere: () => boolean): StoreFault {
    const fault = storeFault(error, 'refused');
    if (!(fault instanceof StoreFault)) throw fault;
    if (fault.outcome === 'unknown' || (fault.code !== 'store-full' && fault.code !== 'store-busy')) return fault;
    try {
      if (!isThere()) return fault;
    } catch {
      // Whatever keeps it from being looked up, the answer is the same: nobody can tell now.
    }
    return new StoreFault(fault.message, { code: fault.code, outcome: 'unknown', cause: fault, ...restart(fault) });
  }

  #outboxRows(sql: string, limit: number): OutboxRow[] {
    whole('limit', limit, 1, PAGE);
    return this.#open(() => this.#db.all<OutboxRecord>(sql, limit).map(outboxRow));
  }

  /** The counters up to the last entry: from the checkpoint at first, afterwards only what has been added since. */
  #tally(): Tallied {
    let tallied = this.#tallied;
    if (!tallied) {
      const row = this.#checkpointRow();
      tallied = row ? (JSON.parse(row.totals) as Tallied) : nothingTallied();
      this.#tallied = tallied;
    }
    const last = lastSeq(this.#db);
    const sql = `SELECT * FROM ledger WHERE seq > ? AND kind IN (${COUNTED}) ORDER BY seq LIMIT ${PAGE}`;
    while (tallied.seq < last) {
      const rows = this.#db.all<LedgerRow>(sql, tallied.seq);
      for (const row of rows) tally(tallied, recorded(row));
      if (rows.length < PAGE) tallied.seq = last;
    }
    return tallied;
  }

  /** Null also when it does not read as it was written: then the journal itself is read. */
  #checkpointRow(): (Checkpoint & { readonly totals: string }) | null {
    const sql = 'SELECT seq, state, totals, crc FROM checkpoint WHERE id = 1';
    const row = this.#db.get<Checkpoint & { readonly totals: string; readonly crc: number }>(sql);
    return row && checksum([row.seq, row.state, row.totals]) === row.crc ? row : null;
  }
}

function restart(fault: StoreFault | 'closed'): { found?: string; remedy: string } {
  const remedy = 'Stop taking money and open the store again; then look up what was to be written by its ids.';
  return fault === 'closed' || fault.found === undefined ? { remedy } : { found: fault.found, remedy };
}

function endedFault(ended: StoreFault | 'closed'): StoreFault {
  const closed = ended === 'closed';
  return new StoreFault(closed ? 'The store is closed' : 'The store must be opened again before it is used', {
    code: closed ? 'store-closed' : 'store-poisoned',
    outcome: 'refused',
    ...restart(ended),
    ...(closed ? {} : { cause: ended }),
  });
}

function whole(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new CallerFault(`"${name}" is out of range`, {
    code: 'store-query-invalid',
    found: String(value),
    expected: `a whole number from ${least} to ${most}`,
    remedy: `Ask again with "${name}" in this range.`,
  });
}
