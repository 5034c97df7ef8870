import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CallerFault } from '../domain/fault.ts';
import type { LaunchOptions } from './launcher.ts';

export const HELP = `Starts the current firmware of a box, or the built-in tilld, and falls back from a release that does not prove itself.

Usage: tilld-launch --state DIR [--trial-seconds N] [--tries N] -- ARGS

  --state DIR        the box's state directory (required)
  --trial-seconds N  time a release on trial has to confirm itself (default 180)
  --tries N          starts a release on trial may have (default 3)
  ARGS               what is started is given these: run --config /etc/tilld/tilld.json --state DIR

Ends as what it started ends. Exit code 75 of that means: start me again; 76: reboot the board, which is left to whoever
started tilld-launch. Signals are passed on: a service manager sends them to tilld-launch alone (systemd: KillMode=mixed).
`;

/** What a command line of tilld-launch asks for. */
export interface LaunchLine extends LaunchOptions {
  readonly args: readonly string[];
}

/** @throws CallerFault `usage` */
export function readLaunchLine(argv: readonly string[]): LaunchLine | 'help' {
  const end = argv.indexOf('--');
  const own = end < 0 ? argv : argv.slice(0, end);
  if (own.includes('--help') || own.includes('-h')) return 'help';
  const values = parse(own);
  if (!values.state) throw usage('--state is missing', '', '--state DIR');
  if (end < 0) throw usage('What to start is missing', '', '-- and the arguments of tilld');
  return {
    stateDir: resolve(values.state),
    trialMs: whole('trial-seconds', values['trial-seconds'], 86_400) * 1_000,
    tries: whole('tries', values.tries, 100),
    args: argv.slice(end + 1),
  };
}

function parse(own: readonly string[]) {
  try {
    return parseArgs({
      args: [...own],
      options: {
        state: { type: 'string' },
        'trial-seconds': { type: 'string', default: '180' },
        tries: { type: 'string', default: '3' },
      },
    }).values;
  } catch (error) {
    throw usage('The command line is wrong', (error as Error).message, 'tilld-launch --state DIR -- ARGS');
  }
}

function whole(name: string, text: string, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= most) return value;
  throw usage(`--${name} is not usable`, JSON.stringify(text), `a whole number from 1 to ${most}`);
}

function usage(message: string, found: string, expected: string): CallerFault {
  return new CallerFault(message, { code: 'usage', ...(found ? { found } : {}), expected, remedy: 'See `tilld-launch --help`.' });
}
