import assert from 'node:assert/strict';
import { DeviceFault } from '../domain/fault.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Edge, Gpio, PinFault, PulseTrain } from '../ports/gpio.ts';

type Level = 'high' | 'low';

/** What the program under test must do next: change an output, or run a whole train on it. */
export type GpioStep = { readonly set: string; readonly active: boolean } | { readonly pulse: string; readonly train: PulseTrain };

interface Line {
  level: Level;
  seqno: number;
  readonly watchers: Set<{ readonly onEdge: (edge: Edge) => void; readonly onLoss: (count: number) => void }>;
}

/**
 * Pins that expect to be driven exactly as the script says and refuse everything else. A `set` to the value an output
 * has already is no change and needs no step. `finish` fails on steps that never came, and on what failed meanwhile.
 */
export class ScriptedGpio implements Gpio {
  readonly #clock: Clock;
  readonly #script: GpioStep[];
  readonly #lines: ReadonlyMap<string, Line>;
  readonly #active: Map<string, boolean>;
  readonly #failures: unknown[] = [];
  readonly #running = new Set<() => void>();
  #open = false;
  #away = false;

  constructor(clock: Clock, inputs: Readonly<Record<string, Level>>, outputs: readonly string[], script: readonly GpioStep[]) {
    this.#clock = clock;
    this.#script = [...script];
    this.#lines = new Map(Object.entries(inputs).map(([name, level]) => [name, { level, seqno: 0, watchers: new Set() }]));
    this.#active = new Map(outputs.map((name) => [name, false]));
  }

  async open(): Promise<void> {
    this.#open = true;
  }

  faults(): readonly PinFault[] {
    if (!this.#open || !this.#away) return [];
    return [...this.#active.keys(), ...this.#lines.keys()].map((line) => ({ line, fault: away(line, 'gpio-chip-missing') }));
  }

  watch(line: string, onEdge: (edge: Edge) => void, onLoss: (count: number) => void): Cancel {
    const { watchers } = this.#line(line);
    const watcher = { onEdge, onLoss };
    watchers.add(watcher);
    return () => void watchers.delete(watcher);
  }

  async read(line: string): Promise<Level> {
    const { level } = this.#line(line);
    this.#requireOpen();
    if (this.#away) throw away(line, 'input-fault');
    return level;
  }

  async set(line: string, active: boolean): Promise<void> {
    this.#requireOutput(line);
    this.#requireOpen();
    if (this.#away) throw away(line, 'output-fault');
    if (this.#active.get(line) === active) return;
    this.#expect({ set: line, active });
    this.#active.set(line, active);
  }

  async pulse(line: string, train: PulseTrain): Promise<void> {
    this.#requireOutput(line);
    this.#requireOpen();
    if (this.#away) throw away(line, 'output-fault');
    this.#expect({ pulse: line, train });
    this.#active.set(line, true);
    await new Promise<void>((resolve) => {
      const over = () => {
        cancel();
        this.#running.delete(over);
        resolve();
      };
      const cancel = this.#clock.after(train.count * (train.pulseMs + train.gapMs), over);
      this.#running.add(over);
    });
    this.#active.set(line, false);
    this.#requireOpen();
    if (this.#away) throw away(line, 'output-fault');
  }

  async close(): Promise<void> {
    this.#open = false;
    for (const line of this.#active.keys()) this.#active.set(line, false);
    for (const over of [...this.#running]) over();
  }

  /** Takes all pins away, or brings them back. */
  away(away: boolean): void {
    if (away === this.#away) return;
    this.#away = away;
    for (const line of this.#active.keys()) this.#active.set(line, false);
    for (const over of [...this.#running]) over();
    for (const { watchers } of this.#lines.values()) for (const { onLoss } of [...watchers]) onLoss(0);
  }

  active(line: string): boolean {
    return this.#active.get(line) ?? false;
  }

  /** Changes an input, at the clock's time as the kernel would see it, or at the time given. */
  drive(line: string, level: Level, timestampNs = BigInt(Math.round(this.#clock.monotonicMs() * 1e6))): void {
    const input = this.#line(line);
    if (input.level === level) return;
    input.level = level;
    input.seqno += 1;
    for (const { onEdge } of [...input.watchers]) onEdge({ line, level, timestampNs, seqno: input.seqno });
  }

  /** Loses the next `count` edges of an input, and says so. */
  lose(line: string, count: number): void {
    const input = this.#line(line);
    input.seqno += count;
    if (count % 2 === 1) input.level = input.level === 'high' ? 'low' : 'high';
    for (const { onLoss } of [...input.watchers]) onLoss(count);
  }

  finish(): void {
    assert.deepEqual(this.#failures, [], 'calls the script does not have');
    assert.deepEqual(this.#script, [], 'steps that never came');
  }

  #expect(found: GpioStep): void {
    const expected = this.#script.shift();
    try {
      assert.deepEqual(found, expected);
    } catch (error) {
      this.#failures.push(error);
      throw error;
    }
  }

  #requireOpen(): void {
    if (!this.#open) throw new DeviceFault('The pins are not open', { code: 'gpio-closed' });
  }

  #requireOutput(line: string): void {
    if (!this.#active.has(line)) throw new DeviceFault('There is no output of that name', { code: 'output-unknown', found: line });
  }

  #line(line: string): Line {
    const input = this.#lines.get(line);
    if (!input) throw new DeviceFault('There is no input of that name', { code: 'input-unknown', found: line });
    return input;
  }
}

const away = (line: string, code: string) => new DeviceFault('The chip of the pin went away', { code, found: line });
