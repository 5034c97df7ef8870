import { booksOf, checkTill, repeated, sum } from './books.ts';
import type { QrisWorld } from './qris-world.ts';
import type { Round, Verdict } from './setting.ts';

/** Compares the journal and the answers of the box with what the backend was paid, and what it has sent. */
export async function checkQris(world: QrisWorld, round: Round): Promise<Verdict> {
  const books = await booksOf(world, round);
  checkTill(books, world.terms);
  const paid = (await world.transactions()).filter(({ state }) => state === 'paid');
  books.expect(
    'charges paid',
    books
      .of('charge.paid')
      .map((entry) => `${entry.charge} ${entry.amountMinor}`)
      .sort(),
    paid.map(({ transactionId, amountMinor }) => `${transactionId} ${amountMinor}`).sort(),
  );
  books.expect('money by QR', 0 - books.balances().qr, sum(paid));

  const announced = [...world.announced.values()];
  books.expect(
    'payments received',
    books
      .of('order.received')
      .map((entry) => `${entry.order} ${entry.amountMinor} ${entry.paid?.transaction}`)
      .sort(),
    announced.map(({ eventId, amountMinor, transactionId }) => `${eventId} ${amountMinor} ${transactionId}`).sort(),
  );
  const ended = [...books.of('order.refused'), ...books.of('order.announced')].map(({ order }) => order);
  books.expect('payments announced', [...ended].sort(), announced.map(({ eventId }) => eventId).sort());

  const acks = await world.acks();
  const settings = [...world.settings.values()];
  const answeredVersions = acks.flatMap((ack) => (ack.kind === 'config' ? [ack.version] : []));
  books.expect(
    'versions not answered',
    settings.map(({ version }) => version).filter((version) => !answeredVersions.includes(version)),
    [],
  );
  const applied = acks.flatMap((ack) => (ack.kind === 'config' && ack.status === 'applied' ? [ack.version] : []));
  books.expect('settings applied', [...applied].sort(numbers), settings.map(({ version }) => version).sort(numbers));
  const newest = settings.at(-1);
  if (newest) books.expect('volume', books.status.volume, newest.volume);

  const answers = acks.flatMap((ack) => (ack.kind === 'command' ? [ack] : []));
  const commands = answers.map(({ command }) => command);
  books.expect('commands answered', [...commands].sort(), [...world.commands].sort());
  books.expect('commands answered twice', repeated(commands), []);
  const wrong = answers.filter(({ status, code }) => status !== 'done' && !(status === 'failed' && code === 'command-interrupted'));
  books.expect('commands that went wrong by themselves', wrong, []);
  const figures = {
    'sales settled': books.of('sale.settled').length,
    'charges paid': books.of('charge.paid').length,
    'paid late': books.of('charge.paid').filter((entry) => entry.late).length,
    'refunds due': books.of('refund.due').length,
    'payments announced': ended.length,
    'settings applied': applied.length,
    'commands carried out': answers.filter(({ status }) => status === 'done').length,
    'commands cut off and said so': answers.filter(({ status }) => status === 'failed').length,
  };
  return { faults: books.faults, figures };
}

const numbers = (a: number, b: number): number => a - b;
