import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CardSecret } from '../../domain/card.ts';
import { PeerFault } from '../../domain/fault.ts';
import { CURRENCY_CODES, type Currency, fractionDigits, MAX_MINOR } from '../../domain/money.ts';
import { compact, documented, fixture, fixtureFile, raw, refusal, textOf } from '../../testkit/ds50-messages.ts';
import * as codec from './codec.ts';

const GUIDE_SALE: codec.SaleRequest = {
  deviceSn: 'S20A1012574P0002',
  model: 'DS50',
  appVersion: 'V1.0.0',
  amount: { minor: 6_666, currency: 'CNY' },
  card: {
    org: 'VISA',
    maskedPan: '411111********1111',
    emvData: new CardSecret(String(documented('sale-request').emvData)),
    track2: new CardSecret('4111111111111111D271220100000000'),
    pinBlock: new CardSecret('0000000000000000'),
  },
  batch: '000000',
  trace: '000001',
  date: '2025-12-15',
  time: '15:50:23',
};
const GUIDE_REPLY: codec.SaleReply = { status: 'approved', authCode: '1234567890', responseCode: '00', emvData: new CardSecret('') };
const GUIDE_QUESTION: codec.DetailsRequest = { deviceSn: 'S20A1012574P0002', page: 1, date: '2025-12-15' };
const GUIDE_RECORD: codec.SaleRecord = {
  status: 'approved',
  authCode: '12345678',
  transAmount: '10000',
  maskedPan: '411111********1111',
  org: 'VISA',
  trace: '000001',
  batch: '000000',
  at: '2023-11-24 13:25:10',
};
/** A sale request with its secrets in the open, to be compared. */
const opened = ({ card, ...sale }: codec.SaleRequest) => ({
  ...sale,
  card: { ...card, emvData: card.emvData.reveal(), track2: card.track2.reveal(), pinBlock: card.pinBlock.reveal() },
});
const answered = ({ emvData, ...reply }: codec.SaleReply) => ({ ...reply, emvData: emvData.reveal() });

describe.each([
  {
    name: 'sale-request',
    value: opened(GUIDE_SALE),
    decoded: (bytes: Uint8Array): unknown => opened(codec.decodeSaleRequest(bytes, 'CNY')),
    encoded: () => codec.encodeSaleRequest(GUIDE_SALE),
  },
  {
    name: 'sale-reply',
    value: answered(GUIDE_REPLY),
    decoded: (bytes: Uint8Array): unknown => answered(codec.decodeSaleReply(bytes)),
    encoded: () => codec.encodeSaleReply(GUIDE_REPLY),
  },
  {
    name: 'details-request',
    value: GUIDE_QUESTION,
    decoded: (bytes: Uint8Array): unknown => codec.decodeDetailsRequest(bytes),
    encoded: () => codec.encodeDetailsRequest(GUIDE_QUESTION),
  },
  {
    name: 'details-reply',
    value: { total: 1, records: [GUIDE_RECORD] },
    decoded: (bytes: Uint8Array): unknown => codec.decodeDetailsReply(bytes),
    encoded: () => codec.encodeDetailsReply({ total: 1, records: [GUIDE_RECORD] }),
  },
])('documented message $name', ({ name, value, decoded, encoded }) => {
  test('is read', () => expect(decoded(fixture(name))).toEqual(value));
  test('is written byte by byte', () => expect(textOf(encoded())).toBe(compact(name)));
});

test('the comma after the last field of the guide’s details reply is no JSON', () => {
  expect(refusal(() => codec.decodeDetailsReply(fixtureFile('details-reply-as-documented.txt')))).toBe('json-malformed');
});

const sale = (change: object) => codec.decodeSaleRequest(raw({ ...documented('sale-request'), ...change }), 'CNY');

test.each(Object.keys(documented('sale-request')))('a sale request without %s is refused', (field) => {
  expect(refusal(() => sale({ [field]: undefined }))).toBe(field);
});

test.each<[string, unknown]>([
  ['transType', 'REFUND'],
  ['payType', 'QR'],
  ['deviceSn', '../other'],
  ['deviceSn', '+'],
  ['transAmount', '66.6'],
  ['transAmount', '066.66'],
  ['transAmount', '0.00'],
  ['transAmount', '-1.00'],
  ['transAmount', '1e3'],
  ['transAmount', 66.66],
  ['transAmount', '10000000000000.00'],
  ['cardNo', '4111111111111111'],
  ['cardNo', '411111*1111'],
  ['cardOrg', 'Visa'],
  ['emvData', '9F2'],
  ['emvData', 'zz'],
  ['emvData', 'AB'.repeat(2_049)],
  ['track2', 'Mr Smith'],
  ['track2', '4'.repeat(42)],
  ['pin', '1234'],
  ['pin', 1234],
  ['batchNo', 1],
  ['traceNo', '1'],
  ['traceNo', '0000001'],
  ['date', '2025-02-30'],
  ['date', '15.12.2025'],
  ['time', '24:00:00'],
])('a sale request with %s %j is refused', (field, value) => {
  expect(refusal(() => sale({ [field]: value }))).toBe(field);
});

test('no error says anything of a card, whatever field it was put into and in whatever form', () => {
  const planted = ['4111111111111111D271220100000000', '4111111111111111', 4111111111111111, '378282246310005', 378282246310005];
  const decodeSale = (bytes: Uint8Array) => codec.decodeSaleRequest(bytes, 'CNY');
  const decoders = [
    [documented('sale-request'), decodeSale],
    [documented('sale-reply'), codec.decodeSaleReply],
    [{ ...documented('details-reply'), ...(documented('details-reply').transInfo as object[])[0] }, codec.decodeDetailsReply],
    [documented('order'), (bytes: Uint8Array) => codec.decodeMessage(bytes, 'CNY')],
  ] as const;
  let refused = 0;
  for (const [whole, decode] of decoders) {
    for (const field of Object.keys(whole)) {
      // Whatever a request holds may be a PIN; elsewhere a short number is a number.
      for (const value of decode === decodeSale ? [...planted, 1234] : planted) {
        // In every shape a field can have; a details record is one level down.
        const change = { ...whole, [field]: value };
        for (const shape of [change, { ...change, transInfo: [change] }, { ...change, [field]: [value] }]) {
          try {
            decode(raw(shape));
          } catch (error) {
            refused++;
            expect(error).toBeInstanceOf(PeerFault);
            const said = error instanceof PeerFault ? `${error.explain()} ${inspect(error)} ${JSON.stringify(error)}` : '';
            expect(said).not.toMatch(/4111111111111111|378282246310005|\b1234\b/);
          }
        }
      }
    }
  }
  expect(refused).toBeGreaterThan(200);
});

test('card secrets of a decoded request do not turn into text', () => {
  const { card } = codec.decodeSaleRequest(fixture('sale-request'), 'CNY');
  expect(`${inspect(card)} ${JSON.stringify(card)} ${card.track2} ${card.pinBlock}`).not.toMatch(/4111111111111111|0{16}|9F26/);
});

test.each([
  ['APPROVE', '00', 'approved'],
  ['approved', '00', 'approved'],
  ['Approved', '', 'approved'],
  ['DECLINE', '05', 'declined'],
  ['declined', '51', 'declined'],
  ['DECLINED', '', 'declined'],
  ['PENDING', '00', 'unclear'],
  ['APPROVE', '05', 'unclear'],
  ['DECLINE', '00', 'unclear'],
  ['NOT APPROVED', '00', 'unclear'],
])('transStatus %s with response code %j is %s', (transStatus, acqResponseCode, status) => {
  const whole = { ...documented('sale-reply'), transStatus, acqResponseCode };
  expect(codec.decodeSaleReply(raw(whole)).status).toBe(status);
  if (acqResponseCode === '') {
    expect(codec.decodeSaleReply(raw({ ...whole, acqResponseCode: undefined, acqAuthCode: null, emvData: null })).status).toBe(status);
  }
});

test.each<[string, object]>([
  ['transStatus', { transStatus: undefined }],
  ['transStatus', { transStatus: true }],
  ['transStatus', { transStatus: '' }],
  ['acqResponseCode', { acqResponseCode: 0 }],
  ['acqAuthCode', { acqAuthCode: '1'.repeat(33) }],
  ['emvData', { emvData: 'A'.repeat(4_097) }],
])('a sale reply with a bad %s is refused', (path, change) => {
  expect(refusal(() => codec.decodeSaleReply(raw({ ...documented('sale-reply'), ...change })))).toBe(path);
});

test.each<[string, object]>([
  ['pageNo', { pageNo: 1 }],
  ['pageNo', { pageNo: '0' }],
  ['pageSize', { pageSize: '10' }],
  ['date', { date: '2025-13-01' }],
  ['deviceSn', { deviceSn: '' }],
])('a details request with a bad %s is refused', (path, change) => {
  expect(refusal(() => codec.decodeDetailsRequest(raw({ ...documented('details-request'), ...change })))).toBe(path);
});

const details = (change: object, record: object = {}) => {
  const whole = documented('details-reply');
  const [first] = whole.transInfo as object[];
  return codec.decodeDetailsReply(raw({ ...whole, transInfo: [{ ...first, ...record }], ...change }));
};

test.each<[string, object, object]>([
  ['respCode', { respCode: '96' }, {}],
  ['total', { total: '1' }, {}],
  ['total', { total: -1 }, {}],
  ['transInfo', { transInfo: undefined }, {}],
  ['transInfo', { transInfo: Array(101).fill({}) }, {}],
])('a details reply with a bad %s is refused', (path, change, record) => {
  expect(refusal(() => details(change, record))).toBe(path);
});

test.each<[string, object, object]>([
  ['no object', { transInfo: [null] }, {}],
  ['a bad status', {}, { transStatus: 1 }],
  ['a bad amount', {}, { transAmount: 10_000 }],
  ['a bad trace number', {}, { traceNo: 1 }],
  ['a bad batch number', {}, { batchNo: '00000' }],
])('a record with %s is somebody else’s, and the others count', (_what, change, record) => {
  expect(details(change, record)).toEqual({ total: 1, records: [] });
});

test('a day without sales may come without a list', () => {
  expect(details({ total: 0, transInfo: undefined })).toEqual({ total: 0, records: [] });
  expect(details({ total: 0, transInfo: [] })).toEqual({ total: 0, records: [] });
});

test.each([
  ['4111111111111111', '411111******1111'],
  ['4111 1111 1111 1111', '411111******1111'],
  ['411111********1111', '411111********1111'],
  [null, ''],
])('the card number %j of a record is kept as %j', (cardNo, kept) => {
  expect(details({}, { cardNo }).records[0]?.maskedPan).toBe(kept);
});

test.each<[string, number, Currency, boolean]>([
  ['66.66', 6_666, 'CNY', true],
  ['6666', 6_666, 'CNY', true],
  ['66', 6_600, 'CNY', true],
  ['5', 5, 'CNY', true],
  ['66.67', 6_666, 'CNY', false],
  ['66.66', 666_600, 'CNY', false],
  ['50000', 50_000, 'IDR', true],
  ['5000000', 50_000, 'IDR', true],
  ['50000.00', 50_000, 'IDR', true],
  ['500', 50_000, 'IDR', false],
])('a record over %s is one over %i %s: %s', (transAmount, minor, currency, same) => {
  expect(codec.amountMatches(transAmount, { minor, currency })).toBe(same);
});

test.each<[number, Currency, string]>([
  [113, 'CNY', '1.13'],
  [1_999, 'CNY', '19.99'],
  [64_135, 'CNY', '641.35'],
  [999_999_999_999, 'CNY', '9999999999.99'],
  [50_000, 'IDR', '50000'],
])('%i of %s is sent as %s: no float has touched it', (minor, currency, major) => {
  const bytes = codec.encodeSaleRequest({ ...GUIDE_SALE, amount: { minor, currency } });
  expect(JSON.parse(textOf(bytes)).transAmount).toBe(major);
  expect(codec.decodeSaleRequest(bytes, currency).amount.minor).toBe(minor);
});

test('every amount survives the sale request and matches its record in either form', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MAX_MINOR }), fc.constantFrom(...CURRENCY_CODES), (minor, currency) => {
      const amount = { minor, currency };
      const bytes = codec.encodeSaleRequest({ ...GUIDE_SALE, amount });
      expect(codec.decodeSaleRequest(bytes, currency).amount).toEqual(amount);
      expect(codec.amountMatches(JSON.parse(textOf(bytes)).transAmount, amount)).toBe(true);
      expect(codec.amountMatches(String(minor * 10 ** (2 - fractionDigits(currency))), amount)).toBe(true);
    }),
  );
});
