import fs from 'node:fs';
import path from 'node:path';
import { ConfigurationFault } from '../domain/fault.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import { makeReady, PAGES_PER_MIB } from './durability.ts';
import { checkLog } from './log-file.ts';
import { type Reserve, reserveIn } from './reserve.ts';
import { storeFault } from './result-codes.ts';
import { roomFor } from './room.ts';
import { type Connection, connect } from './sqlite.ts';
import { SqliteStore } from './store.ts';

const BUSY_MS = 5_000;
/** On a disk with less than this, an opening that fails is taken to have failed for want of room. */
const SCARCE_BYTES = 1024 * 1024;

export interface StoreOptions {
  /** The database; its directory is made when it is missing and also holds `reserve`. */
  readonly file: string;
  /** Id of this run of the box; goes into every entry. */
  readonly boot: string;
  readonly clock: Clock;
  /** Size limit of the database, 2 to 1,048,576 MiB; default 1,024. */
  readonly maxMiB?: number;
  /** Disk space held back for the sale in flight, 1 to 1,024 MiB; default 8. */
  readonly reserveMiB?: number;
  /** How to connect; tests put faults here. */
  readonly connect?: (file: string, busyMs: number) => Connection;
}

/**
 * Opens the journal, creating or migrating it. What can be read afterwards is on the disk to stay: the log a crash left behind is
 * moved into the database and synced before anyone can act upon it.
 * @throws StoreFault `store-not-durable`, `store-damaged`, `store-newer`, `store-full`, `store-readonly`, `store-busy`, `store-io`
 * @throws ConfigurationFault `store-limit-invalid`
 */
export function openStore(options: StoreOptions): Store {
  const { boot, clock, maxMiB = 1_024, reserveMiB = 8 } = options;
  limit('maxMiB', maxMiB, 2, 1_048_576);
  limit('reserveMiB', reserveMiB, 1, 1_024);
  const file = path.resolve(options.file);
  const directory = path.dirname(file);
  const reserve = reserveIn(directory, reserveMiB);
  const capPages = maxMiB * PAGES_PER_MIB;
  const open = () => openDatabase(file, capPages, options.connect ?? connect);
  const db = onDisk(() => {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    return openOnScarceDisk(open, directory, reserve);
  });
  try {
    onDisk(() => reserve.ready());
    return new SqliteStore(db, boot, clock, roomFor(db, file, reserve, capPages, reserveMiB * PAGES_PER_MIB));
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Even opening needs a little room; a box that was cut off on a full disk takes it from the reserve, or it could not start at all. */
function openOnScarceDisk(open: () => Connection, directory: string, reserve: Reserve): Connection {
  try {
    return open();
  } catch (error) {
    const { bavail, bsize } = fs.statfsSync(directory);
    if (bavail * bsize >= SCARCE_BYTES || !reserve.giveUp()) throw error;
    return open();
  }
}

function openDatabase(file: string, capPages: number, connectTo: NonNullable<StoreOptions['connect']>): Connection {
  // Made by hand so that nobody else can read it; SQLite gives its log the same mode.
  fs.closeSync(fs.openSync(file, 'a', 0o600));
  checkLog(`${file}-wal`);
  const db = connectTo(file, BUSY_MS);
  try {
    makeReady(db, capPages, BUSY_MS);
    syncDirectory(path.dirname(file));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function syncDirectory(directory: string): void {
  const fd = fs.openSync(directory, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Errors of the file system, as the faults they mean for the journal. */
function onDisk<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // Error numbers of SQLite that mean the same, so that there is one table of messages.
    const same =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 13
        : code === 'EROFS' || code === 'EACCES' || code === 'EPERM'
          ? 8
          : code === 'EIO'
            ? 10
            : 14;
    if (!code?.startsWith('E') || 'errcode' in (error as object)) throw storeFault(error, 'refused');
    throw storeFault(Object.assign(new Error((error as Error).message), { errcode: same }), 'refused');
  }
}

function limit(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new ConfigurationFault(`The limit "${name}" of the journal is out of range`, {
    code: 'store-limit-invalid',
    found: String(value),
    expected: `a whole number from ${least} to ${most}`,
    remedy: `Set "${name}" to a number of mebibytes in this range.`,
  });
}
