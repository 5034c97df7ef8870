import { type CashMethod, type ChargeMethod, type Recorded, SUM_OF } from '../domain/journal.ts';
import type { Counters, Totals } from '../ports/store.ts';

type Draft<T> = { -readonly [K in keyof T]: T[K] };
interface TotalsDraft extends Draft<Omit<Totals, CashMethod>> {
  readonly coin: Record<string, number>;
  readonly bill: Record<string, number>;
}

/** Both counter sets folded up to and including the entry `seq`. */
export interface Tallied {
  seq: number;
  readonly ever: TotalsDraft;
  reset: TotalsDraft;
  resetAtMs: number | null;
}

/** The kinds of entry that change a counter. */
export const COUNTED_KINDS = [
  'cash.credited',
  'cash.unassigned',
  'charge.paid',
  'charge.part-paid',
  'sale.settled',
  'refund.due',
  'counters.reset',
] as const;

const nothing = (): TotalsDraft => ({
  coin: {},
  bill: {},
  cashMinor: 0,
  qrMinor: 0,
  qrCount: 0,
  cardMinor: 0,
  cardCount: 0,
  terminalMinor: 0,
  terminalCount: 0,
  topUpMinor: 0,
  topUpCount: 0,
  salesMinor: 0,
  salesCount: 0,
  refundMinor: 0,
  unassigned: 0,
});

export const nothingTallied = (): Tallied => ({ seq: 0, ever: nothing(), reset: nothing(), resetAtMs: null });

const COUNT_OF = { qr: 'qrCount', card: 'cardCount', terminal: 'terminalCount', 'top-up': 'topUpCount' } as const satisfies Record<
  ChargeMethod,
  string
>;

/** Counts one entry into both sets. `salesMinor` is what was settled, before any refund of it. */
export function tally(tallied: Tallied, { seq, atMs, entry }: Recorded): void {
  tallied.seq = seq;
  if (entry.kind === 'counters.reset') {
    tallied.reset = nothing();
    tallied.resetAtMs = atMs;
    return;
  }
  for (const totals of [tallied.ever, tallied.reset]) {
    if (entry.kind === 'cash.credited') {
      const pieces = totals[entry.method];
      pieces[entry.amountMinor] = (pieces[entry.amountMinor] ?? 0) + 1;
      totals.cashMinor += entry.amountMinor;
    } else if (entry.kind === 'cash.unassigned') totals.unassigned += 1;
    else if (entry.kind === 'charge.paid') {
      const method = entry.method ?? 'qr';
      totals[SUM_OF[method]] += entry.amountMinor;
      totals[COUNT_OF[method]] += 1;
    } else if (entry.kind === 'charge.part-paid') totals.qrMinor += entry.amountMinor;
    else if (entry.kind === 'sale.settled') {
      totals.salesMinor += entry.dueMinor;
      totals.salesCount += 1;
    } else if (entry.kind === 'refund.due') totals.refundMinor += entry.amountMinor;
  }
}

/** What was tallied so far, as values that no later entry changes. */
export function countersOf({ ever, reset, resetAtMs }: Tallied): Counters {
  const copy = (totals: TotalsDraft): Totals => ({ ...totals, coin: { ...totals.coin }, bill: { ...totals.bill } });
  return { sinceReset: copy(reset), sinceEver: copy(ever), resetAtMs };
}
