import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock } from '../../ports/clock.ts';
import { gpiodMissing, programFault } from './faults.ts';
import type { Argv } from './forms.ts';

/** The environment programs are found by and started in. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface ProgramOptions {
  readonly env: Environment;
  readonly clock: Clock;
  /** Where its output goes: to `stdout`, or to a file descriptor. */
  readonly output?: number;
  /** Keeps its standard input open until `hangUp` or the end of this process. */
  readonly input?: boolean;
}

/** How much of what a program complains about is kept, characters. */
const COMPLAINT_MOST = 300;
/** How much a program that lists something may say. */
const ANSWER_MOST = 1_000_000;
const ANSWER_MS = 5_000;
/** How long a program may take to end when it is asked to. */
const PATIENCE_MS = 500;

/** A program that runs until it is stopped, or ends by itself. */
export class Program {
  /** Resolves, once, when it is gone and reaped: with nothing for a good end (exit code 0), else with why. */
  readonly gone: Promise<string | null>;
  /** Null for one that could not be started. */
  readonly #child: ChildProcess | null;
  readonly #clock: Clock;
  #ended = false;
  #complaint = '';

  /** Nothing is thrown for a program that cannot be started: it is gone with the reason. */
  constructor([program, ...args]: Argv, { env, clock, output = -1, input = false }: ProgramOptions) {
    this.#clock = clock;
    const started = begin(program, args, {
      // A session of its own: Ctrl-C is for tilld, which ends its programs in order. Messages are matched, so they are English.
      detached: true,
      env: { ...env, LC_ALL: 'C' },
      stdio: [input ? 'pipe' : 'ignore', output < 0 ? 'pipe' : output, 'pipe'],
    });
    if ('fault' in started) {
      this.#child = null;
      this.#ended = true;
      this.gone = Promise.resolve(reasonOf(started.fault));
      return;
    }
    const { child } = started;
    this.#child = child;
    this.gone = new Promise((resolve) => {
      const end = (why: string | null) => {
        this.#ended = true;
        resolve(why);
      };
      child.once('error', (error) => end(reasonOf(error)));
      child.once('close', (code, signal) => end(code === 0 ? null : this.#lastWords(signal ?? `exit code ${code}`)));
    });
    // A guard that is gone has nobody to read on: its end says why.
    child.stdin?.on('error', () => undefined);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-COMPLAINT_MOST);
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** What it writes, unless that goes elsewhere. */
  get stdout(): Readable | null {
    return this.#child?.stdout ?? null;
  }

  /** Lets it know that it is not needed any more, where it has an input to know by. */
  dismiss(): void {
    this.#child?.stdin?.end('done\n');
  }

  /** Ends it, by force when it does not end at once. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#child?.kill('SIGTERM');
    const cancel = this.#clock.after(PATIENCE_MS, () => void this.#child?.kill('SIGKILL'));
    await this.gone;
    cancel();
  }

  #lastWords(otherwise: string): string {
    return this.#complaint.trim().split('\n').at(-1) || otherwise;
  }
}

/** Node tells some of what keeps a program from being started by an event, and throws the rest, such as memory that is short. */
function begin(program: string, args: readonly string[], options: SpawnOptions): { child: ChildProcess } | { fault: unknown } {
  try {
    return { child: spawn(program, args, options) };
  } catch (fault) {
    return { fault };
  }
}

const reasonOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/**
 * What a program that ends by itself wrote.
 * @throws DeviceFault `gpiod-missing`, `gpio-forbidden`, `gpio-busy`; `gpio-failed` also after 5 s or a megabyte
 */
export async function answerOf(argv: Argv, env: Environment, clock: Clock): Promise<string> {
  const program = new Program(argv, { env, clock });
  let answer = '';
  let cut = '';
  const stop = (why: string) => {
    cut = why;
    void program.stop();
  };
  const cancel = clock.after(ANSWER_MS, () => stop(`no answer within ${ANSWER_MS} ms`));
  program.stdout?.setEncoding('utf8').on('data', (text: string) => {
    if (answer.length < ANSWER_MOST) answer += text;
    else stop('an answer without end');
  });
  const why = await program.gone;
  cancel();
  if (why === 'ENOENT') throw gpiodMissing(argv[0]);
  if (cut !== '' || why !== null) throw programFault(`${argv[0]} does not do its work`, cut || (why ?? ''));
  return answer;
}
