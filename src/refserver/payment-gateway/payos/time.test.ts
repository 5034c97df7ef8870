import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTime, replyTime, webhookTime } from './time.ts';

const AT = Date.UTC(2026, 1, 1, 15, 5);

describe('times of PayOS', () => {
  it.each([
    ['2026-02-01 22:05:00', AT],
    ['2026-02-01T22:05:00+07:00', AT],
    ['2026-02-01T15:05:00.000Z', AT],
    ['2026-02-01T15:05:00.250Z', AT + 250],
    ['2026-02-30T25:05:00Z', null],
    ['2026-02-01', null],
    ['1769958300000', null],
    ['', null],
  ])('reads %j', (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });

  it('writes them in Viet Nam time', () => {
    expect([webhookTime(AT), replyTime(AT)]).toEqual(['2026-02-01 22:05:00', '2026-02-01T22:05:00+07:00']);
  });

  it('reads what it writes, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (seconds) => {
        expect([parseTime(webhookTime(seconds * 1000)), parseTime(replyTime(seconds * 1000))]).toEqual([seconds * 1000, seconds * 1000]);
      }),
    );
  });
});
