import { expect, it } from 'vitest';
import type { Entry } from '../journal.ts';
import { DEFAULT_POLICY } from '../policy.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import type { TillInput } from './input.ts';
import { emptyTill, wantsNewQr } from './state.ts';

function run(cashPossible: boolean, ...inputs: readonly TillInput[]) {
  let till = emptyTill('VND');
  let ids = 0;
  const entries: Entry[] = [];
  for (const input of inputs) {
    const surroundings = { qrPossible: true, cashPossible, cashBusy: false, newId: () => `id${++ids}` };
    for (const entry of decide(till, input, { policy: DEFAULT_POLICY, ...surroundings })) {
      till = apply(till, entry);
      entries.push(entry);
    }
  }
  return { till, entries };
}

const open: TillInput = { type: 'open', sale: 's1', dueMinor: 50_000, description: '', origin: 'api', drive: null };
const offered = (request: string, charge: string): TillInput => ({ type: 'qr-offered', request, charge, qr: 'QR', expiresAtMs: 9_000 });
const expired = (charge: string): TillInput => ({ type: 'expired', charge });
const part = (charge: string, paidMinor: number): TillInput => ({ type: 'part-paid', charge, via: 'poll', paidMinor });
const refused: TillInput = { type: 'qr-refused', request: 'id2', code: 'rate-limited', reason: '' };
const requote: TillInput = { type: 'requote' };
const coin: TillInput = { type: 'cash', method: 'coin', acceptor: 'coin', train: 't1', amountMinor: 10_000 };

it('a part of a QR that has run out has another over the rest asked for, once', () => {
  const late = [open, offered('id1', 'c1'), coin, requote, offered('id2', 'c2'), expired('c2')];
  expect(wantsNewQr(run(true, ...late).till)).toBe(false);
  const { till } = run(true, ...late, part('c2', 15_000));
  expect(wantsNewQr(till)).toBe(true);
  const next = run(true, ...late, part('c2', 15_000), requote);
  expect(next.entries.at(-1)).toMatchObject({ kind: 'charge.requested', amountMinor: 25_000 });
  const [, , , , , ...rest] = next.entries.filter(({ kind }) => kind.startsWith('charge.'));
  const last = rest.at(-1);
  const request = last?.kind === 'charge.requested' ? last.request : '';
  expect(wantsNewQr(run(true, ...late, part('c2', 15_000), requote, offered(request, 'c3'), expired('c3')).till)).toBe(false);
});

it.each([
  ['runs out', [offered('id2', 'c2'), expired('c2')]],
  ['is refused', [refused]],
])('when the QR over the rest %s, the sale ends where nothing else can pay it, and what was paid is credit', (_what, end) => {
  const begun = [open, offered('id1', 'c1'), part('c1', 20_000), requote];
  expect(run(true, ...begun, ...end).till.sale).toMatchObject({ id: 's1', phase: 'paying' });
  const { till } = run(false, ...begun, ...end);
  expect([till.sale, till.creditMinor]).toEqual([null, 20_000]);
  // Cash that is in waits for its customer.
  expect(run(false, ...begun, coin, ...end, expired('c2')).till.sale).not.toBeNull();
});
