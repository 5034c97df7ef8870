import { StoreFault } from '../domain/store-fault.ts';
import { migrate } from './migrations.ts';
import { damaged } from './result-codes.ts';
import { checksum } from './rows.ts';
import type { Connection } from './sqlite.ts';

const PAGE_BYTES = 4096;
export const PAGES_PER_MIB = (1024 * 1024) / PAGE_BYTES;

/**
 * Makes a connection fit to keep money: settings, proof that they are in force, check, migrations, and everything that can be read
 * on the disk to stay.
 * @throws StoreFault `store-not-durable`, `store-damaged`, `store-newer`, `store-busy` and those of the disk
 */
export function makeReady(db: Connection, capPages: number, busyMs: number): void {
  configure(db, capPages, busyMs);
  checkDurability(db);
  checkIntegrity(db);
  migrate(db);
  checkFacts(db);
  settle(db);
}

function configure(db: Connection, capPages: number, busyMs: number): void {
  // These two only take effect while the database is empty.
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL`);
  db.exec(`PRAGMA busy_timeout = ${busyMs}`);
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA synchronous = FULL');
  db.exec('PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0');
  db.exec(`PRAGMA wal_autocheckpoint = 256; PRAGMA journal_size_limit = 4194304; PRAGMA max_page_count = ${capPages}`);
  // Without it, INSERT OR REPLACE would remove a row of the journal past its triggers.
  db.exec('PRAGMA recursive_triggers = ON');
}

/** Reads back what decides whether a committed row survives a power cut: a setting that was not taken is not reported by SQLite. */
function checkDurability(db: Connection): void {
  const mode = db.get<{ journal_mode: string }>('PRAGMA journal_mode')?.journal_mode;
  const level = db.get<{ synchronous: number }>('PRAGMA synchronous')?.synchronous;
  if (mode === 'wal' && level === 2) return;
  throw new StoreFault('The journal would not survive a power cut', {
    code: 'store-not-durable',
    outcome: 'refused',
    found: `journal_mode ${mode}, synchronous ${level}`,
    expected: 'journal_mode wal, synchronous 2',
    remedy: 'Put the state directory on a local file system such as ext4; network and some container file systems cannot keep a journal.',
  });
}

/** @throws StoreFault `store-damaged` */
export function checkIntegrity(db: Connection): void {
  const verdict = db.get<{ quick_check: string }>('PRAGMA quick_check(1)')?.quick_check;
  if (verdict !== 'ok') throw damaged(`quick_check: ${String(verdict).slice(0, 200)}`);
}

/** All of them, because one whose name was changed would otherwise only seem never to have been there. @throws StoreFault `store-damaged` */
export function checkFacts(db: Connection): void {
  for (const { name, value, crc } of db.all<{ name: string; value: string; crc: number }>('SELECT name, value, crc FROM facts')) {
    if (checksum([name, value]) !== crc) throw damaged('a fact of the box with a wrong checksum');
  }
}

/**
 * Moves what the log holds into the database and syncs it. After a crash the log may end in a transaction that can be read from
 * memory but was never synced: acting upon it, or writing after it, would build on something the next power cut takes away.
 */
function settle(db: Connection): void {
  const result = db.get<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)');
  if (result?.busy === 0) return;
  throw new StoreFault('Another program holds the journal', {
    code: 'store-busy',
    outcome: 'refused',
    remedy: 'End the other program that uses the state directory.',
  });
}
