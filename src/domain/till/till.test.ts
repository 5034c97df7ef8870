import { describe, expect, it } from 'vitest';
import type { Entry } from '../journal.ts';
import { DEFAULT_POLICY, type SalePolicy } from '../policy.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import type { TillInput } from './input.ts';
import { emptyTill, type Till } from './state.ts';

/** Runs inputs one after the other and keeps everything that was committed. */
function run(inputs: readonly TillInput[], policy: Partial<SalePolicy> = {}, surroundings: { cash?: boolean; busy?: boolean } = {}) {
  let till: Till = emptyTill('THB');
  let ids = 0;
  const entries: Entry[] = [];
  for (const input of inputs) {
    const made = decide(till, input, {
      policy: { ...DEFAULT_POLICY, ...policy },
      qrPossible: true,
      cashPossible: surroundings.cash ?? true,
      cashBusy: surroundings.busy ?? false,
      newId: () => `id${++ids}`,
    });
    for (const entry of made) till = apply(till, entry);
    entries.push(...made);
  }
  return { till, entries, kinds: entries.map((entry) => entry.kind) };
}

const HOLD = { mode: 'hold', holdMs: 1_000 } as const;
const open = (dueMinor = 2_000, sale = 's1'): TillInput => ({
  type: 'open',
  sale,
  dueMinor,
  description: 'Wash',
  origin: 'api',
  drive: HOLD,
});
const offered = (request = 'id1', charge = 'c1'): TillInput => ({ type: 'qr-offered', request, charge, qr: 'QR', expiresAtMs: 9_000 });
const paid = (charge = 'c1'): TillInput => ({ type: 'paid', charge, via: 'push' });
const coin = (amountMinor: number, train = `t${amountMinor}`): TillInput => ({
  type: 'cash',
  method: 'coin',
  acceptor: 'coin',
  train,
  amountMinor,
});
const acted = (act: string, result: 'done' | 'failed' = 'done'): TillInput => ({ type: 'act-done', act, result, reason: '' });

describe('a sale by QR', () => {
  it('commits payment, settlement, the intent to act and the report in one step', () => {
    const { kinds, till } = run([open(), offered(), paid()]);
    expect(kinds).toEqual([
      'sale.opened',
      'charge.requested',
      'charge.created',
      'charge.paid',
      'sale.settled',
      'act.intent',
      'report.queued',
    ]);
    expect(till.creditMinor).toBe(0);
    expect(till.sale?.phase).toBe('delivering');
  });

  it('ends when the act is done', () => {
    expect(run([open(), offered(), paid(), acted('id2')]).till.sale).toBeNull();
  });

  it('takes a second confirmation of the same charge as a duplicate', () => {
    const { entries } = run([open(), offered(), paid(), paid(), acted('id2'), paid()]);
    expect(entries.filter((entry) => entry.kind === 'charge.paid')).toHaveLength(1);
  });

  it('ignores a charge that is not ours', () => {
    expect(run([open(), offered(), paid('c-foreign')]).kinds).not.toContain('charge.paid');
  });

  it('ignores an offer for a request nobody waits for any more', () => {
    expect(run([open(), { type: 'cancel', sale: 's1', reason: 'api' }, offered()]).kinds).not.toContain('charge.created');
  });

  it('quarantines a failure claimed after the payment, once', () => {
    const failed: TillInput = { type: 'charge-failed', charge: 'c1', via: 'poll', reason: 'declined' };
    const { kinds } = run([open(), offered(), paid(), failed, failed]);
    expect(kinds.filter((kind) => kind === 'charge.conflict')).toHaveLength(1);
    expect(kinds).not.toContain('charge.failed');
  });

  it('books a payment that follows a failure as late', () => {
    const { entries, till } = run([open(), offered(), { type: 'charge-failed', charge: 'c1', via: 'push', reason: 'declined' }, paid()]);
    expect(entries.find((entry) => entry.kind === 'charge.paid')).toMatchObject({ late: true, amountMinor: 2_000 });
    expect(till.creditMinor).toBe(2_000);
  });
});

describe('expiry and late payment', () => {
  const expired: TillInput = { type: 'expired', charge: 'c1' };

  it('cancels the sale, keeps the charge unresolved and reports only when it is resolved', () => {
    const atExpiry = run([open(), offered(), expired]);
    expect(atExpiry.till.sale).toBeNull();
    expect(atExpiry.till.charges.c1?.state).toBe('expired');
    expect(atExpiry.kinds).not.toContain('report.queued');
    const over = run([open(), offered(), expired, { type: 'grace-over', charge: 'c1' }]);
    expect(over.entries.at(-1)).toMatchObject({ kind: 'report.queued', report: { status: 'CANCELLED', qrMinor: 0 } });
  });

  it('keeps late money as credit, and the next sale uses it', () => {
    const { entries, till } = run([open(), offered(), expired, paid(), open(3_000, 's2')]);
    expect(entries.filter((entry) => entry.kind === 'report.queued')).toMatchObject([{ report: { status: 'SUCCEEDED', qrMinor: 2_000 } }]);
    expect(till.sale?.request?.amountMinor).toBe(1_000);
  });

  it('queues late money for refund where the owner wants that', () => {
    const { entries, till } = run([open(), offered(), expired, paid()], { latePayment: 'refund' });
    expect(entries).toContainEqual({ kind: 'refund.due', sale: 's1', amountMinor: 2_000, from: 'credit', reason: 'paid-late' });
    expect(till.creditMinor).toBe(0);
  });

  it('still credits a charge that was given up after the grace time', () => {
    const { till } = run([open(), offered(), expired, { type: 'grace-over', charge: 'c1' }, paid()]);
    expect(till.creditMinor).toBe(2_000);
  });

  it('does not end a sale while a piece is being counted', () => {
    expect(run([open(), offered(), expired], {}, { busy: true }).till.sale?.id).toBe('s1');
  });

  it('does not end a sale with money in it', () => {
    const { till } = run([open(), offered(), coin(500), { type: 'requote' }, offered('id2', 'c2'), { type: 'expired', charge: 'c2' }]);
    expect(till.sale?.id).toBe('s1');
    expect(till.sale?.charge).toBeNull();
  });
});

describe('cash', () => {
  it('takes the QR off the screen when a coin changes the rest, and asks for one over the rest', () => {
    const { till, entries } = run([open(), offered(), coin(500), { type: 'requote' }]);
    expect(till.charges.c1?.state).toBe('superseded');
    expect(entries.at(-1)).toMatchObject({ kind: 'charge.requested', amountMinor: 1_500 });
  });

  it('settles cash and QR for the rest as one sale with one report', () => {
    const { entries } = run([open(), offered(), coin(500), { type: 'requote' }, offered('id2', 'c2'), paid('c2')]);
    const reports = entries.filter((entry) => entry.kind === 'report.queued');
    expect(reports).toMatchObject([
      { report: { status: 'SUCCEEDED', qrMinor: 1_500, charge: 'c2', cash: { coin: { 500: 1 }, bill: {} } } },
    ]);
  });

  it('drops an offer for an amount that is no longer right', () => {
    expect(run([open(), coin(500), offered()]).entries.at(-1)).toMatchObject({ kind: 'charge.refused', code: 'amount-changed' });
  });

  it('keeps what was put in too much as credit, or owes it back by policy', () => {
    expect(run([open(), coin(5_000)]).till.creditMinor).toBe(3_000);
    const refund = run([open(), coin(5_000)], { overpayment: 'refund' });
    expect(refund.till.creditMinor).toBe(0);
    expect(refund.entries).toContainEqual({ kind: 'refund.due', sale: 's1', amountMinor: 3_000, from: 'credit', reason: 'overpaid' });
  });

  it('keeps the cash of a cancelled sale as credit, or owes it back by policy', () => {
    const cancel: TillInput = { type: 'cancel', sale: 's1', reason: 'customer' };
    expect(run([open(), coin(500), cancel]).till.creditMinor).toBe(500);
    expect(run([open(), coin(500), cancel], { cancelledCash: 'refund' }).till.creditMinor).toBe(0);
  });

  it('sells idle cash at once in whole pulses where the owner wants that', () => {
    const drive = { mode: 'pulses-per', unitMinor: 1_000, pulseMs: 50, gapMs: 50 } as const;
    const { till, entries } = run([coin(500, 'a'), coin(500, 'b'), coin(500, 'c')], { idleCash: 'sell', drive });
    expect(entries).toContainEqual(
      expect.objectContaining({ kind: 'act.intent', drive: { mode: 'pulses', count: 1, pulseMs: 50, gapMs: 50 } }),
    );
    expect(till.creditMinor).toBe(500);
  });

  it('parks a count that matches no denomination without crediting it', () => {
    const { till, kinds } = run([open(), { type: 'unassigned', method: 'coin', acceptor: 'coin', train: 't', pulses: 7 }]);
    expect(kinds).toContain('cash.unassigned');
    expect(till.creditMinor).toBe(0);
  });
});

describe('a bill that is being kept', () => {
  const held: TillInput = { type: 'bill-held', acceptor: 'bill', piece: 'p', amountMinor: 2_000 };
  const kept: TillInput = { type: 'cash', method: 'bill', acceptor: 'bill', train: 't', amountMinor: 2_000, piece: 'p' };
  const back: TillInput = { type: 'bill-returned', piece: 'p', reason: 'pulled out' };
  const unknown: TillInput = { type: 'bill-unknown', piece: 'p' };

  it.each<[string, TillInput[], string[], number]>([
    ['is credited by what its acceptor says, once', [held, held, kept, back, unknown], ['bill.held', 'cash.credited'], 2_000],
    ['may come back', [held, back, unknown], ['bill.held', 'bill.returned'], 0],
    ['may stay unknown', [held, unknown, back], ['bill.held', 'bill.unknown'], 0],
    ['is money all the same when it is heard of after that', [held, unknown, kept], ['bill.held', 'bill.unknown', 'cash.credited'], 2_000],
    ['outlives a restart', [held, { type: 'restart', version: '1' }, kept], ['bill.held', 'boot', 'cash.credited'], 2_000],
    ['is nobody’s by another name', [held, { ...back, piece: 'constructor' }], ['bill.held'], 0],
  ])('%s', (_, inputs, kinds, creditMinor) => {
    const ran = run(inputs);
    expect([ran.kinds, ran.till.creditMinor]).toEqual([kinds, creditMinor]);
  });
});

describe('delivery and restart', () => {
  it('owes the price back when the machine did not answer', () => {
    expect(run([open(), offered(), paid(), acted('id2', 'failed')]).entries.at(-1)).toMatchObject({
      kind: 'refund.due',
      from: 'sales',
      amountMinor: 2_000,
    });
  });

  it('makes an act without an outcome indeterminate and never repeats it', () => {
    const { entries, till } = run([open(), offered(), paid(), { type: 'restart', version: '1' }]);
    expect(entries.at(-1)).toMatchObject({ kind: 'act.outcome', act: 'id2', result: 'indeterminate' });
    expect(entries.filter((entry) => entry.kind === 'act.intent')).toHaveLength(1);
    expect(till.sale).toBeNull();
  });

  it('goes on with a sale that was being paid', () => {
    expect(run([open(), offered(), { type: 'restart', version: '1' }, paid()]).till.sale?.phase).toBe('delivering');
  });

  it('refuses a second sale and the cancelling of a paid one', () => {
    expect(() => run([open(), open(100, 's2')])).toThrow(expect.objectContaining({ code: 'sale-in-progress' }));
    expect(() => run([open(), offered(), paid(), { type: 'cancel', sale: 's1', reason: 'api' }])).toThrow(
      expect.objectContaining({ code: 'sale-not-cancellable' }),
    );
  });
});

describe('a QR of which a part is paid', () => {
  const part = (paidMinor: number): TillInput => ({ type: 'part-paid', charge: 'c1', via: 'poll', paidMinor });

  it('delivers nothing, leaves the screen, and has another QR over the rest take its place', () => {
    const { entries, till } = run([open(), offered(), part(500), { type: 'requote' }]);
    expect(entries).toContainEqual({ kind: 'charge.part-paid', sale: 's1', charge: 'c1', amountMinor: 500, via: 'poll', late: false });
    expect(till.charges.c1).toMatchObject({ state: 'superseded', partMinor: 500 });
    expect(entries.at(-1)).toMatchObject({ kind: 'charge.requested', amountMinor: 1_500 });
  });

  it('books only what is new of it, and is paid whole by the rest', () => {
    const { entries, till } = run([open(), offered(), part(500), part(500), part(800), paid()]);
    const booked = entries.flatMap((entry) =>
      entry.kind === 'charge.part-paid' || entry.kind === 'charge.paid' ? [entry.amountMinor] : [],
    );
    expect(booked).toEqual([500, 300, 1_200]);
    expect(till.sale?.phase).toBe('delivering');
    expect(till.creditMinor).toBe(0);
  });

  it('is owed back, or credit, when the sale is over without the rest', () => {
    const over: TillInput[] = [
      open(),
      offered(),
      part(500),
      { type: 'cancel', sale: 's1', reason: 'customer' },
      { type: 'grace-over', charge: 'c1' },
    ];
    const kept = run(over);
    expect(kept.till.creditMinor).toBe(500);
    expect(kept.entries.at(-1)).toMatchObject({ kind: 'report.queued', report: { status: 'CANCELLED', qrMinor: 500 } });
    expect(run(over, { cancelledCash: 'refund' }).till.creditMinor).toBe(0);
  });

  it('that was paid beyond its price leaves the excess to the policy', () => {
    const more: TillInput = { type: 'paid', charge: 'c1', via: 'poll', paidMinor: 2_600 };
    expect(run([open(), offered(), more]).till.creditMinor).toBe(600);
    expect(run([open(), offered(), more], { overpayment: 'refund' }).entries).toContainEqual(
      expect.objectContaining({ kind: 'refund.due', amountMinor: 600, reason: 'overpaid' }),
    );
  });
});
