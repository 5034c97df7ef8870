import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BoxStatus } from '../../app/box.ts';
import type { Recorded } from '../../domain/journal.ts';
import type { KioskTimings } from '../../domain/kiosk.ts';
import type { SalePolicy, SaleTimings } from '../../domain/policy.ts';
import { type ReferenceBackend, type ReferenceBackendOptions, startReferenceBackend } from '../../refserver/server.ts';
import { type KillPoint, killPointText } from './dying-store.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));
const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 20;

/** What a scenario wants otherwise in the configuration of its box. */
export interface Terms {
  readonly sale?: Partial<SalePolicy & SaleTimings>;
  readonly kiosk?: Partial<KioskTimings>;
  /** A board file in the folder of the configuration, or the name of a board. */
  readonly board?: string;
}

/** How a run of the box ended: it lived through what was asked of it, or it was killed on the way. */
export type Lived = 'lived' | 'killed';

/** What the box or the backend answered; `null` stands for a box that died over it. */
interface Answer {
  readonly status: number;
  readonly value: unknown;
}

/**
 * The world around one box: a real backend with its broker, a state directory that survives, and a box process that
 * is killed and started again. Everything is spoken over the same HTTP and MQTT as in the field.
 */
export abstract class World {
  readonly directory = mkdtempSync(join(tmpdir(), 'tilld-crash-'));
  readonly state = join(this.directory, 'box');
  #backend: ReferenceBackend | null = null;
  #child: ChildProcess | null = null;
  #url = '';
  /** The end of what the box said last, for the message of a failure. */
  #stderr = '';
  terms: Terms = {};
  kills = 0;
  /** How many commits the last box has begun. */
  commits = 0;

  async open(): Promise<void> {
    mkdirSync(this.state, { recursive: true });
    this.#backend = await this.#startBackend({ httpPort: 0, mqttPort: 0, ...this.backendOptions() });
    this.agree({});
  }

  /** Ends the backend and starts it anew, on the same state and at the same addresses. */
  async restartBackend(): Promise<void> {
    const before = this.#backend;
    if (!before) throw new Error('the world is not open');
    await before.stop();
    const ports = { httpPort: portOf(before.httpUrl), mqttPort: portOf(before.mqttUrl) };
    const { gatewayUrl } = before;
    const gateway = gatewayUrl === null ? {} : { gatewayPort: portOf(gatewayUrl) };
    this.#backend = await this.#startBackend({ ...this.backendOptions(), ...ports, ...gateway });
  }

  #startBackend(options: ReferenceBackendOptions): Promise<ReferenceBackend> {
    return startReferenceBackend({ ...options, stateFile: join(this.directory, 'backend.db') });
  }

  /** What the backend has besides that of every world. */
  protected backendOptions(): ReferenceBackendOptions {
    return {};
  }

  /** What the box's process has in its environment besides. */
  protected environment(): Readonly<Record<string, string>> {
    return {};
  }

  /** The configuration of the box under these terms; what else it needs is written beside it. */
  protected abstract configure(backend: ReferenceBackend, terms: Terms): unknown;

  /** From the next start on the box runs under these terms. */
  agree(terms: Terms): void {
    if (!this.#backend) throw new Error('the world is not open');
    this.terms = terms;
    writeFileSync(this.#configFile, JSON.stringify(this.configure(this.#backend, terms)));
  }

  get #configFile(): string {
    return join(this.directory, 'box.json');
  }

  /** Starts the box, with a death lined up or without; resolves when it is ready, or has died on the way. */
  async start(point: KillPoint | null): Promise<Lived> {
    // A box starts twice for every kill: compiled code is kept, as `tilld run` keeps it.
    const cache = { NODE_COMPILE_CACHE: fileURLToPath(new URL('../../../node_modules/.cache/tilld', import.meta.url)) };
    const env = { ...process.env, ...cache, ...this.environment(), ...(point ? { TILLD_KILL_AT: killPointText(point) } : {}) };
    const child = fork(CHILD, [this.#configFile, this.state], { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2_000);
    });
    this.#child = child;
    this.commits = 0;
    const died = once(child, 'exit').then(() => 'killed' as const);
    const ready = new Promise<Lived>((resolve) => {
      child.on('message', (message: { url?: string; commits?: number }) => {
        if (message.commits !== undefined) this.commits = message.commits;
        if (message.url === undefined) return;
        this.#url = message.url;
        resolve('lived');
      });
    });
    return Promise.race([ready, died]);
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

  /** A request to the box, whatever it answers; null when it died over it. */
  async ask(path: string, body?: unknown): Promise<Answer | null> {
    try {
      const response = await fetch(this.#url + path, body === undefined ? {} : post(body));
      return { status: response.status, value: await response.json() };
    } catch (error) {
      if (error instanceof TypeError || (error as Error).name === 'AbortError') return null;
      throw error;
    }
  }

  /** A request that the box must grant; null when it died over it. */
  async box<T>(path: string, body?: unknown): Promise<T | null> {
    const answer = await this.ask(path, body);
    return answer && granted<T>(path, answer);
  }

  /** A request to the backend's control API. */
  async backend<T>(path: string, body?: unknown, method = 'POST'): Promise<T> {
    const response = await fetch(`${this.#backend?.httpUrl}${path}`, body === undefined ? {} : { ...post(body), method });
    return granted(path, { status: response.status, value: await response.json() });
  }

  status(): Promise<BoxStatus | null> {
    return this.box('/v1/status');
  }

  /** The journal after an entry, the whole of it by default; null when the box died over it. */
  async ledger(after = 0): Promise<Recorded[] | null> {
    const all: Recorded[] = [];
    for (;;) {
      const page = await this.box<{ entries: Recorded[] }>(`/v1/ledger?limit=1000&after=${all.at(-1)?.seq ?? after}`);
      if (!page) return null;
      if (page.entries.length === 0) return all;
      all.push(...page.entries);
    }
  }

  /** How often an output went active in the world outside. */
  driven(): number {
    try {
      return readFileSync(join(this.state, 'driven.txt'), 'utf8')
        .split('\n')
        .filter((line) => line === 'relay').length;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw error;
    }
  }

  /** Looks again and again until something holds; false when the box died, an error when it takes too long. */
  async until(holds: () => Promise<boolean>): Promise<boolean> {
    const deadline = performance.now() + PATIENCE_MS;
    while (this.running) {
      if (await holds()) return true;
      if (performance.now() > deadline)
        throw new Error(`the box did not get on: ${JSON.stringify(await this.status())}\n${this.lastWords}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    return false;
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
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function granted<T>(path: string, { status, value }: Answer): T {
  if (status >= 200 && status < 300) return value as T;
  throw new Error(`${path}: ${status} ${JSON.stringify(value)}`);
}

const portOf = (url: string): number => Number(new URL(url).port);

const post = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
  signal: AbortSignal.timeout(10_000),
});
