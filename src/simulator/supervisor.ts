import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';

/** First wait before a box that died by itself is started again; doubles with every death up to the longest. */
const FIRST_RESTART_MS = 500;
const LONGEST_RESTART_MS = 30_000;
/** A box that ran this long is healthy: its next death counts as the first. */
const HEALTHY_MS = 60_000;
/** How long a box may take to end after SIGTERM. */
const STOP_MS = 5_000;

export interface BoxPower {
  /** Whether the mains is on. */
  readonly power: 'on' | 'off';
  /** What became of the process: `restarting` while it waits after a death of its own. */
  readonly run: 'running' | 'restarting' | 'off';
  /** How it last ended by itself ("exit code 1"), until it is switched on anew. */
  readonly lastDeath: string | null;
}

/** The mains switch of the box. */
export interface PowerSwitch {
  state(): BoxPower;
  /** Takes the power away at once, as a pulled plug does; resolves when the process is gone. */
  cut(): Promise<void>;
  switchOn(): Promise<void>;
}

export interface SupervisorOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** Every line the box writes, to either of its streams. */
  readonly onLine: (line: string) => void;
}

/**
 * Keeps the box running as a child process: started again when it dies by itself, kept off after a power cut until it
 * is switched on, ended cleanly by `stop`. A power cut is SIGKILL: the process gets no chance to tidy up.
 */
export class Supervisor implements PowerSwitch {
  readonly #options: SupervisorOptions;
  #power: 'on' | 'off' = 'off';
  #stopped = false;
  #child: ChildProcess | null = null;
  #gone: Promise<void> = Promise.resolve();
  #startedAtMs = 0;
  #deaths = 0;
  #lastDeath: string | null = null;
  #restart: Cancel | null = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  state(): BoxPower {
    const run = this.#power === 'off' ? 'off' : this.#child ? 'running' : 'restarting';
    return { power: this.#power, run, lastDeath: this.#lastDeath };
  }

  switchOn(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#stopped || this.#power === 'on') return;
      this.#power = 'on';
      this.#deaths = 0;
      this.#lastDeath = null;
      this.#launch();
    });
  }

  cut(): Promise<void> {
    return this.#inTurn(async () => {
      this.#switchOff();
      this.#child?.kill('SIGKILL');
      await this.#gone;
    });
  }

  /** Ends the box with SIGTERM, after five seconds with SIGKILL, for good. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.#inTurn(async () => {
      this.#switchOff();
      const child = this.#child;
      if (!child) return;
      child.kill('SIGTERM');
      const giveUp = this.#options.clock.after(STOP_MS, () => {
        this.#options.log.warn('box.kill', { afterMs: STOP_MS });
        child.kill('SIGKILL');
      });
      await this.#gone;
      giveUp();
    });
  }

  /** One switching at a time, in the order of the calls: on-off-on never leaves two boxes running. */
  #inTurn(task: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => {});
    return done;
  }

  #switchOff(): void {
    this.#power = 'off';
    this.#restart?.();
    this.#restart = null;
  }

  #launch(): void {
    const { command, args, clock, log, onLine } = this.#options;
    // Its stdin ends with this process, however that ends: a box started with --until-parent-ends then stops too.
    const child = spawn(command, args, { stdio: 'pipe' });
    this.#child = child;
    this.#startedAtMs = clock.monotonicMs();
    log.debug('box.started', { pid: child.pid ?? null });
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
    this.#gone = new Promise((resolve) => {
      const ended = (how: string) => {
        if (this.#child !== child) return;
        this.#child = null;
        if (this.#power === 'on') this.#died(how);
        resolve();
      };
      child.on('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
      // Emitted instead of `exit` when the process could not be started at all.
      child.on('error', (error) => ended(error.message));
    });
  }

  #died(how: string): void {
    const { clock, log } = this.#options;
    const healthy = clock.monotonicMs() - this.#startedAtMs >= HEALTHY_MS;
    this.#deaths = healthy ? 1 : this.#deaths + 1;
    this.#lastDeath = how;
    const restartMs = Math.min(LONGEST_RESTART_MS, FIRST_RESTART_MS * 2 ** Math.min(this.#deaths - 1, 10));
    log.warn('box.died', { how, restartMs });
    this.#restart = clock.after(restartMs, () => {
      this.#restart = null;
      this.#launch();
    });
  }
}
