import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DeviceFault } from '../domain/fault.ts';
import { checkFacts, checkIntegrity } from './durability.ts';
import { checkLog } from './log-file.ts';
import { journalVersion } from './migrations.ts';
import { type Connection, connect } from './sqlite.ts';

export interface JournalReport {
  /** Version of its schema; 0 for a file that is still empty. */
  readonly version: number;
  readonly entries: number;
  readonly bytes: number;
  /** The newest wall time that was trusted among the last entries, milliseconds since 1970; 0 when there is none. */
  readonly livedUntilMs: number;
}

const BUSY_MS = 1_000;
/** Far more entries than a box writes between two looks at its clock. */
const ENTRIES_ASKED = 200;

/**
 * Looks at a journal that no box works on, and writes nothing beside it: SQLite would make an index file, and a log that a
 * power cut left behind is looked at in a copy below the system's folder for such things.
 * @throws StoreFault `store-damaged`, `store-newer`, `store-io`; DeviceFault `journal-no-room` when there is none for the copy
 */
export function inspectJournal(file: string): JournalReport {
  const log = `${file}-wal`;
  const logged = (fs.statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0;
  return logged ? inCopy(file, log) : inPlace(file);
}

function inPlace(file: string): JournalReport {
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  return look(connect(url, BUSY_MS, true), fs.statSync(file).size);
}

function inCopy(file: string, log: string): JournalReport {
  checkLog(log);
  const bytes = fs.statSync(file).size + fs.statSync(log).size;
  const { bavail, bsize } = fs.statfsSync(tmpdir());
  // What is in the log may make the database larger by as much.
  if (bavail * bsize < 2 * bytes) throw noRoom(bytes);
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'tilld-journal-'));
  try {
    const copy = path.join(folder, 'copy.db');
    fs.copyFileSync(file, copy, fs.constants.COPYFILE_FICLONE);
    fs.copyFileSync(log, `${copy}-wal`, fs.constants.COPYFILE_FICLONE);
    return look(connect(copy, BUSY_MS), bytes);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function look(db: Connection, bytes: number): JournalReport {
  try {
    checkIntegrity(db);
    const version = journalVersion(db);
    if (version === 0) return { version, entries: 0, bytes, livedUntilMs: 0 };
    checkFacts(db);
    const entries = db.get<{ seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM ledger')?.seq ?? 0;
    const sql = 'SELECT coalesce(max(at_ms), 0) AS at FROM ledger WHERE clock_trusted = 1 AND seq > ?';
    const livedUntilMs = db.get<{ at: number }>(sql, entries - ENTRIES_ASKED)?.at ?? 0;
    return { version, entries, bytes, livedUntilMs };
  } finally {
    db.close();
  }
}

const noRoom = (bytes: number) =>
  new DeviceFault('There is no room to look at a copy of the journal', {
    code: 'journal-no-room',
    found: `less than ${2 * bytes} bytes free in ${tmpdir()}`,
    remedy: 'Name a folder with more room: TMPDIR=/var/tmp tilld doctor …',
  });
