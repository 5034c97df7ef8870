import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Release } from '../domain/ota/update.ts';
import { ownCommand } from '../program-files.ts';
import { imagePath } from './launch-image.ts';
import { type Child, type Ending, type LaunchHost, STOP_SIGNALS } from './launcher.ts';

/**
 * Real processes and real time. A child has the launcher's own terminal or pipes, TILLD_LAUNCHED=1, and TILLD_RELEASE
 * with the id of the release it is, empty for what tilld itself brings: only that release may confirm itself. TILLD_STATE
 * is the directory the launcher works on, and TILLD_TRIAL_MS how long a release on trial has.
 *
 * @param args what the child is given on its command line
 */
export function processHost(stateDir: string, trialMs: number, args: readonly string[]): LaunchHost {
  return {
    clock: {
      monotonicMs: () => performance.now(),
      wallMs: () => Date.now(),
      after: (ms, task) => {
        const timer = setTimeout(task, ms);
        return () => clearTimeout(timer);
      },
    },
    start: (release) => startProcess(stateDir, trialMs, release, args),
    onStop: (listener) => {
      for (const signal of STOP_SIGNALS) {
        process.on(signal, () => listener(signal));
      }
    },
    say: (line) => void writeSync(2, `tilld-launch: ${line}\n`),
  };
}

function startProcess(stateDir: string, trialMs: number, release: Release | null, args: readonly string[]): Child {
  // Without a release, the tilld this launcher was installed with.
  const start = release ? { command: imagePath(stateDir, release), args } : ownCommand(args);
  const about = { TILLD_RELEASE: release?.id ?? '', TILLD_STATE: resolve(stateDir), TILLD_TRIAL_MS: String(trialMs) };
  const env = { ...process.env, TILLD_LAUNCHED: '1', ...about };
  let child: ReturnType<typeof spawn>;
  try {
    child = spawn(start.command, start.args, { stdio: 'inherit', env });
  } catch (error) {
    // Some errors are thrown, others come as an event.
    return { ended: Promise.resolve(notStarted(error)), kill: () => {} };
  }
  const ended = new Promise<Ending>((resolve) => {
    child.once('error', (error) => resolve(notStarted(error)));
    child.once('exit', (code, signal) => resolve({ code, signal, error: null }));
  });
  // A terminal sends Ctrl-C to the whole group, and a second one would not let the child end in order.
  const hasIt = (signal: NodeJS.Signals) => signal === 'SIGINT' && process.stdin.isTTY;
  return { ended, kill: (signal) => void (hasIt(signal) || child.kill(signal)) };
}

function notStarted(error: unknown): Ending {
  return { code: 1, signal: null, error: (error as NodeJS.ErrnoException).code ?? String(error) };
}
