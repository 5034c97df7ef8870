import type { KioskScreen } from '../domain/kiosk.ts';
import type { Screen } from '../domain/screen.ts';
import type { Cancel, Clock } from '../ports/clock.ts';

/** A screen of the backend's, or one of the box's own. */
export type OnStage = KioskScreen | Screen;

export interface KioskStageOptions {
  readonly clock: Clock;
  /** Least time a result is seen, and longest time without a connection before the box is out of service; milliseconds. */
  readonly resultMs: number;
  readonly graceMs: number;
  readonly changed: () => void;
}

const RESULTS: ReadonlySet<string> = new Set(['success', 'failed', 'limit-error', 'thank-you', 'device-error']);
const NO_CONNECTION: Screen = { kind: 'out-of-service', reasons: ['backend'] };

/** Which screen of the backend's is seen: a result long enough to be read, and none once the connection has been away too long. */
export class KioskStage {
  readonly #o: KioskStageOptions;
  #on: OnStage = { kind: 'starting' };
  /** What waits for a result to have been seen: only the newest. */
  #next: OnStage | null = null;
  #cancelHold: Cancel | null = null;
  #cancelGrace: Cancel | null = null;
  #lost = false;

  constructor(options: KioskStageOptions) {
    this.#o = options;
  }

  /** The time without a connection begins. */
  start(): void {
    this.disconnected();
  }

  stop(): void {
    this.#cancelHold?.();
    this.#cancelGrace?.();
  }

  on(): OnStage {
    return this.#lost ? NO_CONNECTION : this.#on;
  }

  /** Shows what the backend wants, or keeps it until the result before has been seen; either way the connection is good for something. */
  show(next: OnStage): void {
    this.#cancelGrace?.();
    this.#cancelGrace = null;
    if (this.#lost) {
      this.#cancelHold?.();
      this.#cancelHold = null;
      this.#lost = false;
    }
    this.tell(next);
  }

  /** As `show`, of the box's own accord: that says nothing of the connection. */
  tell(next: OnStage): void {
    if (this.#cancelHold) {
      this.#next = next;
      return;
    }
    this.#on = next;
    this.#next = null;
    if (RESULTS.has('kind' in next ? next.kind : next.screen)) this.#hold();
    this.#o.changed();
  }

  disconnected(): void {
    if (this.#cancelGrace || this.#lost) return;
    this.#cancelGrace = this.#o.clock.after(this.#o.graceMs, () => {
      this.#cancelGrace = null;
      this.#lost = true;
      this.#o.changed();
    });
  }

  #hold(): void {
    this.#cancelHold = this.#o.clock.after(this.#o.resultMs, () => {
      this.#cancelHold = null;
      if (this.#next) this.tell(this.#next);
    });
  }
}
