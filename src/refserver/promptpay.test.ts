import { readFileSync } from 'node:fs';
import jsqr from 'jsqr';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkOffer } from '../domain/qr/offer.ts';
import { FakeClock } from '../testkit/clock.ts';
import { seededEntropy } from '../testkit/entropy.ts';
import { readPng } from '../testkit/png.ts';
import {
  control,
  listenTo,
  PAYMENTS_PATH,
  paymentBody,
  REGISTER_PATH,
  registerBody,
  SYNTHETIC_MAC,
  UPLOADS_PATH,
  type WireBox,
  wireBox,
} from '../testkit/promptpay-box.ts';
import { type ReferenceBackend, startReferenceBackend } from './server.ts';

const documented = (name: string): string =>
  JSON.stringify(JSON.parse(readFileSync(new URL(`../protocols/promptpay/fixtures/${name}.json`, import.meta.url), 'utf8')));
const JSON_TYPE = 'application/json';
const NOT_FOUND = documented('status-reply-not-found');

let clock: FakeClock;
let backend: ReferenceBackend;
let box: WireBox;

beforeEach(async () => {
  clock = new FakeClock();
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, entropy: seededEntropy() });
  box = wireBox(backend.httpUrl, () => clock.wallMs());
});
afterEach(() => backend.stop());

const data = (text: string) => JSON.parse(text).data;
const pay = async (deviceId: string, amount = 2000, headers = {}) => box.post(PAYMENTS_PATH, paymentBody(deviceId, amount), headers);
const settle = (chargeId: string, how: 'pay' | 'fail' | 'expire') => control(backend.httpUrl, 'POST', `charges/${chargeId}/${how}`);
const charges = async () => JSON.parse((await control(backend.httpUrl, 'GET', 'charges')).text).charges;

describe('registration', () => {
  test.each([REGISTER_PATH, '/api/v1/device/need-register'])('answers as documented at %s', async (path) => {
    const reply = await box.post(path, registerBody());
    const { pin, device_id } = data(reply.text);
    expect(reply).toMatchObject({ status: 200, type: JSON_TYPE });
    expect(reply.text).toBe(documented('register-reply').replace('1150', pin).replace('"string"', `"${device_id}"`));
    expect(pin).toMatch(/^\d{4}$/);
    expect(device_id).toBe('device-0001');
  });

  test('keeps the device id of a MAC, however it is written, and gives a new PIN each time', async () => {
    const first = data((await box.post(REGISTER_PATH, registerBody())).text);
    const again = data((await box.post(REGISTER_PATH, registerBody('02-00-5e-00-53-01'))).text);
    const other = wireBox(backend.httpUrl, () => clock.wallMs(), { mac: '02:00:5E:00:53:02' });
    const second = data((await other.post(REGISTER_PATH, registerBody('02:00:5E:00:53:02'))).text);
    expect(again.device_id).toBe(first.device_id);
    expect(again.pin).not.toBe(first.pin);
    expect(second.device_id).toBe('device-0002');
  });

  test('leaves a claimed box claimed when it registers again', async () => {
    const deviceId = await box.pair();
    await box.post(REGISTER_PATH, registerBody());
    expect((await pay(deviceId)).status).toBe(200);
  });
});

describe('payment', () => {
  test('answers as documented, with a QR for exactly the amount and its picture', async () => {
    const deviceId = await box.pair();
    const reply = await pay(deviceId, 2050);
    const { chargeId, encodedImage } = data(reply.text);
    const { expiry, rawData, imageBase64Encoded } = encodedImage;
    const example = JSON.parse(documented('payment-reply'));
    example.data.chargeId = chargeId;
    Object.assign(example.data.encodedImage, { expiry, rawData, imageBase64Encoded });

    expect(reply).toMatchObject({ status: 200, type: JSON_TYPE, text: JSON.stringify(example) });
    expect(chargeId).toMatch(/^ch_[0-9A-Za-z]{27}$/);
    expect(expiry).toMatch(/^2026-01-01T00:05:00\.000\d{0,5}[1-9]Z$/);
    const check = checkOffer(rawData, { amount: { minor: 2050, currency: 'THB' }, allowStatic: false, schemes: ['promptpay-bill'] });
    expect(check).toMatchObject({ ok: true, qr: { amountText: '20.50', use: 'once' } });
    const picture = readPng(Buffer.from(imageBase64Encoded, 'base64'));
    expect(jsqr.default(picture.data, picture.width, picture.height)?.data).toBe(rawData);
  });

  test('makes one charge of one idempotency key', async () => {
    const deviceId = await box.pair();
    const key = { 'idempotency-key': 'sale-1/try' };
    const replies = [await pay(deviceId, 2000, key), await pay(deviceId, 2000, key)];
    expect(replies[1]).toMatchObject({ status: 200, text: replies[0]?.text });
    expect(await charges()).toHaveLength(1);
    expect((await pay(deviceId, 2000, { 'idempotency-key': 'sale-2' })).text).not.toBe(replies[0]?.text);
    expect((await pay(deviceId, 2000)).status).toBe(200);
    expect(await charges()).toHaveLength(3);
  });

  test('refuses one key for two payments, and keys that are none', async () => {
    const deviceId = await box.pair();
    await pay(deviceId, 2000, { 'idempotency-key': 'sale-1' });
    const other = await pay(deviceId, 3000, { 'idempotency-key': 'sale-1' });
    expect(other.status).toBe(400);
    expect(JSON.parse(other.text)).toMatchObject({ success: false, message: expect.stringContaining('idempotency key was used') });
    expect((await pay(deviceId, 2000, { 'idempotency-key': 'x'.repeat(256) })).status).toBe(400);
    expect(await charges()).toHaveLength(1);
  });

  test.each([
    ['unknown device', 'device-9999', 'not registered'],
    ['unclaimed device', null, 'not been claimed'],
  ])('refuses an %s and says so', async (_name, named, message) => {
    const registered = data((await box.post(REGISTER_PATH, registerBody())).text).device_id;
    const reply = await pay(named ?? registered);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.text)).toEqual({ success: false, message: expect.stringContaining(message) });
    expect(await charges()).toEqual([]);
  });

  test.each([
    ['an amount of 0', { amount: 0 }, 'amount'],
    ['a negative amount', { amount: -1 }, 'amount'],
    ['a fraction of a satang', { amount: 1.5 }, 'amount'],
    ['an amount as text', { amount: '100' }, 'amount'],
    ['an amount above the limit', { amount: 200_000_001 }, 'amount'],
    ['an amount of 1e308', { amount: 1e308 }, 'amount'],
    ['another payment method', { payment_method: 'CARD' }, 'payment_method'],
    ['no description', { description: undefined }, 'description'],
    ['a device id with a topic wildcard', { device_id: 'a/#' }, 'device_id'],
  ])('refuses %s', async (_name, change, field) => {
    const deviceId = await box.pair();
    const reply = await box.post(PAYMENTS_PATH, JSON.stringify({ ...JSON.parse(paymentBody(deviceId, 2000)), ...change }));
    expect(reply).toMatchObject({ status: 400, type: JSON_TYPE });
    expect(JSON.parse(reply.text)).toEqual({ success: false, message: expect.stringContaining(field) });
    expect(await charges()).toEqual([]);
  });

  test.each([
    ['nothing', ''],
    ['half an object', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a key twice', '{"a":1,"a":2}'],
    ['a forbidden key', '{"__proto__":{}}'],
    ['depth without end', '['.repeat(5000)],
    ['a control character', '\u0000'],
    ['a long text', `"${'x'.repeat(60_000)}"`],
  ])('refuses a body of %s', async (_name, body) => {
    for (const path of [REGISTER_PATH, PAYMENTS_PATH, UPLOADS_PATH]) {
      const reply = await box.post(path, body);
      expect(reply.status).toBe(400);
      expect(JSON.parse(reply.text)).toEqual({ success: false, message: expect.any(String) });
    }
  });

  test('refuses a body beyond 64 KiB and paths that are not there', async () => {
    const large = await box.post(PAYMENTS_PATH, 'x'.repeat(65_537));
    expect(large.status).toBe(413);
    expect(JSON.parse(large.text).success).toBe(false);
    const lost = await box.get('/api/v2/anything');
    expect(lost.status).toBe(404);
    expect(JSON.parse(lost.text)).toEqual({ success: false, message: 'There is no GET /api/v2/anything here' });
  });
});

describe('payment status', () => {
  const status = (chargeId: string) => box.get(`${PAYMENTS_PATH}/${chargeId}/status`);

  test('is the documented success once paid, and "not found or failed" otherwise', async () => {
    const deviceId = await box.pair();
    const chargeId = data((await pay(deviceId)).text).chargeId;
    expect(await status(chargeId)).toMatchObject({ status: 404, type: JSON_TYPE, text: NOT_FOUND });
    await settle(chargeId, 'pay');
    const paid = documented('status-reply-paid').replace('ch_32xLdfeI2bPCnIb3GY3MQrd4qGs', chargeId);
    expect(await status(chargeId)).toMatchObject({ status: 200, type: JSON_TYPE, text: paid });
  });

  test.each(['fail', 'expire'] as const)('stays "not found or failed" after %s', async (how) => {
    const deviceId = await box.pair();
    const chargeId = data((await pay(deviceId)).text).chargeId;
    await settle(chargeId, how);
    expect(await status(chargeId)).toMatchObject({ status: 404, text: NOT_FOUND });
    expect(await status('ch_unknown')).toMatchObject({ status: 404, text: NOT_FOUND });
  });
});

describe('MQTT', () => {
  test.each([
    ['pay', true, 'Payment successful'],
    ['fail', false, 'Payment failed'],
  ] as const)('%s is told on the topic of the charge, with QoS 1, once', async (how, success, message) => {
    const deviceId = await box.pair();
    const chargeId = data((await pay(deviceId)).text).chargeId;
    const next = data((await pay(deviceId)).text).chargeId;
    const listener = await listenTo(backend.mqttUrl, 'device/+/payment-status');
    try {
      for (const charge of [chargeId, chargeId, next]) await settle(charge, how);
      const text = JSON.stringify({ success, chargeId, message });
      expect(await listener.next()).toEqual({ topic: `device/${chargeId}/payment-status`, text, retain: false, qos: 1 });
      expect((await listener.next()).topic).toBe(`device/${next}/payment-status`);
    } finally {
      await listener.stop();
    }
  });

  test('keeps the last state of a known device and a bounded history', async () => {
    const deviceId = await box.pair();
    const listener = await listenTo(backend.mqttUrl);
    const publish = (topic: string, body: string) => listener.client.publishAsync(topic, body, { qos: 1 });
    try {
      await publish(`server/${deviceId}/streaming`, documented('streaming-state'));
      for (let minute = 1; minute <= 120; minute++) {
        await publish(`server/${deviceId}/streaming`, JSON.stringify({ rssi: 0, status: 'normal', uptime: minute, timestamp: minute }));
      }
      await publish('server/device-9999/streaming', documented('streaming-state'));
      await publish(`server/${deviceId}/streaming`, '{"rssi":');
      const states = async (query = '') => JSON.parse((await control(backend.httpUrl, 'GET', `states${query}`)).text).states;
      const last = { rssiDbm: null, status: 'normal', uptimeMinutes: 120, atMs: 120 };
      expect(await states()).toEqual([{ deviceId, state: last, receivedAtMs: clock.wallMs() }]);
      expect(await states(`?device=${deviceId}`)).toHaveLength(100);
    } finally {
      await listener.stop();
    }
  });
});

describe('event logs', () => {
  const logs = async () => JSON.parse((await control(backend.httpUrl, 'GET', 'logs')).text);
  const item = (change: object = {}) => ({ ...JSON.parse(documented('upload-request')).items[0], ...change });
  const upload = (...items: unknown[]) => box.post(UPLOADS_PATH, JSON.stringify({ items }));

  test('are answered as documented and kept once, however often they come', async () => {
    const deviceId = await box.pair();
    for (let time = 0; time < 3; time++) {
      expect(await box.post(UPLOADS_PATH, documented('upload-request'))).toMatchObject({
        status: 201,
        type: JSON_TYPE,
        text: documented('upload-reply'),
      });
    }
    expect(await logs()).toMatchObject({ total: 1, logs: [{ deviceId, item: item() }] });
  });

  test('differ by any field, and answer the length of the batch, not of what was new', async () => {
    await box.pair();
    const later = item({ timestamp: 1759854682993 });
    expect((await upload(item())).text).toContain('"length":1');
    expect((await upload(item(), later)).text).toContain('"length":2');
    expect((await logs()).total).toBe(2);
  });

  test.each([
    ['status', { status: 'PAID' }, 'items[1].status'],
    ['type', { type: 'REFUND' }, 'items[1].type'],
    ['net_amount', { qr: { net_amount: 1.234, chargeId: '' } }, 'items[1].qr.net_amount'],
    ['missing denomination', { coin: { '1': 0 } }, 'items[1].coin'],
    ['timestamp', { timestamp: '1759854682992' }, 'items[1].timestamp'],
  ])('with a bad %s are refused whole, naming the item', async (_name, change, path) => {
    await box.pair();
    const reply = await upload(item(), item(change));
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.text)).toEqual({ success: false, message: expect.stringContaining(path) });
    expect((await logs()).total).toBe(0);
  });

  test('belong to the box that signed them', async () => {
    await box.pair();
    const other = wireBox(backend.httpUrl, () => clock.wallMs(), { mac: '02:00:5E:00:53:02' });
    const deviceId = await other.pair();
    await other.post(UPLOADS_PATH, documented('upload-request'));
    await box.post(UPLOADS_PATH, documented('upload-request'));
    const kept = (await logs()).logs.map((log: { deviceId: string }) => log.deviceId);
    expect(kept).toEqual(['device-0001', deviceId]);
  });

  test('signed with a secret that all boxes share are told apart by the charges they name', async () => {
    const signer = { profile: 'shared-secret-sha256', secret: 'tilld-reference-secret' } as const;
    const boxes = [SYNTHETIC_MAC, '02:00:5E:00:53:02'].map((mac) => wireBox(backend.httpUrl, () => clock.wallMs(), { mac, signer }));
    const ids = [await boxes[0]?.pair(), await boxes[1]?.pair()];
    const chargeId = data((await boxes[0]?.post(PAYMENTS_PATH, paymentBody(ids[0] ?? '', 2000)))?.text ?? '').chargeId;
    const sold = item({ qr: { net_amount: 20, chargeId } });
    await boxes[0]?.post(UPLOADS_PATH, JSON.stringify({ items: [sold] }));
    await boxes[0]?.post(UPLOADS_PATH, JSON.stringify({ items: [item()] }));
    const kept = (await logs()).logs.map((log: { deviceId: string }) => log.deviceId);
    expect(kept).toEqual([null, ids[0]]);
  });
});
