import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../domain/fault.ts';
import { StoreFault } from '../domain/store-fault.ts';
import { FakeClock } from '../testkit/clock.ts';
import { qrSale } from '../testkit/sample-commits.ts';
import { openStore, type StoreOptions } from './open.ts';
import { type Connection, connect } from './sqlite.ts';

let home: string;
let file: string;
const opened: { close(): void }[] = [];

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'store-open-'));
  file = path.join(home, 'state', 'journal.db');
});

afterEach(() => {
  for (const each of opened.splice(0)) each.close();
  fs.rmSync(home, { recursive: true, force: true });
});

function open(options: Partial<StoreOptions> = {}) {
  const store = openStore({ file, boot: 'boot-1', clock: new FakeClock(), reserveMiB: 1, ...options });
  opened.push(store);
  return store;
}

/** Opens with a look at the connection behind the store. */
function openWith(wrap: (db: Connection) => Connection) {
  return open({ connect: (name, busyMs) => wrap(connect(name, busyMs)) });
}

function raw(): Connection {
  const db = connect(file, 0);
  opened.push(db);
  return db;
}

function faultOf(work: () => unknown): Fault {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the settings that make a commit durable', () => {
  it('are in force on the connection', () => {
    let db: Connection | undefined;
    openWith((connection) => {
      db = connection;
      return connection;
    });
    const read = (name: string) => Object.values(db?.get<Record<string, unknown>>(`PRAGMA ${name}`) ?? {})[0];
    const settings = {
      page_size: 4096,
      auto_vacuum: 2,
      journal_mode: 'wal',
      synchronous: 2,
      foreign_keys: 1,
      trusted_schema: 0,
      cell_size_check: 1,
      mmap_size: 0,
      wal_autocheckpoint: 256,
      journal_size_limit: 4_194_304,
      busy_timeout: 5_000,
      max_page_count: 262_144,
      recursive_triggers: 1,
    };
    expect(Object.fromEntries(Object.keys(settings).map((name) => [name, read(name)]))).toEqual(settings);
  });

  it.each(['journal_mode', 'synchronous'])('are read back: %s that was not taken is refused', (setting) => {
    const deaf = (db: Connection): Connection => ({
      ...db,
      // As a file system does that cannot share memory: the statement succeeds and changes nothing.
      exec: (sql) =>
        db.exec(sql.startsWith(`PRAGMA ${setting}`) ? `PRAGMA ${setting} = ${setting === 'synchronous' ? 'NORMAL' : 'DELETE'}` : sql),
    });
    const fault = faultOf(() => openWith(deaf));
    expect(fault).toBeInstanceOf(StoreFault);
    expect(fault).toMatchObject({ code: 'store-not-durable', blame: 'device', expected: 'journal_mode wal, synchronous 2' });
    expect(fault.found).toMatch(setting === 'synchronous' ? 'synchronous 1' : 'journal_mode delete');
  });

  it('holds the reserve and keeps the journal to its owner', () => {
    open({ reserveMiB: 2 });
    expect(fs.statSync(path.join(home, 'state', 'reserve')).size).toBe(2 * 1024 * 1024);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
    expect(fs.statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  });

  it('writes a short reserve again', () => {
    open().close();
    fs.truncateSync(path.join(home, 'state', 'reserve'), 1_000);
    open();
    expect(fs.statSync(path.join(home, 'state', 'reserve')).size).toBe(1024 * 1024);
  });

  it.each([{ maxMiB: 1 }, { maxMiB: 2.5 }, { maxMiB: Number.NaN }, { reserveMiB: 0 }, { reserveMiB: 1_025 }])('refuses %o', (limits) => {
    expect(faultOf(() => open(limits))).toMatchObject({ code: 'store-limit-invalid', blame: 'configuration' });
  });
});

describe('what a crash left in the log', () => {
  it('is in the database and synced before anything is read', () => {
    const store = open();
    store.commit(qrSale(0).payment);
    // A killed process closes nothing: copy the files as they are.
    const copy = path.join(home, 'crashed');
    fs.mkdirSync(copy);
    for (const suffix of ['', '-wal']) fs.copyFileSync(file + suffix, path.join(copy, `journal.db${suffix}`));
    expect(fs.statSync(path.join(copy, 'journal.db-wal')).size).toBeGreaterThan(0);
    const again = open({ file: path.join(copy, 'journal.db') });
    expect(fs.statSync(path.join(copy, 'journal.db-wal')).size).toBe(0);
    expect(again.ledger({})).toHaveLength(3);
  });

  it('refuses to open while another program writes', () => {
    open().commit(qrSale(0).payment);
    const other = raw();
    other.exec('BEGIN; SELECT * FROM ledger');
    const impatient = (db: Connection): Connection => ({
      ...db,
      exec: (sql) => db.exec(sql.replace('busy_timeout = 5000', 'busy_timeout = 0')),
    });
    expect(faultOf(() => openWith(impatient))).toMatchObject({ code: 'store-busy', outcome: 'refused' });
  });
});

describe('the version of the journal', () => {
  it('is kept over openings', () => {
    open().commit(qrSale(0).payment);
    expect(raw().get('PRAGMA user_version')).toEqual({ user_version: 4 });
    expect(open({ boot: 'boot-2' }).lastSeq()).toBe(3);
  });

  it('of a newer release is refused and left alone', () => {
    open().close();
    const db = raw();
    db.exec('PRAGMA user_version = 99');
    expect(faultOf(() => open())).toMatchObject({ code: 'store-newer', found: 'journal version 99', expected: 'at most 4' });
    expect(db.get('PRAGMA user_version')).toEqual({ user_version: 99 });
  });

  it('is reached as a whole or not at all', () => {
    const failing = (db: Connection): Connection => ({
      ...db,
      exec: (sql) => {
        db.exec(sql);
        if (sql.includes('CREATE TABLE')) throw new Error('power cut');
      },
    });
    expect(faultOf(() => openWith(failing))).toMatchObject({ code: 'store-failed' });
    expect(raw().all('SELECT name FROM sqlite_schema')).toEqual([]);
    expect(open().lastSeq()).toBe(0);
  });
});

describe('a place that cannot hold a journal', () => {
  it('names a file that is no database', () => {
    fs.mkdirSync(path.dirname(file));
    fs.writeFileSync(file, 'this is not a database, it is a text '.repeat(300));
    const fault = faultOf(() => open());
    expect(fault).toMatchObject({ code: 'store-damaged', outcome: 'refused' });
    expect(fault.remedy).toMatch(/copy its whole state directory.*empty state directory/);
  });

  it('names a directory that is a file', () => {
    fs.writeFileSync(path.join(home, 'state'), '');
    expect(faultOf(() => open())).toMatchObject({ code: 'store-io', blame: 'device' });
  });
});
