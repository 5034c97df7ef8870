import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_MINOR } from '../money.ts';
import { pulsesOfValue, valueOfPulses } from './denomination.ts';

const TABLE = { denominations: { '1': 100, '2': 200, '5': 500, '10': 1000 } };
const BOTH = { ...TABLE, perPulseMinor: 250 };

describe('the value of a number of pulses', () => {
  it.each([
    [1, TABLE, 100],
    [10, TABLE, 1000],
    [3, TABLE, null],
    [0, TABLE, null],
    [3, BOTH, 750],
    [5, BOTH, 500],
    [0, BOTH, null],
    [2, { denominations: {}, perPulseMinor: MAX_MINOR }, null],
    [1, { denominations: {}, perPulseMinor: MAX_MINOR }, MAX_MINOR],
  ])('%i pulses by %o: %s', (count, rule, expected) => {
    expect(valueOfPulses(count, rule)).toBe(expected);
  });

  it.each([
    [500, TABLE, 5],
    [300, TABLE, null],
    [750, BOTH, 3],
    [1250, BOTH, null],
    [-100, BOTH, null],
    [100.5, BOTH, null],
  ])('a piece of %d by %o: %s pulses', (minor, rule, expected) => {
    expect(pulsesOfValue(minor, rule)).toBe(expected);
  });

  it('is the piece that was put in', () => {
    const rule = fc.record({
      denominations: fc.dictionary(fc.integer({ min: 1, max: 200 }).map(String), fc.integer({ min: 1, max: 100_000 })),
      perPulseMinor: fc.integer({ min: 1, max: 1_000 }),
    });
    fc.assert(
      fc.property(rule, fc.integer({ min: 1, max: 1_000_000 }), (rule, minor) => {
        const count = pulsesOfValue(minor, rule);
        if (count !== null) expect(valueOfPulses(count, rule)).toBe(minor);
      }),
    );
  });
});
