import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Account, type Entry, posting } from '../journal.ts';
import { DEFAULT_POLICY, type SalePolicy } from '../policy.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import type { TillInput } from './input.ts';
import { emptyTill, isDirect, type Till } from './state.ts';

type Method = 'qr' | 'card' | 'terminal' | 'top-up';

/** What may happen next; numbers pick among what exists at that moment. */
type Move =
  | { readonly do: 'open' | 'cash'; readonly minor: number }
  | { readonly do: 'order' | 'order-sale' | 'order-announced' | 'order-refused' | 'order-again' }
  | { readonly do: 'offer' | 'refuse' | 'cancel' | 'requote' | 'restart' | 'act-done' | 'act-failed' }
  | { readonly do: 'pay' | 'pay-again' | 'fail' | 'expire' | 'grace'; readonly pick: number }
  | { readonly do: 'part' | 'pay-other'; readonly pick: number; readonly minor: number };

const minor = fc.integer({ min: 1, max: 5_000 });
const pick = fc.nat({ max: 50 });
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('open' as const, 'cash' as const), minor }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'offer' as const,
        'refuse' as const,
        'cancel' as const,
        'requote' as const,
        'restart' as const,
        'act-done' as const,
        'act-failed' as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'order' as const,
        'order-sale' as const,
        'order-announced' as const,
        'order-refused' as const,
        'order-again' as const,
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('pay' as const, 'pay-again' as const, 'fail' as const, 'expire' as const, 'grace' as const),
      pick,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('part' as const, 'pay-other' as const), pick, minor }) },
);

const policy: fc.Arbitrary<SalePolicy> = fc
  .record({
    latePayment: fc.constantFrom('credit' as const, 'refund' as const),
    overpayment: fc.constantFrom('credit' as const, 'refund' as const),
    cancelledCash: fc.constantFrom('credit' as const, 'refund' as const),
    idleCash: fc.constantFrom('credit' as const, 'sell' as const),
    drive: fc.constantFrom(
      { mode: 'hold', holdMs: 1_000 } as const,
      { mode: 'pulses-per', unitMinor: 500, pulseMs: 50, gapMs: 50 } as const,
    ),
  })
  .map((part) => ({ ...DEFAULT_POLICY, ...part }));

/** The world outside the till: what was really put in, and what the backend really holds as paid. */
class World {
  till: Till = emptyTill('THB');
  readonly entries: Entry[] = [];
  cashInMinor = 0;
  readonly created: string[] = [];
  /** Charges whose payment the box was told of while it knew them. */
  readonly paid = new Map<string, number>();
  /** Of these, the ones that were paid whole. */
  readonly whole = new Set<string>();
  #ids = 0;
  readonly topUps = new Set<string>();
  readonly #policy: SalePolicy;
  readonly #cashPossible: boolean;
  readonly #method: Method;

  constructor(salePolicy: SalePolicy, cashPossible: boolean, method: Method = 'qr') {
    this.#policy = salePolicy;
    this.#cashPossible = cashPossible;
    this.#method = method;
  }

  id(): string {
    return `n${++this.#ids}`;
  }

  submit(input: TillInput): void {
    const made = decide(this.till, input, {
      policy: this.#policy,
      qrPossible: this.#method === 'qr' || this.#method === 'top-up',
      cashPossible: this.#cashPossible,
      cashBusy: false,
      newId: () => this.id(),
    });
    for (const entry of made) {
      this.till = apply(this.till, entry);
      this.entries.push(entry);
    }
  }

  /** Does a move if it is possible in the present state. */
  play(next: Move): void {
    const sale = this.till.sale;
    const charge = 'pick' in next ? this.created[next.pick % Math.max(1, this.created.length)] : undefined;
    switch (next.do) {
      case 'open':
        if (!sale && this.#method === 'terminal') {
          const made = this.id();
          const terms = { description: '', drive: { mode: 'hold', holdMs: 1 }, method: 'DEBIT_CARD', expiresAtMs: 1 } as const;
          this.submit({ type: 'terminal-chosen', sale: this.id(), charge: made, dueMinor: next.minor, ...terms });
          this.created.push(made);
        } else if (!sale)
          this.submit({
            type: 'open',
            sale: this.id(),
            dueMinor: next.minor,
            description: '',
            origin: 'api',
            drive: { mode: 'hold', holdMs: 1 },
          });
        return;
      case 'cash':
        this.cashInMinor += next.minor;
        this.submit({ type: 'cash', method: 'coin', acceptor: 'coin', train: this.id(), amountMinor: next.minor });
        return;
      case 'order':
        this.submit({ type: 'order', order: { id: this.id(), purpose: 'sale', amountMinor: 700, message: '' } });
        return;
      case 'order-again': {
        const [waiting] = this.till.orders;
        if (waiting) this.submit({ type: 'order', order: waiting });
        return;
      }
      case 'order-announced':
      case 'order-refused': {
        const order = this.till.orders[0]?.id ?? 'unknown';
        this.submit(
          next.do === 'order-announced'
            ? { type: 'orders-announced', orders: [order], spoken: true }
            : { type: next.do, order, code: 'x', reason: 'x' },
        );
        return;
      }
      case 'order-sale': {
        const [order] = this.till.orders;
        const drive = { mode: 'hold', holdMs: 1 } as const;
        const opened = { sale: this.id(), dueMinor: 700, description: '', origin: 'backend', drive } as const;
        if (!sale && order) this.submit({ type: 'open', ...opened, order: order.id });
        return;
      }
      case 'offer': {
        const made = this.id();
        if (this.#method === 'card' && sale?.phase === 'paying' && !sale.charge) {
          const amountMinor = sale.dueMinor - this.till.creditMinor;
          const card = { org: 'VISA', maskedPan: '411111******1111' };
          this.submit({ type: 'card-read', sale: sale.id, charge: made, amountMinor, card, expiresAtMs: 1 });
          if (this.till.charges[made]) this.created.push(made);
        }
        // Beside it QRs are offered, as on a box that takes both.
        if (this.#method === 'top-up' && sale?.phase === 'paying' && this.created.length % 2 === 0 && !this.authorising()) {
          const face = { operator: 'Viettel', declaredMinor: 700, expiresAtMs: 1 };
          this.submit({ type: 'top-up-entered', sale: sale.id, charge: made, ...face });
          this.topUps.add(made);
          this.created.push(made);
          return;
        }
        if (!sale?.request) return;
        this.submit({ type: 'qr-offered', request: sale.request.id, charge: made, qr: 'QR', expiresAtMs: 1 });
        if (this.till.charges[made]) this.created.push(made);
        return;
      }
      case 'refuse':
        if (sale?.request) this.submit({ type: 'qr-refused', request: sale.request.id, code: 'x', reason: 'x' });
        return;
      case 'cancel':
        if (sale?.phase === 'paying' && !this.authorising()) this.submit({ type: 'cancel', sale: sale.id, reason: 'customer' });
        return;
      case 'requote':
        this.submit({ type: 'requote' });
        return;
      case 'restart': {
        const again = this.entries.reduce(apply, emptyTill('THB'));
        expect(again).toEqual(this.till);
        this.submit({ type: 'restart', version: '1' });
        return;
      }
      case 'act-done':
      case 'act-failed':
        if (sale?.act) this.submit({ type: 'act-done', act: sale.act, result: next.do === 'act-done' ? 'done' : 'failed', reason: '' });
        return;
      case 'pay':
      case 'pay-again':
      case 'pay-other': {
        if (!charge) return;
        const known = this.till.charges[charge] ?? this.till.resolved.find((r) => r.id === charge);
        if (!known) return;
        const other = next.do === 'pay-other' ? { paidMinor: next.minor } : {};
        // Once it is paid whole, whatever else is said of it changes nothing.
        if (!this.whole.has(charge)) {
          // A top-up card is credited with what the backend says, be it more or less than its face value.
          const least = this.topUps.has(charge) && other.paidMinor !== undefined ? 0 : known.amountMinor;
          this.paid.set(charge, Math.max(least, this.paid.get(charge) ?? 0, other.paidMinor ?? 0));
        }
        this.whole.add(charge);
        this.submit({ type: 'paid', charge, via: 'push', ...other });
        if (next.do === 'pay-again') this.submit({ type: 'paid', charge, via: 'poll' });
        return;
      }
      case 'part': {
        const open = charge === undefined ? undefined : this.till.charges[charge];
        if (!charge || !open || isDirect(open)) return;
        this.paid.set(charge, Math.max(this.paid.get(charge) ?? 0, next.minor));
        this.submit({ type: 'part-paid', charge, via: 'poll', paidMinor: next.minor });
        this.submit({ type: 'part-paid', charge, via: 'push', paidMinor: next.minor });
        return;
      }
      case 'fail':
        if (charge) this.submit({ type: 'charge-failed', charge, via: 'poll', reason: 'x' });
        return;
      case 'expire':
        if (charge) this.submit({ type: 'expired', charge });
        return;
      case 'grace':
        if (charge) this.submit({ type: 'grace-over', charge });
        return;
    }
  }

  authorising(): boolean {
    const charge = this.till.sale?.charge;
    const open = charge == null ? undefined : this.till.charges[charge];
    return open !== undefined && isDirect(open);
  }

  /** Lets everything that is open come to its end. */
  finish(): void {
    if (this.till.sale?.act) this.play({ do: 'act-done' });
    for (const charge of this.created) {
      this.submit({ type: 'expired', charge });
      this.submit({ type: 'grace-over', charge });
    }
    if (this.till.sale?.phase === 'paying') this.play({ do: 'cancel' });
    for (const charge of this.created) this.submit({ type: 'grace-over', charge });
    if (this.till.sale?.act) this.play({ do: 'act-done' });
  }

  balances(): Record<Account, number> {
    const sums: Record<Account, number> = { cash: 0, qr: 0, card: 0, terminal: 0, topup: 0, credit: 0, sales: 0, refund: 0 };
    for (const entry of this.entries) {
      const move = posting(entry);
      if (!move) continue;
      sums[move.from] -= move.minor;
      sums[move.to] += move.minor;
    }
    return sums;
  }

  of<K extends Entry['kind']>(kind: K): Extract<Entry, { kind: K }>[] {
    return this.entries.filter((entry): entry is Extract<Entry, { kind: K }> => entry.kind === kind);
  }
}

function checkBooks(world: World): void {
  const books = world.balances();
  expect(0 - books.cash).toBe(world.cashInMinor);
  expect(0 - books.qr - books.card - books.terminal - books.topup).toBe([...world.paid.values()].reduce((sum, amount) => sum + amount, 0));
  expect(books.credit).toBe(world.till.creditMinor);
  expect(books.credit).toBeGreaterThanOrEqual(0);
  expect(books.sales).toBeGreaterThanOrEqual(0);
  expect(books.credit + books.sales + books.refund).toBe(0 - books.cash - books.qr - books.card - books.terminal - books.topup);
}

function checkOnce(world: World): void {
  const unique = (texts: string[]) => expect(new Set(texts).size).toBe(texts.length);
  unique(world.of('charge.paid').map((entry) => entry.charge));
  unique(world.of('sale.settled').map((entry) => entry.sale));
  unique(world.of('act.intent').map((entry) => entry.sale));
  unique(world.of('act.outcome').map((entry) => entry.act));
  expect(
    world
      .of('charge.paid')
      .map((entry) => entry.charge)
      .sort(),
  ).toEqual([...world.whole].sort());
}

function checkReports(world: World): void {
  const reports = world.of('report.queued').map((entry) => entry.report);
  const pieces = reports
    .flatMap((report) => Object.entries(report.cash.coin))
    .reduce((sum, [value, count]) => sum + Number(value) * count, 0);
  const unreported = Object.entries(world.till.tally.coin).reduce((sum, [value, count]) => sum + Number(value) * count, 0);
  expect(pieces + unreported).toBe(world.cashInMinor);
  expect(reports.reduce((sum, report) => sum + report.qrMinor, 0)).toBe(0 - world.balances().qr);
  expect(reports.reduce((sum, report) => sum + (report.cardMinor ?? 0), 0)).toBe(0 - world.balances().card);
  expect(reports.reduce((sum, report) => sum + (report.terminalMinor ?? 0), 0)).toBe(0 - world.balances().terminal);
  expect(reports.reduce((sum, report) => sum + (report.topUpMinor ?? 0), 0)).toBe(0 - world.balances().topup);
  const reported = new Set(reports.map((report) => report.sale));
  for (const { sale } of world.of('sale.opened')) expect(reported.has(sale)).toBe(true);
  expect(world.till.owed).toEqual({});
}

/** Every order ends in one way at most, and only those that have not ended wait. */
function checkOrders(world: World): void {
  const ended = [
    ...world.of('order.refused').map(({ order }) => order),
    ...world.of('order.announced').map(({ order }) => order),
    ...world.of('sale.opened').flatMap(({ order }) => (order === undefined ? [] : [order])),
  ];
  expect(new Set(ended).size).toBe(ended.length);
  const waiting = world
    .of('order.received')
    .map(({ order }) => order)
    .filter((order) => !ended.includes(order));
  expect(world.till.orders.map(({ id }) => id)).toEqual(waiting);
}

describe('any interleaving of what can happen to the till', () => {
  it('credits exactly what was paid, once, and loses nothing over restarts', () => {
    fc.assert(
      fc.property(
        fc.array(move, { maxLength: 60 }),
        policy,
        fc.boolean(),
        fc.constantFrom('qr', 'card', 'terminal', 'top-up'),
        (moves, salePolicy, cash, method) => {
          const world = new World(salePolicy, cash, method);
          for (const next of moves) {
            world.play(next);
            checkBooks(world);
          }
          world.finish();
          checkBooks(world);
          checkOnce(world);
          checkReports(world);
          checkOrders(world);
          expect(world.till.sale).toBeNull();
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('never has more than one QR on the screen, and only for what is left to pay', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40 }), policy, (moves, salePolicy) => {
        const world = new World(salePolicy, true);
        for (const next of moves) {
          world.play(next);
          const shown = Object.values(world.till.charges).filter((charge) => charge.state === 'shown');
          expect(shown.length).toBeLessThanOrEqual(1);
          const sale = world.till.sale;
          if (shown[0] && sale) expect(shown[0].amountMinor).toBe(sale.dueMinor - world.till.creditMinor);
          if (shown[0]) expect(sale?.charge).toBe(shown[0].id);
        }
      }),
      { numRuns: 500 },
    );
  });
});
