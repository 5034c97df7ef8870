import { expect, test } from 'vitest';
import { methodName } from './method-name.ts';
import { en } from './texts/en.ts';
import { id } from './texts/id.ts';

test.each([
  ['DEBIT_CARD', 'Debit card', 'card'],
  ['PAY_BY_BANK', 'Pay by bank', 'bank'],
  ['MOBILE_WALLET', 'Mobile wallet', 'phone'],
  ['LOYALTY_POINTS', 'Loyalty points', 'wallet'],
  ['X', 'X', 'wallet'],
  ['PAY_IN_3_', 'Pay in 3', 'wallet'],
  // No property that every object has is a way to pay.
  ['constructor', 'Constructor', 'wallet'],
])('%s is %s with the sign %s', (method, label, icon) => {
  expect(methodName(method, en)).toEqual({ label, icon });
});

test('names are in the language of the screen', () => {
  expect(methodName('CASH', id).label).toBe('Tunai');
});
