import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { needsOwnMount } from '../testkit/needs.ts';
import type { FullDiskStep, FullDiskTask } from '../testkit/ota-child.ts';
import { SamplePackages } from '../testkit/sample-packages.ts';

const CHILD = join(import.meta.dirname, '..', 'testkit', 'ota-child.ts');
const mounts = needsOwnMount();

it.skipIf(mounts.missing)(`a disk that fills up stops an update and spoils nothing${mounts.why}`, { timeout: 60_000 }, async () => {
  const shop = fs.mkdtempSync(join(os.tmpdir(), 'ota-full-'));
  try {
    const directory = join(shop, 'box');
    fs.mkdirSync(directory);
    const samples = new SamplePackages(shop);
    // Of its 3 MiB the package takes one, and what is inside another.
    const made = await samples.resource('V1.0.0', { 'mp3/a.mp3': Buffer.alloc(600_000, 1), 'mp3/b.mp3': Buffer.alloc(400_000, 2) });
    const task: FullDiskTask = { directory, made, publicKey: samples.keys.publicKey };
    const mount = `mount -t tmpfs -o size=3m none "${directory}" && exec "$@"`;
    const run = spawnSync('/usr/bin/unshare', ['-Urm', 'sh', '-c', mount, 'sh', process.execPath, CHILD, JSON.stringify(task)], {
      encoding: 'utf8',
    });
    expect([run.status, run.stderr]).toEqual([0, '']);
    const steps = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as FullDiskStep);
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
