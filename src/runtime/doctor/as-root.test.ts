import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inWordsOf } from './as-root.ts';
import { fault, ok } from './finding.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tilld-root-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const CLOCK = {
  code: 'clock',
  title: 'Clock',
  ...fault('clock-not-set', 'no', { remedy: 'sudo timedatectl set-ntp true; then sudo reboot' }),
};
const OWNER = {
  code: 'state',
  title: 'State',
  ...fault('state-owner', 'root', { remedy: 'ask as that user: sudo -u tilld tilld doctor …' }),
};
const GOOD = { code: 'disk', title: 'Disk', ...ok('room enough') };

it('leaves sudo out where there is none', () => {
  expect(inWordsOf(root, [CLOCK, OWNER, GOOD])).toEqual([
    { ...CLOCK, remedy: 'timedatectl set-ntp true; then reboot' },
    { ...OWNER, remedy: 'ask as that user: runuser -u tilld -- tilld doctor …' },
    GOOD,
  ]);
});

it('names it where it is', () => {
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  writeFileSync(join(root, 'usr/bin/sudo'), '');
  expect(inWordsOf(root, [CLOCK, OWNER, GOOD])).toEqual([CLOCK, OWNER, GOOD]);
});
