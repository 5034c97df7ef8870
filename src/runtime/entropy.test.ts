import { expect, test } from 'vitest';
import { systemEntropy } from './entropy.ts';

test.each([1, 16, 64])('%i bytes, different each time', (count) => {
  const drawn = systemEntropy.bytes(count);
  expect(drawn).toHaveLength(count);
  if (count > 8) expect(systemEntropy.bytes(count)).not.toEqual(drawn);
});

test('fractions stay in [0, 1) and spread over it', () => {
  const drawn = Array.from({ length: 1_000 }, () => systemEntropy.fraction());
  expect(drawn.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
  expect(new Set(drawn.map((fraction) => Math.floor(fraction * 10))).size).toBe(10);
});
