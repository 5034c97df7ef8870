import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../testkit/clock.ts';
import { qrSale } from '../testkit/sample-commits.ts';
import { inspectJournal } from './inspect.ts';
import { openStore } from './open.ts';
import { connect } from './sqlite.ts';

let folder: string;
let file: string;
const clock = new FakeClock();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-inspect-'));
  file = join(folder, 'tilld.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(sales: number) {
  const store = openStore({ file, boot: 'boot-1', clock, reserveMiB: 1 });
  for (let n = 0; n < sales; n++) {
    store.commit(qrSale(n).opening);
    store.commit(qrSale(n).payment);
  }
  return store;
}

/** Every file, with what is in it and when it was changed. */
const contents = () =>
  readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mtimeMs, readFileSync(join(folder, name)).length]);

it('tells what is in a journal, and leaves no trace', () => {
  write(3).close();
  const before = contents();
  expect(inspectJournal(file)).toEqual({
    version: expect.any(Number),
    entries: 18,
    bytes: statSync(file).size,
    livedUntilMs: clock.wallMs(),
  });
  expect(contents()).toEqual(before);
});

it('counts what a power cut left in the log, in a copy', () => {
  const store = write(3);
  const cut = mkdtempSync(join(tmpdir(), 'tilld-cut-'));
  for (const name of ['tilld.db', 'tilld.db-wal']) copyFileSync(join(folder, name), join(cut, name));
  store.close();
  expect(inspectJournal(join(cut, 'tilld.db')).entries).toBe(18);
  expect(readdirSync(cut).sort()).toEqual(['tilld.db', 'tilld.db-wal']);
  // Two acknowledged transactions behind a damaged one.
  const log = readFileSync(join(cut, 'tilld.db-wal'));
  log[60] = (log[60] ?? 0) ^ 0xff;
  writeFileSync(join(cut, 'tilld.db-wal'), log);
  expect(() => inspectJournal(join(cut, 'tilld.db'))).toThrow(expect.objectContaining({ code: 'store-damaged' }));
  rmSync(cut, { recursive: true });
});

it('takes a file that a box made and did not come to write for an empty journal', () => {
  writeFileSync(file, '');
  expect(inspectJournal(file)).toEqual({ version: 0, entries: 0, bytes: 0, livedUntilMs: 0 });
});

it.each([
  ['store-damaged', () => writeFileSync(file, 'no database at all, but long enough to be one. '.repeat(20))],
  [
    'store-damaged',
    () => {
      write(3).close();
      const bytes = readFileSync(file);
      bytes.fill(0x5a, 4096, 8192);
      writeFileSync(file, bytes);
    },
  ],
  [
    'store-newer',
    () => {
      write(1).close();
      const db = connect(file, 1_000);
      db.exec('PRAGMA user_version = 999');
      db.close();
    },
  ],
])('says %s of what it is', (code, spoil) => {
  spoil();
  expect(() => inspectJournal(file)).toThrow(expect.objectContaining({ code }));
});
