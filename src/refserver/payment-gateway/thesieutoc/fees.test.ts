import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CARD_AMOUNTS, CARD_TYPES } from '../upstreams.ts';
import { creditedAmount, feeFor, REFERENCE_FEES, readPercent } from './fees.ts';

const percent = fc
  .integer({ min: 0, max: 10_000 })
  .map((hundredths) => Number(`${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`));
const value = fc.integer({ min: 0, max: 5_000_000 });

describe('fees and penalties', () => {
  it.each([
    [50_000, 12.5, 50, false, 43_750],
    [50_000, 12.5, 50, true, 21_875],
    [10_000, 14, 50, false, 8_600],
    [10_000, 11.25, 50, true, 4_437],
    [10_001, 12.5, 50, false, 8_750],
    [500_000, 0, 0, true, 500_000],
    [500_000, 100, 50, false, 0],
    [500_000, 12.5, 100, true, 0],
    [3, 33.33, 33.33, true, 1],
  ])('credits %d at %d %% (penalty %d %%, wrong amount: %s) with %d', (amount, fees, penalty, wrong, credited) => {
    expect(creditedAmount(amount, { fees, penalty }, wrong)).toBe(credited);
  });

  it('is exact: never above the real number, and less than one dong below it', () => {
    fc.assert(
      fc.property(value, percent, percent, fc.boolean(), (amount, fees, penalty, wrong) => {
        const credited = BigInt(creditedAmount(amount, { fees, penalty }, wrong));
        const share = (less: number) => 10_000n - BigInt(Math.round(less * 100));
        const exact = BigInt(amount) * share(fees) * (wrong ? share(penalty) : 10_000n);
        return credited * 100_000_000n <= exact && exact < (credited + 1n) * 100_000_000n;
      }),
    );
  });

  it.each([-1, 100.01, 12.345, Number.NaN, 1e-7])('refuses the percentage %d', (fees) => {
    expect(() => creditedAmount(50_000, { fees, penalty: 50 }, false)).toThrow(expect.objectContaining({ code: 'fee-invalid' }));
  });

  it.each([
    ['12.5', 12.5],
    [12, 12],
    ['0', 0],
    ['100', 100],
    ['100.01', null],
    ['12,5', null],
    ['-1', null],
    ['', null],
    [' 12', null],
    [null, null],
    [Number.NaN, null],
  ])('reads the percentage %j', (text, read) => {
    expect(readPercent(text)).toBe(read);
  });

  it('has the table of the document, and every type and value', () => {
    expect(feeFor(REFERENCE_FEES, 'Viettel', 10_000)).toEqual({ type: 'Viettel', value: 10_000, fees: 12.5, penalty: 50 });
    expect(feeFor(REFERENCE_FEES, 'Viettel', 20_000)).toEqual({ type: 'Viettel', value: 20_000, fees: 12.5, penalty: 50 });
    expect(feeFor(REFERENCE_FEES, 'Vinaphone', 10_000)).toEqual({ type: 'Vinaphone', value: 10_000, fees: 14, penalty: 50 });
    for (const type of CARD_TYPES) for (const amount of CARD_AMOUNTS) expect(feeFor(REFERENCE_FEES, type, amount)).not.toBeNull();
    expect(feeFor(REFERENCE_FEES, 'Viettel', 40_000)).toBeNull();
  });
});
