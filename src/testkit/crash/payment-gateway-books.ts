import type { Counters } from '../../ports/store.ts';
import { orderCodeOf } from '../../protocols/payment-gateway/order-code.ts';
import type { Card } from '../../refserver/payment-gateway/cards.ts';
import { type Books, booksOf, checkActs, checkTill, repeated, sum } from './books.ts';
import { type PaymentGatewayWorld, SERIAL } from './payment-gateway-world.ts';
import type { Round, Verdict } from './setting.ts';

/** A bill whose train was being counted when the box was killed is lost: this is the one used. */
const BILL_MINOR = 5_000;

/** Compares the journal with the bank, the gateway's links and cards, the slot and the relay. */
export async function checkPaymentGateway(world: PaymentGatewayWorld, round: Round): Promise<Verdict> {
  const books = await booksOf(world, round);
  checkTill(books, world.terms);
  checkActs(books, world);
  checkTransfers(books, world);
  await checkOrders(books, world);
  checkCards(books, await world.cards());
  checkBills(books, world);
  books.expect('charges open', [books.status.sale, books.status.watching], [null, 0]);
  books.expect('contradictions of the gateway', books.of('charge.conflict'), []);
  const counters = (await world.box<Counters>('/v1/counters'))?.sinceEver;
  const { qr, topup } = books.balances();
  books.expect('counters', [counters?.qrMinor, counters?.topUpMinor], [0 - qr, 0 - topup]);
  const paid = books.of('charge.paid');
  const figures = {
    'sales settled': books.of('sale.settled').length,
    'charges paid': paid.length,
    'parts paid': books.of('charge.part-paid').length,
    'paid beyond the price': books.of('refund.due').filter(({ reason }) => reason === 'overpaid').length,
    'paid late': paid.filter(({ late }) => late).length,
    'refunds due': books.of('refund.due').length,
    'charges given up': books.of('charge.abandoned').length,
    'top-up cards credited': paid.filter(({ method }) => method === 'top-up').length,
    'top-up cards failed': books.of('charge.failed').length,
    'deliveries cut off in the act': books.of('act.outcome').filter(({ result }) => result === 'indeterminate').length,
  };
  return { faults: books.faults, figures };
}

/** What the bank moved for a charge is in the journal once, and nothing else is; nothing was sold for money that was not there. */
function checkTransfers(books: Books, world: PaymentGatewayWorld): void {
  const booked = new Map<string, number>();
  const ofQr = [...books.of('charge.paid').filter(({ method }) => method === undefined), ...books.of('charge.part-paid')];
  for (const { charge, amountMinor } of ofQr) booked.set(charge, (booked.get(charge) ?? 0) + amountMinor);
  const lines = (amounts: ReadonlyMap<string, number>) => [...amounts].map((line) => line.join(' ')).sort();
  books.expect('VND by charge', lines(booked), lines(world.transfers));
  const due = new Map(books.of('charge.created').map(({ charge, amountMinor }) => [charge, amountMinor]));
  const whole = [...booked].filter(([charge, minor]) => minor >= (due.get(charge) ?? 0)).map(([charge]) => charge);
  const paid = books.of('charge.paid').flatMap(({ charge, method }) => (method === undefined ? [charge] : []));
  books.expect('charges paid whole', paid.sort(), whole.sort());
  books.expect('money sold that was not there', Math.min(0, books.lowestCredit()), 0);
  const taken = new Set([...books.of('charge.paid'), ...books.of('charge.part-paid')].flatMap(({ sale, late }) => (late ? [] : [sale])));
  books.expect(
    'sales given up with money in them',
    books.of('sale.cancelled').filter(({ sale }) => taken.has(sale)),
    [],
  );
}

/** A request is one order and one link, whatever was asked again, and every order is of a request in the journal. */
async function checkOrders(books: Books, world: PaymentGatewayWorld): Promise<void> {
  const requests = books.of('charge.requested');
  const codes = requests.map(({ request }) => orderCodeOf(SERIAL, request));
  books.expect('order codes used twice', repeated(codes.map(String)), []);
  const wanted = new Map(requests.map(({ amountMinor }, i) => [codes[i], amountMinor]));
  const links = await world.links();
  books.expect(
    'links nobody asked for',
    links.filter(({ orderCode, amount }) => wanted.get(orderCode) !== amount).map(({ orderCode, amount }) => `${orderCode} ${amount}`),
    [],
  );
  const created = books.of('charge.created').filter(({ topUp }) => !topUp);
  books.expect(
    'charges of another order than that of their request',
    created.filter(({ charge, request }) => charge !== String(orderCodeOf(SERIAL, request))).map(({ charge }) => charge),
    [],
  );
  const linked = new Set(links.map(({ orderCode, amount }) => `${orderCode} ${amount}`));
  books.expect(
    'charges without a link',
    created.filter(({ charge, amountMinor }) => !linked.has(`${charge} ${amountMinor}`)),
    [],
  );
  const answered = [...created, ...books.of('charge.refused')].map(({ request }) => request);
  books.expect('requests answered twice', repeated(answered), []);
}

/** Of a card the box has exactly what the gateway received for it. */
function checkCards(books: Books, cards: readonly Card[]): void {
  const asText = (charge: string | null, minor: number, worth: number | undefined) => `${charge} ${minor} ${worth ?? ''}`;
  const received = cards.flatMap(({ requestId, status, actualAmount, receivedAmount }) =>
    receivedAmount ? [asText(requestId, receivedAmount, status === 'WRONG_AMOUNT' ? (actualAmount ?? 0) : undefined)] : [],
  );
  const credited = books.of('charge.paid').filter(({ method }) => method === 'top-up');
  books.expect(
    'cards credited',
    credited.map(({ charge, amountMinor, worthMinor }) => asText(charge, amountMinor, worthMinor)).sort(),
    received.sort(),
  );
  const idsOf = (...wanted: readonly Card['status'][]) =>
    cards.filter(({ status }) => wanted.includes(status)).map(({ requestId }) => requestId);
  const failed = books.of('charge.failed').map(({ charge }) => charge);
  books.expect('cards failed', failed.sort(), idsOf('FAILED').sort());
  books.expect('cards undecided', idsOf('PENDING'), []);
  const sent = new Set(cards.map(({ requestId }) => requestId));
  const created = books.of('charge.created').filter(({ topUp }) => topUp);
  const known = new Set<string | null>(created.map(({ charge }) => charge));
  books.expect(
    'cards without a charge in the journal',
    [...sent].filter((charge) => !known.has(charge)),
    [],
  );
  const abandoned = new Set(books.of('charge.abandoned').map(({ charge }) => charge));
  books.expect(
    'cards given up that never arrived',
    created.map(({ charge }) => charge).filter((charge) => abandoned.has(charge)),
    created.map(({ charge }) => charge).filter((charge) => !sent.has(charge)),
  );
}

function checkBills(books: Books, world: PaymentGatewayWorld): void {
  const counted = sum(books.of('cash.credited'));
  const lost = world.kills * BILL_MINOR;
  if (counted <= world.offeredMinor && counted >= world.insertedMinor - lost) return;
  books.faults.push(
    `cash: ${world.insertedMinor} to ${world.offeredMinor} was put in, ${counted} is in the journal, at most ${lost} may be lost`,
  );
}
