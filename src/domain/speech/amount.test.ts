import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNumber } from '../../testkit/spoken-numbers.ts';
import { CURRENCY_CODES, type Currency, fractionDigits, MAX_MINOR } from '../money.ts';
import { amountClips } from './amount.ts';
import { clipText } from './clips.ts';
import { LANGUAGES, type Language } from './language.ts';

const said = (minor: number, currency: Currency, language: Language): string =>
  amountClips({ minor, currency }, language)
    .map((clip) => clipText(clip, language) ?? `<${clip}>`)
    .join(language === 'th' || language === 'zh' ? '' : ' ');

describe('Thai', () => {
  it.each([
    [0, 'ศูนย์บาท'],
    [100, 'หนึ่งบาท'],
    [1_100, 'สิบเอ็ดบาท'],
    [2_100, 'ยี่สิบเอ็ดบาท'],
    [10_100, 'หนึ่งร้อยเอ็ดบาท'],
    [11_100, 'หนึ่งร้อยสิบเอ็ดบาท'],
    [100_100, 'หนึ่งพันเอ็ดบาท'],
    [1_000_000, 'หนึ่งหมื่นบาท'],
    [2_100_000, 'สองหมื่นหนึ่งพันบาท'],
    [110_000_000, 'หนึ่งล้านหนึ่งแสนบาท'],
    [2_025, 'ยี่สิบบาทยี่สิบห้าสตางค์'],
    [50, 'ห้าสิบสตางค์'],
    [1, 'หนึ่งสตางค์'],
    [121, 'หนึ่งบาทยี่สิบเอ็ดสตางค์'],
  ])('%i satang: %s', (minor, text) => {
    expect(said(minor, 'THB', 'th')).toBe(text);
  });

  it.each([
    [50_000, 'IDR', 'ห้าหมื่นรูเปียห์'],
    [199, 'USD', 'หนึ่งจุดเก้าเก้าดอลลาร์'],
    [5, 'EUR', 'ศูนย์จุดศูนย์ห้ายูโร'],
  ] as const)('%i %s: %s', (minor, currency, text) => {
    expect(said(minor, currency, 'th')).toBe(text);
  });
});

it.each([
  [0, 'IDR', 'nol rupiah'],
  [50_000, 'IDR', 'lima puluh ribu rupiah'],
  [101_000, 'IDR', 'seratus satu ribu rupiah'],
  [MAX_MINOR, 'IDR', 'seribu miliar rupiah'],
  [1_250, 'USD', 'dua belas koma lima dolar'],
  [1_205, 'THB', 'dua belas koma nol lima baht'],
] as const)('Indonesian: %i %s is %s', (minor, currency, text) => {
  expect(said(minor, currency, 'id')).toBe(text);
});

it.each([
  [0, 'VND', 'không đồng'],
  [21_000, 'VND', 'hai mươi mốt nghìn đồng'],
  [1_005_000, 'VND', 'một triệu không trăm lẻ năm nghìn đồng'],
  [1_250, 'USD', 'mười hai phẩy năm đô la'],
  [115, 'CNY', 'một phẩy một năm nhân dân tệ'],
] as const)('Vietnamese: %i %s is %s', (minor, currency, text) => {
  expect(said(minor, currency, 'vi')).toBe(text);
});

it.each([
  [1_234, 'CNY', '十二点三四元'],
  [1_200, 'CNY', '十二元'],
  [200, 'CNY', '两元'],
  [220, 'CNY', '二点二元'],
  [5, 'CNY', '零点零五元'],
  [0, 'CNY', '零元'],
  [2_100_000, 'VND', '两百一十万越南盾'],
  [199, 'GBP', '一点九九英镑'],
] as const)('Mandarin: %i %s is %s', (minor, currency, text) => {
  expect(said(minor, currency, 'zh')).toBe(text);
});

it.each([
  [0, 'USD', 'zero dollars'],
  [50, 'USD', 'fifty cents'],
  [5, 'USD', 'five cents'],
  [1, 'USD', 'one cent'],
  [100, 'USD', 'one dollar'],
  [101, 'EUR', 'one euro one cent'],
  [2_150, 'EUR', 'twenty one euros fifty cents'],
  [150, 'GBP', 'one pound fifty pence'],
  [201, 'GBP', 'two pounds one penny'],
  [100, 'THB', 'one baht'],
  [200, 'THB', 'two baht'],
  [101, 'THB', 'one baht one satang'],
  [1_234, 'CNY', 'twelve yuan thirty four fen'],
  [1, 'IDR', 'one rupiah'],
  [101, 'VND', 'one hundred and one dong'],
] as const)('English: %i %s is %s', (minor, currency, text) => {
  expect(said(minor, currency, 'en')).toBe(text);
});

it('English leaves "and" out when asked', () => {
  expect(amountClips({ minor: 101, currency: 'VND' }, 'en', { and: false })).toEqual(['n-1', 'hundred', 'n-1', 'currency-vnd']);
});

describe.each(LANGUAGES)('in %s', (language) => {
  it('every amount is read back as what it was', () => {
    const minor = fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 0, max: 10_000_000 }),
      fc.integer({ min: 0, max: MAX_MINOR }),
    );
    fc.assert(
      fc.property(minor, fc.constantFrom(...CURRENCY_CODES), (amount, currency) => {
        expect(heard(said(amount, currency, language), currency, language)).toBe(amount);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([-1, 0.5, MAX_MINOR + 1])('%d minor units are refused', (minor) => {
    expect(() => amountClips({ minor, currency: 'THB' }, language)).toThrow(expect.objectContaining({ code: 'amount-invalid' }));
  });
});

const POINTS = { th: 'จุด', id: ' koma ', vi: ' phẩy ', en: ' point ', zh: '点' };

/** The minor units that were said, or null. A reader of its own: units by their words, then numbers by their grammar. */
function heard(text: string, currency: Currency, language: Language): number | null {
  const shape = `^(?:(.+?) ?(?:${unitWords(currency, language)}))?(?: ?(.+?) ?(?:${unitWords(currency, language, '-minor')}))?$`;
  const [, whole, minor] = new RegExp(shape).exec(text) ?? [];
  if (whole === undefined && minor === undefined) return null;
  const [units = 'none', digits = ''] = whole?.split(POINTS[language]) ?? [];
  const digitsRead = splitDigits(digits, language).map((digit) => readNumber(digit, language));
  const decimals = Number(digitsRead.join('').padEnd(fractionDigits(currency), '0'));
  const main = whole === undefined ? 0 : readNumber(units === '两' ? '二' : units, language);
  const rest = minor === undefined ? decimals : readNumber(minor, language);
  return main === null || rest === null ? null : main * 10 ** fractionDigits(currency) + rest;
}

/** The words of a unit or of its hundredth, singular and plural, to choose from; the longest first. */
const unitWords = (currency: Currency, language: Language, part = ''): string =>
  ['', '-one'].map((number) => clipText(`currency-${currency.toLowerCase()}${part}${number}`, language) ?? '(?!)').join('|');

const splitDigits = (digits: string, language: Language): readonly string[] => {
  if (language === 'th') return digits.match(/ศูนย์|หนึ่ง|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า/g) ?? [];
  return digits === '' ? [] : digits.split(language === 'zh' ? '' : ' ');
};
