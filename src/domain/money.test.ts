import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CURRENCY_CODES, decimalText, isCurrency, MAX_MINOR, money, numericCode, parseDecimal } from './money.ts';

describe('money', () => {
  it.each([
    [2_050, 'THB', '20.50'],
    [5, 'THB', '0.05'],
    [0, 'THB', '0.00'],
    [50_000, 'IDR', '50000'],
    [-150, 'GBP', '-1.50'],
  ] as const)('%i %s is written %s', (minor, currency, text) => {
    expect(decimalText({ minor, currency })).toBe(text);
  });

  it.each([
    ['20', 'THB', 2_000],
    ['20.5', 'THB', 2_050],
    ['1000.', 'THB', 100_000],
    ['1000.00', 'VND', 1_000],
    ['20.505', 'THB', null],
    ['1,000', 'THB', null],
    ['-1', 'THB', null],
    ['1e3', 'THB', null],
    ['', 'THB', null],
    ['99999999999999', 'VND', null],
  ] as const)('%s %s reads as %s minor units', (text, currency, minor) => {
    expect(parseDecimal(text, currency)?.minor ?? null).toBe(minor);
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_MINOR }), fc.constantFrom(...CURRENCY_CODES), (minor, currency) => {
        expect(parseDecimal(decimalText({ minor, currency }), currency)).toEqual({ minor, currency });
      }),
    );
  });

  it.each([-1, 1.5, Number.NaN, 1e308, 2 ** 53, MAX_MINOR + 1])('refuses %d', (minor) => {
    expect(() => money(minor, 'THB')).toThrow(expect.objectContaining({ code: 'amount-invalid', blame: 'caller' }));
  });

  it('knows its currencies by their ISO numbers', () => {
    expect(CURRENCY_CODES.map(numericCode)).toEqual(['764', '360', '704', '156', '826', '978', '840']);
    expect(isCurrency('toString')).toBe(false);
  });
});
