import type { Board } from '../../domain/board.ts';
import { checkTrain, noSuchLine, notDrivable, notOpen } from '../../domain/line-faults.ts';
import type { Cancel, Clock } from '../../ports/clock.ts';
import type { Edge, Gpio, PinFault, PulseTrain } from '../../ports/gpio.ts';
import type { Log } from '../../ports/log.ts';
import { notWatched } from './faults.ts';
import { InputLine } from './input-line.ts';
import { PinSet } from './pin-set.ts';
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
  /** Where the chips have their nodes; `/dev` unless given. */
  readonly dev?: string;
}

/** Services start before udev has settled: what may still come is waited for. */
const SETTLE_MS = 10_000;
const LOOK_MS = 250;
const MAY_COME = ['gpio-chip-missing', 'gpio-forbidden', 'gpio-busy'];

/**
 * The pins of a Linux board by the programs of libgpiod (2.x or 1.6): no native code, and a program that hangs is killed.
 * `open` waits up to 10 s for chips, rights and lines that are not there yet. The faults of its pins: DeviceFault
 * `gpiod-missing`, `gpiod-unknown`, `gpio-chip-missing`, `gpio-forbidden`, `gpio-busy`, `gpio-failed`; ConfigurationFault
 * `gpio-line-missing`, `gpio-line-ambiguous`, which fail no `open` either: only the kernel knows its lines, and a box that
 * is started again and again tells nobody.
 */
export function libgpiodGpio(options: LibgpiodOptions): Gpio {
  return new LibgpiodGpio(options);
}

class LibgpiodGpio implements Gpio {
  readonly #o: LibgpiodOptions;
  readonly #inputs: ReadonlyMap<string, InputLine>;
  /** Null while it is closed. */
  #pins: PinSet | null = null;
  #open = false;
  #wake: () => void = () => undefined;

  constructor(options: LibgpiodOptions) {
    this.#o = options;
    this.#inputs = new Map(Object.keys(options.board.inputs).map((name) => [name, new InputLine(name)]));
  }

  async open(): Promise<void> {
    const { clock, dev = '/dev' } = this.#o;
    const untilMs = clock.monotonicMs() + SETTLE_MS;
    const pins = new PinSet({ ...this.#o, inputs: this.#inputs, dev });
    this.#pins = pins;
    await pins.start();
    const settling = () => clock.monotonicMs() < untilMs && pins.faults().some(({ fault }) => MAY_COME.includes(fault.code));
    while (this.#pins === pins && settling()) await this.#wait(LOOK_MS);
    if (this.#pins !== pins) throw notOpen();
    this.#open = true;
  }

  faults(): readonly PinFault[] {
    return (this.#open && this.#pins?.faults()) || [];
  }

  watch(line: string, onEdge: (edge: Edge) => void, onLoss: (count: number) => void): Cancel {
    return this.#input(line).watch({ onEdge, onLoss });
  }

  async read(line: string): Promise<Level> {
    const { level, fault } = this.#input(line);
    const pins = this.#opened();
    if (level === null) throw notWatched(line, pins.missing(line) ?? fault);
    return level;
  }

  async set(line: string, active: boolean): Promise<void> {
    await (await this.#output(line)).set(active);
  }

  async pulse(line: string, train: PulseTrain): Promise<void> {
    checkTrain(train);
    await (await this.#output(line)).pulse(train);
  }

  async close(): Promise<void> {
    const pins = this.#pins;
    this.#pins = null;
    this.#open = false;
    this.#wake();
    for (const line of this.#inputs.values()) line.unwatch();
    await pins?.stop();
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

  async #output(line: string) {
    const { outputs } = this.#o.board;
    if (!Object.hasOwn(outputs, line)) throw noSuchLine('output', line, Object.keys(outputs));
    const pins = this.#opened();
    const output = await pins.output(line);
    this.#opened();
    if (!output) throw notDrivable(line, pins.missing(line)?.explain());
    return output;
  }

  #opened(): PinSet {
    if (!this.#open || !this.#pins) throw notOpen();
    return this.#pins;
  }
}
