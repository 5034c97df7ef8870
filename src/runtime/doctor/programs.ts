import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Board } from '../../domain/board.ts';
import { generationOf } from '../../drivers/gpio/text.ts';
import type { Settings } from '../config.ts';
import { serialPorts } from './devices.ts';
import { type Check, type Finding, fault, ok, warning } from './finding.ts';
import { place, type World } from './world.ts';

const GPIOD = { package: 'gpiod', needs: 'the pins of the board' };
const PROGRAMS = {
  gpiodetect: GPIOD,
  gpioinfo: GPIOD,
  gpioget: GPIOD,
  gpiomon: GPIOD,
  gpioset: GPIOD,
  setpriv: { package: 'util-linux', needs: 'the pins of the board' },
  mkfifo: { package: 'coreutils', needs: 'the pins of the board' },
  aplay: { package: 'alsa-utils', needs: 'the voice' },
  stty: { package: 'coreutils', needs: 'serial ports' },
  'systemd-notify': { package: 'systemd', needs: "systemd's watchdog" },
} as const;
type Program = keyof typeof PROGRAMS;

const LIMIT_MS = 5_000;

/** The programs of the system that this box works with; all of them where nobody knows what box it is. */
export function programChecks(world: World, board: Board | null, settings: Settings | null): Check[] {
  const known = board !== null && settings !== null;
  return wanted(world, board, settings).map((program) => ({
    code: 'program',
    title: `Program ${program}`,
    run: (signal) => look(program, world, known, signal),
  }));
}

function wanted(world: World, board: Board | null, settings: Settings | null): Program[] {
  if (board === null || settings === null) return Object.keys(PROGRAMS) as Program[];
  const pins: Program[] = ['gpiodetect', 'gpioinfo', 'gpioget', 'gpiomon', 'gpioset', 'setpriv', 'mkfifo'];
  return [
    ...(board.hardware === 'libgpiod' ? pins : []),
    ...(settings.speaker?.driver === 'alsa' ? (['aplay'] as const) : []),
    ...(serialPorts(board, settings).length > 0 ? (['stty'] as const) : []),
    ...(existsSync(place(world, 'run/systemd/system')) ? (['systemd-notify'] as const) : []),
  ];
}

async function look(program: Program, { env }: World, known: boolean, signal: AbortSignal): Promise<Finding> {
  const { package: debian, needs } = PROGRAMS[program];
  const { code, text } = await versionOf(program, env, signal);
  const version = /\d+(?:\.\d+)+|\b\d{2,4}\b/.exec(text)?.[0];
  const advice = { expected: `${program}, for ${needs}`, remedy: `sudo apt-get install ${debian}` };
  if (code === 'ENOENT')
    return known ? fault('program-missing', 'not on this machine', advice) : warning('program-missing', 'not on this machine', advice);
  if (code !== null || version === undefined)
    return fault('program-broken', `it does not tell its version: ${code ?? JSON.stringify(text.slice(0, 80))}`, advice);
  if (program === 'gpiodetect' && generationOf(text) === null) {
    return fault('gpiod-unknown', `version ${version}`, {
      expected: 'libgpiod 2, or 1.6',
      remedy: "Install Debian's own: sudo apt-get install gpiod",
    });
  }
  return ok(`version ${version}`);
}

function versionOf(
  program: string,
  env: World['env'],
  signal: AbortSignal,
): Promise<{ readonly code: string | null; readonly text: string }> {
  return new Promise((resolve) => {
    const options = { env: { ...env, LC_ALL: 'C' }, signal, timeout: LIMIT_MS, killSignal: 'SIGKILL' as const, maxBuffer: 64 * 1024 };
    execFile(program, ['--version'], options, (error, out, complaint) => {
      resolve({ code: error ? String(error.code ?? error.signal ?? error.name) : null, text: out || complaint });
    });
  });
}
