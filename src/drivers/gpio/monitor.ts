import type { Socket } from 'node:net';
import { excerpt } from '../../domain/card-data.ts';
import type { Cancel, Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { chipGone, pinFault, programFault } from './faults.ts';
import { FULL_BYTES, openFifo } from './fifo.ts';
import { FORMS, type Watched } from './forms.ts';
import type { Gpiod } from './gpiod.ts';
import type { InputLine } from './input-line.ts';
import type { Program } from './program.ts';
import { RowReader } from './row-reader.ts';
import { edgeOf } from './text.ts';

interface MonitorOptions {
  readonly gpiod: Gpiod;
  /** All inputs of one chip that idle at one level: gpiomon pulls all its lines the same way. */
  readonly watched: Watched;
  /** The inputs, in the order of the offsets. */
  readonly lines: readonly InputLine[];
  /** Whether the chip is still the one that was found. */
  readonly here: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

const AGAIN_MS = { first: 100, most: 5_000 } as const;
/** A gpiomon that has lived this long was no failure at its start. */
const GOOD_LIFE_MS = 10_000;

/**
 * One gpiomon, started again whenever it ends. All lines in one process and both edges of each: the kernel keeps 16 edges
 * a line for it together, and drops the oldest.
 *
 * The level before the first edge is read by gpioget directly before gpiomon starts; afterwards the kernel refuses it to
 * anybody else. A change in the few milliseconds between the two is told by the next edge, which then goes to the level
 * that was read: a loss.
 */
export class Monitor {
  readonly #o: MonitorOptions;
  #program: Program | null = null;
  #reader: Socket | null = null;
  #again: Cancel | null = null;
  #againMs: number = AGAIN_MS.first;
  #stopped = false;
  #garbage = 0;
  #logged = '';
  #starting: Promise<void> = Promise.resolve();

  constructor(options: MonitorOptions) {
    this.#o = options;
  }

  /** Resolves when every edge is told, or when it has failed once: it is tried again and again then, and `fault` of the lines says why. */
  async start(): Promise<void> {
    this.#starting = this.#try();
    await this.#starting;
  }

  /** @throws DeviceFault `gpio-busy`, `gpio-forbidden`, `gpio-failed`, `gpio-chip-missing` */
  async #begin(): Promise<void> {
    const { gpiod, watched, lines, clock, here } = this.#o;
    if (!here()) throw chipGone(watched.chip);
    const levels = await gpiod.levels(watched);
    const fifo = await openFifo(gpiod);
    if (this.#stopped) {
      fifo.drop();
      return;
    }
    const program = gpiod.start(FORMS[gpiod.generation].monitor(watched), { output: fifo.writer });
    const reader = fifo.take();
    this.#program = program;
    this.#reader = reader;
    for (const [i, line] of lines.entries()) line.found(levels[i] ?? watched.pull);
    const read = new Promise<void>((resolve) => reader.once('close', () => resolve()));
    const startedMs = clock.monotonicMs();
    const said = this.#listen(reader);
    try {
      if (!(await gpiod.ready(program, said, watched.chip, watched.offsets))) {
        throw programFault('gpiomon does not watch the inputs', (await program.gone) ?? 'it ended');
      }
    } catch (error) {
      await program.stop();
      throw error;
    }
    for (const line of lines) line.watched();
    // What it has written before it died is read before its death is told.
    void Promise.all([program.gone, read]).then(([why]) => this.#died(why ?? 'it ended', clock.monotonicMs() - startedMs));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#again?.();
    this.#again = null;
    await this.#program?.stop();
    this.#reader?.destroy();
    await this.#starting;
    await this.#program?.stop();
    this.#reader?.destroy();
    for (const line of this.#o.lines) line.forget(null);
  }

  /** Reads the edges; resolves when gpiomon says that it has its lines, where it does. */
  #listen(reader: Socket): Promise<void> {
    const said = Promise.withResolvers<void>();
    const rows = new RowReader();
    reader.setEncoding('latin1');
    reader.on('data', (chunk: string) => {
      if (chunk.length >= FULL_BYTES) this.#full();
      for (const row of rows.read(chunk)) {
        if (row.startsWith('Monitoring line')) said.resolve();
        else this.#row(row);
      }
    });
    reader.on('error', (error) => this.#o.log.warn('gpio.fifo-failed', { error }));
    return said.promise;
  }

  #row(row: string): void {
    const { gpiod, watched, lines } = this.#o;
    const edge = edgeOf(row, gpiod.generation);
    const line = edge && lines[watched.offsets.indexOf(edge.offset)];
    if (edge && line) {
      line.edge(edge.level, edge.timestampNs);
      return;
    }
    this.#garbage += 1;
    // At 1, 10, 100, …: a program that talks nonsense does not fill the log.
    if (Number.isInteger(Math.log10(this.#garbage))) {
      this.#o.log.warn('gpio.row-unknown', { chip: watched.chip, rows: this.#garbage, found: JSON.stringify(excerpt(row, 80)) });
    }
  }

  #full(): void {
    this.#o.log.error('gpio.edges-late', { chip: this.#o.watched.chip });
    for (const line of this.#o.lines) line.lost(0);
  }

  #died(why: string, livedMs: number): void {
    if (this.#stopped) return;
    const { log, lines, watched } = this.#o;
    log.error('gpio.monitor-died', { chip: watched.chip, found: why, livedMs: Math.round(livedMs) });
    const fault = programFault('gpiomon does not watch the inputs', why);
    for (const line of lines) {
      line.forget(fault);
      line.lost(0);
    }
    if (livedMs >= GOOD_LIFE_MS) this.#againMs = AGAIN_MS.first;
    this.#later();
  }

  #later(): void {
    const { clock } = this.#o;
    this.#again = clock.after(this.#againMs, () => {
      this.#starting = this.#try('again');
    });
    this.#againMs = Math.min(2 * this.#againMs, AGAIN_MS.most);
  }

  async #try(again?: 'again'): Promise<void> {
    const { log, lines, watched } = this.#o;
    try {
      await this.#begin();
      if (this.#stopped || again === undefined) return;
      this.#logged = '';
      log.info('gpio.monitor-again', { chip: watched.chip });
      // Nobody knows what happened meanwhile.
      for (const line of lines) line.lost(0);
    } catch (error) {
      if (this.#stopped) return;
      const fault = pinFault(error);
      for (const line of lines) line.forget(fault);
      if (fault.code !== this.#logged) log.error('gpio.monitor-failed', { chip: watched.chip, error: fault });
      this.#logged = fault.code;
      this.#later();
    }
  }
}
