import type { DeviceFault } from '../../domain/fault.ts';
import type { AcceptorEvent } from '../../ports/acceptor.ts';
import type { Cancel, Clock } from '../../ports/clock.ts';

interface Active {
  quietAtMs: number;
  timer: Cancel;
}

/** The faults an acceptor has now: each is said once when it begins and once when it is over. */
export class ActiveFaults {
  readonly #clock: Clock;
  readonly #say: (event: AcceptorEvent) => void;
  readonly #active = new Map<string, Active>();
  /** Why the device cannot be reached: one reason at a time. */
  #away: string | null = null;

  constructor(clock: Clock, say: (event: AcceptorEvent) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  get away(): boolean {
    return this.#away !== null;
  }

  /** The device cannot be reached. */
  wentAway({ code, message, found }: DeviceFault): void {
    const before = this.#away;
    if (before === code) return;
    this.#away = code;
    this.raise(code, found === undefined ? message : `${message}: ${found}`);
    if (before !== null) this.clear(before);
  }

  /** The device answers. */
  back(): void {
    const code = this.#away;
    this.#away = null;
    if (code !== null) this.clear(code);
  }

  has(code: string): boolean {
    return this.#active.has(code);
  }

  /** With `clearAfterMs` the fault is over by itself once it was not raised again for so long; `onClear` then runs. */
  raise(code: string, detail: string, clearAfterMs?: number, onClear?: () => void): void {
    const now = this.#clock.monotonicMs();
    const known = this.#active.get(code);
    if (known) {
      known.quietAtMs = now + (clearAfterMs ?? 0);
      return;
    }
    const active: Active = { quietAtMs: now + (clearAfterMs ?? 0), timer: () => undefined };
    this.#active.set(code, active);
    const check = () => {
      const left = active.quietAtMs - this.#clock.monotonicMs();
      if (left > 0) {
        active.timer = this.#clock.after(left, check);
        return;
      }
      this.clear(code);
      onClear?.();
    };
    if (clearAfterMs !== undefined) active.timer = this.#clock.after(clearAfterMs, check);
    this.#say({ kind: 'fault', code, detail });
  }

  clear(code: string): void {
    const active = this.#active.get(code);
    if (!active) return;
    active.timer();
    this.#active.delete(code);
    this.#say({ kind: 'cleared', code });
  }

  /** Forgets them all without a word. */
  stop(): void {
    for (const { timer } of this.#active.values()) timer();
    this.#active.clear();
    this.#away = null;
  }
}
