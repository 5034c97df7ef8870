import { describe, expect, it, test } from 'vitest';
import type { Entry } from '../journal.ts';
import { DEFAULT_POLICY, type SalePolicy } from '../policy.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import type { TillInput } from './input.ts';
import { emptyTill, type Till, wantsNewQr } from './state.ts';
import { saleView } from './view.ts';

function run(inputs: readonly TillInput[], policy: Partial<SalePolicy> = {}) {
  let till: Till = emptyTill('VND');
  let ids = 0;
  const entries: Entry[] = [];
  for (const input of inputs) {
    const made = decide(till, input, {
      policy: { ...DEFAULT_POLICY, currency: 'VND', ...policy },
      qrPossible: true,
      cashPossible: true,
      cashBusy: false,
      newId: () => `id${++ids}`,
    });
    for (const entry of made) till = apply(till, entry);
    entries.push(...made);
  }
  const recorded = entries.map((entry, i) => ({ seq: i + 1, boot: 'b', atMs: 0, clockTrusted: true, entry }));
  const view = saleView(
    recorded.filter(({ entry }) => 'sale' in entry && entry.sale === 's1'),
    'VND',
  );
  return { till, entries, kinds: entries.map(({ kind }) => kind), view };
}

const drive = { mode: 'hold', holdMs: 1_000 } as const;
const open: TillInput = { type: 'open', sale: 's1', dueMinor: 50_000, description: '', origin: 'api', drive };
const offered: TillInput = { type: 'qr-offered', request: 'id1', charge: 'c1', qr: 'QR', expiresAtMs: 9_000 };
const entered = (declaredMinor = 50_000, charge = 't1'): TillInput => ({
  type: 'top-up-entered',
  sale: 's1',
  charge,
  operator: 'Viettel',
  declaredMinor,
  expiresAtMs: 9_000,
});
const credited = (paidMinor: number, charge = 't1'): TillInput => ({ type: 'paid', charge, via: 'poll', paidMinor });
const failed: TillInput = { type: 'charge-failed', charge: 't1', via: 'answer', reason: 'failed' };
const expired: TillInput = { type: 'expired', charge: 't1' };
const coin = (amountMinor: number): TillInput => ({
  type: 'cash',
  method: 'bill',
  acceptor: 'bill',
  train: `t${amountMinor}`,
  amountMinor,
});
const cancel: TillInput = { type: 'cancel', sale: 's1', reason: 'customer' };
const moneyIn = (entries: readonly Entry[]) => entries.flatMap((entry) => (entry.kind === 'charge.paid' ? [entry] : []));

describe('a top-up card', () => {
  it('takes the place of the QR, and keeps nothing but operator and declared value', () => {
    const { entries, till, view } = run([open, offered, entered()]);
    expect(entries.slice(-2)).toEqual([
      { kind: 'charge.superseded', sale: 's1', charge: 'c1' },
      {
        kind: 'charge.created',
        sale: 's1',
        request: 't1',
        charge: 't1',
        amountMinor: 50_000,
        qr: '',
        expiresAtMs: 9_000,
        topUp: { operator: 'Viettel' },
      },
    ]);
    expect(till.charges.c1?.state).toBe('superseded');
    expect(view).toMatchObject({ state: 'authorising', charge: 't1', topUp: { operator: 'Viettel' }, qr: null });
  });

  it('is given while the QR is still asked for: that one is dropped', () => {
    const { till, kinds } = run([open, entered(), offered]);
    expect(till.sale).toMatchObject({ request: null, charge: 't1' });
    expect(kinds.filter((kind) => kind === 'charge.created')).toHaveLength(1);
  });

  test.each([
    ['less than its face value, as after the fee', 43_750, 43_750, 6_250, 'cash'],
    ['a quarter', 12_500, 12_500, 37_500, 'cash'],
    ['all of it', 50_000, 0, 0, 'delivering'],
    ['more', 87_500, 37_500, 0, 'delivering'],
  ] as const)('is credited with what the backend received, and no more: %s', (_, paidMinor, creditMinor, restMinor, state) => {
    const { till, entries, view } = run([open, offered, entered(), credited(paidMinor), { type: 'requote' }]);
    expect(moneyIn(entries)).toEqual([
      { kind: 'charge.paid', sale: 's1', charge: 't1', amountMinor: paidMinor, via: 'poll', late: false, method: 'top-up' },
    ]);
    expect(till.creditMinor).toBe(creditMinor);
    expect(view).toMatchObject({ state: restMinor > 0 ? 'requesting' : state, topUpMinor: paidMinor, qrMinor: 0 });
    const asked = entries.filter((entry) => entry.kind === 'charge.requested').map(({ amountMinor }) => amountMinor);
    expect(asked).toEqual(restMinor > 0 ? [50_000, restMinor] : [50_000]);
  });

  it('of a wrong value says so in the journal', () => {
    const { entries } = run([open, entered(), { type: 'paid', charge: 't1', via: 'poll', paidMinor: 21_875, worthMinor: 100_000 }]);
    expect(moneyIn(entries)).toMatchObject([{ amountMinor: 21_875, worthMinor: 100_000 }]);
  });

  it('is owed back beyond the price where the owner wants that', () => {
    const { entries } = run([open, entered(100_000), credited(87_500)], { overpayment: 'refund' });
    expect(entries).toContainEqual(expect.objectContaining({ kind: 'refund.due', amountMinor: 37_500, reason: 'overpaid' }));
  });

  it('that brought a part is followed by another, and both are in one report', () => {
    const { entries, till } = run([open, entered(20_000), credited(17_500), entered(50_000, 't2'), credited(43_750, 't2')]);
    expect(till.creditMinor).toBe(11_250);
    expect(entries.at(-1)).toMatchObject({ kind: 'report.queued', report: { status: 'SUCCEEDED', topUpMinor: 61_250, qrMinor: 0 } });
  });

  it('that is refused does not end the sale: another one, a QR or money may be tried', () => {
    const after = run([open, offered, entered(), failed]);
    expect(after.till.sale).toMatchObject({ phase: 'paying', charge: null });
    expect(wantsNewQr(after.till)).toBe(true);
    expect(after.view?.state).toBe('cash');
    const again = run([open, offered, entered(), failed, entered(50_000, 't2'), credited(50_000, 't2')]);
    expect(again.till.sale?.phase).toBe('delivering');
  });

  it('stands in the way of a second one, of cancelling, and of a sale that is over', () => {
    const impossible = expect.objectContaining({ code: 'top-up-impossible' });
    expect(() => run([open, entered(), entered(50_000, 't2')])).toThrow(impossible);
    expect(() => run([open, entered(), credited(50_000), entered(50_000, 't2')])).toThrow(impossible);
    expect(() => run([open, cancel, entered()])).toThrow(impossible);
    expect(() => run([open, entered(), cancel])).toThrow(expect.objectContaining({ code: 'sale-not-cancellable' }));
  });

  it('without an answer ends the sale after its time, and is owed back when it is credited later, whatever becomes of late QRs', () => {
    const { till, entries } = run([open, entered(), expired]);
    expect(till.sale).toBeNull();
    expect(entries).toContainEqual({ kind: 'sale.cancelled', sale: 's1', reason: 'top-up-unanswered' });
    const late = run([open, entered(), expired, credited(43_750)], { latePayment: 'credit' });
    expect(moneyIn(late.entries)).toMatchObject([{ amountMinor: 43_750, late: true }]);
    expect(late.entries).toContainEqual(expect.objectContaining({ kind: 'refund.due', amountMinor: 43_750, reason: 'paid-late' }));
    expect(late.entries.at(-1)).toMatchObject({ kind: 'report.queued', report: { topUpMinor: 43_750 } });
    expect(late.till.creditMinor).toBe(0);
  });

  it('without an answer leaves a sale with money in it, to which it is credited when the answer comes', () => {
    const { till, view } = run([open, entered(), coin(10_000), expired, credited(43_750)]);
    expect(view).toMatchObject({ topUpMinor: 43_750, cashMinor: 10_000, refundMinor: 0 });
    expect(till.sale?.phase).toBe('delivering');
    expect(till.creditMinor).toBe(3_750);
  });

  it('is credited to nobody else when cash was faster', () => {
    const { till, entries } = run([open, entered(), coin(50_000), credited(43_750)]);
    expect(till.sale?.phase).toBe('delivering');
    expect(moneyIn(entries)).toMatchObject([{ late: true }]);
    expect(entries).toContainEqual(expect.objectContaining({ kind: 'refund.due', amountMinor: 43_750 }));
  });

  it('is credited once, and a failure that is taken back is booked', () => {
    expect(moneyIn(run([open, entered(), credited(43_750), credited(43_750)]).entries)).toHaveLength(1);
    const back = run([open, entered(), failed, credited(43_750)]);
    expect(back.kinds).toContain('charge.conflict');
    expect(moneyIn(back.entries)).toMatchObject([{ amountMinor: 43_750 }]);
  });

  it('stays the charge of its sale while a part of the QR is paid that it took the place of', () => {
    const part: TillInput = { type: 'part-paid', charge: 'c1', via: 'poll', paidMinor: 10_000 };
    expect(run([open, offered, entered(), part]).view).toMatchObject({ state: 'authorising', charge: 't1', qrMinor: 10_000 });
    expect(run([open, offered, entered(), part, failed]).view).toMatchObject({ state: 'cash', qrMinor: 10_000 });
    const both = run([open, offered, entered(), part, credited(20_000)]);
    expect(both.view).toMatchObject({ state: 'cash', qrMinor: 10_000, topUpMinor: 20_000 });
    expect(wantsNewQr(both.till)).toBe(true);
  });
});
