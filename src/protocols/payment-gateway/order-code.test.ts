import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutCardData } from '../../domain/card-data.ts';
import { describeOrder } from './description.ts';
import { orderCodeIn, orderCodeOf } from './order-code.ts';

const texts = fc.string({ maxLength: 40 });

describe('an order code', () => {
  test.each([
    ['0001', 'req-0001', 723_158_420_617_619],
    ['0001', 'req-0002', 1_261_007_724_412_688],
    ['0002', 'req-0001', 6_825_803_302_594_307],
    // The first two tries would pass for card numbers.
    ['0001', 'req-0015', 609_087_964_722_974],
  ])('of box %s and request %s never changes', (serial, request, code) => {
    expect(orderCodeOf(serial, request)).toBe(code);
  });

  test('is the same for every repeat, fits the document and a path, and is no card number', () => {
    fc.assert(
      fc.property(texts, texts, (serial, request) => {
        const code = orderCodeOf(serial, request);
        expect(code).toBe(orderCodeOf(serial, request));
        expect(Number.isSafeInteger(code) && code >= 1).toBe(true);
        expect(orderCodeIn(String(code))).toBe(code);
        expect(withoutCardData(String(code))).toBe(String(code));
      }),
      { numRuns: 2_000 },
    );
  });

  test('differs between boxes and between requests', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(texts, texts), { selector: (pair) => JSON.stringify(pair), maxLength: 50 }), (pairs) => {
        expect(new Set(pairs.map(([serial, request]) => orderCodeOf(serial, request))).size).toBe(pairs.length);
      }),
    );
  });

  test.each(['', '0', '-1', '1.5', '01', '9007199254740992', '12345678901234567', 'ch_1', '../1', '1 '])('%j is none', (charge) => {
    expect(() => orderCodeIn(charge)).toThrow(expect.objectContaining({ code: 'charge-invalid' }));
  });
});

describe('a description', () => {
  const parts = { order: '123456', description: 'Rửa xe', serial: '0001' };

  test.each([
    ['TT {order}', 'TT 123456'],
    ['{description} {serial}/{order}', 'Rửa xe 0001/123456'],
    ['{order}{order} {amount}', '123456123456 {amount}'],
    [' a\n\t{description}\u0000 ', 'a Rửa xe'],
    ['', '123456'],
    ['   ', '123456'],
    ['x'.repeat(60), 'x'.repeat(50)],
    [`${'x'.repeat(49)}\u{1f697}`, 'x'.repeat(49)],
  ])('%j: %j', (template, line) => expect(describeOrder(template, parts)).toBe(line));

  test('is never made of what a description says', () => {
    expect(describeOrder('{description}', { ...parts, description: '{serial}' })).toBe('{serial}');
  });

  test('is one line of 1 to 50 characters, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 80 }), (template, description) => {
        expect(describeOrder(`${template}{description}`, { ...parts, description })).toMatch(/^[^\p{Cc}\p{Cs}]{1,50}$/u);
      }),
    );
  });
});
