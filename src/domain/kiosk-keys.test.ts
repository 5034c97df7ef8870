import { expect, test } from 'vitest';
import type { KioskScreen } from './kiosk.ts';
import { choiceOf } from './kiosk-keys.ts';
import type { Money } from './money.ts';

const pounds = (minor: number): Money => ({ minor, currency: 'GBP' });
const amounts = { screen: 'amount-select', amounts: [pounds(2_000), pounds(4_000)], other: true } as const;
const keypad = { screen: 'keypad', min: pounds(1_000), max: pounds(30_000), allowCancel: true } as const;
const methods = { screen: 'payment-method', methods: ['DEBIT_CARD', 'PAY_BY_BANK'], allowCancel: true } as const;

test.each<[KioskScreen, string, object | null]>([
  [amounts, 'amount-1', { choice: 'amount', amount: pounds(2_000) }],
  [amounts, '2', { choice: 'amount', amount: pounds(4_000) }],
  [amounts, 'amount-3', null],
  [amounts, 'amount-0', null],
  [amounts, 'method-1', null],
  [amounts, 'amount-other', { choice: 'other-amount' }],
  [amounts, '0', { choice: 'other-amount' }],
  [{ ...amounts, other: false }, 'amount-other', null],
  [{ ...amounts, other: false }, '0', null],
  [amounts, 'cancel', null],
  [amounts, 'ok', null],
  [keypad, '7', { choice: 'digit', digit: '7' }],
  [keypad, 'clear', { choice: 'clear' }],
  [keypad, 'ok', { choice: 'typed-amount' }],
  [keypad, 'cancel', { choice: 'cancel', screen: 'keypad' }],
  [{ ...keypad, allowCancel: false }, 'cancel', null],
  [methods, 'method-2', { choice: 'method', method: 'PAY_BY_BANK' }],
  [methods, '1', { choice: 'method', method: 'DEBIT_CARD' }],
  [methods, '3', null],
  [methods, '0', null],
  [methods, 'cancel', { choice: 'cancel', screen: 'payment-method' }],
  [{ ...methods, allowCancel: false }, 'cancel', null],
  [{ screen: 'processing' }, 'cancel', null],
  [{ screen: 'success', receipt: true }, 'ok', null],
])('%j, key %s', (screen, key, meaning) => {
  expect(choiceOf(screen, key)).toEqual(meaning);
});
