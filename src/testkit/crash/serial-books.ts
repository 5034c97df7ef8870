import { type Books, booksOf, checkActs, checkTill, sum } from './books.ts';
import { checkCharges, checkReports, figuresOf } from './promptpay-books.ts';
import { BILL_MINOR, type BillSlot } from './serial-slots.ts';
import { endsOf, type SerialWorld } from './serial-world.ts';
import type { Round, Verdict } from './setting.ts';

/** Compares the journal with what is in the acceptors, with the backend and with the relay. */
export async function checkSerial(world: SerialWorld, round: Round): Promise<Verdict> {
  const books = await booksOf(world, round);
  checkTill(books, world.terms);
  await checkCharges(world, books);
  checkActs(books, world);
  await checkReports(world, books);
  const opened = books.ofRound('sale.opened').map(({ sale }) => sale);
  const settled = books.ofRound('sale.settled').map(({ sale }) => sale);
  books.expect('the sale, settled', [opened.length, settled], [1, opened]);
  checkCoins(world, books);
  checkBills(world, books, world.slots.bills);
  checkBills(world, books, world.slots.notes);
  const held = [...books.of('bill.held'), ...books.of('cash.credited'), ...books.of('cash.unassigned')];
  const ends = endsOf([...held, ...books.of('bill.returned'), ...books.of('bill.unknown')]);
  const odd = [...ends].filter(([, count]) => count !== 1);
  books.expect('held bills without one end', odd, []);
  books.faults.push(...world.slots.complaints());
  const figures = {
    ...figuresOf(books),
    'coins counted': books.of('cash.credited').filter(({ acceptor }) => acceptor === 'coin').length,
    'bills credited': books.of('cash.credited').filter(({ acceptor }) => acceptor !== 'coin').length,
    'bills given back': books.of('bill.returned').length,
    'bills nobody knows of': books.of('bill.unknown').length,
    'pieces unassigned': books.of('cash.unassigned').length,
    'bills stacked': world.slots.bills.stacked.length + world.slots.notes.stacked.length,
    'bills returned to their customers': world.slots.bills.returned.length + world.slots.notes.returned.length,
  };
  return { faults: books.faults, figures };
}

/** To the minor unit: the acceptor keeps its events, and the journal how far it was read. */
function checkCoins({ droppedMinor, atRiskMinor }: SerialWorld, books: Books): void {
  const ofCoins = ({ acceptor }: { readonly acceptor: string }) => acceptor === 'coin';
  const counted = sum(books.of('cash.credited').filter(ofCoins));
  if (counted > droppedMinor || counted < droppedMinor - atRiskMinor) {
    books.faults.push(`coins: ${droppedMinor} dropped, ${counted} in the journal, ${atRiskMinor} may be lost in power cuts`);
  }
  books.expect('coins of unknown value', books.of('cash.unassigned').filter(ofCoins), []);
}

/** Of a round: a bill is credited only when it was stacked, and one that was stacked is credited, or somebody has to count. */
function checkBills(world: SerialWorld, books: Books, slot: BillSlot): void {
  const ofSlot = ({ acceptor }: { readonly acceptor: string }) => acceptor === slot.name;
  const stacked = world.stackedBy(slot);
  const credited = books.ofRound('cash.credited').filter(ofSlot);
  const held = books.ofRound('bill.held').filter(ofSlot);
  const pieces = new Set(held.map(({ piece }) => piece));
  const unassigned = books.ofRound('cash.unassigned').filter(ofSlot);
  const unknown = books.ofRound('bill.unknown').filter(({ piece }) => pieces.has(piece));
  const what = `${slot.name}: ${stacked} stacked, ${held.length} meant to be, ${credited.length} credited, ${unassigned.length} unassigned, ${unknown.length} unknown`;
  const told = credited.length + unassigned.length + unknown.length;
  if (stacked > held.length || credited.length > stacked || told < stacked) books.faults.push(what);
  books.expect(`${slot.name}, what was credited`, sum(credited), credited.length * BILL_MINOR);
  if (world.cutsPower) return;
  const apart = [...credited, ...unassigned].filter(({ piece }) => piece === undefined);
  books.expect(`${slot.name}, told beside what was held`, apart, []);
  // By ccTalk it goes on telling what it did while nobody asked, as long as it has power.
  if (slot.name === 'bill') books.expect(`${slot.name}, credited`, credited.length, stacked);
}
