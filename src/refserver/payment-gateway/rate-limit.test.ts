import { expect, test } from 'vitest';
import { FakeClock } from '../../testkit/clock.ts';
import { RateLimit } from './rate-limit.ts';

const taken = (rate: RateLimit, caller = 'a', most = 2): boolean => {
  try {
    rate.take(caller, most);
    return true;
  } catch {
    return false;
  }
};

test('counts the last 60 seconds, whichever minute they fall into', () => {
  const clock = new FakeClock();
  const rate = new RateLimit(clock);
  const times: boolean[] = [];
  for (const wait of [0, 50_000, 1_000, 8_999, 1, 49_999, 1]) {
    clock.stepWall(wait);
    times.push(taken(rate));
  }
  // At 0 and 50 s; at 51 and 59.999 s refused; at 60 s the first is over; at 109.999 s refused; at 110 s the second is.
  expect(times).toEqual([true, true, false, false, true, false, true]);
});

test('locks nobody out when the clock is set back', () => {
  const clock = new FakeClock();
  const rate = new RateLimit(clock);
  expect([taken(rate), taken(rate), taken(rate)]).toEqual([true, true, false]);
  clock.stepWall(-3_600_000);
  expect(taken(rate)).toBe(true);
});

test('forgets callers who are gone, and holds up only as many as it can remember', () => {
  const clock = new FakeClock();
  const rate = new RateLimit(clock);
  taken(rate, 'first', 1);
  for (let i = 0; i < 9_999; i++) taken(rate, `other ${i}`, 1);
  expect(taken(rate, 'first', 1)).toBe(false);
  taken(rate, 'one more', 1);
  expect(taken(rate, 'first', 1)).toBe(true);
  expect(taken(rate, 'other 9000', 1)).toBe(false);
});
