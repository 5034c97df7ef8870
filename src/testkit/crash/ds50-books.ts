import { booksOf, checkTill, repeated, sum } from './books.ts';
import type { Ds50World, ServerSale } from './ds50-world.ts';
import type { Round, Verdict } from './setting.ts';

/** Compares the journal with the payment server, and with the orders that were sent. */
export async function checkDs50(world: Ds50World, round: Round): Promise<Verdict> {
  const books = await booksOf(world, round);
  checkTill(books, world.terms);
  const { sales: asked, duplicates } = await world.serverSales();
  books.expect('sale requests that were sent twice', duplicates, 0);
  const server = new Map(asked.map((sale) => [idOf(sale), sale]));
  const journal = new Map(books.of('charge.created').map((entry) => [entry.charge, entry]));
  books.expect(
    'sale requests without a charge in the journal',
    [...server.keys()].filter((id) => !journal.has(id)),
    [],
  );

  const approved = asked.filter(({ status, recorded }) => status === 'approved' && recorded);
  books.expect(
    'charges paid',
    books
      .of('charge.paid')
      .map((entry) => `${entry.charge} ${entry.amountMinor} ${entry.method}`)
      .sort(),
    approved.map((sale) => `${idOf(sale)} ${sale.amountMinor} card`).sort(),
  );
  books.expect('money by card', 0 - books.balances().card, sum(approved));
  books.expect(
    'charges failed',
    books
      .of('charge.failed')
      .map((entry) => entry.charge)
      .sort(),
    asked
      .filter(({ status }) => status === 'declined')
      .map(idOf)
      .sort(),
  );
  // Nobody else may be given up: the server has never heard of these, or says that it has not.
  books.expect(
    'charges abandoned',
    books
      .of('charge.abandoned')
      .map((entry) => entry.charge)
      .sort(),
    [...journal.keys()].filter((id) => server.get(id)?.recorded !== true).sort(),
  );
  books.expect('charges still watched', books.status.watching, 0);

  const received = books.of('order.received').map((entry) => entry.order);
  books.expect('orders received', [...received].sort(), [...world.pushed].sort());
  const ended = [
    ...books.of('sale.opened').flatMap(({ order }) => (order === undefined ? [] : [order])),
    ...books.of('order.refused').map(({ order }) => order),
    ...books.of('order.announced').map(({ order }) => order),
  ];
  books.expect('orders ended', [...ended].sort(), [...world.pushed].sort());
  books.expect('orders ended twice', repeated(ended), []);
  const figures = {
    'sales settled': books.of('sale.settled').length,
    'sale requests': asked.length,
    'charges paid': books.of('charge.paid').length,
    'charges declined': books.of('charge.failed').length,
    'charges given up with an alarm': books.of('charge.abandoned').length,
    orders: received.length,
  };
  return { faults: books.faults, figures };
}

/** The charge it is of. */
const idOf = ({ date, batch, trace }: ServerSale): string => [date.replaceAll('-', ''), batch, trace].join('-');
