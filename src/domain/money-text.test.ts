import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CURRENCY_CODES, decimalText, MAX_MINOR } from './money.ts';
import { moneyText, shortMoneyText } from './money-text.ts';

test.each([
  [2_000, 'THB', '฿20.00'],
  [0, 'THB', '฿0.00'],
  [5, 'THB', '฿0.05'],
  [102_000, 'THB', '฿1,020.00'],
  [MAX_MINOR, 'THB', '฿10,000,000,000.00'],
  [-2_050, 'THB', '−฿20.50'],
  [500, 'IDR', 'Rp500'],
  [50_000, 'IDR', 'Rp50.000'],
  [1_250_000, 'VND', '1.250.000\u{a0}₫'],
  [100_000, 'CNY', '¥1,000.00'],
  [199, 'GBP', '£1.99'],
  [199, 'EUR', '€1.99'],
  [199, 'USD', '$1.99'],
] as const)('%i minor units of %s are written %s', (minor, currency, text) => {
  expect(moneyText({ minor, currency })).toBe(text);
});

test('the digits are those of the exact amount', () => {
  fc.assert(
    fc.property(fc.integer({ min: -MAX_MINOR, max: MAX_MINOR }), fc.constantFrom(...CURRENCY_CODES), (minor, currency) => {
      const digits = (text: string) => text.replace(/\D/g, '');
      expect(digits(moneyText({ minor, currency }))).toBe(digits(decimalText({ minor, currency })));
    }),
  );
});

test.each([
  [2_000, 'GBP', '£20'],
  [2_050, 'GBP', '£20.50'],
  [-100_000, 'THB', '−฿1,000'],
  [50_000, 'IDR', 'Rp50.000'],
  [1_000_000, 'VND', '1.000.000\u{a0}₫'],
] as const)('%i minor units of %s are shortly %s', (minor, currency, text) => {
  expect(shortMoneyText({ minor, currency })).toBe(text);
});
