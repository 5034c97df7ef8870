import type { Board, InputPin } from '../../domain/board.ts';
import { Fault } from '../../domain/fault.ts';
import { checkTrain, noSuchLine, notOpen } from '../../domain/line-faults.ts';
import type { Cancel, Clock } from '../../ports/clock.ts';
import type { Edge, Gpio, PulseTrain } from '../../ports/gpio.ts';
import type { Log } from '../../ports/log.ts';
import { notWatched } from './faults.ts';
import type { Address } from './forms.ts';
import { Gpiod } from './gpiod.ts';
import { InputLine } from './input-line.ts';
import { Monitor } from './monitor.ts';
import { OutputLine } from './output-line.ts';
import type { Environment } from './program.ts';
import type { Level } from './text.ts';

export interface LibgpiodOptions {
  readonly board: Pick<Board, 'inputs' | 'outputs'>;
  /** How long the kernel waits for a level to settle before it tells an edge, whole milliseconds, 0 for not at all; libgpiod 2 only. */
  readonly debounceMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Its PATH holds the programs of libgpiod, `setpriv`, `mkfifo` and `sh`. */
  readonly env: Environment;
}

/** Services start before udev has settled: what may still come is waited for. */
const SETTLE_MS = 10_000;
const LOOK_MS = 250;
const MAY_COME = ['gpio-chip-missing', 'gpio-forbidden', 'gpio-busy'];

/**
 * The pins of a Linux board by the programs of libgpiod (2.x or 1.6): no native code, and a program that hangs is killed.
 * `open` waits up to 10 s for chips, rights and lines that are not there yet.
 * @throws (open) DeviceFault `gpiod-missing`, `gpiod-unknown`, `gpio-chip-missing`, `gpio-forbidden`, `gpio-busy`, `gpio-failed`;
 * ConfigurationFault `gpio-line-missing`, `gpio-line-ambiguous`
 */
export function libgpiodGpio(options: LibgpiodOptions): Gpio {
  return new LibgpiodGpio(options);
}

class LibgpiodGpio implements Gpio {
  readonly #o: LibgpiodOptions;
  readonly #inputs: ReadonlyMap<string, InputLine>;
  #monitors: Monitor[] = [];
  #outputs = new Map<string, OutputLine>();
  #state: 'closed' | 'opening' | 'open' = 'closed';
  #wake: () => void = () => undefined;

  constructor(options: LibgpiodOptions) {
    this.#o = options;
    this.#inputs = new Map(Object.keys(options.board.inputs).map((name) => [name, new InputLine(name)]));
  }

  async open(): Promise<void> {
    const { clock, log } = this.#o;
    const untilMs = clock.monotonicMs() + SETTLE_MS;
    this.#state = 'opening';
    for (let said = ''; this.#state === 'opening'; ) {
      try {
        await this.#begin();
        if (this.#state === 'opening') this.#state = 'open';
        return;
      } catch (error) {
        await this.#end();
        if (!(error instanceof Fault) || !MAY_COME.includes(error.code) || clock.monotonicMs() >= untilMs) {
          this.#state = 'closed';
          throw error;
        }
        if (error.code !== said) log.warn('gpio.not-yet', { error });
        said = error.code;
        await this.#wait(LOOK_MS);
      }
    }
    throw notOpen();
  }

  watch(line: string, onEdge: (edge: Edge) => void, onLoss: (count: number) => void): Cancel {
    return this.#input(line).watch({ onEdge, onLoss });
  }

  async read(line: string): Promise<Level> {
    const { level } = this.#input(line);
    this.#requireOpen();
    if (level === null) throw notWatched(line);
    return level;
  }

  async set(line: string, active: boolean): Promise<void> {
    await this.#output(line).set(active);
  }

  async pulse(line: string, train: PulseTrain): Promise<void> {
    checkTrain(train);
    await this.#output(line).pulse(train);
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#wake();
    for (const line of this.#inputs.values()) line.unwatch();
    await this.#end();
  }

  async #begin(): Promise<void> {
    const { env, clock, log, board, debounceMs } = this.#o;
    const gpiod = await Gpiod.find(env, clock);
    const addresses = await gpiod.locate({ ...board.inputs, ...board.outputs });
    if (this.#state === 'closed') return;
    for (const [name, pin] of Object.entries(board.outputs)) {
      const at = addresses.get(name);
      if (at) this.#outputs.set(name, new OutputLine({ name, pin, at, gpiod, clock, log }));
    }
    for (const [pull, chips] of groups(board.inputs, addresses)) {
      for (const [chip, inputs] of chips) {
        const watched = { chip, offsets: inputs.map(({ at }) => at.offset), pull, debounceMs };
        const lines = inputs.flatMap(({ name }) => this.#inputs.get(name) ?? []);
        this.#monitors.push(new Monitor({ gpiod, watched, lines, clock, log }));
      }
    }
    // Nothing is left half begun: the first that fails is told when all have come to an end.
    const starting = [...this.#outputs.values(), ...this.#monitors].map((part) => part.start());
    const failed = (await Promise.allSettled(starting)).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Stops everything; the first that could not be stopped in order is told when all have been tried. */
  async #end(): Promise<void> {
    const parts = [...this.#outputs.values(), ...this.#monitors];
    const results = await Promise.allSettled(parts.map((part) => part.stop()));
    this.#outputs = new Map();
    this.#monitors = [];
    for (const result of results) if (result.status === 'rejected') this.#o.log.error('gpio.not-let-go', { error: result.reason });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#o.clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #input(line: string): InputLine {
    const input = this.#inputs.get(line);
    if (!input) throw noSuchLine('input', line, [...this.#inputs.keys()]);
    return input;
  }

  #output(line: string): OutputLine {
    const { outputs } = this.#o.board;
    if (!Object.hasOwn(outputs, line)) throw noSuchLine('output', line, Object.keys(outputs));
    this.#requireOpen();
    const output = this.#outputs.get(line);
    if (!output) throw notOpen();
    return output;
  }

  #requireOpen(): void {
    if (this.#state !== 'open') throw notOpen();
  }
}

interface Located {
  readonly name: string;
  readonly at: Address;
}

/** Inputs that one gpiomon can watch: of one chip, with one direction of pull. */
function groups(inputs: Readonly<Record<string, InputPin>>, addresses: ReadonlyMap<string, Address>): Map<Level, Map<string, Located[]>> {
  const found = new Map<Level, Map<string, Located[]>>();
  for (const [name, { idle }] of Object.entries(inputs)) {
    const at = addresses.get(name);
    if (!at) continue;
    const chips = found.get(idle) ?? new Map<string, Located[]>();
    found.set(idle, chips.set(at.chip, [...(chips.get(at.chip) ?? []), { name, at }]));
  }
  return found;
}
