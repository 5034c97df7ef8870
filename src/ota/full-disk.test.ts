import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { needsOwnMount } from '../testkit/needs.ts';
import type { FullDiskStep, FullDiskTask } from '../testkit/ota-child.ts';
import type { DeflatedStep, DeflatedTask } from '../testkit/ota-deflated-child.ts';
import { type Files, MAKER, manifestFor, POSPARAM, sha256, signedEntries } from '../testkit/ota-package.ts';
import { rawZip } from '../testkit/raw-zip.ts';
import { SamplePackages } from '../testkit/sample-packages.ts';

const TESTKIT = join(import.meta.dirname, '..', 'testkit');
const MIB = 1024 * 1024;
const mounts = needsOwnMount();

/** What a child says whose state directory is a disk of this size. */
function onSmallDisk<Step>(size: string, child: string, task: { readonly directory: string }): Step[] {
  const mount = `mount -t tmpfs -o size=${size} none "${task.directory}" && exec "$@"`;
  const command = ['-Urm', 'sh', '-c', mount, 'sh', process.execPath, join(TESTKIT, child), JSON.stringify(task)];
  const run = spawnSync('/usr/bin/unshare', command, { encoding: 'utf8' });
  expect([run.status, run.stderr]).toEqual([0, '']);
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Step);
}

it.skipIf(mounts.missing)(`a disk that fills up stops an update and spoils nothing${mounts.why}`, { timeout: 60_000 }, async () => {
  const shop = fs.mkdtempSync(join(os.tmpdir(), 'ota-full-'));
  try {
    const directory = join(shop, 'box');
    fs.mkdirSync(directory);
    const samples = new SamplePackages(shop);
    // Of its 3 MiB the package takes one, and what is inside another.
    const made = await samples.resource('V1.0.0', { 'mp3/a.mp3': Buffer.alloc(600_000, 1), 'mp3/b.mp3': Buffer.alloc(400_000, 2) });
    const task: FullDiskTask = { directory, made, publicKey: samples.keys.publicKey };
    const steps = onSmallDisk<FullDiskStep>('3m', 'ota-child.ts', task);
    const id = `V1.0.0-${made.sha256.slice(0, 12)}`;
    const none = { code: null, releases: [] };
    const full = { code: 'ota-no-space', releases: [] };
    expect(steps).toEqual([
      { step: 'begin', ...none, phase: 'downloading', part: 0 },
      { step: 'append', ...none, phase: 'downloading', part: 500_000 },
      { step: 'append, full', ...full, phase: 'downloading', part: 500_000 },
      { step: 'restart, full', ...none, phase: 'downloading', part: 500_000 },
      { step: 'abandon, full', ...none, phase: null, part: 0 },
      { step: 'begin, full', ...full, phase: null, part: 0 },
      { step: 'begin again', ...none, phase: 'downloading', part: 0 },
      { step: 'append again', ...none, phase: 'downloading', part: made.size },
      { step: 'verify', ...none, phase: 'verified', part: made.size },
      { step: 'stage, full in the middle', ...full, phase: 'verified', part: made.size },
      { step: 'stage again', ...none, phase: 'staged', part: 0, releases: [id] },
      { step: 'activate, full', ...full, phase: 'staged', part: 0, releases: [id] },
      { step: 'activate again', ...none, phase: null, part: 0, releases: [id, 'current'] },
    ]);
  } finally {
    fs.rmSync(shop, { recursive: true, force: true });
  }
});

it.skipIf(mounts.missing)(`a core file that another tool deflated never takes the room of the journal${mounts.why}`, () => {
  const shop = fs.mkdtempSync(join(os.tmpdir(), 'ota-deflated-'));
  try {
    const directory = join(shop, 'box');
    fs.mkdirSync(directory);
    // A fifteenth of it cannot be deflated.
    const sound = Buffer.alloc(4 * MIB);
    for (let at = 0; at < sound.length; at += 4_096) randomBytes(256).copy(sound, at);
    const files: Files = { 'cust/posparam.ini': POSPARAM, 'mp3/long.mp3': sound };
    const inner = rawZip(Object.entries(files).map(([name, data]) => ({ name, data })));
    const entries = signedEntries(manifestFor(inner, files), inner);
    const bytes = rawZip(entries.map((entry) => ({ ...entry, deflate: entry.data === inner })));
    const name = 'CUST_DS50-MQ_ACME_V1.0.0.zip';
    const file = join(shop, name);
    fs.writeFileSync(file, bytes);
    const made = { file, name, size: bytes.length, sha256: sha256(bytes), manifest: manifestFor(inner, files) };
    const on = (size: string) => {
      const task: DeflatedTask = { directory, made, publicKey: MAKER.publicKey, reserveBytes: MIB };
      const steps = onSmallDisk<DeflatedStep>(size, 'ota-deflated-child.ts', task);
      for (const { leastFree } of steps) expect(leastFree).toBeGreaterThanOrEqual(MIB);
      return steps.map(({ step, code }) => [step, code]);
    };
    expect(on('3m')).toEqual([['verify', 'ota-no-space']]);
    // To unpack it, both the archive and what is inside have to fit.
    expect(on('8m')).toEqual([
      ['verify', null],
      ['stage', 'ota-no-space'],
    ]);
    expect(on('12m')).toEqual([
      ['verify', null],
      ['stage', null],
    ]);
  } finally {
    fs.rmSync(shop, { recursive: true, force: true });
  }
});
