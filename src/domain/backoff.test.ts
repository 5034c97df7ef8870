import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullJitter } from './backoff.ts';

const first = (count: number, waits: Generator<number, never>) => Array.from({ length: count }, () => waits.next().value);

describe('waits between tries', () => {
  it('double their upper bound up to the cap', () => {
    const justBelow = () => 0.999_999;
    expect(first(6, fullJitter({ baseMs: 1_000, capMs: 10_000 }, justBelow))).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('stay between zero and the bound whatever the dice say', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 8, maxLength: 8 }), (dice) => {
        const rolled = [...dice];
        const waits = first(
          8,
          fullJitter({ baseMs: 500, capMs: 30_000 }, () => rolled.shift() ?? 0),
        );
        for (const [i, wait] of waits.entries()) {
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(Math.min(500 * 2 ** i, 30_000));
        }
      }),
    );
  });
});
