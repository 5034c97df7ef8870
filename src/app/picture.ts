import type { Recorded } from '../domain/journal.ts';
import type { Money } from '../domain/money.ts';
import type { Product } from '../domain/policy.ts';
import type { Readiness } from '../domain/readiness.ts';
import type { Screen } from '../domain/screen.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Display } from '../ports/display.ts';
import type { PairingView } from './box.ts';
import { present, resultOf } from './present.ts';
import type { TillService } from './till.ts';

export interface PictureOptions {
  readonly till: TillService;
  readonly clock: Clock;
  readonly display: Display;
  readonly products: readonly Product[];
  readonly resultMs: number;
  readonly ready: () => Readiness;
  readonly pairing: () => PairingView;
  readonly typed: () => Money | null;
  readonly shownUntilMs: (charge: string) => number;
  readonly acceptors: boolean;
  readonly cards: boolean;
  readonly card: () => { readonly untilMs: number | null } | null;
  readonly topUp: () => { readonly offered: boolean; readonly screen: Screen | null };
  readonly notice: () => Screen | null;
  readonly kiosk: () => Screen | null;
}

/** Keeps the display at what the journal, the pairing and the health of the box say. */
export class Picture {
  readonly #o: PictureOptions;
  readonly #listeners = new Set<(screen: Screen) => void>();
  #screen: Screen = { kind: 'starting' };
  #shown = '';
  #result: Screen | null = null;
  #dueMinor = 0;
  #cancelResult: Cancel | null = null;
  #cancelExpiry: Cancel | null = null;
  #stopped = false;

  constructor(options: PictureOptions) {
    this.#o = options;
  }

  start(): void {
    this.#o.till.onCommitted((entries) => this.#follow(entries));
    this.refresh();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelResult?.();
    this.#cancelExpiry?.();
    this.#listeners.clear();
  }

  screen(): Screen {
    return this.#screen;
  }

  onScreen(listener: (screen: Screen) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Shows the same screen again, for something else about it has changed: its language. */
  redraw(): void {
    this.#shown = '';
    this.refresh();
  }

  /** Works the screen out anew and shows it if it is another one. */
  refresh(): void {
    if (this.#stopped) return;
    const { till, clock, display, products, ready, pairing, typed, shownUntilMs, acceptors, cards, card, topUp, notice, kiosk } = this.#o;
    const { offered: topUpOffered, screen: topUpScreen } = topUp();
    const nowMs = clock.monotonicMs();
    const screen = present({
      till: till.state,
      ready: ready(),
      pairing: pairing(),
      products,
      typed: typed(),
      result: this.#result,
      nowMs,
      shownUntilMs,
      acceptors,
      cards,
      card: card(),
      topUpOffered,
      topUp: topUpScreen,
      notice: notice(),
      kiosk: kiosk(),
    });
    this.#cancelExpiry?.();
    // The QR leaves the screen at its time, whatever the network does.
    if (screen.kind === 'qr') this.#cancelExpiry = clock.after(screen.expiresAtMonotonicMs - nowMs, () => this.refresh());
    const shown = JSON.stringify(screen);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#screen = screen;
    display.show(screen);
    for (const listener of this.#listeners) listener(screen);
  }

  #follow(entries: readonly Recorded[]): void {
    for (const { entry } of entries) if (entry.kind === 'sale.settled') this.#dueMinor = entry.dueMinor;
    const result = resultOf(entries, this.#o.till.state, this.#dueMinor);
    if (result && !this.#stopped) {
      this.#result = result;
      this.#cancelResult?.();
      this.#cancelResult = this.#o.clock.after(this.#o.resultMs, () => {
        this.#result = null;
        this.refresh();
      });
    }
    this.refresh();
  }
}
