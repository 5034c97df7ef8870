import type { Board, InputPin, OutputPin } from '../domain/board.ts';
import { DeviceFault } from '../domain/fault.ts';
import { checkTrain, noSuchLine, notDrivable, notOpen } from '../domain/line-faults.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Edge, Gpio, PinFault, PulseTrain } from '../ports/gpio.ts';
import { type Level, Playback, type Segment } from './playback.ts';

export interface OutputView {
  readonly name: string;
  readonly active: boolean;
  readonly level: Level;
}

/** One change of an output, by the clock's monotonic milliseconds. */
export interface OutputChange {
  readonly line: string;
  readonly active: boolean;
  readonly atMs: number;
}

interface Input {
  readonly pin: InputPin;
  /** What the wire would be, and what a stuck one shows instead. */
  wire: Level;
  stuck: Level | null;
  shown: Level;
  seqno: number;
  /** Edges still to be lost, and those lost since the last one that was seen. */
  toLose: number;
  lost: number;
  readonly watchers: Set<Watcher>;
}

interface Watcher {
  readonly onEdge: (edge: Edge) => void;
  readonly onLoss: (count: number) => void;
}

interface Output {
  readonly pin: OutputPin;
  active: boolean;
  broken: boolean;
}

const HISTORY = 10_000;

/** The pins of a board in memory. The box sees `Gpio`; the other methods are the world on the other side of the pins. */
export class SimulatedGpio implements Gpio {
  readonly #clock: Clock;
  readonly #inputs: ReadonlyMap<string, Input>;
  readonly #outputs: ReadonlyMap<string, Output>;
  readonly #playback: Playback;
  readonly #history: OutputChange[] = [];
  readonly #listeners = new Set<(change: OutputChange) => void>();
  readonly #waiting = new Set<() => void>();
  #open = false;
  #plugged = true;

  constructor(clock: Clock, board: Pick<Board, 'inputs' | 'outputs'>) {
    this.#clock = clock;
    this.#inputs = new Map(Object.entries(board.inputs).map(([name, pin]) => [name, newInput(pin)]));
    this.#outputs = new Map(Object.entries(board.outputs).map(([name, pin]) => [name, { pin, active: false, broken: false }]));
    this.#playback = new Playback(clock, (line, level, atMs) => this.#wire(line, level, atMs));
  }

  async open(): Promise<void> {
    this.#release();
    this.#open = true;
  }

  faults(): readonly PinFault[] {
    if (!this.#open || this.#plugged) return [];
    return [...this.#outputs.keys(), ...this.#inputs.keys()].map((line) => ({ line, fault: pinsUnplugged(line, 'gpio-chip-missing') }));
  }

  watch(line: string, onEdge: (edge: Edge) => void, onLoss: (count: number) => void): Cancel {
    const { watchers } = this.#input(line);
    const watcher = { onEdge, onLoss };
    watchers.add(watcher);
    return () => void watchers.delete(watcher);
  }

  async read(line: string): Promise<Level> {
    const input = this.#input(line);
    if (!this.#open) throw notOpen();
    if (!this.#plugged) throw pinsUnplugged(line, 'input-fault');
    return input.shown;
  }

  async set(line: string, active: boolean): Promise<void> {
    this.#drive(line, active);
  }

  async pulse(line: string, train: PulseTrain): Promise<void> {
    checkTrain(train);
    const { count, pulseMs, gapMs } = train;
    let at = this.#clock.monotonicMs();
    for (let i = 0; i < count; i++) {
      this.#drive(line, true);
      at += pulseMs;
      await this.#until(at);
      this.#drive(line, false);
      at += gapMs;
      await this.#until(at);
    }
    if (!this.#open) throw notOpen();
  }

  async close(): Promise<void> {
    this.#release();
    this.#open = false;
    for (const { watchers } of this.#inputs.values()) watchers.clear();
    for (const wake of [...this.#waiting]) wake();
  }

  /** Plays levels on an input, after what is being played on it already; resolves when the last one is over. */
  play(line: string, segments: readonly Segment[]): Promise<void> {
    this.#input(line);
    return this.#playback.play(line, segments);
  }

  /** How long an input is still busy with what it was given to play, ms. */
  backlogMs(line: string): number {
    this.#input(line);
    return this.#playback.backlogMs(line);
  }

  /** The next `count` edges of an input never reach the box. */
  loseEdges(line: string, count: number): void {
    this.#input(line).toLose += count;
  }

  /** Holds an input at a level whatever is played on it, until `null` lets it go again. */
  stick(line: string, level: Level | null): void {
    const input = this.#input(line);
    input.stuck = level;
    this.#show(line, input, this.#clock.monotonicMs());
  }

  /** A broken output keeps its level and refuses to be driven. */
  breakOutput(line: string, broken: boolean): void {
    this.#output(line).broken = broken;
  }

  /** Pulls the chip of all pins out, or puts it back. */
  plug(plugged: boolean): void {
    if (plugged === this.#plugged) return;
    this.#plugged = plugged;
    this.#release();
    for (const wake of [...this.#waiting]) wake();
    for (const { watchers } of this.#inputs.values()) for (const { onLoss } of [...watchers]) if (this.#open) onLoss(0);
  }

  outputs(): OutputView[] {
    return [...this.#outputs].map(([name, { pin, active }]) => ({ name, active, level: active ? pin.active : other(pin.active) }));
  }

  /** The last changes of the outputs, oldest first. */
  history(): readonly OutputChange[] {
    return this.#history;
  }

  onOutput(listener: (change: OutputChange) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #drive(line: string, active: boolean): void {
    const output = this.#output(line);
    if (!this.#open) throw notOpen();
    if (!this.#plugged) throw pinsUnplugged(line, 'output-fault');
    if (output.broken) throw notDrivable(line);
    this.#change(line, output, active);
  }

  /** What the kernel does when a program lets its lines go. */
  #release(): void {
    for (const [line, output] of this.#outputs) this.#change(line, output, false);
  }

  #change(line: string, output: Output, active: boolean): void {
    if (output.active === active) return;
    output.active = active;
    const change = { line, active, atMs: this.#clock.monotonicMs() };
    if (this.#history.push(change) > HISTORY) this.#history.shift();
    for (const listener of this.#listeners) listener(change);
  }

  #until(atMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const cancel = this.#clock.after(Math.max(0, atMs - this.#clock.monotonicMs()), wake);
      this.#waiting.add(wake);
    });
  }

  #wire(line: string, level: Level, atMs: number): void {
    const input = this.#input(line);
    input.wire = level;
    this.#show(line, input, atMs);
  }

  #show(line: string, input: Input, atMs: number): void {
    const level = input.stuck ?? input.wire;
    if (level === input.shown) return;
    input.shown = level;
    input.seqno += 1;
    if (!this.#open || !this.#plugged || input.watchers.size === 0) return;
    if (input.toLose > 0) {
      input.toLose -= 1;
      input.lost += 1;
      return;
    }
    const { lost } = input;
    input.lost = 0;
    const edge: Edge = { line, level, timestampNs: BigInt(Math.round(atMs * 1_000_000)), seqno: input.seqno };
    for (const { onEdge, onLoss } of [...input.watchers]) {
      if (lost > 0) onLoss(lost);
      onEdge(edge);
    }
  }

  #input(line: string): Input {
    const input = this.#inputs.get(line);
    if (!input) throw noSuchLine('input', line, [...this.#inputs.keys()]);
    return input;
  }

  #output(line: string): Output {
    const output = this.#outputs.get(line);
    if (!output) throw noSuchLine('output', line, [...this.#outputs.keys()]);
    return output;
  }
}

const pinsUnplugged = (line: string, code: 'input-fault' | 'output-fault' | 'gpio-chip-missing') =>
  new DeviceFault(`There is no chip for ${line}`, { code, remedy: 'It is taken up again by itself when its chip is back.' });

const other = (level: Level): Level => (level === 'high' ? 'low' : 'high');

const newInput = (pin: InputPin): Input => ({
  pin,
  wire: pin.idle,
  stuck: null,
  shown: pin.idle,
  seqno: 0,
  toLose: 0,
  lost: 0,
  watchers: new Set(),
});
