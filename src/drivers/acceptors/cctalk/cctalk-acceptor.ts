import { addressOf, type BoardCcTalkAcceptor } from '../../../domain/board.ts';
import { billDisputes } from '../../../domain/cash/cctalk/bill-names.ts';
import { decodeMark } from '../../../domain/cash/cctalk/event-list.ts';
import { HEADER, POSITIONS, ROUTE, ROUTE_ANSWER } from '../../../domain/cash/cctalk/headers.ts';
import { type CcTalkIdentity, isOtherKind, serialOf } from '../../../domain/cash/cctalk/identity.ts';
import { DeviceFault } from '../../../domain/fault.ts';
import type { Acceptor, AcceptorEvent, Escrow } from '../../../ports/acceptor.ts';
import type { Cancel, Clock } from '../../../ports/clock.ts';
import { Bills } from './bills.ts';
import type { CcTalkBus } from './bus.ts';
import { Coins } from './coins.ts';
import { CannotTalk, CcTalkDevice } from './device.ts';
import { identify } from './identify.ts';
import { Orders } from './orders.ts';
import type { Teller } from './pieces.ts';
import { Reading } from './reading.ts';
import { Reports } from './reports.ts';

export interface CcTalkAcceptorOptions {
  readonly entry: BoardCcTalkAcceptor;
  /** The bus at the entry's device, shared with the other acceptors there. */
  readonly bus: CcTalkBus;
  readonly clock: Clock;
  /** Unique for ever, such as the boot's id: trains and pieces are `<boot>.<acceptor>.<n>`, so one boot makes one acceptor of a name. */
  readonly boot: string;
  /** Told once for each device that is met, for the log. */
  readonly onIdentity: (identity: CcTalkIdentity) => void;
}

/**
 * At most 200 between two readings, milliseconds, with the exchange itself (35 at 9600 baud) and that of a neighbour on the
 * bus; some devices take nothing unless they are read every second.
 */
const POLL_MS = 100;
const CHECK_MS = 5_000;
/** Waits between tries to reach a device that is away; the last one stays. */
const AGAIN_MS = [500, 1_000, 2_000] as const;
const AGAIN_MOST_MS = 5_000;
const ROUTE_TRIES = 3;

/**
 * A coin or bill acceptor on a ccTalk bus. The device counts its events and keeps the newest five, so how far it was read
 * is committed with what it brought (the mark: counter, the events known, serial number) and compared at the next start:
 * - counter and events go on from the mark: what is new is told, however long the box was off;
 * - they do not, or the counter is 0: the device was switched off too. What it lists happened since, and is all new;
 * - there is no mark, or the serial number is another one: this box never enabled that device, so nothing in its list is
 *   this box's money, and reading begins here;
 * - more than five events went by: those that are no longer listed are unassigned money.
 *
 * Fault events: `acceptor-silent`, those of the port (`serial-…`), `acceptor-unreadable`, `acceptor-other-kind`, `inhibit-failed`,
 * `acceptor-denomination-mismatch`, `events-lost`, and those of coin-event.ts and bill-event.ts.
 */
export function ccTalkAcceptor(options: CcTalkAcceptorOptions): Acceptor {
  return new CcTalkAcceptor(options);
}

class BillNotRouted extends DeviceFault {}

class CcTalkAcceptor implements Acceptor {
  readonly name: string;
  readonly method: BoardCcTalkAcceptor['method'];
  readonly escrow: Escrow | null;
  readonly #options: CcTalkAcceptorOptions;
  readonly #positions: readonly number[];
  readonly #device: CcTalkDevice;
  readonly #reports: Reports;
  readonly #orders: Orders;
  readonly #reading: Reading;
  readonly #bills: Bills | null;
  #onEvent: ((event: AcceptorEvent) => void) | null = null;
  /** Leaves the bus; null while it is not started. */
  #leave: (() => Promise<void>) | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #timer: Cancel | null = null;
  #names = 0;
  #wanted = false;
  /** It answers, is read to its newest event, and knows what it was told. */
  #ready = false;
  /** It was, since the start. */
  #met = false;
  #identified: string | null | undefined = undefined;
  /** Types of bills that the device calls by another value than the board has: nobody knows what one is worth. */
  #disputed: ReadonlySet<number> = new Set();
  #misses = 0;
  #checkAtMs = 0;

  constructor(options: CcTalkAcceptorOptions) {
    const { entry, clock, bus } = options;
    const { name, method, checksum = 'simple' } = entry;
    const address = addressOf(entry);
    this.#options = options;
    this.name = name;
    this.method = method;
    const all = Object.keys(entry.denominations).map(Number);
    this.#positions = all.filter((position) => position >= 1 && position <= POSITIONS);
    this.#device = new CcTalkDevice(bus, address, checksum);
    this.#reports = new Reports(clock, (event) => this.#say(event));
    this.#orders = new Orders(this.#device, this.#reports, method, this.#positions);
    const teller = this.#teller();
    const bills = method === 'bill' ? new Bills(teller, clock) : null;
    this.#bills = bills;
    const sayMark = (mark: string) => this.#say({ kind: 'read', mark });
    this.#reading = new Reading(this.#device, this.#reports, bills ?? new Coins(teller), method, sayMark);
    this.escrow = bills && {
      stack: (piece) => this.#inTurn(() => this.#route(bills, piece, ROUTE.stack)),
      giveBack: (piece) => this.#inTurn(() => this.#route(bills, piece, ROUTE.giveBack)),
    };
  }

  async start(onEvent: (event: AcceptorEvent) => void, mark?: string): Promise<void> {
    this.#onEvent = onEvent;
    this.#wanted = false;
    this.#ready = false;
    this.#met = false;
    this.#misses = 0;
    this.#reading.goOnFrom(mark === undefined ? null : decodeMark(mark));
    this.#leave = this.#options.bus.join();
    await this.#round();
  }

  async enable(): Promise<void> {
    this.#wanted = true;
    await this.#obeySoon();
  }

  async disable(): Promise<void> {
    this.#wanted = false;
    await this.#obeySoon();
  }

  busy(): boolean {
    // A device that is gone may never be back, and nobody waits for it; nor for one that is no longer listened to.
    return this.#bills?.busy === true && !this.#reports.away && this.#leave !== null;
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    const leave = this.#leave;
    this.#leave = null;
    this.#timer?.();
    this.#timer = null;
    try {
      // Where nobody answers nobody is told; the bus gives up opening its port when all have left.
      if (!this.#reports.away) await this.#inTurn(() => this.#shut());
    } finally {
      this.#reports.stop();
      this.#onEvent = null;
      await leave?.();
    }
  }

  /** One thing at a time: a reading, an order, a route. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Visits the device and sees to the next round. What the listener throws is not caught: it ends the program, as from any other driver. */
  async #round(): Promise<void> {
    const againMs = await this.#inTurn(() => this.#visit());
    if (this.#leave === null) return;
    this.#timer = this.#options.clock.after(againMs, () => void this.#round());
  }

  /** Returns how long to wait until the next visit, ms. */
  async #visit(): Promise<number> {
    if (this.#leave === null) return 0;
    try {
      await (this.#ready ? this.#poll() : this.#meet());
      this.#misses = 0;
      this.#reports.back();
      return POLL_MS;
    } catch (error) {
      if (!(error instanceof CannotTalk)) throw error;
      return this.#missed(error);
    }
  }

  #missed(fault: CannotTalk): number {
    this.#ready = false;
    const againMs = AGAIN_MS[this.#misses++] ?? AGAIN_MOST_MS;
    // One missed answer is a disturbance on the line, unless the device was not there to begin with.
    const disturbance = this.#misses === 1 && this.#met && fault.code === 'acceptor-silent';
    if (!disturbance && this.#leave !== null) this.#reports.wentAway(fault);
    return againMs;
  }

  async #poll(): Promise<void> {
    if (!(await this.#readOn(null))) return;
    this.#reports.read();
    await this.#giveBackForgotten();
    await this.#orders.obey(this.#wanted);
    if (this.#options.clock.monotonicMs() < this.#checkAtMs) return;
    await this.#orders.check(this.#wanted);
    this.#checked();
  }

  /** A device that was away, or is new: who it is, what happened meanwhile, what it has to do. */
  async #meet(): Promise<void> {
    await this.#device.ask(HEADER.simplePoll);
    const data = await this.#device.askIfKnown(HEADER.serialNumber);
    const serial = data && serialOf(data);
    this.#reading.of(serial);
    if (!(await this.#readOn(serial))) return;
    if (this.#reading.last && !this.#met) this.#bills?.adopt(this.#reading.last);
    this.#met = true;
    await this.#orders.begin(this.#wanted);
    this.#checked();
    this.#ready = true;
    await this.#giveBackForgotten();
    if (this.#identified !== serial) await this.#identify(serial);
  }

  /** Reads and tells what is new; what was held before this program knew the device is not offered: its customer is gone. */
  async #readOn(serial: string | null): Promise<boolean> {
    const read = await this.#reading.next(serial, this.#met);
    if (read?.restarted && this.#ready) {
      await this.#orders.begin(this.#wanted);
      this.#checked();
    }
    return read !== null;
  }

  #checked(): void {
    this.#checkAtMs = this.#options.clock.monotonicMs() + CHECK_MS;
  }

  async #obeySoon(): Promise<void> {
    await this.#inTurn(async () => {
      if (!this.#ready) return;
      // As things stand when its turn comes.
      await this.#orders.obey(this.#wanted).catch((error: unknown) => {
        if (!(error instanceof CannotTalk)) throw error;
        // The next visit finds that out too, says it, and tells the device what is wanted when it is back.
        this.#ready = false;
      });
    });
  }

  async #giveBackForgotten(): Promise<void> {
    const { last } = this.#reading;
    if (last && this.#bills?.mustGiveBack(last)) await this.#device.send(HEADER.routeBill, [ROUTE.giveBack], 1);
  }

  /** Routes a bill that is held, if it still is. Each try reads first: a lost answer may have been to a route that was done. */
  async #route(bills: Bills, piece: string, where: number): Promise<void> {
    for (let left = ROUTE_TRIES; left > 0; left--) {
      if (!(await this.#readOn(null))) continue;
      const { last } = this.#reading;
      if (last === null || !bills.holds(piece, last)) return;
      const answer = await this.#device.send(HEADER.routeBill, [where], 1);
      if (answer.kind !== 'reply' || answer.data[0] === ROUTE_ANSWER.failed) continue;
      bills.decided();
      return;
    }
    throw new BillNotRouted('The bill acceptor does not do with the bill what it is told', {
      code: 'bill-not-routed',
      found: piece,
      remedy: 'The bill goes back by itself; look at the acceptor when it does not.',
    });
  }

  async #identify(serial: string | null): Promise<void> {
    // Whoever stops does not wait for it.
    const ask = async (header: number, data?: readonly number[]) => (this.#leave === null ? null : this.#device.askIfKnown(header, data));
    const identity = await identify(ask, this.method, serial, this.#positions);
    if (this.#leave === null) return;
    this.#identified = serial;
    if (!isOtherKind(identity.category, this.method)) this.#reports.clear('acceptor-other-kind');
    else this.#reports.raise('acceptor-other-kind', `At address ${this.#device.address} is a ${identity.category}: check the address`);
    this.#compare(identity);
    this.#options.onIdentity(identity);
  }

  /** A bill of disputed value is given back, and until somebody has put the board right it is a fault. */
  #compare(identity: CcTalkIdentity): void {
    const disputes = this.method === 'bill' ? billDisputes(identity, this.#options.entry.denominations) : [];
    this.#disputed = new Set(disputes.map(({ type }) => type));
    const words = disputes.map(
      ({ type, name, namedMinor, boardMinor }) => `type ${type} is ${name} (${namedMinor}), and ${boardMinor} on the board`,
    );
    if (words.length === 0) this.#reports.clear('acceptor-denomination-mismatch');
    else this.#reports.raise('acceptor-denomination-mismatch', `In minor units: ${words.join('; ')}: check the denominations of the board`);
  }

  /** A held bill goes back, and nothing more is taken. */
  async #shut(): Promise<void> {
    try {
      await this.#orders.begin(false);
      const piece = this.#bills?.undecided;
      if (this.#bills && piece) await this.#route(this.#bills, piece, ROUTE.giveBack);
    } catch (error) {
      // It is away by now or does not give the bill back, and the box that could be told is going too.
      if (!(error instanceof CannotTalk || error instanceof BillNotRouted)) throw error;
    }
  }

  #teller(): Teller {
    const { boot, entry } = this.#options;
    return {
      say: (event) => this.#say(event),
      newName: () => `${boot}.${entry.name}.${++this.#names}`,
      worthOf: (position) => {
        const key = String(position);
        if (this.#disputed.has(position)) return null;
        return Object.hasOwn(entry.denominations, key) ? (entry.denominations[key] ?? null) : null;
      },
      reports: this.#reports,
    };
  }

  #say(event: AcceptorEvent): void {
    this.#onEvent?.(event);
  }
}
