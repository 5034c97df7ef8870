import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CURRENCY_CODES, type Currency } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import { compact, documented, fixture, raw, refusal, textOf } from '../../testkit/ds50-messages.ts';
import * as codec from './codec.ts';

const order = (change: object, currency: Currency = 'THB') => codec.decodeMessage(raw({ ...documented('order'), ...change }), currency);

const GUIDE_ORDER: Order = { id: '12394555425', purpose: 'sale', amountMinor: 12_344, message: 'hello' };
describe('the documented order', () => {
  test('is read', () => expect(codec.decodeMessage(fixture('order'), 'CNY')).toEqual({ order: GUIDE_ORDER, notices: [] }));
  test('is written byte by byte', () => expect(textOf(codec.encodeMessage(GUIDE_ORDER, 'CNY'))).toBe(compact('order')));
});

test.each([
  ['', 0],
  ['0', 0],
  ['5', 5],
  ['50', 50],
  ['0050', 50],
  ['12344', 12_344],
  ['999999999999', 999_999_999_999],
])('amount %j of an announcement is %i', (amount, minor) => {
  expect(order({ amount, transType: '99' })).toEqual({
    order: { ...GUIDE_ORDER, purpose: 'announcement', amountMinor: minor },
    notices: [],
  });
});

test.each<[string, object, string]>([
  ['no amount', { amount: undefined }, 'amount'],
  ['amount null', { amount: null }, 'amount'],
  ['a negative amount', { amount: '-1' }, 'amount'],
  ['an amount with decimals', { amount: '12.34' }, 'amount'],
  ['an amount with a space', { amount: ' 5' }, 'amount'],
  ['an amount in other digits', { amount: '๕' }, 'amount'],
  ['an amount like 1e5', { amount: '1e5' }, 'amount'],
  ['13 digits', { amount: '1000000000000' }, 'amount'],
  ['the number -1', { amount: -1 }, 'amount'],
  ['the number 0.5', { amount: 0.5 }, 'amount'],
  ['the number 10^12', { amount: 1e12 }, 'amount'],
  ['the number 2^53', { amount: 2 ** 53 }, 'amount'],
  ['the number 1e308', { amount: 1e308 }, 'amount'],
  ['a sale for nothing', { amount: '' }, 'amount'],
  ['a sale for 0', { amount: 0 }, 'amount'],
  ['transType 01', { transType: '01' }, 'transType'],
  ['transType as a number', { transType: 99 }, 'transType'],
  ['no orderId', { orderId: undefined }, 'orderId'],
  ['an empty orderId', { orderId: '' }, 'orderId'],
  ['an orderId with a blank', { orderId: 'a b' }, 'orderId'],
  ['an orderId beyond ASCII', { orderId: 'bestellung-ä' }, 'orderId'],
  ['an orderId with a line break', { orderId: 'a\n' }, 'orderId'],
  ['a fractional orderId', { orderId: 1.5 }, 'orderId'],
  ['a negative orderId', { orderId: -1 }, 'orderId'],
  ['an orderId beyond 2^53', { orderId: 2 ** 53 }, 'orderId'],
])('refuses an order with %s', (_what, change, path) => {
  expect(refusal(() => order(change))).toBe(path);
});

test('an order without a message and with fields of others is read', () => {
  expect(order({ message: undefined, shop: { id: 1 }, amount: '5' }).order).toEqual({ ...GUIDE_ORDER, message: '', amountMinor: 5 });
});

test.each<[string, unknown, string]>([
  ['null', null, ''],
  ['a number', 7, ''],
  ['a line break and a terminal command', 'a\nb\u001b[2J', 'a b [2J'],
  ['blanks around it', '  hello ', 'hello'],
  ['201 characters', 'x'.repeat(201), 'x'.repeat(200)],
  ['15,000 characters', 'x'.repeat(15_000), 'x'.repeat(200)],
])('a message of %s is no reason to lose the order', (_what, message, read) => {
  const { order: got, notices } = order({ message });
  expect(got).toEqual({ ...GUIDE_ORDER, message: read });
  expect(notices).toHaveLength(message === null ? 0 : 1);
});

describe('what crashed or misled the vendor’s firmware', () => {
  test('a missing transType is refused', () => {
    expect(refusal(() => order({ transType: undefined }))).toBe('transType');
  });
  test('a numeric orderId is taken, with a notice', () => {
    const { order: taken, notices } = order({ orderId: 12394555425 });
    expect(taken).toEqual(GUIDE_ORDER);
    expect(notices).toEqual([expect.stringContaining('orderId')]);
  });
  test('a numeric amount is taken, with a notice', () => {
    const { order: taken, notices } = order({ amount: 12344 });
    expect(taken).toEqual(GUIDE_ORDER);
    expect(notices).toEqual([expect.stringContaining('amount')]);
  });
  test.each(['amount', 'orderId', 'transType'])('a very long %s is refused', (field) => {
    const most = { amount: 12, orderId: 64, transType: 2 }[field] ?? 0;
    expect(refusal(() => order({ [field]: '9'.repeat(most + 1) }))).toBe(field);
    expect(refusal(() => order({ [field]: '9'.repeat(10_000) }))).toBe(field);
    expect(refusal(() => order({ [field]: '9'.repeat(20_000) }))).toBe('json-too-large');
    expect(refusal(() => order({ [field]: '9'.repeat(most) }))).toBe('accepted');
  });
  test('no amount loses a cent to a float', () => {
    for (const minor of [113, 1_999, 2_010, 64_135, 999_999_999_999])
      expect(order({ amount: String(minor) }).order.amountMinor).toBe(minor);
  });
});

test('a currency without decimals is still written in cents, and has none', () => {
  expect(order({ amount: '5000000' }, 'IDR').order.amountMinor).toBe(50_000);
  expect(refusal(() => order({ amount: '5000050' }, 'IDR'))).toBe('amount');
  expect(JSON.parse(textOf(codec.encodeMessage({ ...GUIDE_ORDER, amountMinor: 50_000 }, 'VND'))).amount).toBe('5000000');
});

test('every order survives the wire', () => {
  const orders = fc.tuple(
    fc.record({
      id: fc.stringMatching(/^[\x21-\x7e]{1,64}$/),
      purpose: fc.constantFrom('sale' as const, 'announcement' as const),
      amountMinor: fc.integer({ min: 1, max: 9_999_999_999 }),
      message: fc.stringMatching(/^[\x20-\x7eก-๛]{0,200}$/).map((text) => text.trim()),
    }),
    fc.constantFrom(...CURRENCY_CODES),
  );
  fc.assert(
    fc.property(orders, ([sent, currency]) => {
      expect(codec.decodeMessage(codec.encodeMessage(sent, currency), currency)).toEqual({ order: sent, notices: [] });
    }),
  );
});

test('an order and an update are told apart, and a message that is both is neither', () => {
  const update = documented('instruction');
  expect(codec.decodeInbound(fixture('order'), 'THB')).toEqual({ kind: 'order', order: GUIDE_ORDER, notices: [] });
  expect(codec.decodeInbound(fixture('instruction'), 'THB')).toMatchObject({ kind: 'update', offer: { deployment: 'dep-0001' } });
  expect(refusal(() => codec.decodeInbound(raw({ ...documented('order'), ...update }), 'THB'))).toBe('update');
  expect(refusal(() => codec.decodeInbound(raw({ update: null }), 'THB'))).toBe('update');
  expect(refusal(() => codec.decodeInbound(raw({}), 'THB'))).toBe('transType');
  expect(refusal(() => codec.decodeInbound(raw([documented('order')]), 'THB'))).toBe('');
});

test('no decoder throws anything but a PeerFault, whatever comes', () => {
  const decoders = [
    (bytes: Uint8Array) => codec.decodeInbound(bytes, 'IDR'),
    (bytes: Uint8Array) => codec.decodeSaleRequest(bytes, 'CNY'),
    codec.decodeSaleReply,
    codec.decodeDetailsRequest,
    codec.decodeDetailsReply,
  ];
  const names = ['order', 'sale-request', 'sale-reply', 'details-request', 'details-reply', 'instruction'];
  const mutated = fc
    .tuple(fc.constantFrom(...names), fc.nat(600), fc.string({ maxLength: 6 }), fc.nat(12))
    .map(([name, at, insert, cut]) => {
      const whole = compact(name);
      return new TextEncoder().encode(whole.slice(0, at) + insert + whole.slice(at + cut));
    });
  const changed = fc
    .tuple(fc.constantFrom(...names), fc.nat(14), fc.jsonValue())
    .map(([name, nth, value]) =>
      raw(Object.fromEntries(Object.entries(documented(name)).map(([key, was], i) => [key, i === nth ? value : was]))),
    );
  const input = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.jsonValue().map(raw), mutated, changed);
  fc.assert(
    fc.property(fc.constantFrom(...decoders), input, (decode, bytes) => void refusal(() => decode(bytes))),
    { numRuns: 4_000 },
  );
});

test('the topic of a box is the prefix and its serial number', () => {
  expect(codec.topicOf('pos/message', 'S20A1012574P0002')).toBe('pos/message/S20A1012574P0002');
});
