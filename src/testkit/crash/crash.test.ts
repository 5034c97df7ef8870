import { expect, it } from 'vitest';
import { seededEntropy } from '../entropy.ts';
import { campaign } from './campaign.ts';

/** A part of what `npm run crash` does: every fifth commit of every scenario, before and after, and a few random instants. */
const KILLS = 24;

it('loses and doubles nothing when the box is killed at any commit of a sale or an upload', { timeout: 240_000 }, async () => {
  const dice = seededEntropy(7);
  const { faults, kills, sales, paidCharges } = await campaign({ kills: KILLS, everyNth: 5, random: () => dice.fraction() });
  expect(faults).toEqual([]);
  expect(kills).toBe(KILLS);
  expect(sales).toBeGreaterThanOrEqual(KILLS);
  expect(paidCharges).toBeGreaterThan(0);
});
