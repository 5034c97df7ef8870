import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { StoreFault } from '../domain/store-fault.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import { openStore } from '../store/open.ts';
import { qrSale } from './sample-commits.ts';

/** What the tests of power cuts and failing disks run as a process of its own: `store-child.ts MODE DIRECTORY [COUNT]`. */
export type Mode = 'commits' | 'disk-full' | 'full-at-start' | 'read-only' | 'failing-disk';

export interface FailingDiskReport {
  readonly acked: number;
  readonly refused: number;
  readonly unknown: number;
  readonly unknownThatWereThere: number;
  readonly failedOpenings: number;
  /** Every way in which the journal differs from what was promised; must be empty. */
  readonly broken: readonly string[];
}

const clock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  wallTrusted: () => true,
  after: () => () => {},
};

const say = (value: unknown) => void fs.writeSync(1, `${JSON.stringify(value)}\n`);

function open(directory: string, reserveMiB = 8): Store {
  return openStore({ file: path.join(directory, 'journal.db'), boot: `boot-${process.pid}`, clock, reserveMiB });
}

/** Commits payments for ever (or `count` of them), each acknowledged on stdout once it is durable. */
function commits(directory: string, count: number): void {
  const store = open(directory);
  const first = store.lastSeq() / 3;
  for (let n = first; n < first + count; n++) {
    store.commit(qrSale(n).payment);
    say(n);
  }
}

/** Fills the disk to the last byte. */
function fill(directory: string): void {
  const fd = fs.openSync(path.join(directory, 'filler'), 'a');
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    try {
      while (fs.writeSync(fd, Buffer.alloc(size)) === size);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  fs.closeSync(fd);
}

const empty = (directory: string) => fs.rmSync(path.join(directory, 'filler'));
const hasReserve = (directory: string) => fs.existsSync(path.join(directory, 'reserve'));
const entriesOf = (store: Store, n: number) => store.ledger({ sale: `sale-${n}` }).length;

/** The disk fills up during a sale. */
function diskFull(directory: string): void {
  const store = open(directory);
  const sale = qrSale(0);
  store.commit(sale.opening);
  say({ step: 'sale opened', probe: store.probe(), reserve: hasReserve(directory) });
  fill(directory);
  say({ step: 'disk filled', probe: store.probe(), reserve: hasReserve(directory) });
  store.commit(sale.payment);
  say({ step: 'sale paid', entries: entriesOf(store, 0), probe: store.probe(), reserve: hasReserve(directory) });
  let n = 0;
  let fault: unknown = null;
  while (!fault) {
    try {
      store.commit(qrSale(++n).payment);
    } catch (error) {
      fault = error;
    }
  }
  const { code, outcome } = fault as StoreFault;
  say({ step: 'reserve used up', many: n > 100, code, outcome, entries: entriesOf(store, n), probe: store.probe() });
  empty(directory);
  say({ step: 'space again', probe: store.probe(), reserve: hasReserve(directory) });
  store.commit(qrSale(n).payment);
  store.close();
  const again = open(directory);
  say({ step: 'reopened', refusedOnce: entriesOf(again, n), reports: again.outboxSize().waiting - n, seq: again.lastSeq() - 3 * (n + 2) });
  again.close();
}

/** The box was cut off on a full disk and starts there. */
function fullAtStart(directory: string): void {
  const before = open(directory);
  before.commit(qrSale(0).payment);
  before.close();
  fill(directory);
  const store = open(directory);
  store.commit({ entries: [{ kind: 'boot', version: '0.0.0', currency: 'THB' }] });
  say({ step: 'started', seq: store.lastSeq(), probe: store.probe(), reserve: hasReserve(directory) });
  store.close();
}

/** The file system becomes read-only under the running store; a read-only bind mount, as a busy file system cannot be remounted. */
function readOnly(directory: string): void {
  const store = open(directory);
  store.commit(qrSale(0).payment);
  say({ step: 'writable', probe: store.probe() });
  execFileSync('sh', ['-c', 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"', directory]);
  const log = () => JSON.stringify(fs.readdirSync(directory).map((name) => [name, fs.statSync(path.join(directory, name)).mtimeMs]));
  const untouched = log();
  say({ step: 'read-only', probe: store.probe(), untouched: log() === untouched });
  try {
    open(directory);
  } catch (error) {
    say({ step: 'opened read-only', code: (error as StoreFault).code });
  }
  execFileSync('sh', ['-c', 'umount "$0"', directory]);
  say({ step: 'writable again', probe: store.probe() });
  store.close();
}

/** `count` payments on a disk that fails now and then; after each unknown outcome the store is opened again and asked. */
function failingDisk(root: string, count: number): FailingDiskReport {
  let directory = path.join(root, 'life-0');
  const report = { acked: 0, refused: 0, unknown: 0, unknownThatWereThere: 0, failedOpenings: 0, broken: [] as string[] };
  const reopen = (): Store => {
    for (;;) {
      try {
        return open(directory, 1);
      } catch (error) {
        if (!(error instanceof StoreFault)) throw error;
        if (error.code === 'store-damaged' || report.failedOpenings++ > 2 * count) throw error;
        // A fault that recurs after as many calls as an opening takes would hit every opening at the same place.
        for (let extra = report.failedOpenings % 7; extra > 0; extra--) syncInVain(root);
      }
    }
  };
  let store = reopen();
  const expect = (n: number, entries: number, when: string) => {
    const found = entriesOf(store, n);
    if (found !== entries) report.broken.push(`sale ${n} ${when}: ${found} entries instead of ${entries}`);
  };
  for (let n = 0; n < count; n++) {
    try {
      store.commit(qrSale(n).payment);
      report.acked++;
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error;
      if (error.outcome === 'refused') {
        report.refused++;
        expect(n, 0, 'refused');
      } else {
        report.unknown++;
        if (store.probe() !== 'store-poisoned') report.broken.push(`sale ${n}: probe says ${store.probe()}`);
        // Half of the boxes end cleanly, the others are cut off.
        const former = directory;
        if (report.unknown % 2 === 1) directory = cutOff(former, path.join(root, `life-${report.unknown}`));
        closeQuietly(store);
        if (former !== directory) fs.rmSync(former, { recursive: true });
        store = reopen();
        if (entriesOf(store, n) > 0) report.unknownThatWereThere++;
      }
      if (entriesOf(store, n) === 0) n--;
    }
    store.probe();
    if (n > 0) expect(n - 1, 3, 'acknowledged');
  }
  for (let n = 0; n < count; n++) expect(n, 3, 'at the end');
  const waiting = store.outboxSize().waiting;
  if (waiting !== count) report.broken.push(`${waiting} reports instead of ${count}`);
  return report;
}

/** What a killed process leaves behind, in a directory of its own: database and log as they are, without what was shared in memory. */
function cutOff(from: string, to: string): string {
  fs.mkdirSync(to);
  for (const name of ['journal.db', 'journal.db-wal']) fs.copyFileSync(path.join(from, name), path.join(to, name));
  return to;
}

function syncInVain(directory: string): void {
  const fd = fs.openSync(directory, 'r');
  try {
    fs.fsyncSync(fd);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
  } finally {
    fs.closeSync(fd);
  }
}

function closeQuietly(store: Store): void {
  try {
    store.close();
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
  }
}

const [mode, directory = '', count = 'Infinity'] = process.argv.slice(2);
if (mode === 'commits') commits(directory, Number(count));
else if (mode === 'disk-full') diskFull(directory);
else if (mode === 'full-at-start') fullAtStart(directory);
else if (mode === 'read-only') readOnly(directory);
else if (mode === 'failing-disk') say(failingDisk(directory, Number(count)));
