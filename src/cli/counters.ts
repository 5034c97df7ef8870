import { type Currency, decimalText } from '../domain/money.ts';
import type { Counters, Totals } from '../ports/store.ts';
import { BOX_OPTIONS, boxClient } from './box-client.ts';
import { columns } from './columns.ts';
import { type Command, command } from './command.ts';

/** `tilld counters` */
export const counters: Command = command({
  name: 'counters',
  summary: 'Print the close-of-day table',
  usage: '',
  options: { ...BOX_OPTIONS, reset: { type: 'boolean', help: 'Begin a new period after printing this one' } },
  examples: ['tilld counters', 'tilld counters --reset'],
  async run({ values, env, show }) {
    const box = boxClient({ values, env });
    const { currency } = await box.status();
    const before = await box.counters();
    const printed = values.reset ? closedPeriod(before, await box.resetCounters()) : before;
    show(printed, () => table(printed, currency, values.reset === true));
    return 0;
  },
});

/**
 * The period that a reset closed, with everything that happened up to the reset itself: money may have come in between
 * reading the counters and resetting them, and must be in one of the two tables.
 */
export function closedPeriod(before: Counters, after: Counters): Counters {
  const add = (a: Totals, b: Totals, sign: 1 | -1): Totals => ({
    coin: addPieces(a.coin, b.coin, sign),
    bill: addPieces(a.bill, b.bill, sign),
    cashMinor: a.cashMinor + sign * b.cashMinor,
    qrMinor: a.qrMinor + sign * b.qrMinor,
    qrCount: a.qrCount + sign * b.qrCount,
    cardMinor: a.cardMinor + sign * b.cardMinor,
    cardCount: a.cardCount + sign * b.cardCount,
    terminalMinor: a.terminalMinor + sign * b.terminalMinor,
    terminalCount: a.terminalCount + sign * b.terminalCount,
    topUpMinor: a.topUpMinor + sign * b.topUpMinor,
    topUpCount: a.topUpCount + sign * b.topUpCount,
    salesMinor: a.salesMinor + sign * b.salesMinor,
    salesCount: a.salesCount + sign * b.salesCount,
    refundMinor: a.refundMinor + sign * b.refundMinor,
    unassigned: a.unassigned + sign * b.unassigned,
  });
  const meanwhile = add(add(after.sinceEver, before.sinceEver, -1), after.sinceReset, -1);
  return { sinceReset: add(before.sinceReset, meanwhile, 1), sinceEver: after.sinceEver, resetAtMs: before.resetAtMs };
}

type Pieces = Readonly<Record<string, number>>;

function addPieces(a: Pieces, b: Pieces, sign: 1 | -1): Pieces {
  const all = { ...a };
  for (const [denomination, count] of Object.entries(b)) all[denomination] = (all[denomination] ?? 0) + sign * count;
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count !== 0));
}

function table({ sinceReset, sinceEver, resetAtMs }: Counters, currency: Currency, wasReset: boolean): string {
  const sum = (minor: number) => decimalText({ minor, currency });
  const both = (value: (totals: Totals) => readonly [string, string]) => [...value(sinceReset), ...value(sinceEver)];
  const row = (title: string, value: (totals: Totals) => readonly [string, string]) => [title, '', ...both(value)];
  const pieces = (method: 'coin' | 'bill', title: string) => {
    const known = Object.keys({ ...sinceEver[method], ...sinceReset[method] }).map(Number);
    return known
      .sort((a, b) => a - b)
      .map((denomination, i) => {
        const count = (totals: Totals) => totals[method][denomination] ?? 0;
        const cells = both((totals) => [String(count(totals)), sum(count(totals) * denomination)]);
        return [i === 0 ? title : '', sum(denomination), ...cells];
      });
  };
  const rows = [
    [currency, '', 'since reset', '', 'since ever', ''],
    ['', 'value', 'pieces', 'sum', 'pieces', 'sum'],
    ...pieces('coin', 'Coins'),
    ...pieces('bill', 'Bills'),
    row('Cash', ({ cashMinor }) => ['', sum(cashMinor)]),
    row('QR', ({ qrCount, qrMinor }) => [String(qrCount), sum(qrMinor)]),
    row('Cards', ({ cardCount, cardMinor }) => [String(cardCount), sum(cardMinor)]),
    row('Terminal', ({ terminalCount, terminalMinor }) => [String(terminalCount), sum(terminalMinor)]),
    row('Top-ups', ({ topUpCount, topUpMinor }) => [String(topUpCount), sum(topUpMinor)]),
    row('Taken', ({ cashMinor, qrMinor, cardMinor, terminalMinor, topUpMinor }) => [
      '',
      sum(cashMinor + qrMinor + cardMinor + terminalMinor + topUpMinor),
    ]),
    row('Sold', ({ salesCount, salesMinor }) => [String(salesCount), sum(salesMinor)]),
    row('To refund', ({ refundMinor }) => ['', sum(refundMinor)]),
    row('Unassigned', ({ unassigned }) => [String(unassigned), '']),
  ];
  const since = resetAtMs === null ? 'Never reset before.' : `Since the reset of ${new Date(resetAtMs).toISOString()}.`;
  return [...columns(rows, [1, 2, 3, 4, 5]), '', since, ...(wasReset ? ['A new period has begun.'] : [])].join('\n');
}
