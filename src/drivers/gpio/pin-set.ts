import type { Board, InputPin } from '../../domain/board.ts';
import { Fault } from '../../domain/fault.ts';
import type { Cancel, Clock } from '../../ports/clock.ts';
import type { PinFault } from '../../ports/gpio.ts';
import type { Log } from '../../ports/log.ts';
import { type ChipMarks, chipMark, chipMarks } from './chip-marks.ts';
import { chipGone, pinFault } from './faults.ts';
import type { Address } from './forms.ts';
import { Gpiod } from './gpiod.ts';
import type { InputLine } from './input-line.ts';
import { Monitor } from './monitor.ts';
import { OutputLine } from './output-line.ts';
import type { Environment } from './program.ts';
import type { Level } from './text.ts';

interface PinSetOptions {
  readonly board: Pick<Board, 'inputs' | 'outputs'>;
  readonly inputs: ReadonlyMap<string, InputLine>;
  readonly debounceMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly env: Environment;
  /** Where the chips have their nodes. */
  readonly dev: string;
}

/** What is missing is looked for again after this; a chip that comes or goes is noticed within `CHIPS_MS`. */
const AGAIN_MS = { first: 250, most: 10_000 } as const;
const CHIPS_MS = 1_000;

/** A pin on a chip that was found. */
interface Place {
  readonly at: Address;
  /** Whether the chip is still that one. */
  readonly here: () => boolean;
}

/**
 * The pins of a board for as long as they are open: those that are there are driven and watched, the others are looked
 * for. A chip that goes away takes its pins with it; they are found again by its label, whatever number it has then.
 */
export class PinSet {
  readonly #o: PinSetOptions;
  readonly #places = new Map<string, Place>();
  readonly #outputs = new Map<string, OutputLine>();
  /** With the inputs each watches, all of one chip. */
  readonly #monitors = new Map<Monitor, readonly string[]>();
  /** Why pins are not there. */
  readonly #missing = new Map<string, Fault>();
  #gpiod: Gpiod | null = null;
  /** The chips there were before the last look. */
  #marks: ChipMarks = new Map();
  #looking: Promise<void> = Promise.resolve();
  #looks = 0;
  #again: Cancel = () => undefined;
  #againMs: number = AGAIN_MS.first;
  #nextCheck: Cancel = () => undefined;
  #said = '';
  #stopped = false;

  constructor(options: PinSetOptions) {
    this.#o = options;
  }

  /** Resolves when every pin was tried once. */
  async start(): Promise<void> {
    this.#check();
    await this.#look();
  }

  /** Lets all pins go. What could not be stopped in order is told when all have been tried. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#again();
    this.#nextCheck();
    await this.#end([...this.#outputs.values(), ...this.#monitors.keys()]);
  }

  faults(): PinFault[] {
    const { board, inputs } = this.#o;
    return [...Object.keys(board.outputs), ...Object.keys(board.inputs)].flatMap((line) => {
      const fault = this.missing(line) ?? this.#outputs.get(line)?.fault ?? inputs.get(line)?.fault;
      return fault ? [{ line, fault }] : [];
    });
  }

  /** Why a pin was not found, or null. */
  missing(line: string): Fault | null {
    return this.#missing.get(line) ?? null;
  }

  /** Null for one that is missing. */
  async output(line: string): Promise<OutputLine | null> {
    if (this.#anyMoved()) await this.#look();
    return this.#outputs.get(line) ?? null;
  }

  /** One look at a time. */
  #look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#lookNow());
    return this.#looking;
  }

  /** Lets go of what went away, looks for what is missing, and takes it up. Never rejects. */
  async #lookNow(): Promise<void> {
    this.#again();
    await this.#letGo();
    if (this.#stopped) return;
    const { board, dev, clock } = this.#o;
    // Before the chips are asked for: one that changes between the two is noticed.
    this.#marks = chipMarks(dev);
    const wanted = Object.entries({ ...board.inputs, ...board.outputs }).filter(([name]) => !this.#places.has(name));
    const found = await this.#survey(Object.fromEntries(wanted));
    if (this.#stopped) return;
    for (const [name, at] of found) {
      if (at instanceof Fault) this.#missing.set(name, at);
    }
    await this.#takeUp(new Map([...found].flatMap(([name, at]) => (at instanceof Fault ? [] : [[name, at] as const]))));
    this.#looks += 1;
    if (this.#stopped) return;
    this.#say();
    if (this.#missing.size === 0) {
      this.#againMs = AGAIN_MS.first;
      return;
    }
    this.#again = clock.after(this.#againMs, () => void this.#look());
    this.#againMs = Math.min(2 * this.#againMs, AGAIN_MS.most);
  }

  /** Where pins are, or why not: what cannot be asked at all is the fault of each. */
  async #survey(pins: Parameters<Gpiod['survey']>[0]): Promise<Map<string, Address | Fault>> {
    const { env, clock } = this.#o;
    try {
      this.#gpiod ??= await Gpiod.find(env, clock);
      return await this.#gpiod.survey(pins);
    } catch (error) {
      return new Map(Object.keys(pins).map((name) => [name, pinFault(error)]));
    }
  }

  async #takeUp(addresses: ReadonlyMap<string, Address>): Promise<void> {
    const { clock, log, board, debounceMs, inputs, dev } = this.#o;
    const gpiod = this.#gpiod;
    if (!gpiod) return;
    const outputs: OutputLine[] = [];
    const monitors: Monitor[] = [];
    const hereAt = (chip: string) => {
      const mark = this.#marks.get(chip);
      return () => chipMark(dev, chip) === mark;
    };
    for (const [name, at] of addresses) {
      const here = hereAt(at.chip);
      this.#places.set(name, { at, here });
      const pin = Object.hasOwn(board.outputs, name) ? board.outputs[name] : undefined;
      if (!pin) continue;
      const output = new OutputLine({ name, pin, at, gpiod, clock, log, here });
      this.#outputs.set(name, output);
      outputs.push(output);
    }
    for (const { chip, pull, names, offsets } of groups(board.inputs, addresses)) {
      const lines = names.flatMap((name) => inputs.get(name) ?? []);
      const monitor = new Monitor({ gpiod, watched: { chip, offsets, pull, debounceMs }, lines, clock, log, here: hereAt(chip) });
      this.#monitors.set(monitor, names);
      monitors.push(monitor);
    }
    // Outputs before anything else: nobody knows how they were left.
    await Promise.all(outputs.map((output) => output.start()));
    if (this.#stopped) return;
    await Promise.all(monitors.map((monitor) => monitor.start()));
    // Until here they are as missing as they were.
    for (const name of addresses.keys()) this.#missing.delete(name);
    if (this.#stopped || this.#looks === 0) return;
    // They came late: nobody knows what happened before.
    for (const name of addresses.keys()) inputs.get(name)?.lost(0);
  }

  async #letGo(): Promise<void> {
    const gone = [...this.#places].filter(([, { here }]) => !here());
    if (gone.length === 0) return;
    const { log, inputs } = this.#o;
    const names = gone.map(([name]) => name);
    log.error('gpio.chip-gone', { chips: [...new Set(gone.map(([, { at }]) => at.chip))], pins: names });
    this.#againMs = AGAIN_MS.first;
    for (const [name, { at }] of gone) this.#missing.set(name, chipGone(at.chip));
    const monitors = [...this.#monitors].filter(([, watched]) => watched.some((name) => names.includes(name)));
    await this.#end([...names.flatMap((name) => this.#outputs.get(name) ?? []), ...monitors.map(([monitor]) => monitor)]);
    for (const [monitor] of monitors) this.#monitors.delete(monitor);
    for (const name of names) {
      this.#places.delete(name);
      this.#outputs.delete(name);
      inputs.get(name)?.lost(0);
    }
  }

  #check(): void {
    const { clock, dev } = this.#o;
    this.#nextCheck = clock.after(CHIPS_MS, () => {
      this.#check();
      const came = this.#missing.size > 0 && [...chipMarks(dev)].some(([chip, mark]) => this.#marks.get(chip) !== mark);
      if (came || this.#anyMoved()) void this.#look();
    });
  }

  #anyMoved(): boolean {
    return [...this.#places.values()].some(({ here }) => !here());
  }

  /** What is missing, once for as long as it is the same. */
  #say(): void {
    const { log } = this.#o;
    const pins = [...this.#missing.keys()];
    const said = [...this.#missing].map(([name, { code }]) => `${name} ${code}`).join();
    if (said === this.#said) return;
    this.#said = said;
    const [error] = this.#missing.values();
    if (error) log.warn('gpio.not-yet', { pins, error });
    else log.info('gpio.all-there');
  }

  async #end(parts: readonly (OutputLine | Monitor)[]): Promise<void> {
    const results = await Promise.allSettled(parts.map((part) => part.stop()));
    for (const result of results) if (result.status === 'rejected') this.#o.log.error('gpio.not-let-go', { error: result.reason });
  }
}

/** Inputs that one gpiomon can watch: of one chip, with one direction of pull. */
interface Group {
  readonly chip: string;
  readonly pull: Level;
  readonly names: string[];
  readonly offsets: number[];
}

function groups(inputs: Readonly<Record<string, InputPin>>, addresses: ReadonlyMap<string, Address>): Group[] {
  const found: Group[] = [];
  for (const [name, { idle }] of Object.entries(inputs)) {
    const at = addresses.get(name);
    if (!at) continue;
    const known = found.find(({ chip, pull }) => chip === at.chip && pull === idle);
    const group = known ?? { chip: at.chip, pull: idle, names: [], offsets: [] };
    group.names.push(name);
    group.offsets.push(at.offset);
    if (!known) found.push(group);
  }
  return found;
}
