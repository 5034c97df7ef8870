import type { Clock } from '../../ports/clock.ts';
import { FakeCcTalkDevice } from '../cctalk-device.ts';
import { CcTalkWire } from '../cctalk-wire.ts';
import { ScriptedIctDevice } from '../ict-device.ts';
import type { SerialLine } from './serial-line.ts';

/** Positions of coins, and of the one bill that is used, by what they are worth in minor units. */
export const COINS: Readonly<Record<string, number>> = { '1': 100, '2': 200, '3': 500, '4': 1_000 };
export const BILL_MINOR = 2_000;
const BILL = 1;
/** Counters count to 255 and go on at 1: soon enough for a campaign to see it. */
const COUNTED = 240;
/** How long a bill takes to be stacked or given back: before a box is back that has died over it, or after. */
const MOVES_MS = [150, 2_000] as const;
const LOOK_MS = 25;

/** A bill acceptor as its customer and its owner see it. */
export interface BillSlot {
  /** Its acceptor on the board. */
  readonly name: string;
  readonly stacked: readonly number[];
  readonly returned: readonly number[];
  /** Whether it would take a bill. */
  open(): boolean;
  /** Whether a bill is in it that is neither stacked nor given back. */
  busy(): boolean;
  /** Whether it does with a bill what it was told. */
  moving(): boolean;
  insert(): boolean;
}

/** The acceptors at a box, with their own power: they live on when it dies. A ccTalk bus with coins and bills, and an ICT bill acceptor. */
export class SerialSlots {
  readonly coins: FakeCcTalkDevice;
  readonly #bills: FakeCcTalkDevice;
  readonly #notes: ScriptedIctDevice;
  readonly #clock: Clock;
  readonly #arriving: NodeJS.Timeout;
  /** Since when a bill is on its way in the ccTalk acceptor, monotonic. */
  #movingMs: number | null = null;

  constructor(clock: Clock, bus: SerialLine, port: SerialLine) {
    this.coins = new FakeCcTalkDevice({ clock, method: 'coin', serial: [1, 2, 3] });
    this.#bills = new FakeCcTalkDevice({ clock, method: 'bill', serial: [4, 5, 6] });
    this.coins.counter = COUNTED;
    this.#bills.counter = COUNTED;
    this.#bills.slow = true;
    this.#clock = clock;
    this.#arriving = setInterval(() => this.#arrive(), LOOK_MS);
    const wire = new CcTalkWire(this.coins, this.#bills);
    wire.toHost = bus.say;
    bus.hear = (bytes) => wire.fromHost(bytes);
    const notes = new ScriptedIctDevice(clock, null);
    this.#notes = notes;
    notes.say = port.say;
    port.hear = (bytes) => {
      // Power that has been away comes back together with the box.
      if (notes.dead) notes.switchOn();
      notes.receive(bytes);
    };
  }

  /** Bills by ccTalk. */
  get bills(): BillSlot & { force(): void } {
    const device = this.#bills;
    const { stacked, returned } = device;
    return {
      ...{ name: 'bill', stacked, returned },
      open: () => !device.inhibited,
      busy: () => device.escrow !== null || device.moving,
      moving: () => device.moving,
      insert: () => device.insert(BILL),
      force: () => device.take(BILL),
    };
  }

  /** Bills by ICT. */
  get notes(): BillSlot {
    const device = this.#notes;
    const { stacked, returned } = device;
    return {
      ...{ name: 'note', stacked, returned },
      open: () => !device.inhibited && !device.dead,
      busy: () => device.held !== null,
      moving: () => device.moving,
      insert: () => device.insert(BILL),
    };
  }

  /** Whether bills take their time from now on, as those of real acceptors do. */
  slow(slow: boolean): void {
    this.#notes.moveMs = MOVES_MS[slow ? 1 : 0];
  }

  #arrive(): void {
    const now = this.#clock.monotonicMs();
    this.#movingMs = this.#bills.moving ? (this.#movingMs ?? now) : null;
    if (this.#movingMs === null || now - this.#movingMs < this.#notes.moveMs) return;
    this.#bills.arrive();
    this.#movingMs = null;
  }

  /** Their power goes: a bill on its way arrives unseen, one that is held is given back, and counters begin anew. */
  powerCut(): void {
    this.#bills.arrive();
    if (this.#bills.escrow !== null) (this.#bills.returned as number[]).push(this.#bills.escrow);
    this.#bills.restart();
    this.coins.restart();
    this.#notes.switchOff();
  }

  /** What a host has told them that none ever may. */
  complaints(): string[] {
    return [this.coins, this.#bills, this.#notes].flatMap((device) => {
      try {
        device.finish();
        return [];
      } catch (error) {
        return [(error as Error).message];
      }
    });
  }

  close(): void {
    clearInterval(this.#arriving);
    this.#notes.switchOff();
  }
}
