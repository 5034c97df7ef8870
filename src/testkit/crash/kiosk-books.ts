import type { Counters } from '../../ports/store.ts';
import type { KioskTransaction } from '../../refserver/kiosk/transactions.ts';
import { type Books, booksOf, checkActs, checkTill, repeated, sum } from './books.ts';
import type { KioskWorld } from './kiosk-world.ts';
import type { Round, Verdict } from './setting.ts';

const DAY_MS = 86_400_000;

/** Compares the journal with the backend, its terminal, the relay and the paper. */
export async function checkKiosk(world: KioskWorld, round: Round): Promise<Verdict> {
  const books = await booksOf(world, round);
  checkTill(books, world.terms);
  checkActs(books, world);
  const transactions = await world.transactions();
  checkCharges(books, transactions);
  checkSales(books);
  checkLimits(books, transactions);
  const approved = transactions.filter(({ state }) => state === 'success').map(({ transactionId }) => `${transactionId} 1`);
  books.expect('approvals of each transaction', [...world.approvals].map((entry) => entry.join(' ')).sort(), approved.sort());
  const paid = books.of('charge.paid');
  const counters = (await world.box<Counters>('/v1/counters'))?.sinceEver;
  books.expect('counters', [counters?.terminalMinor, counters?.terminalCount], [sum(paid), paid.length]);
  checkTickets(books, transactions, world.printed());
  const tickets = (result: string) => books.of('ticket.outcome').filter((entry) => entry.result === result).length;
  const figures = {
    'sales settled': books.of('sale.settled').length,
    'charges paid': paid.length,
    'paid late': paid.filter(({ late }) => late).length,
    'charges failed': books.of('charge.failed').length,
    'charges given up with an alarm': books.of('charge.abandoned').length,
    'refunds due': books.of('refund.due').length,
    'deliveries cut off in the act': books.of('act.outcome').filter(({ result }) => result === 'indeterminate').length,
    'tickets printed': tickets('done'),
    'tickets failed': tickets('failed'),
    'tickets cut off': tickets('indeterminate'),
  };
  return { faults: books.faults, figures };
}

/** What the terminal took is in the journal, once, and nothing else is; whatever the backend can tell of a charge the box knows. */
function checkCharges(books: Books, transactions: readonly KioskTransaction[]): void {
  const ofBackend = (all: readonly KioskTransaction[]) => all.map(({ transactionId, amountMinor }) => `${transactionId} ${amountMinor}`);
  const ofBox = (all: readonly { readonly charge: string; readonly amountMinor: number }[]) =>
    all.map(({ charge, amountMinor }) => `${charge} ${amountMinor}`);
  const created = books.of('charge.created');
  const approved = transactions.filter(({ state }) => state === 'success');
  books.expect('charges paid', ofBox(books.of('charge.paid')).sort(), ofBackend(approved).sort());
  const taken = approved.reduce((total, { amountMinor }) => total + (amountMinor ?? 0), 0);
  books.expect('money at the terminal', 0 - books.balances().terminal, taken);
  const known = new Set(ofBox(created));
  books.expect(
    'transactions at the terminal without a charge in the journal',
    ofBackend(transactions.filter(({ method }) => method !== null)).filter((name) => !known.has(name)),
    [],
  );
  const states = new Map(transactions.map(({ transactionId, state }) => [transactionId, state]));
  const chargesIn = (...wanted: readonly (KioskTransaction['state'] | undefined)[]) =>
    created.map(({ charge }) => charge).filter((charge) => wanted.includes(states.get(charge)));
  const failed = books.of('charge.failed').map(({ charge }) => charge);
  books.expect('charges failed', failed.sort(), chargesIn('failed', 'limited', 'timed-out').sort());
  const abandoned = books.of('charge.abandoned').map(({ charge }) => charge);
  books.expect('charges abandoned', abandoned.sort(), chargesIn('cancelled', undefined).sort());
  books.expect('charges open', [books.status.sale, books.status.watching], [null, 0]);
  books.expect('contradictions of the backend', books.of('charge.conflict'), []);
}

/** No sale without money, and no money without a sale but what came too late for it. */
function checkSales(books: Books): void {
  const inTime = books.of('charge.paid').filter(({ late }) => !late);
  books.expect(
    'sales settled',
    books
      .of('sale.settled')
      .map(({ sale, dueMinor }) => `${sale} ${dueMinor}`)
      .sort(),
    inTime.map(({ sale, amountMinor }) => `${sale} ${amountMinor}`).sort(),
  );
}

/** The sum of the day that the backend goes by when it turns a payment down. */
function checkLimits(books: Books, transactions: readonly KioskTransaction[]): void {
  for (const { transactionId, decidedAtMs, limitMinor, remainingMinor } of transactions) {
    if (limitMinor === null || remainingMinor === null || decidedAtMs === null) continue;
    const from = Math.floor(decidedAtMs / DAY_MS) * DAY_MS;
    const before = transactions.filter(
      (one) => one.state === 'success' && one.decidedAtMs !== null && one.decidedAtMs >= from && one.decidedAtMs <= decidedAtMs,
    );
    const ids = new Set(before.map((one) => one.transactionId));
    const paid = books.of('charge.paid').filter(({ charge }) => ids.has(charge));
    books.expect(`sum of the day before ${transactionId}`, limitMinor - remainingMinor, sum(paid));
  }
}

/** Whoever was promised a ticket has it, or the journal says why not; only one whose end is not known is printed again. */
function checkTickets(books: Books, transactions: readonly KioskTransaction[], printed: number): void {
  const intents = books.of('ticket.intent');
  const outcomes = books.of('ticket.outcome');
  const idsOf = (all: readonly { readonly ticket: string }[]) => all.map(({ ticket }) => ticket).sort();
  books.expect('an outcome of each ticket', idsOf(outcomes), idsOf(intents));
  const done = outcomes.filter(({ result }) => result === 'done');
  const known = done.map(({ sale }) => sale);
  books.expect('sales with two tickets', repeated(known), []);
  const originals = intents.filter(({ copy }) => !copy).map(({ sale }) => sale);
  books.expect('first tickets', originals, [...new Set(intents.map(({ sale }) => sale))]);
  const promised = new Set(transactions.filter(({ receipt }) => receipt).map(({ transactionId }) => transactionId));
  const tried = new Set(outcomes.filter(({ result }) => result !== 'indeterminate').map(({ sale }) => sale));
  const without = books.of('charge.paid').filter(({ charge, sale, late }) => promised.has(charge) && !late && !tried.has(sale));
  books.expect('sales without the ticket that was promised', without, []);
  const most = outcomes.filter(({ result }) => result !== 'failed').length;
  if (printed < done.length || printed > most)
    books.faults.push(`paper: ${printed} tickets, ${done.length} printed to their end, at most ${most}`);
}
