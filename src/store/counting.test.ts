import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '../domain/journal.ts';
import type { Store, Totals } from '../ports/store.ts';
import { FakeClock } from '../testkit/clock.ts';
import { coin, reportOf } from '../testkit/sample-commits.ts';
import { openStore } from './open.ts';
import { type Connection, connect } from './sqlite.ts';

let home: string;
let runs = 0;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'store-count-'));
});

afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

type Step =
  | {
      readonly do: 'coin' | 'bill' | 'pay' | 'card' | 'terminal' | 'top-up' | 'late' | 'settle' | 'refund-credit' | 'refund-sales';
      readonly minor: number;
    }
  | { readonly do: 'unassigned' | 'reset' | 'count' | 'checkpoint' | 'reopen' | 'duplicate' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('coin' as const, 'bill', 'pay', 'card', 'terminal', 'top-up', 'late', 'settle', 'refund-credit', 'refund-sales'),
    minor: fc.constantFrom(0, 1, 100, 500, 1_000, 2_000, 1_000_000_000_000),
  }),
  fc.record({ do: fc.constantFrom('unassigned' as const, 'reset', 'count', 'checkpoint', 'reopen', 'duplicate') }),
);

/** Totals as a person would count them. */
class Slip {
  coin: Record<string, number> = {};
  bill: Record<string, number> = {};
  cashMinor = 0;
  qrMinor = 0;
  qrCount = 0;
  cardMinor = 0;
  cardCount = 0;
  terminalMinor = 0;
  terminalCount = 0;
  topUpMinor = 0;
  topUpCount = 0;
  salesMinor = 0;
  salesCount = 0;
  refundMinor = 0;
  unassigned = 0;
  add(one: Step): void {
    if (!('minor' in one)) {
      if (one.do === 'unassigned') this.unassigned++;
      return;
    }
    const { minor } = one;
    if (one.do === 'coin' || one.do === 'bill') {
      this[one.do][minor] = (this[one.do][minor] ?? 0) + 1;
      this.cashMinor += minor;
    } else if (one.do === 'pay' || one.do === 'late') {
      this.qrMinor += minor;
      this.qrCount++;
    } else if (one.do === 'card') {
      this.cardMinor += minor;
      this.cardCount++;
    } else if (one.do === 'terminal') {
      this.terminalMinor += minor;
      this.terminalCount++;
    } else if (one.do === 'top-up') {
      this.topUpMinor += minor;
      this.topUpCount++;
    } else if (one.do === 'settle') {
      this.salesMinor += minor;
      this.salesCount++;
    } else this.refundMinor += minor;
  }
}

function entryFor(one: Step, n: number): Entry | null {
  const sale = `sale-${n}`;
  const cash = { sale: null, acceptor: 'a', train: `train-${n}` };
  switch (one.do) {
    case 'coin':
    case 'bill':
      return { kind: 'cash.credited', ...cash, method: one.do, amountMinor: one.minor };
    case 'pay':
    case 'late':
      return { kind: 'charge.paid', sale, charge: `c-${n}`, amountMinor: one.minor, via: 'poll', late: one.do === 'late' };
    case 'card':
      return { kind: 'charge.paid', sale, charge: `c-${n}`, amountMinor: one.minor, via: 'answer', late: false, method: 'card' };
    case 'terminal':
      return { kind: 'charge.paid', sale, charge: `c-${n}`, amountMinor: one.minor, via: 'push', late: false, method: 'terminal' };
    case 'top-up':
      return { kind: 'charge.paid', sale, charge: `c-${n}`, amountMinor: one.minor, via: 'poll', late: false, method: 'top-up' };
    case 'settle':
      return { kind: 'sale.settled', sale, dueMinor: one.minor };
    case 'refund-credit':
    case 'refund-sales':
      return { kind: 'refund.due', sale, amountMinor: one.minor, from: one.do === 'refund-sales' ? 'sales' : 'credit', reason: '' };
    case 'unassigned':
      return { kind: 'cash.unassigned', ...cash, method: 'bill', pulses: 3 };
    case 'reset':
      return { kind: 'counters.reset' };
    default:
      return null;
  }
}

describe('counters', () => {
  it('equal what a person would count, and the books balance, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 14 }), (commits) => {
        const clock = new FakeClock();
        const directory = path.join(home, String(runs++));
        let db: Connection | undefined;
        const open = (): Store =>
          openStore({
            file: path.join(directory, 'journal.db'),
            boot: 'b',
            clock,
            reserveMiB: 1,
            connect: (file, busyMs) => {
              db = connect(file, busyMs);
              return db;
            },
          });
        let store = open();
        let n = 0;
        const ever = new Slip();
        let reset = new Slip();
        let resetAtMs: number | null = null;
        for (const steps of commits) {
          clock.advance(10);
          const entries: Entry[] = [];
          for (const one of steps) {
            const entry = entryFor(one, n++);
            if (entry) entries.push(entry);
            ever.add(one);
            reset.add(one);
            if (one.do === 'reset') [reset, resetAtMs] = [new Slip(), clock.wallMs()];
          }
          store.commit({ entries, outbox: [{ id: `m-${n}`, lane: 'sale', report: reportOf(`sale-${n}`, n) }] });
          for (const one of steps) {
            if (one.do === 'count') store.counters();
            else if (one.do === 'checkpoint') store.saveCheckpoint({ seq: store.lastSeq(), state: '{}' });
            else if (one.do === 'reopen') {
              store.close();
              store = open();
            } else if (one.do === 'duplicate') {
              expect(() =>
                store.commit({ entries: [coin(1e9)], outbox: [{ id: `m-${n}`, lane: 'sale', report: reportOf('s', 1) }] }),
              ).toThrow('recorded before');
            }
          }
        }
        expect(store.counters()).toEqual({ sinceEver: { ...ever }, sinceReset: { ...reset }, resetAtMs });
        const balance = (account: string) => {
          const sql = `SELECT coalesce(sum(minor) FILTER (WHERE account_to = ?1), 0) - coalesce(sum(minor) FILTER (WHERE account_from = ?1), 0) AS minor FROM ledger`;
          return db?.get<{ minor: number }>(sql, account)?.minor ?? Number.NaN;
        };
        expect(balance('credit') + balance('sales') + balance('refund')).toBe(
          ever.cashMinor + ever.qrMinor + ever.cardMinor + ever.terminalMinor + ever.topUpMinor,
        );
        expect(balance('cash') + ever.cashMinor).toBe(0);
        expect(balance('qr') + ever.qrMinor).toBe(0);
        expect(balance('card') + ever.cardMinor).toBe(0);
        expect(balance('terminal') + ever.terminalMinor).toBe(0);
        expect(balance('topup') + ever.topUpMinor).toBe(0);
        expect(balance('refund')).toBe(ever.refundMinor);
        store.close();
        fs.rmSync(directory, { recursive: true });
      }),
      { numRuns: 60 },
    );
  });

  it('start at nothing and are not changed by what comes after', () => {
    const store = openStore({ file: path.join(home, 'journal.db'), boot: 'b', clock: new FakeClock(), reserveMiB: 1 });
    const nothing: Totals = { ...new Slip() };
    const before = store.counters();
    store.commit({ entries: [coin(1)] });
    expect(before).toEqual({ sinceEver: nothing, sinceReset: nothing, resetAtMs: null });
    expect(store.counters().sinceEver.coin).toEqual({ '1000': 1 });
    store.close();
  });

  it('count a long journal in pages, then only what is new', () => {
    let reads = 0;
    const store = openStore({
      file: path.join(home, 'journal.db'),
      boot: 'b',
      clock: new FakeClock(),
      reserveMiB: 1,
      connect: (file, busyMs) => {
        const db = connect(file, busyMs);
        return {
          ...db,
          all: <T>(sql: string, ...values: (string | number | null)[]) => {
            const rows = db.all<T>(sql, ...values);
            reads += rows.length;
            return rows;
          },
        };
      },
    });
    store.commit({ entries: Array.from({ length: 2_500 }, (_, n) => coin(n)) });
    expect(store.counters().sinceEver.coin).toEqual({ '1000': 2_500 });
    expect(reads).toBe(2_500);
    store.commit({ entries: [coin(9_999)] });
    expect(store.counters().sinceReset.cashMinor).toBe(2_501_000);
    expect(reads).toBe(2_501);
    store.close();
  });
});
