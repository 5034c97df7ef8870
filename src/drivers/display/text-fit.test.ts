import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitsWhole, fitText, isMeasured, plain, type Room, widthOf } from './text-fit.ts';

const room = (width: number, lines: number, size = 20): Room => ({ width, lines, size, weight: 400, language: 'en' });

test.each([
  ['  two   spaces\t', 'two spaces'],
  ['a\r\nb\0c', 'a b c'],
  ['50.000\u{a0}₫\u{a0} x', '50.000\u{a0}₫ x'],
  ['left\u{202e}thgir\u{2066}', 'leftthgir'],
  ['half \ud800 character', 'half \u{fffd} character'],
  [`Z${'\u{301}'.repeat(50)}`, '\u{179}\u{301}\u{301}\u{301}'],
  ['ที่นี่', 'ที่นี่'],
  ['x'.repeat(5_000), `${'x'.repeat(299)}…`],
])('%j is shown as %j', (text, shown) => {
  expect(plain(text)).toBe(shown);
});

test('a text that has room keeps its size', () => {
  expect(fitText('Quick wash', room(200, 1))).toEqual({ size: 20, lines: ['Quick wash'] });
});

test('a long text becomes smaller before it is cut', () => {
  expect(fitText('A fairly long programme', room(180, 1))).toEqual({ size: 15, lines: ['A fairly long programme'] });
});

test('what does not fit even small is cut with an ellipsis', () => {
  const { size, lines } = fitText('A programme whose name does not end before it is long over', room(120, 2));
  expect({ size, count: lines.length }).toEqual({ size: 12, count: 2 });
  expect(lines[1]).toMatch(/…$/);
});

test('Thai is broken between words', () => {
  const { lines } = fitText('หยอดเหรียญหรือใส่ธนบัตรเพื่อเริ่มต้น', { ...room(120, 3, 16), least: 16, language: 'th' });
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(line).not.toMatch(/^\p{M}/u);
  expect(lines.join('')).toBe('หยอดเหรียญหรือใส่ธนบัตรเพื่อเริ่มต้น');
});

test('Chinese is broken between words, and squares are as wide as they are high', () => {
  const text = '请在您的收款账户中输入此 PIN 码';
  const { lines } = fitText(text, { ...room(120, 3, 20), least: 20, language: 'zh' });
  expect(lines).toEqual(['请在您的收款', '账户中输入此', 'PIN 码']);
  expect(widthOf('请，！', 20, 400)).toBe(60);
});

test.each([
  ['đã nhận năm mươi', 'da nhan nam muoi', 0.5],
  ['Ừ', 'U', 0.14],
  ['\u{110}ợi một lát', 'Doi mot lat', 0.1],
])('accents take no room: %s', (accented, bare, most) => {
  for (const weight of [400, 700] as const) {
    expect(isMeasured(accented)).toBe(true);
    expect(widthOf(accented, 1, weight) - widthOf(bare, 1, weight)).toBeLessThan(most);
  }
});

test.each(['หยอด', 'ก', 'a\u{327}\u{301}\u{301}', 'ß', 'Ж', '\u{300}'])('nothing exact is known of %j', (text) => {
  expect(isMeasured(text)).toBe(false);
});

test('no line is wider than its room, and there are no more than asked for', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.lorem(),
    fc.string().map((tail) => `เครื่อง ${tail}${'x'.repeat(99)}`),
    fc.string({ maxLength: 400, minLength: 200 }),
  );
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 40, max: 800 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 12, max: 60 }),
      (value, width, lines, size) => {
        const fitted = fitText(value, room(width, lines, size));
        expect(fitted.lines.length).toBeLessThanOrEqual(lines);
        expect(fitted.lines.join('') === '').toBe(plain(value) === '');
        for (const line of fitted.lines) expect(widthOf(line, fitted.size, 400)).toBeLessThanOrEqual(width + 1e-6);
      },
    ),
    { numRuns: 300 },
  );
});

test('an amount and its sign stay on one line', () => {
  for (const language of ['en', 'vi', 'th', 'zh']) {
    const { lines } = fitText('Nhiều nhất 50.000.000\u{a0}₫', { ...room(180, 2), language });
    expect(lines).toEqual(['Nhiều nhất', '50.000.000\u{a0}₫']);
  }
});

test('balanced lines are about equally long, and no more than they were', () => {
  const long = 'Please do not pay again, and call the operator';
  const greedy = fitText(long, room(400, 2)).lines;
  const balanced = fitText(long, { ...room(400, 2), balanced: true }).lines;
  expect(greedy).toEqual(['Please do not pay again, and call the', 'operator']);
  expect(balanced).toEqual(['Please do not pay again,', 'and call the operator']);
});

test.each([
  ['Bank transfer', 60, true],
  ['Contactless', 60, false],
  ['One two three four five six', 60, false],
])('%s in %i pixels and two lines is whole: %s', (text, width, whole) => {
  expect(fitsWhole(text, { ...room(width, 2), least: 12 })).toBe(whole);
});
