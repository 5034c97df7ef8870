import type { BackendClock, BackendLog } from '../environment.ts';
import { withoutSecrets } from './mask.ts';

export interface Job {
  readonly name: string;
  run(): Promise<void>;
}

/** Runs jobs one after the other, again and again, with a pause between. A job that fails is logged and runs again next time. */
export class Scheduler {
  readonly #jobs: readonly Job[];
  readonly #pauseMs: number;
  readonly #clock: BackendClock;
  readonly #log: BackendLog;
  #cancel = (): void => undefined;
  #running: Promise<void> = Promise.resolve();
  #on = false;

  constructor(jobs: readonly Job[], pauseMs: number, clock: BackendClock, log: BackendLog) {
    this.#jobs = jobs;
    this.#pauseMs = pauseMs;
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    this.#on = true;
    this.#wait();
  }

  /** How many jobs it has while it is on. */
  active(): number {
    return this.#on ? this.#jobs.length : 0;
  }

  /** Begins nothing new, and waits for what runs. */
  async stop(): Promise<void> {
    this.#on = false;
    this.#cancel();
    await this.#running;
  }

  #wait(): void {
    this.#cancel = this.#clock.after(this.#pauseMs, () => {
      this.#running = this.#round();
    });
  }

  async #round(): Promise<void> {
    for (const job of this.#jobs) {
      if (!this.#on) return;
      try {
        await job.run();
      } catch (error) {
        this.#log.error('gateway.job-failed', { job: job.name, reason: withoutSecrets(String(error)) });
      }
    }
    if (this.#on) this.#wait();
  }
}
