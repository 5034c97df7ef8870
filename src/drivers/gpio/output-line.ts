import type { OutputPin } from '../../domain/board.ts';
import type { Fault } from '../../domain/fault.ts';
import { notDrivable, notOpen } from '../../domain/line-faults.ts';
import type { Cancel, Clock } from '../../ports/clock.ts';
import type { PulseTrain } from '../../ports/gpio.ts';
import type { Log } from '../../ports/log.ts';
import { chipGone, programFault } from './faults.ts';
import { type Address, FORMS } from './forms.ts';
import { type Gpiod, READY_MS } from './gpiod.ts';
import { guard } from './guard.ts';
import type { Program } from './program.ts';
import type { Generation, Level } from './text.ts';

interface OutputOptions {
  readonly name: string;
  readonly pin: OutputPin;
  readonly at: Address;
  readonly gpiod: Gpiod;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the chip is still the one that was found. */
  readonly here: () => boolean;
}

/** A program that was killed may hold its line for a moment yet. */
const BUSY = { tries: 20, everyMs: 25 } as const;
const AGAIN_MS = { first: 1_000, most: 10_000 } as const;
/** One command line takes no more than 128 KiB. */
const TRAIN_MOST = 2_000;
/** Nor is one gpioset waited for much longer: a timer waits 24 days at most. */
const TRAIN_MOST_MS = 6 * 3_600_000;
/** libgpiod 2.0 takes no longer period: it counts microseconds in 31 bits, 35.8 minutes. */
const PERIOD_MOST_MS = 2_147_000;

/**
 * One output. While it is open exactly one gpioset holds it, at the level it has now: a line that nobody holds is up to
 * the kernel (Debian's makes an input of it again, Raspberry Pi OS leaves it as it was driven last). The next one starts
 * when the last is gone. Whatever is asked is done in the order it was asked.
 */
export class OutputLine {
  readonly #o: OutputOptions;
  #program: Program | null = null;
  #guard: Program | null = null;
  /** Why the last guard died; undefined while none has. */
  #unguarded: string | null | undefined = undefined;
  #fault: Fault | null = null;
  #againMs: number = AGAIN_MS.first;
  /** The next try to drive it inactive: one, however often that has failed. */
  #again: Cancel = () => undefined;
  #active = false;
  /** Whether it was ever its own. */
  #held = false;
  #open = true;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #waits = new Set<() => void>();

  constructor(options: OutputOptions) {
    this.#o = options;
  }

  /** Why it is not held, null while it is: `gpio-busy`, `gpio-forbidden`, `gpio-chip-missing`, `gpio-failed`. */
  get fault(): Fault | null {
    return this.#fault;
  }

  /** Drives it inactive. Resolves also when that failed: it is tried again and again then, and `fault` says why. */
  async start(): Promise<void> {
    this.#watchOver();
    await this.#next(() => this.#rest());
  }

  /** @throws DeviceFault `output-fault` (it is inactive then), `gpio-closed` */
  set(active: boolean): Promise<void> {
    return this.#next(async () => {
      this.#requireOpen();
      if (active === this.#active && this.#program?.ended === false) return;
      const why = await this.#hold(active);
      if (why === null) return;
      this.#requireOpen();
      await this.#rest();
      throw notDrivable(this.#o.name, why);
    });
  }

  /** @throws DeviceFault `output-fault` (it is inactive then), `gpio-closed` */
  pulse({ count, pulseMs, gapMs }: PulseTrain): Promise<void> {
    const { name, clock, gpiod } = this.#o;
    return this.#next(async () => {
      const most = partMost(pulseMs, gapMs);
      for (let left = count; left > 0; left -= most) {
        this.#requireOpen();
        const train = { count: Math.min(left, most), pulseMs, gapMs };
        const why = await this.#part(train, gpiod.generation);
        const endMs = clock.monotonicMs();
        this.#requireOpen();
        await this.#rest();
        if (why !== null) throw notDrivable(name, why);
        await this.#wait(endMs + gapMs - clock.monotonicMs());
      }
      this.#requireOpen();
    });
  }

  /** Gives up what is under way, drives it inactive and lets it go. @throws DeviceFault `output-fault` when it cannot be driven */
  async stop(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    for (const wake of [...this.#waits]) wake();
    await this.#letGo();
    await this.#queue;
    await this.#letGo();
    // Driven once more and let go: so it is off where the kernel keeps what was driven last.
    const why = this.#held ? await this.#drop() : null;
    this.#guard?.dismiss();
    await this.#guard?.gone;
    if (why !== null) throw notDrivable(this.#o.name, why);
  }

  /** There is a guard as long as it is open: one that died is followed by another. */
  #watchOver(): void {
    const { gpiod, at, log, name } = this.#o;
    const guarding = guard(gpiod, FORMS[gpiod.generation].drop(at, this.#level(false)));
    this.#guard = guarding;
    void guarding.gone.then((why) => {
      if (!this.#open) return;
      // Said once for each reason: where no guard can be started, every second brings another that died.
      if (why !== this.#unguarded) log.warn('gpio.guard-died', { output: name, found: why });
      this.#unguarded = why;
      this.#later(AGAIN_MS.first, () => this.#watchOver());
    });
  }

  /** Unless it is stopped before. */
  #later(ms: number, act: () => void): Cancel {
    const cancel = this.#o.clock.after(ms, () => {
      this.#waits.delete(cancel);
      act();
    });
    this.#waits.add(cancel);
    return () => {
      this.#waits.delete(cancel);
      cancel();
    };
  }

  /** What is asked next begins when everything before it is over, well or not. */
  #next<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(act);
    this.#queue = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** Holds it at a level; says why not, or null. */
  #hold(active: boolean): Promise<string | null> {
    const { gpiod, at } = this.#o;
    return this.#whileBusy(async () => {
      const not = await this.#free();
      if (not !== null) return not;
      const program = gpiod.start(FORMS[gpiod.generation].hold(at, this.#level(active)));
      this.#program = program;
      const said = new Promise<void>((resolve) => program.stdout?.once('data', () => resolve()));
      const ready = await gpiod.ready(program, said, at.chip, [at.offset]).catch((error: Error) => error.message);
      if (ready !== true) {
        await this.#letGo();
        return ready === false ? ((await program.gone) ?? 'gpioset ended') : ready;
      }
      this.#held = true;
      this.#active = active;
      this.#fault = null;
      this.#againMs = AGAIN_MS.first;
      void program.gone.then((why) => this.#lost(program, why));
      return null;
    });
  }

  /** Pulses up to the end of the last; says why not, or null. */
  #part(train: PulseTrain, generation: Generation): Promise<string | null> {
    // 1.6 takes the line anew for each pulse, so that some may have been given already when it is busy.
    if (generation === 1) return this.#train(train);
    if (train.pulseMs > PERIOD_MOST_MS) return this.#longPulse(train.pulseMs);
    // 2 takes its line once, before the first pulse.
    return this.#whileBusy(() => this.#train(train));
  }

  /** Longer than gpioset can count: so long a pulse may end some milliseconds late, when tilld is busy. */
  async #longPulse(pulseMs: number): Promise<string | null> {
    const why = await this.#hold(true);
    const program = this.#program;
    if (why !== null || !program) return why ?? 'gpioset ended';
    await this.#wait(pulseMs, program.gone);
    return program.ended ? ((await program.gone) ?? 'gpioset ended') : null;
  }

  /** Runs pulses up to the end of the last; says why not, or null. */
  async #train(train: PulseTrain): Promise<string | null> {
    const { gpiod, at, clock } = this.#o;
    const not = await this.#free();
    if (not !== null) return not;
    const program = gpiod.start(FORMS[gpiod.generation].train(at, this.#level(true), train));
    this.#program = program;
    this.#active = true;
    let late = '';
    const cancel = clock.after(train.count * (train.pulseMs + train.gapMs) * 1.5 + READY_MS, () => {
      late = 'gpioset takes too long';
      void program.stop();
    });
    const why = await program.gone;
    cancel();
    this.#active = false;
    return late || why;
  }

  /** A gpioset that held the line ended by itself: nobody drives it now. */
  #lost(program: Program, why: string | null): void {
    if (this.#program !== program) return;
    this.#program = null;
    const { log, name } = this.#o;
    log.error('gpio.output-lost', { output: name, active: this.#active, found: why ?? 'gpioset ended' });
    this.#active = false;
    void this.#next(() => this.#rest());
  }

  /** Inactive, whatever happened; tried again and again where it cannot be driven. */
  async #rest(): Promise<void> {
    const { log, name, at, here } = this.#o;
    const why = await this.#hold(false);
    if (why === null || !this.#open) return;
    const fault = here() ? programFault(`Output ${name} cannot be driven`, why) : chipGone(at.chip);
    if (fault.found !== this.#fault?.found) log.error('gpio.output-not-inactive', { output: name, error: fault });
    this.#fault = fault;
    this.#again();
    this.#again = this.#later(this.#againMs, () => {
      if (this.#program === null) void this.#next(() => this.#rest());
    });
    this.#againMs = Math.min(2 * this.#againMs, AGAIN_MS.most);
  }

  /** Lets go of the line, for another program to take it; says why none may, or null. */
  async #free(): Promise<string | null> {
    await this.#letGo();
    if (!this.#open) return 'the pins were closed';
    // The same number on another chip is another pin.
    return this.#o.here() ? null : 'its chip went away';
  }

  /** A chip that went away has nothing to let go of. */
  async #drop(): Promise<string | null> {
    const { gpiod, at, here } = this.#o;
    if (!here()) return null;
    const argv = FORMS[gpiod.generation].drop(at, this.#level(false));
    return this.#whileBusy(() => gpiod.start(argv).gone);
  }

  async #whileBusy(act: () => Promise<string | null>): Promise<string | null> {
    for (let tries = 1; ; tries++) {
      const why = await act();
      if (!why?.includes('resource busy') || tries >= BUSY.tries) return why;
      await this.#wait(BUSY.everyMs);
    }
  }

  async #letGo(): Promise<void> {
    const program = this.#program;
    this.#program = null;
    await program?.stop();
  }

  /** `until`: what ends it before. */
  #wait(ms: number, until?: Promise<unknown>): Promise<void> {
    if (ms <= 0 || !this.#open) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#waits.delete(wake);
        resolve();
      };
      const cancel = this.#o.clock.after(ms, wake);
      this.#waits.add(wake);
      void until?.then(wake);
    });
  }

  #level(active: boolean): Level {
    if (active) return this.#o.pin.active;
    return this.#o.pin.active === 'high' ? 'low' : 'high';
  }

  #requireOpen(): void {
    if (!this.#o.here()) throw notDrivable(this.#o.name, 'its chip went away');
    if (!this.#open) throw notOpen();
  }
}

/** How many pulses are given by one gpioset. */
function partMost(pulseMs: number, gapMs: number): number {
  if (pulseMs > PERIOD_MOST_MS || gapMs > PERIOD_MOST_MS) return 1;
  return Math.min(TRAIN_MOST, Math.max(1, Math.floor(TRAIN_MOST_MS / (pulseMs + gapMs))));
}
