import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wantedRange } from './range.ts';

const TAG = '"abc"';

test.each([
  ['nothing', undefined, undefined, 'whole'],
  ['one byte', 'bytes=0-0', undefined, { start: 0, end: 0 }],
  ['a part', 'bytes=10-19', undefined, { start: 10, end: 19 }],
  ['a part with the tag of this file', 'bytes=10-19', TAG, { start: 10, end: 19 }],
  ['a part of another file', 'bytes=10-19', '"abd"', 'whole'],
  ['a part with a weak tag', 'bytes=10-19', `W/${TAG}`, 'whole'],
  ['a part with a date', 'bytes=10-19', 'Fri, 20 Nov 2026 00:00:00 GMT', 'whole'],
  ['the rest', 'bytes=10-', undefined, { start: 10, end: 99 }],
  ['more than there is', 'bytes=10-5000', undefined, { start: 10, end: 99 }],
  ['the last bytes', 'bytes=-10', undefined, { start: 90, end: 99 }],
  ['more last bytes than there are', 'bytes=-1000', undefined, { start: 0, end: 99 }],
  ['no last bytes', 'bytes=-0', undefined, 'unsatisfiable'],
  ['behind the end', 'bytes=100-', undefined, 'unsatisfiable'],
  ['far behind the end', 'bytes=9999999999999999-', undefined, 'unsatisfiable'],
  ['backwards', 'bytes=9-8', undefined, 'whole'],
  ['several ranges', 'bytes=0-1,4-5', undefined, 'whole'],
  ['another unit', 'lines=0-1', undefined, 'whole'],
  ['nonsense', 'bytes=-', undefined, 'whole'],
  ['more digits than a number holds', 'bytes=99999999999999999-', undefined, 'whole'],
])('%s', (_name, range, ifRange, wanted) => {
  expect(wantedRange(range, ifRange, TAG, 100)).toEqual(wanted);
});

test('a range is always within the file', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^bytes=\d{0,5}-\d{0,5}$/)), fc.integer({ min: 1, max: 5000 }), (range, size) => {
      const wanted = wantedRange(range, undefined, TAG, size);
      if (typeof wanted === 'string') return;
      expect(wanted.start).toBeGreaterThanOrEqual(0);
      expect(wanted.start).toBeLessThanOrEqual(wanted.end);
      expect(wanted.end).toBeLessThan(size);
    }),
  );
});
