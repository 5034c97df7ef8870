import { describe, expect, test } from 'vitest';
import { raw, refusal, textOf } from '../../testkit/ds50-messages.ts';
import { changed, compact, DECODERS, documented, FIXTURES, type Fixture, fixture } from '../../testkit/qris-messages.ts';
import * as codec from './codec.ts';

const TEN = Date.UTC(2026, 4, 23, 10);
const HEARTBEAT: codec.Heartbeat = {
  deviceId: 'sbx_001',
  atMs: TEN,
  firmwareVersion: '1.0.3',
  state: 'idle',
  networkStrength: 78,
  batteryLevel: 92,
};
const REQUEST: codec.QrRequest = {
  request: 'req_123',
  deviceId: 'sbx_001',
  terminalId: 'term_001',
  amount: { minor: 50_000, currency: 'IDR' },
  atMs: TEN,
};
const RESPONSE: codec.QrResponse = {
  correlation: 'req_123',
  status: 'success',
  charge: 'tx_123',
  qr: '000201010212...',
  expiresAtMs: TEN + 300_000,
};
const REFUSED: codec.QrResponse = {
  correlation: 'req_123',
  status: 'refused',
  code: 'merchant-closed',
  reason: 'The shop takes no payments now',
};
const NOTICE = {
  event: 'evt_123',
  charge: 'tx_123',
  amount: { minor: 50_000, currency: 'IDR' },
  text: 'Pembayaran diterima Rp50.000',
  paidAtMs: TEN + 130_000,
} as const;
const SAID = { merchantName: 'Toko Berkah', audioText: 'Pembayaran diterima lima puluh ribu rupiah' };
const COMMAND = { id: 'cmd_123', name: 'test_speaker', parameters: {} };
const CONFIG_ACK: codec.ConfigAck = {
  deviceId: 'sbx_001',
  version: 3,
  status: 'rejected',
  reason: 'volume is not an integer from 0 to 100',
  code: 'settings-invalid',
  atMs: TEN + 1_000,
};
const COMMAND_ACK: codec.CommandAck = {
  deviceId: 'sbx_001',
  command: 'cmd_123',
  name: 'sync_time',
  status: 'done',
  reason: '',
  code: '',
  result: { offset_ms: 1_500 },
  atMs: TEN + 1_000,
};
const SETTINGS = { volume: 80, language: 'id-ID', heartbeat_interval_seconds: 60 };

describe('every message of the contract, and ours where it leaves them open', () => {
  test.each<[Fixture, Uint8Array]>([
    ['heartbeat', codec.encodeHeartbeat(HEARTBEAT)],
    ['dynamic-qr-request', codec.encodeQrRequest(REQUEST)],
    ['dynamic-qr-response', codec.encodeQrResponse(RESPONSE)],
    ['dynamic-qr-response-refused', codec.encodeQrResponse(REFUSED)],
    ['payment-success', codec.encodePaymentSuccess({ ...NOTICE, ...SAID })],
    ['config-push', codec.encodeConfigPush({ version: 3, settings: SETTINGS })],
    ['command', codec.encodeCommand(COMMAND)],
    ['config-ack', codec.encodeConfigAck(CONFIG_ACK)],
    ['command-ack', codec.encodeCommandAck(COMMAND_ACK)],
  ])('%s is written byte by byte', (name, written) => expect(textOf(written)).toBe(compact(name)));

  test.each<[Fixture, (raw: Uint8Array) => unknown, unknown]>([
    ['heartbeat', codec.decodeHeartbeat, HEARTBEAT],
    ['dynamic-qr-request', codec.decodeQrRequest, REQUEST],
    ['dynamic-qr-response', codec.decodeQrResponse, RESPONSE],
    ['dynamic-qr-response-refused', codec.decodeQrResponse, REFUSED],
    ['payment-success', codec.decodePaymentSuccess, NOTICE],
    ['config-push', codec.decodeConfigPush, { version: 3, settings: { volume: 80, language: 'id', heartbeatSeconds: 60 } }],
    ['command', codec.decodeCommand, COMMAND],
    ['config-ack', codec.decodeConfigAck, CONFIG_ACK],
    ['command-ack', codec.decodeCommandAck, COMMAND_ACK],
  ])('%s is read as the document prints it', (name, decode, value) => expect(decode(fixture(name))).toEqual(value));
});

/** Values that are no use anywhere in these messages. */
const NEVER: readonly unknown[] = [true, [], ['x'], 1.5, -1, ''];
const NO_TEXT: readonly unknown[] = [...NEVER, undefined, null, {}, 7, 'a\nb', 'x'.repeat(513)];
const NO_ID: readonly unknown[] = [...NO_TEXT, 'a b', 'toko-é', 'x'.repeat(129)];
const NO_DEVICE: readonly unknown[] = [...NO_ID, 'a/b', '+', '#', 'a.b', 'x'.repeat(65)];
const NO_AMOUNT: readonly unknown[] = [...NEVER, undefined, null, {}, '50000', 0, 1_000_000_000_001, 2 ** 53];
const NO_CURRENCY: readonly unknown[] = [...NO_TEXT, 'idr', 'USD', 'THB', '360'];
const NO_TIME: readonly unknown[] = [
  ...NO_ID,
  '2026-05-23',
  '2026-05-23 10:00:00Z',
  '2026-05-23T10:00:00',
  '2026-13-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2026-05-23T24:00:00Z',
  '2026-05-23T10:00:60Z',
  '2026-05-23T10:00:00+99:00',
  `2026-05-23T10:00:00.${'0'.repeat(10)}Z`,
];
const NO_PERCENT: readonly unknown[] = [...NEVER, {}, '78', 101];

const REFUSED_FIELDS: readonly (readonly [Fixture, string, readonly unknown[]])[] = [
  ['heartbeat', 'device_id', NO_DEVICE],
  ['heartbeat', 'timestamp', NO_TIME],
  ['heartbeat', 'firmware_version', NO_TEXT],
  ['heartbeat', 'state', [...NO_TEXT, 'IDLE', 'asleep']],
  ['heartbeat', 'network_strength', NO_PERCENT],
  ['heartbeat', 'battery_level', NO_PERCENT],
  ['dynamic-qr-request', 'request_id', NO_ID],
  ['dynamic-qr-request', 'device_id', NO_DEVICE],
  ['dynamic-qr-request', 'terminal_id', NO_DEVICE],
  ['dynamic-qr-request', 'amount', NO_AMOUNT],
  ['dynamic-qr-request', 'currency', NO_CURRENCY],
  ['dynamic-qr-request', 'created_at', NO_TIME],
  ['dynamic-qr-response', 'correlation_id', NO_ID],
  ['dynamic-qr-response', 'transaction_id', NO_ID],
  ['dynamic-qr-response', 'status', NO_TEXT],
  ['dynamic-qr-response', 'qr_payload', NO_TEXT],
  ['dynamic-qr-response', 'expires_at', NO_TIME],
  ['payment-success', 'event_id', NO_ID],
  ['payment-success', 'transaction_id', NO_ID],
  ['payment-success', 'amount', NO_AMOUNT],
  ['payment-success', 'currency', NO_CURRENCY],
  ['payment-success', 'paid_at', NO_TIME],
  ['config-push', 'config_version', [...NEVER, undefined, null, {}, '3', 0, 2 ** 31 + 1]],
  ['command', 'command_id', [...NO_ID, 'x'.repeat(65)]],
  ['command', 'command_name', [...NO_ID, 'x'.repeat(65)]],
  ['command', 'parameters', [...NEVER, null, 'x']],
  ['config-ack', 'device_id', NO_DEVICE],
  ['config-ack', 'config_version', [0, '3', 2 ** 31 + 1, undefined]],
  ['config-ack', 'status', [...NO_TEXT, 'done', 'Applied']],
  ['config-ack', 'timestamp', NO_TIME],
  ['command-ack', 'device_id', NO_DEVICE],
  ['command-ack', 'command_id', NO_ID],
  ['command-ack', 'command_name', NO_ID],
  ['command-ack', 'status', [...NO_TEXT, 'applied']],
  ['command-ack', 'result', [...NEVER, 'x']],
  ['command-ack', 'timestamp', NO_TIME],
];

test.each(REFUSED_FIELDS)('refuses a message %s whose %s is not usable', (name, field, values) => {
  for (const value of values) {
    expect([value, refusal(() => DECODERS[name](changed(name, { [field]: value })))]).toEqual([value, field]);
  }
});

describe.each(FIXTURES)('%s', (name) => {
  test.each<[string, Uint8Array, string]>([
    ['another message_type', changed(name, { message_type: 'other' }), 'message_type'],
    ['no message_type', changed(name, { message_type: undefined }), 'message_type'],
    ['a list around it', raw([documented(name)]), ''],
    ['null', raw(null), ''],
    ['no bytes', new Uint8Array(), 'json-malformed'],
    ['half of it', new TextEncoder().encode(compact(name).slice(0, -20)), 'json-malformed'],
    ['a key twice', new TextEncoder().encode(compact(name).replace('{', '{"device_id":"a","device_id":"b",')), 'json-duplicate-key'],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0x00), 'json-not-utf8'],
    ['more bytes than allowed', changed(name, { more: 'x'.repeat(66_000) }), 'json-too-large'],
  ])('is refused with %s', (_what, bytes, code) => expect(refusal(() => DECODERS[name](bytes))).toBe(code));

  test('is read with fields of others in it', () => {
    expect(DECODERS[name](changed(name, { shop: { id: 1 } }))).toEqual(DECODERS[name](fixture(name)));
  });
});

test('what a box reads is smaller than what a backend reads', () => {
  const padding = 'x'.repeat(20_000);
  expect(refusal(() => codec.decodePaymentSuccess(changed('payment-success', { padding })))).toBe('json-too-large');
  const lines = Array.from({ length: 100 }, () => 'y'.repeat(240));
  expect(codec.decodeCommandAck(codec.encodeCommandAck({ ...COMMAND_ACK, result: { lines } })).result).toEqual({ lines });
});

describe('texts for people', () => {
  test.each<[unknown, string]>([
    [undefined, ''],
    [null, ''],
    [7, ''],
    ['', ''],
    [' Lunas\r\n\u001b[2J ', 'Lunas [2J'],
    ['x'.repeat(500), 'x'.repeat(200)],
    ['kartu 4111111111111111', 'kartu 411111******1111'],
  ])('a display_text %j is no reason to lose the payment', (text, shown) => {
    expect(codec.decodePaymentSuccess(changed('payment-success', { display_text: text, audio_text: text, merchant_name: text }))).toEqual({
      ...NOTICE,
      text: shown,
    });
  });

  test.each([['failed'], ['SUCCESS'], ['pending'], ['ok']])('a response of status %j is a refusal', (status) => {
    const bare = { ...documented('dynamic-qr-response'), status };
    expect(codec.decodeQrResponse(raw(bare))).toEqual({ correlation: 'req_123', status: 'refused', code: '', reason: '' });
    const said = { ...bare, error_code: 51, message: `no\tmoney ${'x'.repeat(300)}` };
    const read = codec.decodeQrResponse(raw(said));
    expect(read).toEqual({ correlation: 'req_123', status: 'refused', code: '', reason: `no money ${'x'.repeat(191)}` });
  });
});

test.each([
  ['2026-05-23T10:00:00Z', TEN],
  ['2026-05-23T17:00:00+07:00', TEN],
  ['2026-05-23T10:00:00.5Z', TEN + 500],
  ['2026-05-23T10:00:00.123456789Z', TEN + 123],
  ['2024-02-29T23:59:59Z', Date.UTC(2024, 1, 29, 23, 59, 59)],
])('the time %j is read', (paid_at, ms) => {
  expect(codec.decodePaymentSuccess(changed('payment-success', { paid_at })).paidAtMs).toBe(ms);
});

test('a box without battery and radio says so', () => {
  const wired = { ...HEARTBEAT, networkStrength: null, batteryLevel: null };
  expect(textOf(codec.encodeHeartbeat(wired))).toContain('"network_strength":null,"battery_level":null');
  expect(codec.decodeHeartbeat(codec.encodeHeartbeat(wired))).toEqual(wired);
  expect(codec.decodeHeartbeat(changed('heartbeat', { network_strength: undefined, battery_level: undefined }))).toEqual(wired);
});

test('a command without parameters has none', () => {
  expect(codec.decodeCommand(changed('command', { parameters: undefined })).parameters).toEqual({});
  const parameters = { qr_payload: '00', seconds: 60, more: [{ deep: null }] };
  expect(codec.decodeCommand(changed('command', { parameters })).parameters).toEqual(parameters);
});
