import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerOfInfo, answerOfOrder, paidUncounted } from './answer.ts';

const said = (status: string, amountPaid = 0, amount = 50_000) => ({ status, amountPaid, amount });
const kept = (status: string, amountPaid: number | null = null, amount = 50_000) => ({ status, amountPaid, amount });

test.each([
  ['SUCCESS', null, 50_000, null],
  ['PAID', null, 50_000, null],
  ['PAID', 50_000, 50_000, 'paid'],
  ['SUCCESS', 70_000, 50_000, 'paid'],
  ['SUCCESS', 20_000, 50_000, null],
  ['SUCCESS', 0, 50_000, null],
  ['SUCCESS', null, 49_999, 'amount-mismatch'],
  ['PENDING', null, 50_001, 'amount-mismatch'],
  ['PENDING', 0, 50_000, null],
  ['PROCESSING', null, 50_000, null],
  ['CANCELLED', 0, 50_000, null],
  ['EXPIRED', null, 50_000, null],
  ['FAILED', null, 50_000, null],
  ['UNDERPAID', 20_000, 50_000, null],
  ['REFUNDED', null, 50_000, null],
])('an order kept as %s, paid %j of %d: %s', (status, paid, amount, expected) => {
  const answer = answerOfOrder(kept(status, paid), amount);
  expect(answer === null ? null : answer.state === 'paid' ? 'paid' : answer.reason).toBe(expected);
});

test('without an amount to compare, an order that is paid is paid', () => {
  expect(answerOfOrder(kept('SUCCESS', 50_000), null)).toEqual({ state: 'paid' });
});

const paid = { state: 'paid' } as const;
const partly = (word: string, paidMinor: number) => ({ state: 'unresolved', reason: `${word}:${paidMinor}`, paidMinor }) as const;
const unresolved = (reason: string) => ({ state: 'unresolved', reason }) as const;
const over = (reason: string) => ({ ...unresolved(reason), over: true }) as const;

test.each([
  [said('PAID', 50_000), kept('PENDING'), paid],
  [said('PAID', 70_000), kept('EXPIRED'), { ...paid, paidMinor: 70_000 }],
  [said('SUCCESS', 50_000), null, paid],
  [said('PAID', 49_999), kept('PENDING'), partly('underpaid', 49_999)],
  [said('PAID'), kept('PENDING'), unresolved('contradictory-answer')],
  [said('PAID', 50_000, 49_999), kept('PENDING'), unresolved('amount-mismatch')],
  [said('PENDING'), kept('PENDING'), unresolved('pending')],
  [said('PENDING'), kept('EXPIRED'), unresolved('pending')],
  [said('PROCESSING'), kept('PENDING'), unresolved('processing')],
  [said('PENDING', 50_000), kept('PENDING'), unresolved('pending')],
  [said('PENDING', 20_000), kept('PENDING'), partly('underpaid', 20_000)],
  [said('UNDERPAID', 20_000), kept('PENDING'), partly('underpaid', 20_000)],
  [said('UNDERPAID', 20_000), kept('UNDERPAID', 30_000), partly('underpaid', 30_000)],
  [said('UNDERPAID'), kept('PENDING'), unresolved('contradictory-answer')],
  [said('UNDERPAID', 50_000), kept('PENDING'), unresolved('contradictory-answer')],
  [said('CANCELLED'), kept('PENDING'), over('cancelled')],
  [said('EXPIRED'), kept('EXPIRED'), over('expired')],
  [said('FAILED'), null, over('failed')],
  [said('EXPIRED', 20_000), kept('PENDING'), partly('expired', 20_000)],
  [said('CANCELLED', 50_000), kept('CANCELLED'), paid],
  [said('EXPIRED', 60_000), kept('EXPIRED'), { ...paid, paidMinor: 60_000 }],
  [said('FAILED'), kept('FAILED', 1), partly('failed', 1)],
  [said('EXPIRED'), kept('UNDERPAID'), unresolved('contradictory-answer')],
  [said('REFUNDED', 50_000), kept('PENDING'), unresolved('refunded')],
  [null, null, unresolved('not-found')],
  [null, kept('PENDING'), unresolved('pending')],
  [null, kept('UNDERPAID', 20_000), partly('underpaid', 20_000)],
  [null, kept('EXPIRED'), over('expired')],
  // The gateway keeps it as paid: without a word of how much, or with one that cannot be.
  [said('PAID', 70_000), kept('SUCCESS'), { ...paid, paidMinor: 70_000 }],
  [said('UNDERPAID', 20_000), kept('SUCCESS'), partly('underpaid', 20_000)],
  [said('PENDING', 50_000), kept('SUCCESS'), paid],
  [said('PENDING'), kept('SUCCESS'), paid],
  [said('CANCELLED'), kept('SUCCESS'), paid],
  [null, kept('SUCCESS'), paid],
  [said('PAID', 50_000), kept('SUCCESS', 0), paid],
  [said('PENDING'), kept('SUCCESS', 0), unresolved('contradictory-answer')],
  [null, kept('SUCCESS', 0), unresolved('contradictory-answer')],
  [null, kept('SUCCESS', 20_000), partly('underpaid', 20_000)],
  [null, kept('EXPIRED', 0), over('expired')],
])('PayOS says %j of an order kept as %j', (info, order, expected) => {
  expect(answerOfInfo(info, order, 50_000)).toEqual(expected);
});

test('nothing is failed, nothing is paid that less came for, and a part is what came', () => {
  const statuses = fc.constantFrom('PENDING', 'PROCESSING', 'PAID', 'SUCCESS', 'CANCELLED', 'EXPIRED', 'FAILED', 'UNDERPAID', 'WHATEVER');
  const money = fc.constantFrom(0, 1, 49_999, 50_000, 50_001);
  const order = fc.option(fc.record({ status: statuses, amount: money, amountPaid: fc.option(money) }));
  const info = fc.option(fc.record({ status: statuses, amount: money, amountPaid: money }));
  fc.assert(
    fc.property(info, order, (told, own) => {
      const answer = (own && answerOfOrder(own, 50_000)) ?? answerOfInfo(told, own, 50_000);
      const came = Math.max(told?.amountPaid ?? 0, own?.amountPaid ?? 0);
      // Money may be on its way to whatever it is.
      expect(answer.state).not.toBe('failed');
      const uncounted = own !== null && paidUncounted(own);
      if (answer.state === 'paid') expect(came >= 50_000 || (uncounted && came === 0)).toBe(true);
      if (answer.state === 'unresolved' && answer.paidMinor !== undefined) expect(answer.paidMinor).toBe(came);
      if (answer.state === 'unresolved' && answer.over) expect(came).toBe(0);
    }),
    { numRuns: 3_000 },
  );
});
