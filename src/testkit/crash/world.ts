import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BoxStatus } from '../../app/box.ts';
import type { Recorded } from '../../domain/journal.ts';
import { type ReferenceBackend, startReferenceBackend } from '../../refserver/server.ts';
import { type KillPoint, killPointText } from './dying-store.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

interface Charge {
  readonly chargeId: string;
  readonly amountMinor: number;
  readonly state: string;
}

/** How a run of the box ended: it lived through what was asked of it, or it was killed on the way. */
export type Lived = 'lived' | 'killed';

/**
 * The world around one box: a real backend with its broker, a state directory that survives, and a box process that
 * is killed and started again. Everything is spoken over the same HTTP and MQTT as in the field.
 */
export class World {
  readonly #directory = mkdtempSync(join(tmpdir(), 'tilld-crash-'));
  readonly #state = join(this.#directory, 'box');
  #backend: ReferenceBackend | null = null;
  #child: ChildProcess | null = null;
  #url = '';
  /** The end of what the box said last, for the message of a failure. */
  #stderr = '';
  /** Coins let go of at the slot, and those the slot confirmed, in minor units. */
  offeredMinor = 0;
  insertedMinor = 0;
  kills = 0;

  async open(): Promise<void> {
    mkdirSync(this.#state, { recursive: true });
    this.#backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, stateFile: join(this.#directory, 'backend.db') });
    const config = {
      device: { serial: 'CRASH-1', mac: '02:00:00:00:00:C1', chipId: 'crash', model: 'sim' },
      board: 'sim',
      protocol: 'promptpay',
      promptpay: { http: { url: this.#backend.httpUrl }, mqtt: { url: this.#backend.mqttUrl } },
      api: { port: 0 },
      sale: { drive: { mode: 'hold', holdMs: 5 }, firstPollMs: 300, pollMinMs: 200, pollMaxMs: 400, requoteMs: 100, graceMs: 5_000 },
      log: { level: 'error' },
    };
    writeFileSync(join(this.#directory, 'box.json'), JSON.stringify(config));
  }

  /** Starts the box, with a death lined up or without; resolves when it is ready, or has died on the way. */
  async start(point: KillPoint | null): Promise<Lived> {
    // A box starts twice for every kill: compiled code is kept, as `tilld run` keeps it.
    const cache = { NODE_COMPILE_CACHE: fileURLToPath(new URL('../../../node_modules/.cache/tilld', import.meta.url)) };
    const env = { ...process.env, ...cache, ...(point ? { TILLD_KILL_AT: killPointText(point) } : {}) };
    const child = fork(CHILD, [join(this.#directory, 'box.json'), this.#state], { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2_000);
    });
    this.#child = child;
    const died = once(child, 'exit').then(() => null);
    const ready = await Promise.race([once(child, 'message').then(([message]) => message as { url: string }), died]);
    if (ready === null) return 'killed';
    this.#url = ready.url;
    return 'lived';
  }

  /** SIGKILL from outside, at whatever instruction the box is. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  get lastWords(): string {
    return this.#stderr;
  }

  get running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits until the killed box is gone. */
  async gone(): Promise<void> {
    if (this.running && this.#child) await once(this.#child, 'exit');
    if (this.#child?.signalCode === 'SIGKILL') this.kills++;
    this.#child = null;
  }

  /** A request to the box; null when it died over it. */
  async box<T>(path: string, body?: unknown): Promise<T | null> {
    try {
      const response = await fetch(this.#url + path, body === undefined ? {} : post(body));
      const value = (await response.json()) as T;
      if (response.ok) return value;
      throw new Error(`${path}: ${response.status} ${JSON.stringify(value)}`);
    } catch (error) {
      if (error instanceof TypeError || (error as Error).name === 'AbortError') return null;
      throw error;
    }
  }

  /** A request to the backend's control API. */
  async backend<T>(path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.#backend?.httpUrl}${path}`, body === undefined ? {} : post(body));
    const value = (await response.json()) as T;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(value)}`);
    return value;
  }

  async charges(): Promise<Charge[]> {
    return (await this.backend<{ charges: Charge[] }>('/ref/charges?limit=1000')).charges;
  }

  /** Puts a coin into the slot; false when the box died over it, so that nobody knows whether it was counted. */
  async insert(denomination: number): Promise<boolean> {
    this.offeredMinor += denomination;
    const answer = await this.box<{ accepted: boolean }>('/sim/coin', { denomination });
    if (!answer) return false;
    if (!answer.accepted) throw new Error(`the slot returned the coin of ${denomination}`);
    this.insertedMinor += denomination;
    return true;
  }

  /** How many charges the box keeps asking about. */
  async watched(): Promise<number | null> {
    return (await this.box<BoxStatus>('/v1/status'))?.watching ?? null;
  }

  /** The whole journal. */
  async ledger(): Promise<Recorded[]> {
    const all: Recorded[] = [];
    for (;;) {
      const page = await this.box<{ entries: Recorded[] }>(`/v1/ledger?limit=1000&after=${all.at(-1)?.seq ?? 0}`);
      if (!page) throw new Error('the box died while its journal was read');
      if (page.entries.length === 0) return all;
      all.push(...page.entries);
    }
  }

  /** How often an output went active in the world outside. */
  driven(): number {
    try {
      return readFileSync(join(this.#state, 'driven.txt'), 'utf8')
        .split('\n')
        .filter((line) => line === 'relay').length;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw error;
    }
  }

  /** Ends the box of this round; it counts as no kill. */
  async quiet(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async close(): Promise<void> {
    await this.quiet();
    await this.#backend?.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

const post = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
  signal: AbortSignal.timeout(10_000),
});
