import type { OutputPin } from '../../domain/board.ts';
import { notDrivable, notOpen } from '../../domain/line-faults.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PulseTrain } from '../../ports/gpio.ts';
import type { Log } from '../../ports/log.ts';
import { programFault } from './faults.ts';
import { type Address, FORMS } from './forms.ts';
import { type Gpiod, READY_MS } from './gpiod.ts';
import { guard } from './guard.ts';
import type { Program } from './program.ts';
import type { Level } from './text.ts';

interface OutputOptions {
  readonly name: string;
  readonly pin: OutputPin;
  readonly at: Address;
  readonly gpiod: Gpiod;
  readonly clock: Clock;
  readonly log: Log;
}

/** A program that was killed may hold its line for a moment yet. */
const BUSY = { tries: 20, everyMs: 25 } as const;
const AGAIN_MS = 1_000;
/** One command line takes no more than 128 KiB. */
const TRAIN_MOST = 2_000;

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
  #active = false;
  /** Whether it was ever its own. */
  #held = false;
  #open = true;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #waits = new Set<() => void>();

  constructor(options: OutputOptions) {
    this.#o = options;
  }

  /** Drives it inactive. @throws DeviceFault `gpio-busy`, `gpio-forbidden`, `gpio-failed` */
  async start(): Promise<void> {
    this.#watchOver();
    const why = await this.#next(() => this.#hold(false));
    if (why !== null) throw programFault(`Output ${this.#o.name} cannot be driven`, why);
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
      for (let left = count; left > 0; left -= TRAIN_MOST) {
        this.#requireOpen();
        const train = { count: Math.min(left, TRAIN_MOST), pulseMs, gapMs };
        // 2 takes its line once, before the first pulse; 1.6 takes it anew for each, so that some may have been given already.
        const why = await (gpiod.generation === 2 ? this.#whileBusy(() => this.#train(train)) : this.#train(train));
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
      this.#later(() => this.#watchOver());
    });
  }

  /** In a second, unless it is stopped before. */
  #later(act: () => void): void {
    const cancel = this.#o.clock.after(AGAIN_MS, () => {
      this.#waits.delete(cancel);
      act();
    });
    this.#waits.add(cancel);
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
      await this.#letGo();
      if (!this.#open) return 'the pins were closed';
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
      void program.gone.then((why) => this.#lost(program, why));
      return null;
    });
  }

  /** Runs pulses up to the end of the last; says why not, or null. */
  async #train(train: PulseTrain): Promise<string | null> {
    const { gpiod, at, clock } = this.#o;
    await this.#letGo();
    if (!this.#open) return 'the pins were closed';
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
    const { log, name } = this.#o;
    const why = await this.#hold(false);
    if (why === null || !this.#open) return;
    log.error('gpio.output-not-inactive', { output: name, error: notDrivable(name, why) });
    this.#later(() => {
      if (this.#program === null) void this.#next(() => this.#rest());
    });
  }

  #drop(): Promise<string | null> {
    const { gpiod, at } = this.#o;
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

  #wait(ms: number): Promise<void> {
    if (ms <= 0 || !this.#open) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#waits.delete(wake);
        resolve();
      };
      const cancel = this.#o.clock.after(ms, wake);
      this.#waits.add(wake);
    });
  }

  #level(active: boolean): Level {
    if (active) return this.#o.pin.active;
    return this.#o.pin.active === 'high' ? 'low' : 'high';
  }

  #requireOpen(): void {
    if (!this.#open) throw notOpen();
  }
}
