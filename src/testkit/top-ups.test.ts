import { expect, test } from 'vitest';
import { PLANTED_PIN, PLANTED_SERIAL, topUpLeaks } from './top-ups.ts';

test('the numbers of the card would be found', () => {
  for (const text of [PLANTED_PIN, `9753 1864-208642`, Buffer.from(PLANTED_SERIAL).toString('hex'), `"${PLANTED_SERIAL.slice(0, 10)}"`]) {
    expect(topUpLeaks('x', text)).not.toEqual([]);
  }
});
