import { describe, expect, test } from 'vitest';
import { QR_VECTORS as QR } from '../../testkit/qr-vectors.ts';
import { CallerFault } from '../fault.ts';
import { buildPromptPay, buildPromptPayBill, buildQris, buildVietQr } from './build.ts';
import { parsePaymentQr } from './parse.ts';

/** Two QRs say the same when their objects do, in whatever order. */
function meaning(text: string): unknown {
  const { objects } = parsePaymentQr(text);
  return Object.fromEntries(objects.filter(({ id }) => id !== '63').map(({ id, value }) => [id, value]));
}

const shop = {
  acquirer: 'ID.CO.EXAMPLE.WWW',
  pan: '936000140000000001',
  merchantId: 'MIDTEST00000001',
  criteria: 'UMI',
  nmid: 'ID1020000000001',
  categoryCode: '5812',
  merchantName: 'Toko Berkah',
  merchantCity: 'JAKARTA',
  postalCode: '10110',
  terminal: 'A01',
};
const rupiah = { minor: 50_000, currency: 'IDR' } as const;

test.each([
  ['promptPayPhone', buildPromptPay({ to: { kind: 'phone', id: '080-123-4567' } })],
  ['promptPayAmount', buildPromptPay({ to: { kind: 'phone', id: '0066000000000' }, amount: { minor: 422, currency: 'THB' } })],
  ['promptPayNationalId', buildPromptPay({ to: { kind: 'national-id', id: '1111111111111' } })],
  ['promptPayEWallet', buildPromptPay({ to: { kind: 'e-wallet', id: '012345678901234' } })],
  ['qrisStatic', buildQris(shop)],
  ['qrisDynamic', buildQris({ ...shop, amount: rupiah })],
  ['qrisFixedTip', buildQris({ ...shop, amount: rupiah, tip: { kind: 'fixed', amountText: '2000' } })],
  ['qrisPercentTip', buildQris({ ...shop, amount: rupiah, tip: { kind: 'percent', percentText: '5.00' } })],
  [
    'vietQr',
    buildVietQr({
      to: { kind: 'account', bin: '970422', id: '0123456789' },
      amount: { minor: 50_000, currency: 'VND' },
      purpose: 'Thanh toan don hang 123',
    }),
  ],
] as const)('%s can be built', (name, built) => {
  expect(meaning(built)).toEqual(meaning(QR[name]));
});

test('a bill payment can be built', () => {
  const built = buildPromptPayBill({
    billerId: '099999999999990',
    ref1: 'DEV0004',
    ref2: 'INV001',
    amount: { minor: 10_050, currency: 'THB' },
    merchantName: 'TILLD TEST',
    terminal: 'T0001',
  });
  expect(meaning(built)).toEqual(meaning(QR.promptPayBill));
});

test.each(['0801234567', '+66 80 123 4567', '66801234567', '0066801234567'])('the phone number %s is normalised', (id) => {
  expect(parsePaymentQr(buildPromptPay({ to: { kind: 'phone', id } }))).toMatchObject({ qr: { payee: { id: '0066801234567' } } });
});

describe('what cannot be built', () => {
  test.each([
    ['a phone number of letters', () => buildPromptPay({ to: { kind: 'phone', id: 'call me' } })],
    ['a short national id', () => buildPromptPay({ to: { kind: 'national-id', id: '123' } })],
    ['an amount of nothing', () => buildPromptPay({ to: { kind: 'phone', id: '0801234567' }, amount: { minor: 0, currency: 'THB' } })],
    ['another currency', () => buildPromptPay({ to: { kind: 'phone', id: '0801234567' }, amount: { minor: 100, currency: 'USD' } })],
    ['an empty reference', () => buildPromptPayBill({ billerId: '1', ref1: '' })],
    ['references that are too long together', () => buildPromptPayBill({ billerId: '1', ref1: 'x'.repeat(50), ref2: 'y'.repeat(50) })],
    ['a name of 26 characters', () => buildQris({ ...shop, merchantName: 'x'.repeat(26) })],
    ['a name with a line break', () => buildQris({ ...shop, merchantName: 'a\nb' })],
    ['a bank number of 5 digits', () => buildVietQr({ to: { kind: 'card', bin: '97042', id: '1' } })],
  ])('%s', (_, build) => {
    expect(build).toThrow(CallerFault);
    expect(build).toThrow(expect.objectContaining({ code: 'qr-build' }));
  });
});
