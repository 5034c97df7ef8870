import type { Till } from '../domain/till/state.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { BoxState, Gateway } from '../ports/gateway.ts';
import type { Radio } from '../ports/radio.ts';

export interface HeartbeatOptions {
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly radio: Radio;
  /** Asked before every beat: it can be set from afar. */
  readonly everyMs: () => number;
  readonly healthy: () => boolean;
  readonly activity: () => BoxState['activity'];
}

/** Tells the backend at a steady pace that the box is there and how it is. Not queued: an old heartbeat is worth nothing. */
export class Heartbeat {
  readonly #o: HeartbeatOptions;
  readonly #startedMs: number;
  #cancelTimer: Cancel | null = null;
  #stopped = false;

  constructor(options: HeartbeatOptions) {
    this.#o = options;
    this.#startedMs = options.clock.monotonicMs();
  }

  start(): void {
    this.beat();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  /** Beats now, and the next time one interval later. */
  beat(): void {
    if (this.#stopped) return;
    const { gateway, clock, radio, everyMs, healthy, activity } = this.#o;
    gateway.publishState({
      status: healthy() ? 'normal' : 'error',
      activity: activity(),
      uptimeMinutes: Math.floor((clock.monotonicMs() - this.#startedMs) / 60_000),
      rssiDbm: radio.rssiDbm(),
    });
    this.#cancelTimer?.();
    this.#cancelTimer = clock.after(everyMs(), () => this.beat());
  }
}

/** What the box is busy with. */
export function activity({ sale }: Till, updating: boolean): BoxState['activity'] {
  if (sale) return sale.phase === 'paying' ? 'awaiting-payment' : 'delivering';
  return updating ? 'updating' : 'idle';
}
