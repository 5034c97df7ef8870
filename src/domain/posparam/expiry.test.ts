import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apiKeyState, isDay } from './expiry.ts';

it.each([
  ['20261231', '20261130', 'good', 31],
  ['20261231', '20261201', 'expiring', 30],
  ['20261231', '20261231', 'expiring', 0],
  ['20261231', '20270101', 'expired', -1],
  ['20280301', '20280228', 'expiring', 2],
  ['20270301', '20270228', 'expiring', 1],
  ['99991231', '20261231', 'good', 2_912_078],
])('a key good to %s is on %s %s, with %i days left', (expiry, today, state, daysLeft) =>
  expect(apiKeyState(expiry, today)).toEqual({ state, daysLeft }),
);

it.each([
  ['20261231', true],
  ['20280229', true],
  ['20000229', true],
  ['20260229', false],
  ['21000229', false],
  ['20260431', false],
  ['20261301', false],
  ['20260100', false],
  ['2026123', false],
  ['202612311', false],
  ['2026-1-1', false],
  ['+2026123', false],
  ['', false],
])('%s is a day: %s', (text, good) => expect(isDay(text)).toBe(good));

it('knows the days a calendar knows', () => {
  const two = (n: number) => String(n).padStart(2, '0');
  fc.assert(
    fc.property(fc.integer({ min: 1_000, max: 9_999 }), fc.nat(15), fc.nat(35), (year, month, day) => {
      const date = new Date(Date.UTC(year, month - 1, day));
      const real = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
      return isDay(`${year}${two(month)}${two(day)}`) === real;
    }),
  );
});

it('refuses what is no day', () => {
  expect(() => apiKeyState('20261231', '2026-12-31')).toThrow(expect.objectContaining({ code: 'day-invalid' }));
});
