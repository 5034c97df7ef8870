import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigurationFault } from '../domain/fault.ts';
import type { Launched } from '../runtime/compose.ts';
import { type Context, command, UsageFault } from './command.ts';

/** A box keeps its state where Debian keeps such things; anywhere else it stands beside the project. */
export const BOX_STATE = '/var/lib/tilld';

/** A service manager or supervisor that asks for an end waits longer than this. */
const STOP_MS = 4_500;

/** Tells whoever supervises the box that it wants to be started again: tilld-launch (by the state of the updates), systemd (Restart=on-failure). */
const START_AGAIN = 75;
/** The same of the whole board; the unit of the package sees to it. */
const REBOOT = 76;

/** What tilld-launch says of itself to what it starts; null for a box that somebody else started. */
function launchedBy(env: Context['env']): (Launched & { readonly stateDir: string }) | null {
  const { TILLD_LAUNCHED, TILLD_STATE, TILLD_RELEASE = '', TILLD_TRIAL_MS } = env;
  if (TILLD_LAUNCHED !== '1' || TILLD_STATE === undefined) return null;
  return { release: TILLD_RELEASE, stateDir: TILLD_STATE, trialMs: Number(TILLD_TRIAL_MS) || 0 };
}

const otherState = (found: string, expected: string) =>
  new ConfigurationFault('The box and tilld-launch must work on one state directory', {
    code: 'state-differs',
    found,
    expected,
    remedy: 'Leave --state out behind `--`, or give tilld-launch the same.',
  });

/** `tilld run`: the box, until it is told to stop. */
export const run = command({
  name: 'run',
  summary: 'Run the box',
  usage: '',
  options: {
    config: { type: 'string', value: 'FILE', help: 'Configuration of the box (required)' },
    'until-parent-ends': {
      type: 'boolean',
      help: 'Also stop when standard input ends, as it does with the program at its other end',
      default: false,
    },
    state: {
      type: 'string',
      value: 'DIR',
      help: `Folder for the journal; default tilld-launch's own, ${BOX_STATE} where it exists, else .tilld`,
    },
  },
  examples: ['tilld run --config box.json', 'tilld run --config /etc/tilld/tilld.json --state /var/lib/tilld'],
  run: async ({ values, env, show, stopSignal }) => {
    if (values.config === undefined) throw new UsageFault('--config is missing', { expected: '--config FILE' });
    const stop = stopSignal({ withinMs: STOP_MS, inputEnds: values['until-parent-ends'] });
    const { runBox } = await import('../runtime/run-box.ts');
    const restart = Promise.withResolvers<'program' | 'board'>();
    const launched = launchedBy(env);
    const stateDir = values.state ?? launched?.stateDir ?? (existsSync(BOX_STATE) ? BOX_STATE : '.tilld');
    if (launched && resolve(stateDir) !== launched.stateDir) throw otherState(stateDir, launched.stateDir);
    const box = await runBox({ configFile: values.config, stateDir, restart: restart.resolve, ...(launched ? { launched } : {}) });
    show({ ready: true, url: box.url, stateDir }, () => `The box is ready. Local API: ${box.url}   State: ${stateDir}`);
    const stopped = new Promise<null>((resolve) => stop.addEventListener('abort', () => resolve(null), { once: true }));
    const wanted = stop.aborted ? null : await Promise.race([stopped, restart.promise]);
    await box.stop();
    if (stop.aborted) return 0;
    return wanted === 'board' ? REBOOT : START_AGAIN;
  },
});
