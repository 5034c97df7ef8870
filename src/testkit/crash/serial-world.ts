import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../../domain/journal.ts';
import type { ReferenceBackend } from '../../refserver/server.ts';
import { BOARDS_DIR } from '../../runtime/board.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { KillPoint } from './dying-store.ts';
import { PromptPayWorld } from './promptpay-world.ts';
import { SerialLine } from './serial-line.ts';
import { BILL_MINOR, type BillSlot, COINS, SerialSlots } from './serial-slots.ts';
import type { Lived, Terms } from './world.ts';

const BOARD = './serial-acceptors.json';

/**
 * A terminal pair knows no parity, and its `stty` fails when it is asked for: on the way of the box's process lies one that
 * leaves it out.
 */
const STTY = `#!/bin/sh
PATH=\${PATH#*:}
for word do
  shift
  [ "$word" = parenb ] || set -- "$@" "$word"
done
exec stty "$@"
`;

/** A box of promptpay whose acceptors speak on serial ports, and live on when it dies. */
export class SerialWorld extends PromptPayWorld {
  readonly #bus = new SerialLine();
  readonly #port = new SerialLine();
  readonly slots = new SerialSlots(systemClock(), this.#bus, this.#port);
  /** Whether the power of the acceptors goes with that of the box. */
  cutsPower = false;
  /** What went through the coin slot, minor units. */
  droppedMinor = 0;
  /** What the journal must have of the round's coins, and what it was seen to have. */
  #dueMinor = 0;
  #countedMinor = 0;
  /** Coins that the acceptor may have forgotten in a power cut before the box had them. */
  atRiskMinor = 0;
  /** How many coins and bills of this round were put in. */
  #coins = 0;
  #bills = 0;
  #rounds = 0;
  #before = { stacked: new Map<string, number>(), returned: new Map<string, number>() };

  override async open(): Promise<void> {
    await Promise.all([this.#bus.open(), this.#port.open()]);
    const programs = join(this.directory, 'bin');
    mkdirSync(programs);
    writeFileSync(join(programs, 'stty'), STTY);
    chmodSync(join(programs, 'stty'), 0o755);
    await super.open();
  }

  protected override environment(): Readonly<Record<string, string>> {
    return { PATH: `${join(this.directory, 'bin')}:${process.env.PATH ?? ''}` };
  }

  protected override configure(backend: ReferenceBackend, terms: Terms): unknown {
    writeFileSync(join(this.directory, BOARD), boardOf(this.#bus.path, this.#port.path));
    return super.configure(backend, { ...terms, board: BOARD });
  }

  /** A new round begins. */
  override agree(terms: Terms): void {
    super.agree(terms);
    this.slots.slow(++this.#rounds % 2 === 0);
    this.cutsPower = false;
    this.#coins = 0;
    this.#bills = 0;
    this.#dueMinor = 0;
    this.#countedMinor = 0;
    for (const slot of [this.slots.bills, this.slots.notes]) {
      this.#before.stacked.set(slot.name, slot.stacked.length);
      this.#before.returned.set(slot.name, slot.returned.length);
    }
  }

  override async start(point: KillPoint | null): Promise<Lived> {
    this.#bus.hangUp();
    this.#port.hangUp();
    return super.start(point);
  }

  override async gone(): Promise<void> {
    await super.gone();
    if (!this.cutsPower) return;
    this.atRiskMinor += this.#dueMinor - this.#countedMinor;
    this.slots.powerCut();
  }

  override async close(): Promise<void> {
    await super.close();
    this.slots.close();
    await Promise.all([this.#bus.close(), this.#port.close()]);
  }

  /** Lets go of a coin, unless the slot is shut: a coin that falls through is an event too, and only the newest five are kept. */
  drop(position: number): boolean {
    const { coins } = this.slots;
    if (coins.inhibited || !coins.insert(position)) return false;
    this.#coins++;
    this.#dueMinor += COINS[position] ?? 0;
    this.droppedMinor += COINS[position] ?? 0;
    return true;
  }

  /** Of these coins of the round, those that its customer still has. */
  purse = (coins: readonly number[]): readonly number[] => coins.slice(this.#coins);

  /** After a power cut the box knows of the coins before it what it has in its journal, and will hear no more. */
  async recount(after: number): Promise<void> {
    if (!this.cutsPower) return;
    this.#dueMinor = await this.#coinsOf(after);
    this.#countedMinor = this.#dueMinor;
  }

  /** Waits until the box has counted every coin of the round that it can. */
  counted(after: number): Promise<boolean> {
    return this.until(async () => {
      this.#countedMinor = Math.max(this.#countedMinor, await this.#coinsOf(after));
      return this.#countedMinor >= this.#dueMinor;
    });
  }

  /** How many bills such a slot has stacked, or given back, in this round. */
  stackedBy = ({ name, stacked }: BillSlot): number => stacked.length - (this.#before.stacked.get(name) ?? 0);
  returnedBy = ({ name, returned }: BillSlot): number => returned.length - (this.#before.returned.get(name) ?? 0);

  /** Whether the round's customer has the bill in hand, and the slot would take it. */
  hasBill(slot: BillSlot): boolean {
    return this.#bills === this.returnedBy(slot);
  }

  insertBill(slot: BillSlot): boolean {
    if (!slot.insert()) return false;
    this.#bills++;
    return true;
  }

  /** Pushes a bill into the ccTalk acceptor just as it shuts. */
  forceBill(): void {
    this.slots.bills.force();
    this.#bills++;
  }

  /** Waits until no bill is on its way, and the journal has an end for each that the box has decided about. */
  billsAtRest(slot: BillSlot, after: number): Promise<boolean> {
    return this.until(async () => {
      if (slot.busy()) return false;
      const entries = await this.#entries(after);
      const kept = entries.filter(
        (entry) => (entry.kind === 'cash.credited' || entry.kind === 'cash.unassigned') && entry.acceptor === slot.name,
      );
      // What a ccTalk acceptor has stacked it tells, whenever it is asked, unless its power was away.
      const told = slot.name !== 'bill' || this.cutsPower || kept.length >= this.stackedBy(slot);
      return told && openPieces(entries).length === 0;
    });
  }

  async #coinsOf(after: number): Promise<number> {
    return (await this.#entries(after)).reduce((sum, entry) => sum + coinOf(entry), 0);
  }

  async #entries(after: number): Promise<readonly Entry[]> {
    return ((await this.ledger(after)) ?? []).map(({ entry }) => entry);
  }
}

const coinOf = (entry: Entry): number => (entry.kind === 'cash.credited' && entry.acceptor === 'coin' ? entry.amountMinor : 0);

/** How often the journal says what became of each held bill. */
export function endsOf(entries: readonly Entry[]): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const entry of entries) {
    if (entry.kind === 'bill.held') ends.set(entry.piece, 0);
    else if ('piece' in entry && entry.piece !== undefined) ends.set(entry.piece, (ends.get(entry.piece) ?? 0) + 1);
  }
  return ends;
}

const openPieces = (entries: readonly Entry[]): string[] => [...endsOf(entries)].flatMap(([piece, ends]) => (ends === 0 ? [piece] : []));

function boardOf(bus: string, port: string): string {
  const board = JSON.parse(readFileSync(join(BOARDS_DIR, 'sim.json'), 'utf8'));
  board.name = 'serial-acceptors';
  delete board.$schema;
  const bills = { method: 'bill', denominations: { '1': BILL_MINOR } };
  board.acceptors = [
    { name: 'coin', method: 'coin', kind: 'cctalk', device: bus, denominations: COINS },
    { name: 'bill', ...bills, kind: 'cctalk', device: bus },
    { name: 'note', ...bills, kind: 'ict', device: port },
  ];
  return JSON.stringify(board);
}
