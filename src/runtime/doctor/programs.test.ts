import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Board } from '../../domain/board.ts';
import { type DoctorWorld, doctorWorld, findingOfCheck } from '../../testkit/doctor-world.ts';
import type { Settings } from '../config.ts';
import { programChecks } from './programs.ts';

let world: DoctorWorld;
beforeEach(() => {
  const made = doctorWorld();
  world = { ...made, env: { PATH: join(made.root, 'bin') } };
});
afterEach(() => world.remove());

const BOARD = { hardware: 'libgpiod', acceptors: [] } as unknown as Board;
const SETTINGS = { speaker: { driver: 'alsa', device: 'default' } } as unknown as Settings;
const program = (name: string, script: string) => chmodSync(world.put(`bin/${name}`, `#!/bin/sh\n${script}\n`), 0o755);
const find = (name: string) => findingOfCheck(programChecks(world, BOARD, SETTINGS), 'program', name);

it('are those that this box needs', () => {
  const names = (board: Board | null, settings: Settings | null) =>
    programChecks(world, board, settings).map(({ title }) => title.replace('Program ', ''));
  expect(names(BOARD, SETTINGS)).toEqual(['gpiodetect', 'gpioinfo', 'gpioget', 'gpiomon', 'gpioset', 'setpriv', 'mkfifo', 'aplay']);
  expect(names({ ...BOARD, hardware: 'simulated' }, {} as Settings)).toEqual([]);
  world.folder('run/systemd/system');
  expect(names({ ...BOARD, hardware: 'simulated' }, {} as Settings)).toEqual(['systemd-notify']);
  expect(names(null, null)).toHaveLength(10);
});

it('tell their version, on either output', async () => {
  program('gpiodetect', 'echo "gpiodetect (libgpiod) v2.2.1"');
  program('aplay', 'echo "aplay: version 1.2.8 by somebody" >&2');
  expect(await find('gpiodetect')).toEqual({ verdict: 'ok', found: 'version 2.2.1' });
  expect(await find('aplay')).toEqual({ verdict: 'ok', found: 'version 1.2.8' });
});

it('that are missing are named with their package', async () => {
  expect(await find('gpiomon')).toMatchObject({ verdict: 'fault', reason: 'program-missing', remedy: 'sudo apt-get install gpiod' });
  expect(await findingOfCheck(programChecks(world, null, null), 'program', 'stty')).toMatchObject({
    verdict: 'warning',
    remedy: 'sudo apt-get install coreutils',
  });
});

it('that are no good are told', async () => {
  program('gpiodetect', 'echo "gpiodetect (libgpiod) v3.0"');
  program('gpioinfo', 'exit 3');
  program('gpioget', 'echo hello');
  expect(await find('gpiodetect')).toMatchObject({ verdict: 'fault', reason: 'gpiod-unknown' });
  expect(await find('gpioinfo')).toMatchObject({ verdict: 'fault', reason: 'program-broken', found: expect.stringContaining('3') });
  expect(await find('gpioget')).toMatchObject({ verdict: 'fault', reason: 'program-broken', found: expect.stringContaining('hello') });
});
