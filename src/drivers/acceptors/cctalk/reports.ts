import type { DeviceFault } from '../../../domain/fault.ts';
import type { AcceptorEvent } from '../../../ports/acceptor.ts';
import type { Clock } from '../../../ports/clock.ts';
import { ActiveFaults } from '../active-faults.ts';

/** Good readings after which what the device does not report again is over: ten seconds. */
const QUIET_READS = 90;
const LOST_OVER_MS = 60_000;

/** What is wrong with a ccTalk acceptor and with the way to it: each said once when it begins and once when it is over. */
export class Reports {
  readonly #faults: ActiveFaults;
  /** Faults that the device has reported, by the good readings that are still to come without them. */
  readonly #reported = new Map<string, number>();

  constructor(clock: Clock, say: (event: AcceptorEvent) => void) {
    this.#faults = new ActiveFaults(clock, say);
  }

  get away(): boolean {
    return this.#faults.away;
  }

  wentAway(fault: DeviceFault): void {
    this.#faults.wentAway(fault);
  }

  back(): void {
    this.#faults.back();
  }

  raise(code: string, detail: string): void {
    this.#faults.raise(code, detail);
  }

  clear(code: string): void {
    this.#reported.delete(code);
    this.#faults.clear(code);
  }

  /** The device says so. `ends`: it says too when it is over, or it is over once it has been read a good while without it. */
  reported(code: string, detail: string, ends: 'told' | 'quiet'): void {
    this.#reported.set(code, ends === 'quiet' ? QUIET_READS : Number.POSITIVE_INFINITY);
    this.#faults.raise(code, detail);
  }

  /** The device was read. */
  read(): void {
    for (const [code, left] of this.#reported) {
      if (left <= 1) this.clear(code);
      else this.#reported.set(code, left - 1);
    }
  }

  /** The device was switched off and on: what is still wrong it will say again. */
  restarted(): void {
    for (const code of [...this.#reported.keys()]) this.clear(code);
  }

  lost(count: number): void {
    this.#faults.raise('events-lost', `${count} events of the acceptor were not read in time`, LOST_OVER_MS);
  }

  /** Forgets them all without a word. */
  stop(): void {
    this.#faults.stop();
    this.#reported.clear();
  }
}
