import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CcTalkEvent, decodeEventList, decodeMark, encodeMark, newsOf, type ReadSoFar, readOn } from './event-list.ts';

const NONE = { a: 0, b: 0 };
/** A device that has had so many events since it was switched on; event n is coin 1 + n % 16. */
const counted = (count: number, base = 0): ReadSoFar => ({
  counter: count === 0 ? 0 : ((count - 1) % 255) + 1,
  events: Array.from({ length: 5 }, (_, i) => (count - i > 0 ? { a: 1 + ((base + count - i) % 16), b: 1 } : NONE)),
});
const positions = (events: readonly CcTalkEvent[]) => events.map(({ a }) => a);

describe('the list of events', () => {
  it('is decoded from its reply', () => {
    expect(decodeEventList([6, 6, 4, 0, 20, 0, 23, 6, 4, 13, 2])).toEqual({
      counter: 6,
      events: [
        { a: 6, b: 4 },
        { a: 0, b: 20 },
        { a: 0, b: 23 },
        { a: 6, b: 4 },
        { a: 13, b: 2 },
      ],
    });
  });

  it.each([[[]], [[6]], [Array(10).fill(0)], [Array(12).fill(0)]])('is no other length: %j', (data) => {
    expect(decodeEventList(data)).toBeNull();
  });

  it.each<[string, number, number, number, number]>([
    ['nothing', 17, 17, 0, 0],
    ['one', 17, 18, 1, 0],
    ['the first of all', 0, 1, 1, 0],
    ['five', 17, 22, 5, 0],
    ['seven', 17, 24, 5, 2],
    ['around the end', 254, 257, 3, 0],
    ['from the last number to the first', 255, 256, 1, 0],
    ['a lot', 100, 354, 5, 249],
  ])('has %s that is new', (_, before, now, fresh, lost) => {
    const news = newsOf(counted(now), counted(before));
    expect([positions(news.fresh), news.lost, news.restarted, news.doubtful]).toEqual([
      Array.from({ length: fresh }, (__, i) => 1 + ((now - fresh + 1 + i) % 16)),
      lost,
      false,
      fresh === 5,
    ]);
  });

  it.each<[string, ReadSoFar, ReadSoFar, number, number]>([
    ['at 0', counted(17), counted(0), 0, 0],
    ['and has counted since, to less', counted(17), counted(2, 7), 2, 0],
    ['and has counted since, to more that does not follow', counted(17), counted(19, 7), 5, 14],
    ['and stands at the same count with other events', counted(3), counted(3, 7), 3, 0],
    ['and has counted to five, fewer than before', counted(255), counted(4, 7), 4, 0],
  ])('shows that the device was switched off: %s', (_, last, list, fresh, lost) => {
    const news = newsOf(list, last);
    expect([news.fresh.length, news.lost, news.restarted, news.doubtful]).toEqual([fresh, lost, true, true]);
    expect(positions(news.fresh)).toEqual(positions(list.events.slice(0, fresh).reverse()));
  });

  it('gives every event once, oldest first, however often it is read, or says how many are lost', () => {
    fc.assert(
      fc.property(fc.nat(600), fc.array(fc.nat(9), { maxLength: 40 }), (begin, steps) => {
        let count = begin;
        let last = counted(begin);
        for (const step of steps) {
          count += step;
          const list = counted(count);
          const { fresh, lost, restarted, from } = newsOf(list, last);
          expect([restarted, fresh.length + lost]).toEqual([false, step]);
          expect(positions(fresh)).toEqual(Array.from({ length: fresh.length }, (_, i) => 1 + ((count - fresh.length + 1 + i) % 16)));
          // However far it is told before a crash, the next start goes on exactly there.
          let read = from;
          for (const [i, event] of fresh.entries()) {
            read = readOn(read, event);
            const rest = newsOf(list, read);
            expect([positions(rest.fresh), rest.lost, rest.restarted]).toEqual([positions(fresh.slice(i + 1)), 0, false]);
          }
          last = list;
        }
      }),
    );
  });
});

describe('a mark', () => {
  it('is what was read, as a short text', () => {
    const mark = { ...counted(17), serial: '0a1b2c' };
    expect(encodeMark(mark)).toBe('17:0201010110010f010e01:0a1b2c');
    expect(decodeMark(encodeMark(mark))).toEqual(mark);
  });

  it('comes back as it was, of any device', () => {
    const byte = fc.nat(255);
    const event = fc.record({ a: byte, b: byte });
    const serial = fc.option(fc.array(byte, { minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('hex')));
    fc.assert(
      fc.property(byte, fc.array(event, { maxLength: 5 }), serial, (counter, events, number) => {
        const text = encodeMark({ counter, events, serial: number });
        expect(text).toMatch(/^[!-~]{1,64}$/);
        expect(decodeMark(text)).toEqual({ counter, events, serial: number });
      }),
    );
  });

  it.each(['', '17', 'x:', '256::', '17:01:', '17::0', '17:zz01:', '17:: ', `17:${'0'.repeat(24)}:`])('is not %j', (text) => {
    expect(decodeMark(text)).toBeNull();
  });
});
