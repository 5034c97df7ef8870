import { ABS, BTN_TOUCH, EV, type InputEvent, SYN } from './input-events.ts';

/** Where a finger came down, in the panel's own units. */
export interface RawPoint {
  readonly x: number;
  readonly y: number;
}

/** Slots a panel may have; none has so many. */
const SLOTS_MOST = 32;

interface Slot {
  x: number | null;
  y: number | null;
  down: boolean;
}

/**
 * Turns input events into fingers that come down (Linux's multi-touch protocol, type B, or a panel with a single
 * contact). Only one finger at a time counts: another one while it is down is a hand that leans on the glass.
 */
export class Touches {
  readonly #slots = new Map<number, Slot>();
  #slot = 0;
  /** The panel numbers its contacts: then BTN_TOUCH says nothing that they do not. */
  #numbered = false;
  readonly #single: Slot = { x: null, y: null, down: false };
  /** A finger of this report that came down on an empty panel. */
  #landed: Slot | null = null;
  /** Events were lost: nothing counts until the next report. */
  #dropped = false;

  /** The finger that came down with this event, which is the last of its report, or null. */
  take({ type, code, value }: InputEvent): RawPoint | null {
    if (type === EV.SYN && code === SYN.DROPPED) this.#forget();
    if (type === EV.SYN && code === SYN.REPORT) return this.#report();
    if (this.#dropped) return null;
    if (type === EV.ABS) this.#move(code, value);
    if (type === EV.KEY && code === BTN_TOUCH && !this.#numbered) this.#press(this.#single, value !== 0);
    return null;
  }

  #move(code: number, value: number): void {
    const slot = this.#current();
    if (code === ABS.MT_SLOT) this.#slot = Math.min(Math.max(0, value), SLOTS_MOST);
    else if (code === ABS.MT_POSITION_X) slot.x = value;
    else if (code === ABS.MT_POSITION_Y) slot.y = value;
    else if (code === ABS.X) this.#single.x = value;
    else if (code === ABS.Y) this.#single.y = value;
    else if (code === ABS.MT_TRACKING_ID) {
      this.#numbered = true;
      this.#press(this.#single, false);
      // A new number is a new finger, even where the old one was not said to be gone.
      this.#press(slot, false);
      if (value >= 0) this.#press(slot, true);
    }
  }

  #current(): Slot {
    const slot = this.#slots.get(this.#slot) ?? { x: null, y: null, down: false };
    this.#slots.set(this.#slot, slot);
    return slot;
  }

  #press(slot: Slot, down: boolean): void {
    const first = down && ![this.#single, ...this.#slots.values()].some((one) => one.down);
    slot.down = down;
    if (first) this.#landed = slot;
    else if (slot === this.#landed) this.#landed = null;
  }

  #report(): RawPoint | null {
    const landed = this.#landed;
    this.#landed = null;
    if (this.#dropped) {
      this.#dropped = false;
      return null;
    }
    // A coordinate that is the same as the last one is not sent again, so the slot still has it.
    const { x, y } = landed === this.#single ? this.#singlePoint() : (landed ?? { x: null, y: null });
    return x === null || y === null ? null : { x, y };
  }

  /** A panel of one contact may still tell its place in the words of many. */
  #singlePoint(): { x: number | null; y: number | null } {
    const { x, y } = this.#current();
    return { x: this.#single.x ?? x, y: this.#single.y ?? y };
  }

  #forget(): void {
    this.#dropped = true;
    this.#landed = null;
    this.#single.down = false;
    for (const slot of this.#slots.values()) slot.down = false;
  }
}
