import { expect, test } from 'vitest';
import { QR_VECTORS as QR } from '../../testkit/qr-vectors.ts';
import { checkOffer, type OfferTerms } from './offer.ts';

const BAHT: OfferTerms = { amount: { minor: 10_050, currency: 'THB' }, allowStatic: false, schemes: ['promptpay', 'promptpay-bill'] };
const RUPIAH: OfferTerms = { amount: { minor: 50_000, currency: 'IDR' }, allowStatic: false, schemes: ['qris'] };

test.each([
  ['the bill asked for', QR.promptPayBill, BAHT],
  ['a dynamic QRIS', QR.qrisDynamic, RUPIAH],
  ['a QR without an amount where that is allowed', QR.promptPayPhone, { ...BAHT, allowStatic: true }],
])('%s may be shown', (_, text, terms) => {
  expect(checkOffer(text, terms)).toMatchObject({ ok: true });
});

test.each([
  ['another amount', QR.promptPayAmount, BAHT, { code: 'qr-amount', found: '4.22', expected: '100.50' }],
  ['another amount where none would do', QR.promptPayAmount, { ...BAHT, allowStatic: true }, { code: 'qr-amount' }],
  ['no amount', QR.promptPayPhone, BAHT, { code: 'qr-amount-missing', found: 'no amount', expected: '100.50' }],
  ['another scheme', QR.qrisDynamic, BAHT, { code: 'qr-scheme', found: 'qris', expected: 'promptpay or promptpay-bill' }],
  [
    'another currency',
    QR.qrisDynamic,
    { ...RUPIAH, amount: { minor: 50_000, currency: 'VND' } },
    { code: 'qr-currency', found: '360', expected: '704 (VND)' },
  ],
  ['a wrong checksum', QR.promptPayBill.replace('675E', '675F'), BAHT, { code: 'qr-crc', found: '"675F" in 63', expected: '675E' }],
  ['a cut text', QR.promptPayBill.slice(0, 60), BAHT, { code: 'qr-truncated' }],
  ['no QR at all', '', BAHT, { code: 'qr-empty' }],
] as const)('%s is refused', (_, text, terms, refusal) => {
  expect(checkOffer(text, terms)).toMatchObject({ ok: false, refusal });
});

test('a refusal quotes hostile text only printable and short', () => {
  const check = checkOffer(`0002\u202e${'x'.repeat(400)}`, BAHT);
  expect(check.ok || check.refusal.found.length).toBeLessThan(80);
  expect(JSON.stringify(check)).not.toContain('\u202e');
});
