import { describe, expect, it } from 'vitest';
import { CURRENCY_CODES } from '../money.ts';
import { clipsOf } from './clips.ts';
import { LANGUAGES } from './language.ts';
import type { Phrase } from './phrase.ts';
import { spokenText } from './spoken-text.ts';
import { utterance } from './utterance.ts';

const fifty = { minor: 50_000, currency: 'IDR' } as const;
const twenty = { minor: 2_000, currency: 'THB' } as const;

const WITH_AMOUNT = ['received', 'amount', 'present-card'] as const satisfies readonly Phrase[];
const ALONE = [
  'delivered',
  'failed',
  'paired',
  'card-declined',
  'card-unanswered',
  'update-installing',
  'update-done',
  'update-failed',
  'volume-up',
  'volume-down',
  'volume-max',
  'volume-min',
] as const satisfies readonly Phrase[];
/** Does not compile when a phrase is in neither list. */
const missing: Exclude<Phrase, (typeof WITH_AMOUNT)[number] | (typeof ALONE)[number]>[] = [];

it.each([
  [{ phrase: 'received', amount: fifty }, 'id', 'Pembayaran diterima lima puluh ribu rupiah'],
  [{ phrase: 'received', amount: { minor: 2_025, currency: 'THB' } }, 'th', 'ได้รับเงินยี่สิบบาทยี่สิบห้าสตางค์'],
  [{ phrase: 'received', amount: { minor: 21_000, currency: 'VND' } }, 'vi', 'Đã nhận hai mươi mốt nghìn đồng'],
  [{ phrase: 'received', amount: { minor: 1_234, currency: 'CNY' } }, 'zh', '收款十二点三四元'],
  [{ phrase: 'received', amount: { minor: 6_666, currency: 'USD' } }, 'en', 'Received sixty-six dollars sixty-six cents'],
  [{ phrase: 'received', amount: null }, 'en', 'Received'],
  [{ phrase: 'amount', amount: fifty }, 'id', 'Telah dibayar lima puluh ribu rupiah'],
  [{ phrase: 'amount', amount: twenty }, 'en', 'Amount paid twenty baht'],
  [{ phrase: 'present-card', amount: twenty }, 'en', 'Twenty baht, please present your card'],
  [{ phrase: 'present-card', amount: twenty }, 'th', 'ยี่สิบบาท กรุณาแตะหรือเสียบบัตร'],
  [{ phrase: 'present-card', amount: twenty }, 'zh', '二十泰铢，请刷卡'],
  [{ phrase: 'present-card', amount: null }, 'en', 'Please present your card'],
  [{ phrase: 'delivered', amount: null }, 'id', 'Terima kasih, silakan'],
  [{ phrase: 'test', amount: null }, 'vi', 'Kiểm tra loa'],
  [{ phrase: 'received-many', count: 12, amount: fifty }, 'id', 'Pembayaran diterima dua belas kali, total lima puluh ribu rupiah'],
  [{ phrase: 'received-many', count: 12, amount: twenty }, 'en', 'Received twelve payments, total twenty baht'],
  [{ phrase: 'received-many', count: 12, amount: twenty }, 'th', 'ได้รับเงินสิบสองรายการ รวมยี่สิบบาท'],
  [{ phrase: 'received-many', count: 15, amount: fifty }, 'vi', 'Đã nhận mười lăm khoản, tổng cộng năm mươi nghìn rupiah'],
  [{ phrase: 'received-many', count: 2, amount: { minor: 200, currency: 'CNY' } }, 'zh', '收款两笔，共两元'],
  [{ phrase: 'received-many', count: 1, amount: twenty }, 'en', 'Received twenty baht'],
] as const)('%j in %s: %s', (announcement, language, text) => {
  expect(spokenText(utterance(announcement, language), language)).toBe(text);
});

describe.each(LANGUAGES)('in %s', (language) => {
  const known = new Set(clipsOf(language).map(({ id }) => id));

  it('every phrase is said with clips the language has', () => {
    expect(missing).toEqual([]);
    const announcements = [
      ...[...WITH_AMOUNT, ...ALONE].map((phrase) => ({ phrase, amount: twenty })),
      { phrase: 'received-many', count: 3, amount: twenty } as const,
      { phrase: 'test', amount: null } as const,
    ];
    for (const announcement of announcements) {
      expect(utterance(announcement, language).filter((clip) => !known.has(clip))).toEqual([]);
    }
  });

  it('the language has no clip that nothing is said with', () => {
    const minors = [0, 1, 200, 201, 1_205, 3_199, ...Array.from({ length: 120 }, (_, n) => n * 100), 123_456_789_012, 2_111_005];
    const said = CURRENCY_CODES.flatMap((currency) =>
      minors.flatMap((minor) => utterance({ phrase: 'received-many', count: 2, amount: { minor, currency } }, language)),
    );
    const phrases = [...WITH_AMOUNT, ...ALONE, 'test' as const].flatMap((phrase) => utterance({ phrase, amount: null }, language));
    const used = new Set([...said, ...phrases]);
    expect([...known].filter((clip) => !used.has(clip))).toEqual([]);
  });

  it('a phrase without an amount is one clip', () => {
    for (const phrase of ALONE) expect(utterance({ phrase, amount: twenty }, language)).toEqual([`phrase-${phrase}`]);
  });

  it('the chime goes before words about money, and nowhere else', () => {
    for (const phrase of ['received', 'amount'] as const) expect(utterance({ phrase, amount: twenty }, language).indexOf('chime')).toBe(0);
    expect(utterance({ phrase: 'received-many', count: 3, amount: twenty }, language).lastIndexOf('chime')).toBe(0);
    expect(utterance({ phrase: 'present-card', amount: twenty }, language)).not.toContain('chime');
  });
});

it('English leaves "and" out of counts and amounts when asked', () => {
  const many = { phrase: 'received-many', count: 101, amount: { minor: 101, currency: 'VND' } } as const;
  expect(spokenText(utterance(many, 'en', { and: false }), 'en')).toBe('Received one hundred one payments, total one hundred one dong');
});
