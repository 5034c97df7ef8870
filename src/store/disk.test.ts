import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../testkit/clock.ts';
import { seededEntropy } from '../testkit/entropy.ts';
import { needs, needsAll, needsWorking } from '../testkit/needs.ts';
import type { FailingDiskReport, Mode } from '../testkit/store-child.ts';
import { openStore } from './open.ts';

const CHILD = path.join(import.meta.dirname, '..', 'testkit', 'store-child.ts');
const OWN_MOUNT = 'd=$(mktemp -d) && mount -t tmpfs none "$d" && umount "$d" && rmdir "$d"';
const namespaces = needsAll(
  needs('/usr/bin/unshare', 'util-linux'),
  needsWorking('this machine allows no mount in a user namespace (unshare -Urm)', ['unshare', '-Urm', 'sh', '-c', OWN_MOUNT]),
);
const tracing = needsAll(
  needs('/usr/bin/strace', 'strace'),
  needsWorking('strace may not trace here', ['strace', '-o', '/dev/null', 'true']),
);

let home: string;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'store-disk-'));
});

afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

/** Runs the child to its end under a command such as strace, and gives what it said. */
function run<T>(mode: Mode, wrapper: readonly string[], ...args: string[]): T[] {
  const [command = process.execPath, ...rest] = [...wrapper, process.execPath, CHILD, mode, home, ...args];
  const { status, stdout, stderr } = spawnSync(command, rest, { encoding: 'utf8', maxBuffer: 1 << 26 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

/** A small disk of its own, mounted on `home` for the child only. */
const onSmallDisk = (mode: Mode) =>
  run(mode, ['unshare', '-Urm', 'sh', '-c', `mount -t tmpfs -o size=24m none "${home}" && exec "$@"`, 'sh']);

describe.skipIf(namespaces.missing)(`on a real file system${namespaces.why}`, () => {
  it('a full disk lets the sale in flight finish, then takes no more', { timeout: 60_000 }, () => {
    expect(onSmallDisk('disk-full')).toEqual([
      { step: 'sale opened', probe: null, reserve: true },
      { step: 'disk filled', probe: 'disk-full', reserve: true },
      { step: 'sale paid', entries: 6, probe: 'disk-full', reserve: false },
      { step: 'reserve used up', many: true, code: 'store-full', outcome: 'refused', entries: 0, probe: 'disk-full' },
      { step: 'space again', probe: null, reserve: true },
      { step: 'reopened', refusedOnce: 3, reports: 1, seq: 0 },
    ]);
  });

  it('a box that was cut off on a full disk starts', { timeout: 60_000 }, () => {
    expect(onSmallDisk('full-at-start')).toEqual([{ step: 'started', seq: 4, probe: 'disk-full', reserve: false }]);
  });

  it('a read-only remount is noticed by the next probe, without a write', { timeout: 60_000 }, () => {
    expect(onSmallDisk('read-only')).toEqual([
      { step: 'writable', probe: null },
      { step: 'read-only', probe: 'read-only', untouched: true },
      { step: 'opened read-only', code: 'store-readonly' },
      { step: 'writable again', probe: null },
    ]);
  });
});

describe.skipIf(tracing.missing)(`under a failing disk${tracing.why}`, () => {
  const inject = (...faults: string[]) => [
    'strace',
    '-o',
    '/dev/null',
    '-e',
    'trace=pwrite64,fsync,fdatasync',
    ...faults.flatMap((fault) => ['-e', `inject=${fault}`]),
  ];

  it('each acknowledged sale stays, each refused one is absent, and an unknown one is settled by its ids', { timeout: 120_000 }, () => {
    const [report] = run<FailingDiskReport>(
      'failing-disk',
      inject('pwrite64:error=EIO:when=31+61', 'fsync,fdatasync:error=EIO:when=7+13'),
      '80',
    );
    expect(report?.broken).toEqual([]);
    expect((report?.acked ?? 0) + (report?.unknownThatWereThere ?? 0)).toBe(80);
    expect(report?.unknown).toBeGreaterThan(40);
    expect(report?.unknownThatWereThere).toBeGreaterThan(0);
    expect(report?.failedOpenings).toBeGreaterThan(0);
  });

  it('a write that finds no room is made once, in the room the reserve gives', { timeout: 120_000 }, () => {
    const [report] = run<FailingDiskReport>('failing-disk', inject('pwrite64:error=ENOSPC:when=31+61'), '80');
    expect(report).toMatchObject({ broken: [], acked: 80, unknown: 0, refused: 0 });
  });

  it('a commit returns only after its writes are synced, once', { timeout: 60_000 }, () => {
    const trace = path.join(home, 'trace');
    run('commits', ['strace', '-o', trace, '-e', 'trace=pwrite64,fsync,fdatasync,write'], '20');
    const calls = fs
      .readFileSync(trace, 'utf8')
      .replace(/^(pwrite64|fsync|fdatasync|write\(1,|\S*).*$/gm, '$1')
      .split('\n');
    const perCommit = calls.join(' ').split('write(1,').slice(1, 20);
    expect(perCommit).toHaveLength(19);
    for (const between of perCommit) expect(between.trim()).toMatch(/^(pwrite64 )+(fsync|fdatasync)$/);
  });
});

describe('killed while it commits', () => {
  const KILLS = 30;

  it(`${KILLS} times, a box keeps every sale it acknowledged and doubles none`, { timeout: 120_000 }, async () => {
    const random = seededEntropy(11);
    let acknowledged = -1;
    let unacknowledgedKept = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const child = spawn(process.execPath, [CHILD, 'commits' satisfies Mode, home], { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(child, 'exit');
      // Killed after a number of acknowledgements and at no particular point of the commit that follows.
      let left = 1 + Math.floor(random.fraction() * 40);
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Number(line);
        if (--left === 0) child.kill('SIGKILL');
      }
      expect(await exited).toEqual([null, 'SIGKILL']);
      const store = openStore({ file: path.join(home, 'journal.db'), boot: 'check', clock: new FakeClock() });
      const sales = store.lastSeq() / 3;
      // At most the one sale in flight beyond what was acknowledged.
      expect([acknowledged + 1, acknowledged + 2]).toContain(sales);
      unacknowledgedKept += sales - (acknowledged + 1);
      expect(store.outboxSize().waiting).toBe(sales);
      expect(store.counters().sinceEver).toMatchObject({ qrCount: sales, salesCount: sales, qrMinor: 2_000 * sales });
      for (let n = Math.max(0, sales - 100); n < sales; n++)
        expect(store.seenAt({ source: 'promptpay', id: `charge-${n}` })).not.toBeNull();
      store.close();
    }
    expect(acknowledged).toBeGreaterThan(KILLS);
    expect(unacknowledgedKept).toBeLessThanOrEqual(KILLS);
  });
});
