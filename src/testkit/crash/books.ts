import type { BoxStatus } from '../../app/box.ts';
import { type Account, type Entry, posting, type Recorded } from '../../domain/journal.ts';
import type { Round } from './setting.ts';
import type { Terms, World } from './world.ts';

type Of<K extends Entry['kind']> = Extract<Entry, { kind: K }>;

/** A journal under audit, and what is wrong with it. */
export class Books {
  readonly faults: string[] = [];
  readonly status: BoxStatus;
  readonly #entries: readonly Entry[];
  /** Those of the round that was just played. */
  readonly #new: readonly Entry[];

  constructor(ledger: readonly Recorded[], status: BoxStatus, { after }: Round) {
    this.status = status;
    this.#entries = ledger.map(({ entry }) => entry);
    this.#new = ledger.filter(({ seq }) => seq > after).map(({ entry }) => entry);
  }

  expect(what: string, found: unknown, wanted: unknown): void {
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      this.faults.push(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`);
  }

  /** Every entry of a kind there ever was. */
  of<K extends Entry['kind']>(kind: K): Of<K>[] {
    return this.#entries.filter((entry): entry is Of<K> => entry.kind === kind);
  }

  /** Those of the round that was just played. */
  ofRound<K extends Entry['kind']>(kind: K): Of<K>[] {
    return this.#new.filter((entry): entry is Of<K> => entry.kind === kind);
  }

  balances(): Record<Account, number> {
    const sums: Record<Account, number> = { cash: 0, qr: 0, card: 0, terminal: 0, topup: 0, credit: 0, sales: 0, refund: 0 };
    for (const entry of this.#entries) {
      const move = posting(entry);
      if (!move) continue;
      sums[move.from] -= move.minor;
      sums[move.to] += move.minor;
    }
    return sums;
  }

  /** What customers had on the box when they had least. */
  lowestCredit(): number {
    let [credit, lowest] = [0, 0];
    for (const entry of this.#entries) {
      const move = posting(entry);
      if (move?.to === 'credit') credit += move.minor;
      if (move?.from === 'credit') credit -= move.minor;
      lowest = Math.min(lowest, credit);
    }
    return lowest;
  }
}

/** The journal and the box's own account of itself, with nothing written in between. */
export async function booksOf(world: World, round: Round): Promise<Books> {
  for (let before = await world.ledger(); ; ) {
    const status = await world.status();
    const ledger = await world.ledger();
    if (!before || !status || !ledger) throw new Error(`the box died while its books were read\n${world.lastWords}`);
    if (ledger.length === before.length) return new Books(ledger, status, round);
    before = ledger;
  }
}

/** What holds for the till of any box when a round is settled. */
export function checkTill(books: Books, terms: Terms): void {
  const { cash, qr, card, terminal, topup, credit, sales, refund } = books.balances();
  books.expect('the books', credit + sales + refund, 0 - cash - qr - card - terminal - topup);
  books.expect('money that bought nothing', [credit, books.status.creditMinor], [0, 0]);
  const once = (what: string, ids: readonly string[]) => books.expect(`one ${what}`, repeated(ids), []);
  once(
    'settlement a sale',
    books.of('sale.settled').map(({ sale }) => sale),
  );
  once(
    'end of a sale',
    [...books.of('sale.settled'), ...books.of('sale.cancelled')].map(({ sale }) => sale),
  );
  once(
    'intent a sale',
    books.of('act.intent').map(({ sale }) => sale),
  );
  once(
    'outcome an act',
    books.of('act.outcome').map(({ act }) => act),
  );
  once(
    'charge of a number',
    books.of('charge.created').map(({ charge }) => charge),
  );
  once(
    'payment a charge',
    books.of('charge.paid').map(({ charge }) => charge),
  );
  once(
    'announcement a charge',
    books.of('announced').map(({ charge }) => charge),
  );
  for (const { sale } of books.ofRound('sale.opened')) {
    const due = books.ofRound('refund.due').filter((entry) => entry.sale === sale);
    books.expect(`owed back of sale ${sale}`, sum(due), owedBack(books, sale, terms));
  }
  checkAlarms(books);
}

/** What a customer must get back of a sale, by what happened and the owner's policy. */
function owedBack(books: Books, sale: string, { sale: policy }: Terms): number {
  const ofSale = (entry: { readonly sale: string | null }) => entry.sale === sale;
  // The holder of a card has gone when it is known late that it was charged: there is nobody to keep a credit for.
  const paid = books.ofRound('charge.paid').filter(ofSale);
  const parts = books.ofRound('charge.part-paid').filter(ofSale);
  const late = [
    ...paid.filter((entry) => entry.late && (entry.method !== undefined || policy?.latePayment === 'refund')),
    ...parts.filter((entry) => entry.late && policy?.latePayment === 'refund'),
  ];
  const inTime = [...paid, ...parts].filter((entry) => !entry.late);
  const taken = sum(books.ofRound('cash.credited').filter(ofSale)) + sum(inTime);
  const cancelled = books.ofRound('sale.cancelled').some(ofSale);
  const settled = books.ofRound('sale.settled').find(ofSale);
  const failed = books.ofRound('act.outcome').some((entry) => ofSale(entry) && entry.result === 'failed');
  return (
    sum(late) +
    (cancelled && policy?.cancelledCash === 'refund' ? taken : 0) +
    (settled && policy?.overpayment === 'refund' ? Math.max(0, taken - settled.dueMinor) : 0) +
    (failed ? (settled?.dueMinor ?? 0) : 0)
  );
}

/** Every settled sale drives its machine, once where the end of it is known and at most once elsewhere. */
export function checkActs(books: Books, world: World): void {
  const driving = new Set(books.of('sale.opened').flatMap(({ sale, drive }) => (drive ? [sale] : [])));
  const intents = books.of('act.intent').length;
  books.expect('every settled sale drives its machine', intents, books.of('sale.settled').filter(({ sale }) => driving.has(sale)).length);
  const certain = books.of('act.outcome').filter(({ result }) => result !== 'indeterminate').length;
  const driven = world.driven();
  if (driven < certain || driven > intents)
    books.faults.push(`relay: driven ${driven} times, ${certain} acts run to their end, ${intents} intended`);
}

/** What only a person can clear up is told until a person has. */
function checkAlarms(books: Books): void {
  const outcomes = books.ofRound('act.outcome').map(({ result }) => result);
  const givenUp = new Set(books.ofRound('charge.abandoned').map(({ charge }) => charge));
  const unresolved = books.of('charge.created').filter(({ charge }) => givenUp.has(charge));
  const wanted = [
    ...(outcomes.includes('indeterminate') ? ['delivery-unknown'] : []),
    ...(outcomes.includes('failed') ? ['output-faulty'] : []),
    ...(books.ofRound('bill.unknown').length > 0 ? ['bill-unknown'] : []),
    ...(books.ofRound('cash.unassigned').length > 0 ? ['cash-unassigned'] : []),
    ...(unresolved.some(({ card }) => card) ? ['card-unresolved'] : []),
    ...(unresolved.some(({ terminal }) => terminal) ? ['terminal-unresolved'] : []),
    ...(unresolved.some(({ topUp }) => topUp) ? ['top-up-unresolved'] : []),
  ];
  const raised = books.status.alarms.map(({ code }) => code);
  books.expect(
    'alarms that are missing',
    wanted.filter((code) => !raised.includes(code)),
    [],
  );
}

export const sum = (entries: readonly { readonly amountMinor: number }[]): number =>
  entries.reduce((total, { amountMinor }) => total + amountMinor, 0);

export const repeated = (ids: readonly string[]): string[] => ids.filter((id, i) => ids.indexOf(id) !== i);
