import assert from 'node:assert/strict';
import type { Cancel, Clock } from '../ports/clock.ts';

/** What a host tells the device; polls are not orders. `accept` is the byte that ends a power-up and stacks a note. */
export type IctOrder = keyof typeof ORDERS;
const ORDERS = { accept: 0x02, giveBack: 0x0f, hold: 0x18, reset: 0x30, enable: 0x3e, disable: 0x5e } as const;
const STATUS = 0x0c;
/** A note nobody decides about is given back, ms. */
const PATIENCE_MS = 5_000;

/**
 * A bill acceptor as the ICT protocol describes it, that expects to be told exactly what the script says. `finish` fails
 * on orders that never came, that were not expected, and on a power-up nobody answered within 2 s.
 */
export class ScriptedIctDevice {
  /** Where its bytes go. */
  say: (bytes: Uint8Array) => void = () => undefined;
  /** Switched off, or its wire is cut: it neither hears nor speaks. */
  dead = false;
  /** What it does with a note that it is told about: `lose` does it without a word, `ignore` does nothing. */
  manner: 'well' | 'lose' | 'ignore' = 'well';
  /** What it answers to a poll instead of its state. */
  answer: number | null = null;
  /** How long it takes to stack a note or give it back, ms. */
  moveMs = 50;
  inhibited = true;
  /** The channel of the note in escrow. */
  held: number | null = null;
  /** Values of the notes in its stacker and in the customer's hand again, by channel. */
  readonly stacked: number[] = [];
  readonly returned: number[] = [];
  polls = 0;
  readonly #clock: Clock;
  readonly #script: IctOrder[] | null;
  readonly #failures: string[] = [];
  #moving: Cancel | null = null;
  #patience: Cancel | null = null;
  #powerUp: Cancel | null = null;

  /** `script`: null where every order is as good as another, and only what it does counts. */
  constructor(clock: Clock, script: readonly IctOrder[] | null) {
    this.#clock = clock;
    this.#script = script && [...script];
  }

  /** Whether the note in escrow is on its way, as it was told. */
  get moving(): boolean {
    return this.#moving !== null;
  }

  /** The orders that come next, after those that are still expected. */
  expect(...orders: readonly IctOrder[]): void {
    this.#script?.push(...orders);
  }

  /** A customer puts a note in; an inhibited acceptor and one with a note in it take none. */
  insert(channel: number): boolean {
    if (this.inhibited || this.held !== null || this.dead) return false;
    this.take(channel);
    return true;
  }

  /** As `insert`, whether it is inhibited or not: the slot was open a moment ago. */
  take(channel: number): void {
    this.held = channel;
    this.#wait();
    this.#announce();
  }

  /** The power comes on, or comes back: a note in escrow is given back, and the host is waited for. */
  switchOn(): void {
    this.#rest();
    if (this.held !== null) this.returned.push(this.held);
    this.held = null;
    this.dead = false;
    this.inhibited = true;
    this.#powerUp = this.#clock.after(2_000, () => this.#failures.push('the power-up was not answered within 2 s'));
    this.tell(0x80, 0x8f);
  }

  switchOff(): void {
    this.#rest();
    this.dead = true;
  }

  tell(...bytes: readonly number[]): void {
    if (!this.dead) this.say(Uint8Array.from(bytes));
  }

  receive(bytes: Uint8Array): void {
    if (this.dead) return;
    for (const byte of bytes) {
      if (byte === STATUS) this.#polled();
      else this.#ordered(byte);
    }
  }

  finish(): void {
    this.#rest();
    assert.deepEqual(this.#failures, [], 'what the script does not have');
    assert.deepEqual(this.#script ?? [], [], 'orders that never came');
  }

  #polled(): void {
    this.polls++;
    if (this.answer !== null) this.tell(this.answer);
    else if (this.#moving) this.tell(0x71);
    else if (this.held !== null) this.#announce();
    else this.tell(this.inhibited ? 0x5e : 0x3e);
  }

  #ordered(byte: number): void {
    const order = (Object.keys(ORDERS) as IctOrder[]).find((one) => ORDERS[one] === byte);
    const expected = this.#script?.shift();
    // The byte that stacks a note is never sent on suspicion.
    const forNothing = order === 'accept' && this.held === null && this.#powerUp === null;
    if (order === undefined || (this.#script ? order !== expected : forNothing))
      this.#failures.push(`${order ?? `byte ${byte}`} instead of ${expected ?? 'nothing'}`);
    switch (order) {
      case 'accept':
        if (this.#powerUp) this.#answered();
        else this.#move(0x10, this.stacked);
        break;
      case 'giveBack':
        this.#move(0x11, this.returned);
        break;
      case 'hold':
        this.#wait();
        break;
      case 'reset':
        this.switchOn();
        break;
      case 'enable':
      case 'disable':
        this.inhibited = order === 'disable';
        break;
    }
  }

  #answered(): void {
    this.#powerUp?.();
    this.#powerUp = null;
    this.inhibited = false;
  }

  #announce(): void {
    this.tell(0x81, 0x3f + (this.held ?? 0));
  }

  #wait(): void {
    this.#patience?.();
    this.#patience = this.held === null ? null : this.#clock.after(PATIENCE_MS, () => this.#moved(0x11, this.returned));
  }

  #move(word: number, to: number[]): void {
    if (this.held === null || this.#moving || this.manner === 'ignore') return;
    this.#patience?.();
    this.#moving = this.#clock.after(this.moveMs, () => this.#moved(word, to));
  }

  #moved(word: number, to: number[]): void {
    this.#rest();
    if (this.held !== null) to.push(this.held);
    this.held = null;
    if (this.manner !== 'lose') this.tell(word);
  }

  #rest(): void {
    for (const cancel of [this.#moving, this.#patience, this.#powerUp]) cancel?.();
    this.#moving = null;
    this.#patience = null;
    this.#powerUp = null;
  }
}
