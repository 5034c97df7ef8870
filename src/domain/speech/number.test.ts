import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNumber } from '../../testkit/spoken-numbers.ts';
import { CallerFault } from '../fault.ts';
import { MAX_MINOR } from '../money.ts';
import { clipText } from './clips.ts';
import { LANGUAGES, type Language } from './language.ts';
import { countClips, numberClips } from './number.ts';

const words = (clips: readonly string[], language: Language): string =>
  clips.map((clip) => clipText(clip, language) ?? `<${clip}>`).join(language === 'th' || language === 'zh' ? '' : ' ');

describe('numbers are said as people say them', () => {
  it.each([
    [0, 'ศูนย์'],
    [1, 'หนึ่ง'],
    [10, 'สิบ'],
    [11, 'สิบเอ็ด'],
    [12, 'สิบสอง'],
    [20, 'ยี่สิบ'],
    [21, 'ยี่สิบเอ็ด'],
    [31, 'สามสิบเอ็ด'],
    [101, 'หนึ่งร้อยเอ็ด'],
    [111, 'หนึ่งร้อยสิบเอ็ด'],
    [1_001, 'หนึ่งพันเอ็ด'],
    [10_000, 'หนึ่งหมื่น'],
    [21_000, 'สองหมื่นหนึ่งพัน'],
    [1_100_000, 'หนึ่งล้านหนึ่งแสน'],
    [1_000_001, 'หนึ่งล้านเอ็ด'],
    [11_000_000, 'สิบเอ็ดล้าน'],
    [121_000_021, 'หนึ่งร้อยยี่สิบเอ็ดล้านยี่สิบเอ็ด'],
    [1_000_000_000_000, 'หนึ่งล้านล้าน'],
  ])('Thai %i: %s', (n, text) => {
    expect(words(numberClips(n, 'th'), 'th')).toBe(text);
  });

  it.each([
    [0, 'nol'],
    [10, 'sepuluh'],
    [11, 'sebelas'],
    [12, 'dua belas'],
    [21, 'dua puluh satu'],
    [101, 'seratus satu'],
    [211, 'dua ratus sebelas'],
    [1_001, 'seribu satu'],
    [10_000, 'sepuluh ribu'],
    [21_000, 'dua puluh satu ribu'],
    [50_000, 'lima puluh ribu'],
    [101_000, 'seratus satu ribu'],
    [1_001_000, 'satu juta seribu'],
    [1_100_000, 'satu juta seratus ribu'],
    [1_000_000_000, 'satu miliar'],
    [1_000_000_000_000, 'seribu miliar'],
  ])('Indonesian %i: %s', (n, text) => {
    expect(words(numberClips(n, 'id'), 'id')).toBe(text);
  });

  it.each([
    [0, 'không'],
    [5, 'năm'],
    [10, 'mười'],
    [11, 'mười một'],
    [15, 'mười lăm'],
    [20, 'hai mươi'],
    [21, 'hai mươi mốt'],
    [25, 'hai mươi lăm'],
    [101, 'một trăm lẻ một'],
    [105, 'một trăm lẻ năm'],
    [111, 'một trăm mười một'],
    [1_001, 'một nghìn không trăm lẻ một'],
    [1_010, 'một nghìn không trăm mười'],
    [21_000, 'hai mươi mốt nghìn'],
    [1_005_000, 'một triệu không trăm lẻ năm nghìn'],
    [1_100_000, 'một triệu một trăm nghìn'],
    [1_000_000_001, 'một tỷ không trăm lẻ một'],
    [1_000_000_000_000, 'một nghìn tỷ'],
  ])('Vietnamese %i: %s', (n, text) => {
    expect(words(numberClips(n, 'vi'), 'vi')).toBe(text);
  });

  it.each([
    [0, 'zero'],
    [19, 'nineteen'],
    [21, 'twenty one'],
    [101, 'one hundred and one'],
    [1_001, 'one thousand and one'],
    [1_100, 'one thousand one hundred'],
    [110_011, 'one hundred and ten thousand and eleven'],
    [1_000_000_000_000, 'one thousand billion'],
  ])('English %i: %s', (n, text) => {
    expect(words(numberClips(n, 'en'), 'en')).toBe(text);
    expect(words(numberClips(n, 'en', { and: false }), 'en')).toBe(text.replaceAll(' and', ''));
  });

  it.each([
    [0, '零'],
    [2, '二'],
    [10, '十'],
    [12, '十二'],
    [20, '二十'],
    [21, '二十一'],
    [101, '一百零一'],
    [110, '一百一十'],
    [111, '一百一十一'],
    [222, '两百二十二'],
    [1_001, '一千零一'],
    [1_010, '一千零一十'],
    [2_000, '两千'],
    [10_000, '一万'],
    [10_010, '一万零一十'],
    [12_000, '一万两千'],
    [21_000, '两万一千'],
    [102_000, '十万两千'],
    [200_000, '二十万'],
    [1_100_000, '一百一十万'],
    [10_000_100, '一千万零一百'],
    [100_001_000, '一亿零一千'],
    [100_010_001, '一亿零一万零一'],
    [200_000_000, '两亿'],
    [1_000_000_000_000, '一万亿'],
  ])('Mandarin %i: %s', (n, text) => {
    expect(words(numberClips(n, 'zh'), 'zh')).toBe(text);
  });
});

it('two of something is 两 in Mandarin', () => {
  expect([2, 12, 3].map((n) => words(countClips(n, 'zh'), 'zh'))).toEqual(['两', '十二', '三']);
});

describe.each(LANGUAGES)('%s is read back as the number that was said', (language) => {
  const heard = (n: number): number | null => readNumber(words(numberClips(n, language), language), language);

  it('for every number up to 200000, and around every power of ten', () => {
    const wrong: number[] = [];
    for (let n = 0; n <= 200_000; n++) if (heard(n) !== n) wrong.push(n);
    for (let power = 10; power <= MAX_MINOR; power *= 10) {
      for (const n of [power - 1, power, Math.min(power + 1, MAX_MINOR), Math.min(power + power / 10, MAX_MINOR)]) {
        if (heard(n) !== n) wrong.push(n);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([10_000_000, MAX_MINOR])('for any number up to %i', (max) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max }), (n) => {
        expect(heard(n)).toBe(n);
      }),
      { numRuns: 2_000 },
    );
  });

  it('for numbers of many zeros, ones and fives', () => {
    const digits = fc.array(fc.constantFrom('0', '0', '1', '2', '5'), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(digits, (some) => {
        expect(heard(Number(some.join('')))).toBe(Number(some.join('')));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([-1, 0.5, Number.NaN, MAX_MINOR + 1])('%d is refused', (n) => {
    expect(() => numberClips(n, language)).toThrow(CallerFault);
    expect(() => countClips(n, language)).toThrow(expect.objectContaining({ code: 'number-unspeakable' }));
  });
});
