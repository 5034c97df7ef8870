import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { ConfigurationFault, DeviceFault } from '../domain/fault.ts';
import { DS50_TABLES } from './ds50/tables.ts';
import { KIOSK_TABLES } from './kiosk/tables.ts';
import { DELIVERY_TABLES } from './payment-gateway/delivery-tables.ts';
import { PAYOS_SIMULATION_TABLES } from './payment-gateway/payos/tables.ts';
import { PAYMENT_GATEWAY_TABLES } from './payment-gateway/tables.ts';
import { THESIEUTOC_SIMULATION_TABLES } from './payment-gateway/thesieutoc/tables.ts';
import { QRIS_TABLES } from './qris/tables.ts';
import { TMS_TABLES } from './tms/tables.ts';

const PROMPTPAY_TABLES = `
CREATE TABLE devices (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, device_id TEXT UNIQUE, mac TEXT NOT NULL UNIQUE, chip_id TEXT NOT NULL, firmware_version TEXT NOT NULL,
  pin TEXT, pin_tries INTEGER NOT NULL DEFAULT 0, registered_at_ms INTEGER NOT NULL, claimed_at_ms INTEGER
) STRICT;
CREATE TABLE charges (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, charge_id TEXT NOT NULL UNIQUE, device_id TEXT NOT NULL REFERENCES devices(device_id),
  amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), description TEXT NOT NULL, raw_data TEXT NOT NULL, expiry TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid', 'failed')), late INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL, settled_at_ms INTEGER, idempotency_key TEXT,
  UNIQUE (device_id, idempotency_key)
) STRICT;
CREATE TABLE event_logs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, device_id TEXT NOT NULL, item TEXT NOT NULL,
  received_at_ms INTEGER NOT NULL, UNIQUE (device_id, item)
) STRICT;
CREATE TABLE states (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, device_id TEXT NOT NULL REFERENCES devices(device_id), state TEXT NOT NULL, received_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX states_by_device ON states (device_id, seq);
`;

const GATEWAY_STEP = [PAYMENT_GATEWAY_TABLES, DELIVERY_TABLES, PAYOS_SIMULATION_TABLES, THESIEUTOC_SIMULATION_TABLES].join('');

/** The step from each version to the next; a new file takes them all. */
const STEPS: readonly string[] = [PROMPTPAY_TABLES, TMS_TABLES, DS50_TABLES, QRIS_TABLES, KIOSK_TABLES, GATEWAY_STEP];
const SCHEMA_VERSION = STEPS.length;

/**
 * The backend's database: a file that survives a power cut (WAL with FULL synchronisation, read back), or ':memory:'.
 * @throws ConfigurationFault `state-newer` when a later tilld wrote it; DeviceFault `state-unreadable`, `state-not-durable`
 */
export function openBackendDatabase(file: string): DatabaseSync {
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 5000 });
    db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF;');
  } catch (cause) {
    throw new DeviceFault('The state of the reference backend cannot be opened', {
      code: 'state-unreadable',
      found: file,
      remedy: 'Check that the folder exists and can be written to, or give another one with --state.',
      cause,
    });
  }
  try {
    if (file !== ':memory:') demandDurable(db, file);
    migrate(db, file);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function demandDurable(db: DatabaseSync, file: string): void {
  const mode = pragma(db, 'journal_mode');
  const synchronous = pragma(db, 'synchronous');
  if (mode === 'wal' && Number(synchronous) === 2) return;
  throw new DeviceFault('The file system of the reference backend cannot keep its promises', {
    code: 'state-not-durable',
    found: `${file}: journal_mode ${mode}, synchronous ${synchronous}`,
    expected: 'journal_mode wal, synchronous 2',
    remedy: 'Keep the state on a local disk.',
  });
}

function migrate(db: DatabaseSync, file: string): void {
  const version = Number(pragma(db, 'user_version'));
  if (version === SCHEMA_VERSION) return;
  if (version > SCHEMA_VERSION) {
    throw new ConfigurationFault('The state of the reference backend was written by a later tilld', {
      code: 'state-newer',
      found: `${file}: version ${version}`,
      expected: `version ${SCHEMA_VERSION}`,
      remedy: 'Start that tilld, or give another folder with --state.',
    });
  }
  db.exec(`BEGIN IMMEDIATE; ${STEPS.slice(version).join('')} PRAGMA user_version=${SCHEMA_VERSION}; COMMIT;`);
}

function pragma(db: DatabaseSync, name: string): SQLOutputValue {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? null;
}

/** Runs `work` in one transaction: all of it is kept, or, when it throws, none. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // A failed COMMIT may have ended the transaction already.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

type Row = Readonly<Record<string, SQLOutputValue>>;

/** A column of a STRICT table that the schema says is text. */
export const textOf = (row: Row, column: string): string => String(row[column]);
/** A column that the schema says is an integer within the safe range. */
export const integerOf = (row: Row, column: string): number => Number(row[column]);
/** As `integerOf`, for a column that may be NULL. */
export const integerOrNull = (row: Row, column: string): number | null => (row[column] == null ? null : Number(row[column]));
/** As `textOf`, for a column that may be NULL. */
export const textOrNull = (row: Row, column: string): string | null => (row[column] == null ? null : String(row[column]));
