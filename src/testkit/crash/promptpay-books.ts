import { type Books, booksOf, checkActs, checkTill, sum } from './books.ts';
import type { PromptPayWorld } from './promptpay-world.ts';
import type { Round, Verdict } from './setting.ts';

interface UploadedItem {
  readonly qr: { readonly net_amount: number; readonly chargeId: string };
  readonly bank: Readonly<Record<string, number>>;
  readonly coin: Readonly<Record<string, number>>;
}

/**
 * A coin whose train was being counted, or not yet committed, when the box was killed is lost: an acceptor that speaks
 * in pulses cannot repeat it. This is the largest one used.
 */
const COIN_MINOR = 1_000;

/** Compares the journal with the backend, the coin slot and the relay. */
export async function checkPromptPay(world: PromptPayWorld, round: Round): Promise<Verdict> {
  const books = await booksOf(world, round);
  checkTill(books, world.terms);
  await checkCharges(world, books);
  const counted = 0 - books.balances().cash;
  const lost = world.kills * COIN_MINOR;
  if (counted > world.offeredMinor || counted < world.insertedMinor - lost) {
    books.faults.push(
      `cash: ${world.insertedMinor} to ${world.offeredMinor} was put in, ${counted} is in the journal, at most ${lost} may be lost`,
    );
  }
  checkActs(books, world);
  await checkReports(world, books);
  return { faults: books.faults, figures: figuresOf(books) };
}

/** What its box has done so far. */
export const figuresOf = (books: Books): Verdict['figures'] => ({
  'sales settled': books.of('sale.settled').length,
  'charges paid': books.of('charge.paid').length,
  'paid late': books.of('charge.paid').filter((entry) => entry.late).length,
  'refunds due': books.of('refund.due').length,
  'deliveries cut off in the act': books.of('act.outcome').filter((entry) => entry.result === 'indeterminate').length,
});

/** What was paid by QR is in the journal, once each, and what may still be paid is asked about. */
export async function checkCharges(world: PromptPayWorld, books: Books): Promise<void> {
  const paid = (await world.charges()).filter((charge) => charge.state === 'paid');
  books.expect(
    'charges paid',
    books
      .of('charge.paid')
      .map((entry) => entry.charge)
      .sort(),
    paid.map((charge) => charge.chargeId).sort(),
  );
  books.expect('money by QR', 0 - books.balances().qr, sum(paid));
  // A QR the customer could see and has not paid is still asked about, or was given up after the backend had spoken.
  const endings = [...books.of('charge.paid'), ...books.of('charge.failed'), ...books.of('charge.abandoned')];
  const resolved = new Set(endings.map((entry) => entry.charge));
  const doubtful = books.of('charge.created').filter((entry) => !resolved.has(entry.charge));
  books.expect('charges in doubt that are watched', books.status.watching, doubtful.length);
}

/** What the box has reported is what its journal says, and all of it. */
export async function checkReports(world: PromptPayWorld, books: Books): Promise<void> {
  const { qr } = books.balances();
  const { logs } = await world.backend<{ logs: { item: UploadedItem }[] }>('/ref/logs?limit=1000');
  const uploaded = logs.map((log) => log.item);
  books.expect('money by QR reported', Math.round(uploaded.reduce((total, item) => total + item.qr.net_amount * 100, 0)), 0 - qr);
  const reports = books.of('report.queued').map((entry) => entry.report);
  books.expect('reports', uploaded.length, reports.length);
  const pieces = (tally: Readonly<Record<string, number>>, unit: number) =>
    Object.entries(tally).reduce((total, [value, count]) => total + Number(value) * unit * count, 0);
  books.expect(
    'cash reported',
    uploaded.reduce((total, item) => total + pieces(item.coin, 100) + pieces(item.bank, 100), 0),
    reports.reduce((total, report) => total + pieces(report.cash.coin, 1) + pieces(report.cash.bill, 1), 0),
  );
}
