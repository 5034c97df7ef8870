import type { Screen } from '../domain/screen.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Gpio } from '../ports/gpio.ts';
import type { Log } from '../ports/log.ts';
import type { Speaker } from '../ports/speaker.ts';

export interface ExhibitOptions {
  readonly speaker: Speaker;
  readonly gpio: Gpio;
  readonly clock: Clock;
  readonly log: Log;
  readonly serial: string;
  /** Output of a lamp on the board, or null. */
  readonly lamp: string | null;
  readonly changed: () => void;
}

const IDENTIFY_MS = 10_000;
const BLINK = { count: 10, pulseMs: 500, gapMs: 500 };

/** What is shown at the backend's wish while nobody is buying anything: which box this is, or a QR that is not of a sale. */
export class Exhibit {
  readonly #o: ExhibitOptions;
  #screen: Screen | null = null;
  #cancelTimer: Cancel | null = null;

  constructor(options: ExhibitOptions) {
    this.#o = options;
  }

  screen(): Screen | null {
    return this.#screen;
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  /** Blinks and beeps for some seconds, so that a person finds the box among others. Resolves when it beeped. */
  async identify(): Promise<void> {
    const { speaker, gpio, lamp, log, serial } = this.#o;
    this.#show({ kind: 'identify', serial }, IDENTIFY_MS);
    if (lamp !== null) gpio.pulse(lamp, BLINK).catch((error: unknown) => log.warn('lamp.failed', { lamp, error }));
    await speaker.beep();
  }

  /** Shows a QR that was checked before, milliseconds long; a newer one takes its place. */
  showQr(qr: string, forMs: number): void {
    const { clock } = this.#o;
    this.#show({ kind: 'show-qr', qr, expiresAtMonotonicMs: clock.monotonicMs() + forMs }, forMs);
  }

  #show(screen: Screen, forMs: number): void {
    const { clock, changed } = this.#o;
    this.#cancelTimer?.();
    this.#screen = screen;
    this.#cancelTimer = clock.after(forMs, () => {
      this.#screen = null;
      changed();
    });
    changed();
  }
}
