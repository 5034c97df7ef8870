import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PeerFault } from '../../domain/fault.ts';
import { MessageFault } from '../../domain/json-fields.ts';
import { MAX_MINOR } from '../../domain/money.ts';
import * as codec from './codec.ts';

const fixture = (name: string): Uint8Array => readFileSync(new URL(`fixtures/${name}.json`, import.meta.url));
/** The documented message without the document's line breaks, as it goes over the wire. */
const compact = (name: string): string => JSON.stringify(JSON.parse(new TextDecoder().decode(fixture(name))));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const raw = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

interface Row {
  readonly name: string;
  readonly value: unknown;
  readonly decoded: (bytes: Uint8Array) => unknown;
  readonly encoded: () => Uint8Array;
}
const register = { pin: '1150', deviceId: 'device-0004' };
const payment = { deviceId: 'device-0004', amountMinor: 100, description: 'Car wash payment' };
const offer = {
  charge: 'ch_32xPe8Fb7G2YZtDJxSwEl752OHj',
  qr: '000201010212',
  expiry: '2025-09-20T09:39:02.63620927Z',
  image: 'iVBORw0KGgoAAAANSU',
};
const push = { charge: 'ch_32xLdfeI2bPCnIb3GY3MQrd4qGs', status: null, message: 'string' };
const found = { success: true, charge: push.charge, status: null, message: 'Payment status retrieved successfully' };
const notFound = { success: false, charge: null, status: null, message: 'Payment not found or failed' };
const state = { rssiDbm: -76, status: 'normal', uptimeMinutes: 39_623, atMs: 1_758_358_335_794 } as const;
const logged = {
  qrMinor: 0,
  charge: 'chargeId',
  cash: { coin: { '100': 6 }, bill: {} },
  status: 'SUCCEEDED',
  atMs: 1_759_854_682_992,
} as const;

const ROWS: readonly Row[] = [
  {
    name: 'register-request',
    value: null,
    // The document writes "string" for the MAC too, which is no MAC: see below for one that is.
    decoded: () => null,
    encoded: () => codec.encodeRegisterRequest({ chipId: 'string', mac: 'string', firmwareVersion: 'string' }),
  },
  {
    name: 'register-reply',
    value: { ...register, deviceId: 'string' },
    decoded: codec.decodeRegisterReply,
    encoded: () => codec.encodeRegisterReply({ ...register, deviceId: 'string' }),
  },
  { name: 'register-refused', value: 'Bad Request', decoded: codec.decodeErrorReply, encoded: () => codec.encodeErrorReply('Bad Request') },
  { name: 'payment-request', value: payment, decoded: codec.decodePaymentRequest, encoded: () => codec.encodePaymentRequest(payment) },
  {
    name: 'payment-reply',
    value: { ...offer, expiresAtMs: Date.UTC(2025, 8, 20, 9, 39, 2, 636) },
    decoded: codec.decodePaymentReply,
    encoded: () => codec.encodePaymentReply(offer),
  },
  { name: 'payment-refused', value: 'Bad Request', decoded: codec.decodeErrorReply, encoded: () => codec.encodeErrorReply('Bad Request') },
  {
    name: 'payment-status-paid',
    value: { success: true, ...push },
    decoded: codec.decodePaymentStatus,
    encoded: () => codec.encodePaymentStatus({ success: true, ...push }),
  },
  {
    name: 'payment-status-failed',
    value: { success: false, ...push },
    decoded: codec.decodePaymentStatus,
    encoded: () => codec.encodePaymentStatus({ success: false, ...push }),
  },
  { name: 'status-reply-paid', value: found, decoded: codec.decodeStatusReply, encoded: () => codec.encodeStatusReply(found) },
  { name: 'status-reply-not-found', value: notFound, decoded: codec.decodeStatusReply, encoded: () => codec.encodeStatusReply(notFound) },
  { name: 'streaming-state', value: state, decoded: codec.decodeState, encoded: () => codec.encodeState(state) },
  { name: 'upload-request', value: [logged], decoded: codec.decodeUploadRequest, encoded: () => codec.encodeUploadRequest([logged]) },
  { name: 'upload-reply', value: 1, decoded: codec.decodeUploadReply, encoded: () => codec.encodeUploadReply(1) },
  { name: 'upload-refused', value: 'Bad Request', decoded: codec.decodeErrorReply, encoded: () => codec.encodeErrorReply('Bad Request') },
];

describe.each(ROWS)('documented message $name', ({ name, value, decoded, encoded }) => {
  test('is read', () => expect(decoded(fixture(name))).toEqual(value));
  test('is written byte by byte', () => expect(text(encoded())).toBe(compact(name)));
});

test('a registration with a MAC is read back, in canonical form', () => {
  const request = { chipId: 'chip-1', mac: '02:00:5E:00:53:01', firmwareVersion: '0.1.0' };
  expect(codec.decodeRegisterRequest(codec.encodeRegisterRequest(request))).toEqual(request);
  expect(codec.decodeRegisterRequest(codec.encodeRegisterRequest({ ...request, mac: '02005e005301' }))).toEqual(request);
});

const refusal = (task: () => unknown): string => {
  try {
    task();
  } catch (error) {
    if (error instanceof MessageFault) return error.path;
    if (error instanceof PeerFault) return error.code;
    throw error;
  }
  return 'accepted';
};

const reply = (change: object, image: object = {}) =>
  raw({
    success: true,
    data: {
      chargeId: 'ch_1',
      paymentMethodType: 'QR_PROMPT_PAY',
      encodedImage: { expiry: offer.expiry, rawData: 'x', ...image },
      ...change,
    },
  });
const item = { qr: { net_amount: 0, chargeId: 'c' }, bank: {}, coin: {}, type: 'PAYMENT', status: 'SUCCEEDED', timestamp: 1 };
const bank = { '20': 0, '50': 0, '300': 0, '500': 0, '1000': 0 };
const coin = { '1': 0, '2': 0, '5': 0, '10': 0 };
const upload = (change: object) => raw({ items: [{ ...item, bank, coin, ...change }] });

test.each([
  ['register: success as text', codec.decodeRegisterReply, raw({ success: 'true', data: {} }), 'success'],
  ['register: success false', codec.decodeRegisterReply, raw({ success: false, message: 'no' }), 'success'],
  ['register: pin as number', codec.decodeRegisterReply, raw({ success: true, data: { pin: 1150, device_id: 'd' } }), 'data.pin'],
  ['register: topic in id', codec.decodeRegisterReply, raw({ success: true, data: { pin: '1', device_id: 'a/b' } }), 'data.device_id'],
  ['register: no data', codec.decodeRegisterReply, raw({ success: true }), 'data'],
  ['register: a list', codec.decodeRegisterReply, raw([]), ''],
  ['register request: no MAC', codec.decodeRegisterRequest, fixture('register-request'), 'mac_address'],
  ['payment request: -1', codec.decodePaymentRequest, raw({ ...doc('payment-request'), amount: -1 }), 'amount'],
  ['payment request: 0', codec.decodePaymentRequest, raw({ ...doc('payment-request'), amount: 0 }), 'amount'],
  ['payment request: 1.5', codec.decodePaymentRequest, raw({ ...doc('payment-request'), amount: 1.5 }), 'amount'],
  ['payment request: 2^53', codec.decodePaymentRequest, raw({ ...doc('payment-request'), amount: 2 ** 53 }), 'amount'],
  ['payment request: 1e308', codec.decodePaymentRequest, raw({ ...doc('payment-request'), amount: 1e308 }), 'amount'],
  ['payment request: text', codec.decodePaymentRequest, raw({ ...doc('payment-request'), amount: '100' }), 'amount'],
  ['payment request: method', codec.decodePaymentRequest, raw({ ...doc('payment-request'), payment_method: 'CARD' }), 'payment_method'],
  ['payment: wildcard', codec.decodePaymentReply, reply({ chargeId: '+' }), 'data.chargeId'],
  ['payment: hash', codec.decodePaymentReply, reply({ chargeId: 'a#' }), 'data.chargeId'],
  ['payment: dots', codec.decodePaymentReply, reply({ chargeId: '..' }), 'data.chargeId'],
  ['payment: long id', codec.decodePaymentReply, reply({ chargeId: 'c'.repeat(129) }), 'data.chargeId'],
  ['payment: no image', codec.decodePaymentReply, reply({ encodedImage: null }), 'data.encodedImage'],
  ['payment: no QR', codec.decodePaymentReply, reply({}, { rawData: '' }), 'data.encodedImage.rawData'],
  ['payment: huge QR', codec.decodePaymentReply, reply({}, { rawData: '0'.repeat(513) }), 'data.encodedImage.rawData'],
  ['payment: expiry word', codec.decodePaymentReply, reply({}, { expiry: 'soon' }), 'data.encodedImage.expiry'],
  ['payment: month 13', codec.decodePaymentReply, reply({}, { expiry: '2025-13-20T09:39:02Z' }), 'data.encodedImage.expiry'],
  ['payment: no zone', codec.decodePaymentReply, reply({}, { expiry: '2025-09-20T09:39:02' }), 'data.encodedImage.expiry'],
  ['payment: other method', codec.decodePaymentReply, reply({ paymentMethodType: 'CARD' }), 'data.paymentMethodType'],
  ['push: success as number', codec.decodePaymentStatus, raw({ success: 1, chargeId: 'c' }), 'success'],
  ['push: no charge', codec.decodePaymentStatus, raw({ success: true }), 'chargeId'],
  ['push: too large', codec.decodePaymentStatus, raw({ success: true, chargeId: 'c', message: 'm'.repeat(16_384) }), 'json-too-large'],
  ['status: success without data', codec.decodeStatusReply, raw({ success: true, message: 'ok' }), 'data'],
  ['status: success without charge', codec.decodeStatusReply, raw({ success: true, data: {} }), 'data.chargeId'],
  ['status: object', codec.decodeStatusReply, raw({ success: true, data: { chargeId: 'c', status: {} } }), 'data.status'],
  ['state: unknown word', codec.decodeState, raw({ rssi: 1, status: 'fine', uptime: 1, timestamp: 1 }), 'status'],
  ['state: negative uptime', codec.decodeState, raw({ rssi: 1, status: 'normal', uptime: -1, timestamp: 1 }), 'uptime'],
  ['upload: a sale twice as large', codec.decodeUploadRequest, raw({ items: Array(codec.MAX_BATCH + 1).fill(item) }), 'items'],
  [
    'upload: documented denomination missing',
    codec.decodeUploadRequest,
    upload({ bank: { ...bank, '300': undefined } }),
    'items[0].bank.300',
  ],
  ['upload: half a coin', codec.decodeUploadRequest, upload({ coin: { ...coin, '5': 0.5 } }), 'items[0].coin.5'],
  ['upload: denomination 010', codec.decodeUploadRequest, upload({ coin: { ...coin, '010': 1 } }), 'items[0].coin.010'],
  ['upload: denomination x', codec.decodeUploadRequest, upload({ coin: { ...coin, x: 1 } }), 'items[0].coin.x'],
  ['upload: third of a satang', codec.decodeUploadRequest, upload({ qr: { net_amount: 0.333, chargeId: 'c' } }), 'items[0].qr.net_amount'],
  ['upload: negative', codec.decodeUploadRequest, upload({ qr: { net_amount: -1, chargeId: 'c' } }), 'items[0].qr.net_amount'],
  ['upload: other type', codec.decodeUploadRequest, upload({ type: 'REFUND' }), 'items[0].type'],
  ['upload reply: as text', codec.decodeUploadReply, raw({ success: true, data: { length: '1' } }), 'data.length'],
  ['error reply: success', codec.decodeErrorReply, raw({ success: true }), 'success'],
  ['body over 64 KiB', codec.decodeErrorReply, raw({ success: false, message: 'x'.repeat(65_536) }), 'json-too-large'],
  ['twice', codec.decodeErrorReply, new TextEncoder().encode('{"success":true,"success":false,"message":""}'), 'json-duplicate-key'],
])('refuses %s', (_what, decode, bytes, path) => {
  expect(refusal(() => decode(bytes))).toBe(path);
});

function doc(name: string): Record<string, unknown> {
  return JSON.parse(compact(name));
}

test('status is read beside and inside data', () => {
  expect(codec.decodeStatusReply(raw({ success: true, status: 'PENDING', data: { chargeId: 'c' } })).status).toBe('PENDING');
  expect(codec.decodeStatusReply(raw({ success: true, data: { chargeId: 'c', status: 'paid' } })).status).toBe('paid');
  expect(codec.decodeStatusReply(raw({ success: false, data: null, message: 'gone' }))).toEqual({ ...notFound, message: 'gone' });
});

test('a wired box streams 0 and is read as null', () => {
  expect(text(codec.encodeState({ ...state, rssiDbm: null }))).toContain('"rssi":0,');
  expect(codec.decodeState(codec.encodeState({ ...state, rssiDbm: null })).rssiDbm).toBeNull();
});

test('every amount in satang survives the way through baht', () => {
  const sale = (qrMinor: number) => codec.decodeUploadRequest(codec.encodeUploadRequest([{ ...logged, qrMinor }]))[0];
  fc.assert(fc.property(fc.integer({ min: 0, max: MAX_MINOR }), (minor) => void expect(sale(minor)?.qrMinor).toBe(minor)));
  expect(text(codec.encodeUploadRequest([{ ...logged, qrMinor: 2_010 }]))).toContain('"net_amount":20.1,');
});

test('uploads of any tallies are read back; further denominations are added, satang too', () => {
  const tally = fc.dictionary(
    fc.constantFrom('25', '50', '100', '200', '500', '1000', '2000', '10000', '30000'),
    fc.integer({ min: 1, max: 999 }),
  );
  const sale = fc.record({
    qrMinor: fc.integer({ min: 0, max: 1_000_000 }),
    charge: fc.option(fc.stringMatching(/^[A-Za-z0-9_]{1,30}$/)),
    cash: fc.record({ coin: tally, bill: tally }),
    status: fc.constantFrom('PENDING', 'SUCCEEDED', 'FAILED', 'CANCELLED'),
    atMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  });
  fc.assert(
    fc.property(fc.array(sale, { maxLength: codec.MAX_BATCH }), (sales) => {
      const bytes = codec.encodeUploadRequest(sales);
      expect(codec.decodeUploadRequest(bytes)).toEqual(sales);
      for (const sent of JSON.parse(text(bytes)).items) {
        expect(Object.keys(sent.bank)).toEqual(expect.arrayContaining(Object.keys(bank)));
        expect(Object.keys(sent.coin)).toEqual(expect.arrayContaining(Object.keys(coin)));
      }
    }),
  );
  expect(text(codec.encodeUploadRequest([{ ...logged, cash: { coin: { '25': 3 }, bill: {} } }]))).toContain('"0.25":3');
});

test('a full batch with every denomination fits into a body', () => {
  const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [String((i + 1) * 1_100), 999]));
  const full = { ...logged, charge: 'c'.repeat(128), qrMinor: MAX_MINOR, cash: { coin: many, bill: many } };
  const bytes = codec.encodeUploadRequest(Array(codec.MAX_BATCH).fill(full));
  expect(bytes.byteLength).toBeLessThan(codec.MAX_BODY_BYTES);
  expect(codec.decodeUploadRequest(bytes)).toHaveLength(codec.MAX_BATCH);
});

test('no decoder throws anything but a PeerFault, whatever comes', () => {
  const decoders = [
    codec.decodeRegisterRequest,
    codec.decodeRegisterReply,
    codec.decodePaymentRequest,
    codec.decodePaymentReply,
    codec.decodePaymentStatus,
    codec.decodeStatusReply,
    codec.decodeState,
    codec.decodeUploadRequest,
    codec.decodeUploadReply,
    codec.decodeErrorReply,
  ];
  const names = ROWS.map((row) => row.name);
  const mutated = fc
    .tuple(fc.constantFrom(...names), fc.nat(400), fc.string({ maxLength: 6 }), fc.nat(12))
    .map(([name, at, insert, cut]) => {
      const whole = compact(name);
      return new TextEncoder().encode(whole.slice(0, at) + insert + whole.slice(at + cut));
    });
  const input = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.jsonValue().map(raw), mutated);
  fc.assert(
    fc.property(fc.constantFrom(...decoders), input, (decode, bytes) => void refusal(() => decode(bytes))),
    { numRuns: 3_000 },
  );
});

test.each([
  ['device/ch_1/payment-status', 'ch_1'],
  ['device/+/payment-status', null],
  ['device/a/b/payment-status', null],
  ['server/ch_1/streaming', null],
])('topic %s is about charge %j', (topic, charge) => {
  expect(codec.chargeOfTopic(topic)).toBe(charge);
});

test('topics and paths are built as documented', () => {
  expect(codec.statusTopic('ch_1')).toBe('device/ch_1/payment-status');
  expect(codec.streamingTopic('d-1')).toBe('server/d-1/streaming');
  expect(codec.deviceOfTopic('server/d-1/streaming')).toBe('d-1');
  expect(codec.deviceOfTopic('server/#/streaming')).toBeNull();
  expect(codec.statusPath('/api/v1/payment-gateway/payments', 'ch:1')).toBe('/api/v1/payment-gateway/payments/ch%3A1/status');
});
