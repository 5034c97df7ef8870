import type { DeviceFault } from '../../../domain/fault.ts';
import type { AcceptorEvent } from '../../../ports/acceptor.ts';
import type { Clock } from '../../../ports/clock.ts';
import { ActiveFaults } from '../active-faults.ts';

/** Rejections within a second that no customer, contact or plug makes: a wrong speed, or a cable beside a motor. */
const STORM = 40;
const SECOND_MS = 1_000;
const STORM_OVER_MS = 10_000;
/** Wrong answers in a row about what it was told, enable or disable. */
const DISOBEDIENT_AFTER = 3;

/** What is wrong with a bill acceptor and with the way to it. */
export class Troubles {
  readonly #clock: Clock;
  readonly #say: (event: AcceptorEvent) => void;
  readonly #faults: ActiveFaults;
  /** Errors that the device has reported. */
  readonly #reported = new Set<string>();
  #disobedient = 0;
  #secondMs = Number.NEGATIVE_INFINITY;
  #rejections = 0;

  constructor(clock: Clock, say: (event: AcceptorEvent) => void) {
    this.#clock = clock;
    this.#say = say;
    this.#faults = new ActiveFaults(clock, say);
  }

  get away(): boolean {
    return this.#faults.away;
  }

  wentAway(fault: DeviceFault): void {
    this.#faults.wentAway(fault);
  }

  answered(): void {
    this.#faults.back();
  }

  reported(code: string, detail: string): void {
    this.#reported.add(code);
    this.#faults.raise(code, detail);
  }

  /** The device says that it is well. */
  well(): void {
    for (const code of this.#reported) this.#faults.clear(code);
    this.#reported.clear();
  }

  /** Whether the device is as it was told to be. */
  obeyed(told: 'enable' | 'disable', yes: boolean): void {
    this.#disobedient = yes ? 0 : this.#disobedient + 1;
    if (yes) this.#faults.clear('inhibit-failed');
    else if (this.#disobedient >= DISOBEDIENT_AFTER) {
      this.#faults.raise('inhibit-failed', `the bill acceptor was told to ${told}, and says that it is not ${told}d`);
    }
  }

  /** What was not kept, such as a byte that means nothing; in a storm the fault stands for them all. */
  rejected(reason: string): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#secondMs >= SECOND_MS) {
      this.#secondMs = now;
      this.#rejections = 0;
    }
    if (++this.#rejections < STORM) this.#say({ kind: 'rejected', reason });
    else this.#faults.raise('line-noise', `many times a second: ${reason}`, STORM_OVER_MS);
  }

  /** Forgets them all without a word. */
  stop(): void {
    this.#faults.stop();
    this.#reported.clear();
    this.#disobedient = 0;
  }
}
