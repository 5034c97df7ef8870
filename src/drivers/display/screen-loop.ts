import type { Fault } from '../../domain/fault.ts';
import type { Screen } from '../../domain/screen.ts';
import type { Cancel, Clock } from '../../ports/clock.ts';
import type { DisplayTarget, ShownPicture } from '../../ports/display.ts';
import type { Log } from '../../ports/log.ts';
import { faultOf } from './display-fault.ts';
import { nextChangeMs } from './next-change.ts';

/** What screens are drawn on: a device, or a file. */
export interface Canvas {
  /** For the log: `framebuffer fb0`. */
  readonly name: string;
  /** Whether a countdown is drawn as it goes on. */
  readonly counts: boolean;
  /** Whether others draw on it too (a console, a driver that takes over), so that all of it is drawn again from time to time. */
  readonly shared: boolean;
  /**
   * Shows a screen as it is at a time; does nothing where that very picture stands already, unless `afresh`. Resolves
   * with what can be touched. @throws Fault, also when the device is gone; the next call tries again
   */
  draw(screen: Screen, nowMonotonicMs: number, afresh: boolean): Promise<ShownPicture | null>;
  /** Lets the device go. */
  close(): Promise<void>;
}

export interface ScreenLoopOptions {
  readonly canvas: Canvas;
  readonly clock: Clock;
  readonly log: Log;
}

const RETRY_MS = 2_000;
const AFRESH_MS = 60_000;

/**
 * Keeps a canvas at the newest screen: one drawing at a time, and of the screens that came meanwhile only the last.
 * A canvas that fails is logged once for each kind of failure until it works again.
 */
export class ScreenLoop implements DisplayTarget {
  readonly #o: ScreenLoopOptions;
  #wanted: Screen | null = null;
  /** The screen the canvas shows, and what can be touched on it. */
  #drawn: { readonly screen: Screen; readonly picture: ShownPicture | null } | null = null;
  #running = false;
  #due = false;
  #busy = false;
  #drawing: Promise<void> = Promise.resolve();
  #cancelTimer: Cancel = () => {};
  #afreshAtMs = 0;
  #logged = '';

  constructor(options: ScreenLoopOptions) {
    this.#o = options;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#afreshAtMs = this.#o.clock.monotonicMs() + AFRESH_MS;
    if (this.#wanted) this.redraw();
  }

  show(screen: Screen): void {
    this.#wanted = screen;
    this.redraw();
  }

  picture(): ShownPicture | null {
    return this.#drawn?.screen === this.#wanted ? (this.#drawn?.picture ?? null) : null;
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#cancelTimer();
    await this.#drawing;
    this.#drawn = null;
    await this.#o.canvas.close().catch((error: unknown) => this.#o.log.warn('display.not-closed', { display: this.#o.canvas.name, error }));
  }

  /** Draws the newest screen again: another size, language or time. */
  redraw(): void {
    this.#due = true;
    if (!this.#running || this.#busy) return;
    this.#busy = true;
    this.#drawing = this.#drawAll();
  }

  async #drawAll(): Promise<void> {
    this.#cancelTimer();
    let waitMs: number | null = null;
    while (this.#due && this.#running && this.#wanted) {
      this.#due = false;
      waitMs = await this.#draw(this.#wanted);
    }
    this.#busy = false;
    if (waitMs !== null && this.#running) this.#cancelTimer = this.#o.clock.after(waitMs, () => this.redraw());
  }

  /** Draws a screen; resolves with how long it may stand, or null for as long as no other comes. */
  async #draw(screen: Screen): Promise<number | null> {
    const { canvas, clock, log } = this.#o;
    const nowMs = clock.monotonicMs();
    const afresh = canvas.shared && nowMs >= this.#afreshAtMs;
    try {
      const picture = await canvas.draw(screen, nowMs, afresh);
      this.#drawn = { screen, picture };
    } catch (error) {
      this.#drawn = null;
      this.#failed(faultOf(error));
      return RETRY_MS;
    }
    if (this.#logged !== '') log.info('display.works-again', { display: canvas.name });
    this.#logged = '';
    if (afresh) this.#afreshAtMs = nowMs + AFRESH_MS;
    const change = canvas.counts ? nextChangeMs(screen, nowMs) : null;
    const nextMs = Math.min(change === null ? Infinity : nowMs + change, canvas.shared ? this.#afreshAtMs : Infinity);
    return nextMs === Infinity ? null : Math.max(0, nextMs - clock.monotonicMs());
  }

  #failed(fault: Fault): void {
    const { canvas, log } = this.#o;
    if (this.#logged !== fault.code) log.warn('display.failed', { display: canvas.name, error: fault });
    this.#logged = fault.code;
  }
}
