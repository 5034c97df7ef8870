import { type Account, type Entry, posting, type Recorded } from '../../domain/journal.ts';
import type { World } from './world.ts';

/** What the outside world and the journal say of each other after the box has been cut off and started again. */
export interface Verdict {
  readonly faults: readonly string[];
  readonly paidCharges: number;
  readonly sales: number;
  readonly indeterminate: number;
}

interface UploadedItem {
  readonly qr: { readonly net_amount: number; readonly chargeId: string };
  readonly bank: Readonly<Record<string, number>>;
  readonly coin: Readonly<Record<string, number>>;
}

/**
 * Compares the journal with the backend, the coin slot and the relay. `lostAtMost` is the money of trains that were
 * being counted, or not yet committed, when the box was killed: an acceptor that speaks in pulses cannot repeat them.
 */
export async function checkBooks(world: World, lostAtMost: number): Promise<Verdict> {
  const { ledger, watched } = await atOneInstant(world);
  const faults: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      faults.push(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`);
  };
  const of = <K extends Entry['kind']>(kind: K) => entriesOf(ledger, kind);

  const books = balances(ledger);
  expect('the books', books.credit + books.sales + books.refund, 0 - books.cash - books.qr);

  const paid = (await world.charges()).filter((charge) => charge.state === 'paid');
  expect(
    'charges paid',
    of('charge.paid')
      .map((entry) => entry.charge)
      .sort(),
    paid.map((charge) => charge.chargeId).sort(),
  );
  expect(
    'money by QR',
    0 - books.qr,
    paid.reduce((sum, charge) => sum + charge.amountMinor, 0),
  );
  // A QR the customer could see and has not paid is still asked about, or was given up after the backend had spoken.
  const resolved = new Set([...of('charge.paid'), ...of('charge.failed'), ...of('charge.abandoned')].map((entry) => entry.charge));
  const doubtful = of('charge.created').filter((entry) => !resolved.has(entry.charge));
  expect('charges in doubt that are watched', watched, doubtful.length);

  const counted = 0 - books.cash;
  if (counted > world.offeredMinor || counted < world.insertedMinor - lostAtMost) {
    faults.push(
      `cash: ${world.insertedMinor} to ${world.offeredMinor} was put in, ${counted} is in the journal, at most ${lostAtMost} may be lost`,
    );
  }

  expect('one settlement a sale', repeated(of('sale.settled').map((entry) => entry.sale)), []);
  expect('one intent a sale', repeated(of('act.intent').map((entry) => entry.sale)), []);
  expect('one outcome an act', repeated(of('act.outcome').map((entry) => entry.act)), []);
  expect('every settled sale drives the machine', of('act.intent').length, of('sale.settled').length);
  const done = of('act.outcome').filter((entry) => entry.result === 'done').length;
  const driven = world.driven();
  if (driven < done || driven > of('act.intent').length)
    faults.push(`relay: driven ${driven} times, ${done} deliveries done, ${of('act.intent').length} intended`);

  const uploaded = (await world.backend<{ logs: { item: UploadedItem }[] }>('/ref/logs?limit=1000')).logs.map((log) => log.item);
  expect('money by QR reported', Math.round(uploaded.reduce((sum, item) => sum + item.qr.net_amount * 100, 0)), 0 - books.qr);
  const reports = of('report.queued').map((entry) => entry.report);
  expect('reports', uploaded.length, reports.length);
  const pieces = (tally: Readonly<Record<string, number>>, unit: number) =>
    Object.entries(tally).reduce((sum, [value, count]) => sum + Number(value) * unit * count, 0);
  const reportedCash = uploaded.reduce((sum, item) => sum + pieces(item.coin, 100) + pieces(item.bank, 100), 0);
  expect(
    'cash reported',
    reportedCash,
    reports.reduce((sum, report) => sum + pieces(report.cash.coin, 1) + pieces(report.cash.bill, 1), 0),
  );

  const indeterminate = of('act.outcome').filter((entry) => entry.result === 'indeterminate').length;
  return { faults, paidCharges: paid.length, sales: of('sale.settled').length, indeterminate };
}

/** The journal and what is watched, with nothing written in between. */
async function atOneInstant(world: World): Promise<{ ledger: Recorded[]; watched: number | null }> {
  for (let ledger = await world.ledger(); ; ) {
    const watched = await world.watched();
    const again = await world.ledger();
    if (again.length === ledger.length) return { ledger, watched };
    ledger = again;
  }
}

function entriesOf<K extends Entry['kind']>(ledger: readonly Recorded[], kind: K): Extract<Entry, { kind: K }>[] {
  return ledger.map(({ entry }) => entry).filter((entry): entry is Extract<Entry, { kind: K }> => entry.kind === kind);
}

function balances(ledger: readonly Recorded[]): Record<Account, number> {
  const sums: Record<Account, number> = { cash: 0, qr: 0, card: 0, credit: 0, sales: 0, refund: 0 };
  for (const { entry } of ledger) {
    const move = posting(entry);
    if (!move) continue;
    sums[move.from] -= move.minor;
    sums[move.to] += move.minor;
  }
  return sums;
}

const repeated = (ids: readonly string[]): string[] => ids.filter((id, i) => ids.indexOf(id) !== i);
