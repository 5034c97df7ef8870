import type { Release } from '../domain/ota/update.ts';
import type { Clock } from '../ports/clock.ts';
import { type Choice, type Choosing, choose } from './launch-choice.ts';
import { readState } from './state-file.ts';

/** Exit code of a child that asks to be started again, by the state as it is then. */
export const START_AGAIN = 75;
/** Exit code of a child that asks for a reboot of the board: whoever started the launcher sees to that. */
export const REBOOT = 76;
/** Between two starts, so that a child that ends at once does not keep the box busy, ms. */
export const LEAST_BETWEEN_STARTS_MS = 1_000;
/** Between the polite and the last signal, ms. */
export const KILL_AFTER_MS = 5_000;

/** What asks a launcher to end, and is passed on. */
export const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** How a child ended. `error` is the system's code when it could not be started at all. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error: string | null;
}

export interface Child {
  readonly ended: Promise<Ending>;
  kill(signal: NodeJS.Signals): void;
}

/** What the launcher needs of the machine. */
export interface LaunchHost {
  readonly clock: Pick<Clock, 'monotonicMs' | 'wallMs' | 'after'>;
  /** Starts a release, or with null what tilld itself brings. Never throws: a failure is the child's ending. */
  start(release: Release | null): Child;
  /** From now on calls the listener when the launcher is asked to end, instead of ending it. */
  onStop(listener: (signal: StopSignal) => void): void;
  /** One line for whoever reads the log. */
  say(line: string): void;
}

export interface LaunchOptions {
  readonly stateDir: string;
  /** Time a release on trial has to confirm itself, from its start, ms. */
  readonly trialMs: number;
  /** Starts a release on trial may have. */
  readonly tries: number;
}

/** What the system says of a file that will not start at the next try either. */
const NEVER_STARTS = new Set(['EACCES', 'ENOENT', 'ENOEXEC', 'ENOTDIR', 'ELIBBAD', 'EPERM']);

/**
 * Keeps one child running by the state of the updates, until a child ends that is not on trial, or the launcher is
 * asked to end; resolves to how that child ended. A release on trial that ends, or is not confirmed in time, gets its
 * next try; after the last one the release before it is started. A confirmed release is never left for having ended. A
 * reboot is no failure, and uses up a try.
 */
export async function launch(host: LaunchHost, options: LaunchOptions): Promise<Ending> {
  const unstartable = new Map<string, string>();
  const choosing: Choosing = { ...options, unstartable, nowMs: () => host.clock.wallMs(), say: (line) => host.say(line) };
  const stop = new Stop(host);
  let lastTry: string | null = null;
  for (;;) {
    const choice = await choose(choosing, lastTry);
    if (stop.asked) return { code: 0, signal: null, error: null };
    const startedMs = host.clock.monotonicMs();
    const { ending, hung } = await supervise(host, options, choice, stop);
    if (ending.code === REBOOT) return ending;
    const failed = isOnTrial(options.stateDir, choice);
    lastTry = failed ? howItFailed(ending, hung, options.trialMs) : null;
    if (stop.asked) return ending;
    if (lastTry !== null) host.say(`${choice.release?.name}, on trial: ${lastTry}`);
    if (choice.release && ending.error !== null && NEVER_STARTS.has(ending.error)) unstartable.set(choice.release.id, ending.error);
    else if (!failed && ending.code !== START_AGAIN) return ending;
    await stop.orAfter(startedMs + LEAST_BETWEEN_STARTS_MS - host.clock.monotonicMs());
    if (stop.asked) return ending;
  }
}

/** Runs one child to its end. On trial, it is ended when the state does not call it confirmed in time. */
async function supervise(
  host: LaunchHost,
  { stateDir, trialMs }: LaunchOptions,
  choice: Choice,
  stop: Stop,
): Promise<{ ending: Ending; hung: boolean }> {
  const child = host.start(choice.release);
  stop.passTo(child);
  let hung = false;
  const giveUp = () => {
    if (!isOnTrial(stateDir, choice)) return;
    hung = true;
    child.kill('SIGTERM');
    cancel = host.clock.after(KILL_AFTER_MS, () => child.kill('SIGKILL'));
  };
  let cancel = choice.onTrial ? host.clock.after(trialMs, giveUp) : () => {};
  const ending = await child.ended;
  cancel();
  stop.passTo(null);
  return { ending, hung };
}

/** Whether this release still has to prove itself, by what is on the disk. */
function isOnTrial(stateDir: string, { release, onTrial }: Choice): boolean {
  const { current, trial } = readState(stateDir).state.slots.AP;
  return onTrial && trial !== null && current?.id === release?.id;
}

function howItFailed({ code, signal, error }: Ending, hung: boolean, trialMs: number): string {
  if (hung) return `was not confirmed within ${trialMs / 1_000} s`;
  if (error !== null) return `could not be started (${error})`;
  return signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
}

/** Being asked to end: passed on to the child of the moment, and remembered. */
class Stop {
  asked = false;
  readonly #clock: LaunchHost['clock'];
  #child: Child | null = null;
  #wake: () => void = () => {};

  constructor(host: LaunchHost) {
    this.#clock = host.clock;
    host.onStop((signal) => {
      this.asked = true;
      this.#child?.kill(signal);
      this.#wake();
    });
  }

  passTo(child: Child | null): void {
    this.#child = child;
  }

  /** Resolves after `ms`, or when the launcher is asked to end. */
  async orAfter(ms: number): Promise<void> {
    if (ms <= 0 || this.asked) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
