import { expect, test } from 'vitest';
import { pounds } from '../testkit/kiosk-desk.ts';
import { KioskAmount } from './kiosk-amount.ts';

const drive = { mode: 'pulses-per', unitMinor: 5_000, pulseMs: 50, gapMs: 50 } as const;
const policy = { currency: 'GBP', minMinor: 1_000, maxMinor: 20_000, drive } as const;
const amount = (delivery: object | null) => new KioskAmount({ policy, board: { delivery } as never, keypad: 'major' });

test.each([
  [999, null, false],
  [1_000, null, true],
  [20_000, null, true],
  [20_001, null, false],
  [4_999, { output: 'relay' }, false],
  [5_000, { output: 'relay' }, true],
])('%d with the delivery %j is sold for: %s', (minor, delivery, sold) => {
  expect(amount(delivery).sells(pounds(minor))).toBe(sold);
});
