import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asked, due, inDoubt, shownUntil, unrecorded, watchGrace, watchShown } from './confirmation.ts';
import { DEFAULT_TIMINGS } from './policy.ts';

/** Times at which a question is asked when every answer leaves the charge unresolved. */
function questions(lifeMs: number): { atMs: number; ask: string }[] {
  let watch = watchShown('c', 0, lifeMs, DEFAULT_TIMINGS);
  const list: { atMs: number; ask: string }[] = [];
  for (let now = 0; list.length < 100; ) {
    const next = due(watch, now);
    if ('atMs' in next) {
      now = next.atMs;
      continue;
    }
    list.push({ atMs: now, ask: next.ask });
    if (next.ask !== 'poll') return list;
    watch = asked(watch, now, DEFAULT_TIMINGS);
  }
  return list;
}

describe('when a charge is asked about', () => {
  it('first after 8 s, then after 2, 4, 8, 16 and at most 30 s, and once more at the expiry', () => {
    expect(questions(120_000)).toEqual([
      { atMs: 8_000, ask: 'poll' },
      { atMs: 10_000, ask: 'poll' },
      { atMs: 14_000, ask: 'poll' },
      { atMs: 22_000, ask: 'poll' },
      { atMs: 38_000, ask: 'poll' },
      { atMs: 68_000, ask: 'poll' },
      { atMs: 98_000, ask: 'poll' },
      { atMs: 120_000, ask: 'expiry' },
    ]);
  });

  it('at once when the QR had expired already', () => {
    expect(questions(-5_000)).toEqual([{ atMs: 0, ask: 'expiry' }]);
  });

  it('believes no expiry beyond the longest time a QR may be shown', () => {
    expect(watchShown('c', 0, 1e15, DEFAULT_TIMINGS).deadlineMs).toBe(DEFAULT_TIMINGS.qrMaxMs);
  });

  it('watches through the grace time and then asks one last time', () => {
    const watch = watchGrace('c', 1_000, DEFAULT_TIMINGS);
    expect(due(watch, 1_000 + DEFAULT_TIMINGS.graceMs)).toEqual({ ask: 'grace' });
  });

  it('does not give up while the backend has not spoken', () => {
    const end = 1_000 + DEFAULT_TIMINGS.graceMs;
    const doubtful = inDoubt(watchGrace('c', 1_000, DEFAULT_TIMINGS), end, DEFAULT_TIMINGS);
    expect(due(doubtful, end)).toEqual({ atMs: end + DEFAULT_TIMINGS.pollMaxMs });
    expect(due(doubtful, end + DEFAULT_TIMINGS.pollMaxMs)).toEqual({ ask: 'grace' });
  });

  it('asks about a charge in doubt ever more rarely, at least once an hour', () => {
    let watch = watchGrace('c', 0, DEFAULT_TIMINGS);
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      const now = watch.deadlineMs;
      watch = inDoubt(watch, now, DEFAULT_TIMINGS);
      pauses.push((watch.deadlineMs - now) / 1_000);
    }
    expect(pauses).toEqual([30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
  });

  it('asks again soon for an answer that could not be recorded, however often that happens', () => {
    let watch = watchGrace('c', 0, DEFAULT_TIMINGS);
    for (let i = 1; i <= 3; i++) {
      watch = unrecorded(watch, i * 1_000, DEFAULT_TIMINGS);
      expect(due(watch, i * 1_000)).toEqual({ atMs: i * 1_000 + DEFAULT_TIMINGS.pollMaxMs });
      expect(watch.doubtMs).toBe(0);
    }
  });

  it.each([
    ['the same', 60_000, 100_000],
    ['a little less', 58_500, 100_000],
    ['much less', 58_000, 98_000],
    ['over', -5_000, 35_000],
    ['longer', 90_000, 130_000],
    ['longer than any', 1e15, 1_000 + DEFAULT_TIMINGS.qrMaxMs],
  ])('a QR whose life turns out to be %s is shown as long', (_what, lifeMs, untilMs) => {
    expect(shownUntil(100_000, 1_000, 40_000, lifeMs, DEFAULT_TIMINGS)).toBe(untilMs);
  });

  it('always ends, and never waits longer than the longest poll delay once polling has begun', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000 }), (lifeMs) => {
        const list = questions(lifeMs);
        expect(list.at(-1)?.ask).toBe('expiry');
        for (const [i, question] of list.entries()) {
          const before = list[i - 1];
          if (before) expect(question.atMs - before.atMs).toBeLessThanOrEqual(DEFAULT_TIMINGS.pollMaxMs);
        }
      }),
    );
  });
});
