import { describe, expect, test } from 'vitest';
import { QR_VECTORS as QR, QR_OUTSIDE_ASCII } from '../../testkit/qr-vectors.ts';
import { crc16 } from './crc.ts';
import { parsePaymentQr } from './parse.ts';
import { readLevel } from './tlv.ts';

/** Changes the body of a QR and gives it a right checksum again, so that only the change can be refused. */
function altered(qr: string, from: string, to: string): string {
  expect(qr).toContain(from);
  const body = qr.slice(0, -4).replace(from, to);
  return body + crc16(body);
}

const sealed = (body: string) => `${body}6304${crc16(`${body}6304`)}`;
const codes = (text: string) => {
  const result = parsePaymentQr(text);
  return result.ok ? [] : result.faults.map(({ code, path }) => `${code} ${path}`.trim());
};

describe('valid QRs', () => {
  const national = { currencyNumeric: '764', currency: 'THB', country: 'TH', tip: null };
  const qris = {
    scheme: 'qris',
    payee: { kind: 'qris-merchant', id: 'ID1020000000001', acquirer: 'ID.CO.EXAMPLE.WWW', pan: '936000140000000001', criteria: 'UMI' },
    currency: 'IDR',
    categoryCode: '5812',
    merchantName: 'Toko Berkah',
    merchantCity: 'JAKARTA',
    postalCode: '10110',
    additional: { '07': 'A01' },
  };
  test.each([
    ['promptPayPhone', { ...national, scheme: 'promptpay', payee: { kind: 'phone', id: '0066801234567' }, use: 'many', amount: null }],
    [
      'promptPayAmount',
      {
        ...national,
        payee: { kind: 'phone', id: '0066000000000' },
        use: 'once',
        amountText: '4.22',
        amount: { minor: 422, currency: 'THB' },
      },
    ],
    ['promptPayNationalId', { ...national, payee: { kind: 'national-id', id: '1111111111111' } }],
    ['promptPayEWallet', { ...national, payee: { kind: 'e-wallet', id: '012345678901234' } }],
    [
      'promptPayBill',
      {
        ...national,
        scheme: 'promptpay-bill',
        payee: { kind: 'biller', id: '099999999999990', ref1: 'DEV0004', ref2: 'INV001' },
        amount: { minor: 10_050, currency: 'THB' },
        merchantName: 'TILLD TEST',
        additional: { '07': 'T0001' },
      },
    ],
    ['qrisStatic', { ...qris, use: 'many', amount: null, tip: null }],
    ['qrisDynamic', { ...qris, use: 'once', amount: { minor: 50_000, currency: 'IDR' }, tip: null }],
    ['qrisFixedTip', { ...qris, amount: { minor: 50_000, currency: 'IDR' }, tip: { kind: 'fixed', amountText: '2000' } }],
    ['qrisPercentTip', { ...qris, amount: { minor: 50_000, currency: 'IDR' }, tip: { kind: 'percent', percentText: '5.00' } }],
    [
      'vietQr',
      {
        scheme: 'vietqr',
        payee: { kind: 'vietnam-account', bin: '970422', id: '0123456789' },
        currency: 'VND',
        amount: { minor: 50_000, currency: 'VND' },
        additional: { '08': 'Thanh toan don hang 123' },
      },
    ],
    ['vietQrTransfer', { scheme: 'vietqr', payee: { kind: 'vietnam-account', bin: '970416', id: '257678859' } }],
  ] as const)('%s is read', (name, expected) => {
    expect(parsePaymentQr(QR[name])).toMatchObject({ ok: true, qr: expected });
  });

  test('a lowercase checksum is accepted', () => {
    expect(parsePaymentQr(QR.vietQrTransfer.replace('BBB8', 'bbb8'))).toMatchObject({ ok: true });
  });

  test('the order of the fields does not matter', () => {
    const swapped = sealed('00020101021253037645802TH54044.2229370016A00000067701011101130066000000000');
    const given = parsePaymentQr(QR.promptPayAmount);
    expect(given.ok && given.qr).toEqual((parsePaymentQr(swapped) as { qr?: unknown }).qr);
  });

  test('a checksum is not looked for inside values', () => {
    const name = '6304ABCD';
    expect(parsePaymentQr(altered(QR.promptPayBill, '5910TILLD TEST', `5908${name}`))).toMatchObject({ qr: { merchantName: name } });
  });

  test('lengths count characters while the checksum counts bytes', () => {
    expect(codes(QR_OUTSIDE_ASCII)).not.toContain('qr-crc 63');
    const level = readLevel(QR_OUTSIDE_ASCII);
    expect(level.ok && level.objects.find(({ id }) => id === '08')?.value).toBe('Lê Anh Tú');
  });

  test.each(['1000', '1000.', '1000.0', '1000.00'])('the amount %j is a thousand baht', (text) => {
    const qr = altered(QR.promptPayAmount, '54044.22', `54${String(text.length).padStart(2, '0')}${text}`);
    expect(parsePaymentQr(qr)).toMatchObject({ qr: { amount: { minor: 100_000, currency: 'THB' } } });
  });
});

describe('faults of the text', () => {
  test.each([
    ['nothing at all', '', ['qr-empty']],
    ['prose', 'hello', ['qr-malformed at character 0']],
    ['a link', 'https://example.org/pay', ['qr-malformed at character 0']],
    ['more than 512 characters', '0'.repeat(513), ['qr-too-long']],
    ['a very long text', 'x'.repeat(3_000_000), ['qr-too-long']],
    ['a line break', `${QR.promptPayPhone}\n`, ['qr-characters at position 74']],
    ['half a character', `${QR.promptPayPhone.slice(0, -4)}\ud800123`, ['qr-characters at position 70']],
    ['a wrong checksum', QR.vietQrTransfer.replace('BBB8', 'BBB5'), ['qr-crc 63']],
    ['a ligature that reads FF in capitals', QR.promptPayPhone.replace(/63046197$/, '6303\u{fb00}00'), ['qr-crc 63']],
    ['no checksum', QR.promptPayPhone.slice(0, -8), ['qr-crc-missing 63']],
    ['a checksum that is not last', sealed(QR.promptPayPhone), ['qr-duplicate 63']],
    ['an object after the checksum', `${QR.promptPayPhone}5902AB`, ['qr-crc-missing 63']],
    ['an object twice', altered(QR.promptPayAmount, '5802TH', '5802TH5802TH'), ['qr-duplicate 58']],
    ['an object twice in a template', altered(QR.promptPayBill, '62090705T0001', '62180705T00010705T0001'), ['qr-duplicate 62/07']],
    ['a template cut short', altered(QR.promptPayBill, '62090705T0001', '62080705T000'), ['qr-truncated 62/07']],
    ['a template that holds no objects', altered(QR.promptPayBill, '62090705T0001', '6205T0001'), ['qr-malformed 62']],
    ['an empty object', altered(QR.promptPayBill, '5910TILLD TEST', '5900'), ['qr-malformed 59']],
    ['another payload format', altered(QR.promptPayPhone, '000201', '000202'), ['qr-not-emvco 00']],
    ['the format not first', sealed('010211000201'), ['qr-not-emvco 00']],
    ['a bank slip', `${sealed('0041000600000101030040220000000000000000000005102TH').replace(/6304....$/, '')}9104ABCD`, ['qr-slip 91']],
  ])('%s is refused', (_, text, expected) => {
    expect(codes(text)).toEqual(expected);
  });
});

describe('faults of the fields', () => {
  test.each([
    ['PromptPay in dollars', QR.promptPayPhone, '5303764', '5303840', ['qr-currency 53']],
    ['PromptPay without a currency', QR.promptPayPhone, '5303764', '', ['qr-field-missing 53']],
    ['PromptPay elsewhere', QR.promptPayPhone, '5802TH', '5802SG', ['qr-field 58']],
    [
      'PromptPay for nobody',
      QR.promptPayPhone,
      '29370016A00000067701011101130066801234567',
      '29200016A000000677010111',
      ['qr-field-missing 29'],
    ],
    ['a customer QR', QR.promptPayPhone, 'A000000677010111', 'A000000677010114', ['qr-customer-presented 29/00']],
    ['a phone number with letters', QR.promptPayPhone, '0066801234567', '006680123456X', ['qr-field 29/01']],
    ['a bill without references', QR.promptPayBill, '0207DEV00040306INV001', '0417ABCDEFGHIJKLMNOPQ', ['qr-field-missing 30/02']],
    ['a use of 13', QR.promptPayPhone, '010211', '010213', ['qr-field 01']],
    ['an amount of nothing', QR.promptPayAmount, '54044.22', '54040.00', ['qr-amount-invalid 54']],
    ['a comma', QR.promptPayAmount, '54044.22', '54044,22', ['qr-amount-invalid 54']],
    ['a negative amount', QR.promptPayAmount, '54044.22', '5404-422', ['qr-amount-invalid 54']],
    ['half a satang', QR.promptPayAmount, '54044.22', '54054.225', ['qr-amount-invalid 54']],
    ['14 digits', QR.promptPayAmount, '54044.22', '541410000000000000', ['qr-amount-invalid 54']],
    ['more than tilld handles', QR.promptPayAmount, '54044.22', '54139999999999999', ['qr-amount-invalid 54']],
    ['QRIS without a postal code', QR.qrisStatic, '610510110', '', ['qr-field-missing 61']],
    ['QRIS without name and city', QR.qrisStatic, '5911Toko Berkah6007JAKARTA', '', ['qr-field-missing 59', 'qr-field-missing 60']],
    ['a static QRIS without 51', QR.qrisStatic, '51440014ID.CO.QRIS.WWW0215ID10200000000010303UMI', '', ['qr-field-missing 51']],
    ['a criterion nobody knows', QR.qrisStatic, '0303UMI51', '0303XYZ51', ['qr-field 26/03']],
    ['a name of 26 characters', QR.qrisStatic, '5911Toko Berkah', '5926ABCDEFGHIJKLMNOPQRSTUVWXYZ', ['qr-field 59']],
    ['a fixed tip without its amount', QR.qrisFixedTip, '56042000', '', ['qr-field-missing 56']],
    ['a fixed tip nobody announced', QR.qrisFixedTip, '550202', '', ['qr-field 56']],
    ['a tip of nothing', QR.qrisPercentTip, '57045.00', '57040.00', ['qr-field 57']],
    ['a tip of 100 percent', QR.qrisPercentTip, '57045.00', '5706100.00', ['qr-field 57']],
    ['a VietQR for cash', QR.vietQr, 'QRIBFTTA', 'QRIBFTTX', ['qr-field 38/02']],
    ['a VietQR with a cut account', QR.vietQr, '01100123456789', '01110123456789', ['qr-truncated 38/01/01']],
  ] as const)('%s', (_, qr, from, to, expected) => {
    expect(codes(altered(qr, from, to))).toEqual(expected);
  });

  test('a QRIS transfer is not a sale', () => {
    const transfer = altered(QR.qrisDynamic, '26690017', '40690017').replace(/62070703A016304.{4}$/, '');
    expect(codes(sealed(`${transfer}62150703A010804BOOK`))).toEqual(['qr-transfer 62/08']);
    expect(codes(sealed(`${transfer}62150703A010804FOOD`))).toEqual([]);
  });

  test('a QR of another scheme needs what EMVCo demands', () => {
    const wallet = '00020101021226180010A0000007750100';
    expect(codes(sealed(wallet))).toContain('qr-malformed 26/01');
    const shop = '00020126140010A000000775520458125303704540510000';
    expect(codes(sealed(`${shop}5802VN5904SHOP`))).toEqual(['qr-field-missing 60']);
    expect(parsePaymentQr(sealed(`${shop}5802VN5904SHOP6005HANOI`))).toMatchObject({
      qr: { scheme: 'other', payee: { kind: 'account', template: '26', id: 'A000000775' }, use: 'unsaid' },
    });
  });

  test('an amount in a currency tilld does not know is read as text only', () => {
    const shop = sealed('00020126140010A00000099952045812530370254041.505802SG5904SHOP6009SINGAPORE');
    expect(parsePaymentQr(shop)).toMatchObject({ qr: { currencyNumeric: '702', currency: null, amount: null, amountText: '1.50' } });
  });

  test('every fault is listed, a wrong checksum first', () => {
    const broken = QR.promptPayAmount.replace('54044.22', '54044,22').replace('5303764', '5303360');
    expect(codes(broken)).toEqual(['qr-crc 63', 'qr-currency 53', 'qr-amount-invalid 54']);
  });
});
