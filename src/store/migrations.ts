import { StoreFault } from '../domain/store-fault.ts';
import { damaged } from './result-codes.ts';
import { checksum } from './rows.ts';
import type { Connection } from './sqlite.ts';

/**
 * One text a version; never change one that was released, append the next. Money columns are checked by the database itself, the
 * journal can only grow, and the unique indexes are the last line of defence against counting anything twice.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE ledger (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    boot TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    clock_trusted INTEGER NOT NULL CHECK (clock_trusted IN (0, 1)),
    kind TEXT NOT NULL,
    sale TEXT,
    charge TEXT,
    act TEXT,
    train TEXT,
    request TEXT,
    minor INTEGER CHECK (minor BETWEEN 0 AND 1000000000000),
    account_from TEXT CHECK (account_from IN ('cash', 'qr', 'credit', 'sales', 'refund')),
    account_to TEXT CHECK (account_to IN ('cash', 'qr', 'credit', 'sales', 'refund')),
    data TEXT NOT NULL CHECK (length(data) BETWEEN 2 AND 65536),
    crc INTEGER NOT NULL,
    -- NaN is stored as NULL: an amount is missing only where no money moves.
    CHECK ((minor IS NULL) = (account_from IS NULL) AND (minor IS NULL) = (account_to IS NULL))
  ) STRICT;
  CREATE INDEX ledger_sale ON ledger (sale) WHERE sale IS NOT NULL;
  CREATE UNIQUE INDEX ledger_one_created ON ledger (charge) WHERE kind = 'charge.created';
  CREATE UNIQUE INDEX ledger_one_paid ON ledger (charge) WHERE kind = 'charge.paid';
  CREATE UNIQUE INDEX ledger_one_settled ON ledger (sale) WHERE kind = 'sale.settled';
  CREATE UNIQUE INDEX ledger_one_intent ON ledger (act) WHERE kind = 'act.intent';
  CREATE UNIQUE INDEX ledger_one_outcome ON ledger (act) WHERE kind = 'act.outcome';
  CREATE UNIQUE INDEX ledger_one_cash ON ledger (train) WHERE train IS NOT NULL;
  CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

  -- Every id that was ever queued, also after its row is gone; it doubles as the way from an id to its row.
  CREATE TABLE outbox_id (id TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 256), seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    report TEXT NOT NULL CHECK (length(report) BETWEEN 2 AND 65536),
    queued_at_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    parked_reason TEXT,
    crc INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE inbox (
    source TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 64),
    id TEXT NOT NULL CHECK (length(id) BETWEEN 1 AND 256),
    at_seq INTEGER NOT NULL,
    PRIMARY KEY (source, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE facts (
    name TEXT PRIMARY KEY NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
    value TEXT NOT NULL CHECK (length(value) <= 65536),
    crc INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE checkpoint (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL CHECK (seq >= 0),
    state TEXT NOT NULL CHECK (length(state) <= 4194304),
    totals TEXT NOT NULL,
    crc INTEGER NOT NULL
  ) STRICT;
  `,
  // Card payments have an account of their own, which the first CHECK did not know, so the journal is copied. And lanes of
  // the outbox, whose names are the domain's.
  `
  CREATE TABLE ledger_with_cards (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    boot TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    clock_trusted INTEGER NOT NULL CHECK (clock_trusted IN (0, 1)),
    kind TEXT NOT NULL,
    sale TEXT,
    charge TEXT,
    act TEXT,
    train TEXT,
    request TEXT,
    minor INTEGER CHECK (minor BETWEEN 0 AND 1000000000000),
    account_from TEXT CHECK (account_from IN ('cash', 'qr', 'card', 'credit', 'sales', 'refund')),
    account_to TEXT CHECK (account_to IN ('cash', 'qr', 'card', 'credit', 'sales', 'refund')),
    data TEXT NOT NULL CHECK (length(data) BETWEEN 2 AND 65536),
    crc INTEGER NOT NULL,
    CHECK ((minor IS NULL) = (account_from IS NULL) AND (minor IS NULL) = (account_to IS NULL))
  ) STRICT;
  INSERT INTO ledger_with_cards SELECT * FROM ledger ORDER BY seq;
  DROP TABLE ledger;
  ALTER TABLE ledger_with_cards RENAME TO ledger;
  CREATE INDEX ledger_sale ON ledger (sale) WHERE sale IS NOT NULL;
  CREATE UNIQUE INDEX ledger_one_created ON ledger (charge) WHERE kind = 'charge.created';
  CREATE UNIQUE INDEX ledger_one_paid ON ledger (charge) WHERE kind = 'charge.paid';
  CREATE UNIQUE INDEX ledger_one_settled ON ledger (sale) WHERE kind = 'sale.settled';
  CREATE UNIQUE INDEX ledger_one_intent ON ledger (act) WHERE kind = 'act.intent';
  CREATE UNIQUE INDEX ledger_one_outcome ON ledger (act) WHERE kind = 'act.outcome';
  CREATE UNIQUE INDEX ledger_one_cash ON ledger (train) WHERE train IS NOT NULL;
  CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  ALTER TABLE outbox ADD COLUMN lane TEXT NOT NULL DEFAULT 'sale' CHECK (lane <> '' AND lane NOT GLOB '*[^a-z]*');
  -- A cache in the shape of the release before.
  DELETE FROM checkpoint;
  `,
  // Payments at a backend's own terminal have an account too. From now on the names of accounts are the domain's.
  `
  CREATE TABLE ledger_with_terminals (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    boot TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    clock_trusted INTEGER NOT NULL CHECK (clock_trusted IN (0, 1)),
    kind TEXT NOT NULL,
    sale TEXT,
    charge TEXT,
    act TEXT,
    train TEXT,
    request TEXT,
    minor INTEGER CHECK (minor BETWEEN 0 AND 1000000000000),
    account_from TEXT CHECK (account_from <> '' AND account_from NOT GLOB '*[^a-z]*'),
    account_to TEXT CHECK (account_to <> '' AND account_to NOT GLOB '*[^a-z]*'),
    data TEXT NOT NULL CHECK (length(data) BETWEEN 2 AND 65536),
    crc INTEGER NOT NULL,
    CHECK ((minor IS NULL) = (account_from IS NULL) AND (minor IS NULL) = (account_to IS NULL))
  ) STRICT;
  INSERT INTO ledger_with_terminals SELECT * FROM ledger ORDER BY seq;
  DROP TABLE ledger;
  ALTER TABLE ledger_with_terminals RENAME TO ledger;
  CREATE INDEX ledger_sale ON ledger (sale) WHERE sale IS NOT NULL;
  CREATE UNIQUE INDEX ledger_one_created ON ledger (charge) WHERE kind = 'charge.created';
  CREATE UNIQUE INDEX ledger_one_paid ON ledger (charge) WHERE kind = 'charge.paid';
  CREATE UNIQUE INDEX ledger_one_settled ON ledger (sale) WHERE kind = 'sale.settled';
  CREATE UNIQUE INDEX ledger_one_intent ON ledger (act) WHERE kind = 'act.intent';
  CREATE UNIQUE INDEX ledger_one_outcome ON ledger (act) WHERE kind = 'act.outcome';
  CREATE UNIQUE INDEX ledger_one_cash ON ledger (train) WHERE train IS NOT NULL;
  CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
  DELETE FROM checkpoint;
  `,
  // Top-up cards are counted apart; their account is made of letters, as the journal takes it. A cache in the shape of the release before.
  'DELETE FROM checkpoint;',
];

/** CRC-32 of the schema that all the migrations together make. */
const SCHEMA_CHECKSUM = 2552663179;

/** Which version of the journal this is, 0 for one that is still empty. @throws StoreFault `store-newer` when a later release of tilld wrote it */
export function journalVersion(db: Connection): number {
  const version = db.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  if (version > MIGRATIONS.length) {
    throw new StoreFault('The journal was written by a newer release of tilld', {
      code: 'store-newer',
      outcome: 'refused',
      found: `journal version ${version}`,
      expected: `at most ${MIGRATIONS.length}`,
      remedy: 'Install the newer release again. An older one must not write into its journal.',
    });
  }
  return version;
}

/**
 * Brings the database to the newest version, one transaction a step; a power cut leaves it at a whole version.
 * @throws StoreFault `store-newer` when a later release of tilld wrote it; `store-damaged` when the schema is not the one it made
 */
export function migrate(db: Connection): void {
  const version = journalVersion(db);
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < version) continue;
    db.transaction(() => {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
  // SQLite keeps the schema as text: a flipped bit in it renames a column, and then reads nonsense without a complaint.
  const schema = db.get<{ text: string }>("SELECT group_concat(coalesce(sql, ''), char(10) ORDER BY name) AS text FROM sqlite_schema");
  const found = checksum([schema?.text ?? '']);
  if (found !== SCHEMA_CHECKSUM) throw damaged(`a schema with the checksum ${found}`);
}
