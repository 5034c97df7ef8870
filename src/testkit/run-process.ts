import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAMS = {
  tilld: fileURLToPath(new URL('../main.ts', import.meta.url)),
  'tilld-launch': fileURLToPath(new URL('../launch.ts', import.meta.url)),
};
/** How long a process may take to say what is waited for before its test fails, ms. */
const PATIENCE_MS = 15_000;

/** How a process ended, all it wrote, and how long that took from the moment it was told to. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
  readonly tookMs: number;
}

/** `tilld …` (or `tilld-launch …`) as a process of its own, as an installation runs it. */
export class TilldProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown[]>;
  #out = '';
  #err = '';
  #wake: (() => void)[] = [];

  constructor(args: readonly string[], program: 'tilld' | 'tilld-launch' = 'tilld', env: Readonly<NodeJS.ProcessEnv> = process.env) {
    this.child = spawn(process.execPath, [PROGRAMS[program], ...args], { env });
    this.#ended = once(this.child, 'close');
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text;
      this.#heard();
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#err += text;
      this.#heard();
    });
    this.child.on('close', () => this.#heard());
  }

  /** Waits until stdout matches. @throws when the process ends, or 15 s pass, before that */
  async says(pattern: RegExp): Promise<RegExpMatchArray> {
    return this.#until(
      () => this.#out.match(pattern),
      () => `no ${pattern} in: ${this.#out}${this.#err}`,
    );
  }

  /** Waits for so many lines on stderr; false when the process has ended or was quiet for a second before that. */
  async logs(lines: number): Promise<boolean> {
    const enough = () => this.#err.split('\n').length > lines || null;
    return this.#until(enough, () => 'quiet', 1_000).catch(() => false);
  }

  /** Sends a signal and waits for the end; a process that is still there after 10 s is killed. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    this.child.kill(signal);
    return this.ended();
  }

  /** Waits for the end, counted from now; a process that is still there after 10 s is killed. */
  async ended(): Promise<Ending> {
    const began = performance.now();
    const late = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    const [code, signal] = (await this.#ended) as [number | null, string | null];
    clearTimeout(late);
    return { code, signal, out: this.#out, err: this.#err, tookMs: performance.now() - began };
  }

  async #until<T>(look: () => T | null, why: () => string, patienceMs = PATIENCE_MS): Promise<T> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const found = look();
      if (found !== null) return found;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || this.child.exitCode !== null || this.child.signalCode !== null) throw new RangeError(why());
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  #heard(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
