import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkOffer } from '../domain/qr/offer.ts';
import { FakeClock } from '../testkit/clock.ts';
import { seededEntropy } from '../testkit/entropy.ts';
import { control, type Listener, listenTo, PAYMENTS_PATH, paymentBody, type WireBox, wireBox } from '../testkit/promptpay-box.ts';
import { FAULT_KINDS, FaultBoard } from './faults.ts';
import { type ReferenceBackend, startReferenceBackend } from './server.ts';

let clock: FakeClock;
let backend: ReferenceBackend;
let box: WireBox;
let deviceId: string;

beforeEach(async () => {
  clock = new FakeClock();
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, entropy: seededEntropy() });
  box = wireBox(backend.httpUrl, () => clock.wallMs());
  deviceId = await box.pair();
});
afterEach(() => backend.stop());

const fault = (wish: object) => control(backend.httpUrl, 'POST', 'faults', wish);
const active = async () => JSON.parse((await control(backend.httpUrl, 'GET', 'faults')).text).faults;
const buy = (headers = {}) => box.post(PAYMENTS_PATH, paymentBody(deviceId, 2000), headers);
const newCharge = async () => JSON.parse((await buy()).text).data.chargeId as string;
const charges = async () => JSON.parse((await control(backend.httpUrl, 'GET', 'charges')).text).charges;
const pay = (chargeId: string, body = {}) => control(backend.httpUrl, 'POST', `charges/${chargeId}/pay`, body);
/** Lets the event loop turn until something of another connection is there. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => setImmediate(resolve));
}

describe('on the payment message', () => {
  let listener: Listener;
  beforeEach(async () => {
    listener = await listenTo(backend.mqttUrl, 'device/+/payment-status');
  });
  afterEach(() => listener.stop());

  /** Pays a charge under the fault, then another without it, and returns what was heard of the first. */
  const heardUnder = async (kind: string) => {
    const [first, second] = [await newCharge(), await newCharge()];
    await fault({ kind, times: 1 });
    await pay(first);
    await pay(second);
    const heard = [];
    for (;;) {
      const message = await listener.next();
      if (message.topic === `device/${second}/payment-status`) return { first, heard };
      heard.push(message);
    }
  };
  const paid = (chargeId: string) => JSON.stringify({ success: true, chargeId, message: 'Payment successful' });
  const failed = (chargeId: string) => JSON.stringify({ success: false, chargeId, message: 'Payment failed' });

  test('drop-mqtt: nothing is heard', async () => {
    expect((await heardUnder('drop-mqtt')).heard).toEqual([]);
    expect(await active()).toEqual([]);
  });

  test('duplicate-mqtt: the same twice', async () => {
    const { first, heard } = await heardUnder('duplicate-mqtt');
    expect(heard.map(({ text }) => text)).toEqual([paid(first), paid(first)]);
  });

  test('conflicting-status: then its opposite', async () => {
    const { first, heard } = await heardUnder('conflicting-status');
    expect(heard.map(({ text }) => text)).toEqual([paid(first), failed(first)]);
  });

  test("foreign-charge: on the charge's topic, with another charge in it", async () => {
    const { first, heard } = await heardUnder('foreign-charge');
    expect(heard).toHaveLength(1);
    expect(heard[0]?.topic).toBe(`device/${first}/payment-status`);
    expect(heard[0]?.text).not.toContain(first);
  });

  test('malformed-mqtt: no JSON', async () => {
    const { first, heard } = await heardUnder('malformed-mqtt');
    expect(heard).toHaveLength(1);
    expect(paid(first).startsWith(heard[0]?.text ?? '?')).toBe(true);
    expect(() => JSON.parse(heard[0]?.text ?? '')).toThrow();
  });

  test('retain-mqtt: who subscribes later hears it as a retained message', async () => {
    const { first } = await heardUnder('retain-mqtt');
    const late = await listenTo(backend.mqttUrl, 'device/+/payment-status');
    expect(await late.next()).toMatchObject({ text: paid(first), retain: true });
    await late.stop();
  });

  test('delay-mqtt: only after the time given', async () => {
    const chargeId = await newCharge();
    await fault({ kind: 'delay-mqtt', ms: 5000, times: 1 });
    await pay(chargeId);
    clock.advance(4999);
    await pay(await newCharge());
    expect((await listener.next()).text).not.toBe(paid(chargeId));
    clock.advance(1);
    expect((await listener.next()).text).toBe(paid(chargeId));
  });
});

describe('on HTTP', () => {
  test('http-status: answered with the status, not carried out', async () => {
    await fault({ kind: 'http-status', status: 429, retryAfterSeconds: 7, times: 2 });
    for (let time = 0; time < 2; time++) {
      const reply = await buy();
      expect(reply.status).toBe(429);
      expect(reply.headers.get('retry-after')).toBe('7');
      expect(JSON.parse(reply.text).success).toBe(false);
    }
    expect(await charges()).toEqual([]);
    expect((await buy()).status).toBe(200);
  });

  test('a path limits it to requests that contain it', async () => {
    await fault({ kind: 'http-status', path: '/status' });
    expect((await buy()).status).toBe(200);
    expect((await box.get(`${PAYMENTS_PATH}/ch_x/status`)).status).toBe(503);
    expect((await box.get(`${PAYMENTS_PATH}/ch_x/status`)).status).toBe(503);
  });

  test('http-delay: answered after the time given', async () => {
    await fault({ kind: 'http-delay', ms: 4000, times: 1 });
    const reply = buy();
    await until(() => clock.pending() === 1);
    expect(await charges()).toEqual([]);
    clock.advance(4000);
    expect((await reply).status).toBe(200);
  });

  test('http-cut: no answer and nothing done', async () => {
    await fault({ kind: 'http-cut', times: 1 });
    await expect(buy()).rejects.toThrow('fetch failed');
    expect(await charges()).toEqual([]);
  });

  test('lose-reply: done without an answer; the same key again gets that charge', async () => {
    await fault({ kind: 'lose-reply', times: 1 });
    const key = { 'idempotency-key': 'sale-1' };
    await expect(buy(key)).rejects.toThrow('fetch failed');
    const [made] = await charges();
    const again = await buy(key);
    expect(JSON.parse(again.text).data.chargeId).toBe(made.chargeId);
    expect(await charges()).toHaveLength(1);
  });

  test('http-html: a captive portal', async () => {
    await fault({ kind: 'http-html', times: 1 });
    const reply = await buy();
    expect(reply).toMatchObject({ status: 200, type: 'text/html; charset=UTF-8' });
    expect(reply.text).toMatch(/^<!doctype html>/);
  });

  test('huge-body: as many mebibytes as asked for, made as they are read', async () => {
    await fault({ kind: 'huge-body', mebibytes: 3, times: 1 });
    const reply = await buy();
    expect(reply).toMatchObject({ status: 200, type: 'application/json' });
    expect(reply.text).toHaveLength(3 * 1_048_576);
  });

  test('the control API and the page are spared', async () => {
    await fault({ kind: 'http-cut' });
    expect((await control(backend.httpUrl, 'GET', 'charges')).status).toBe(200);
    expect((await fetch(backend.httpUrl)).status).toBe(200);
  });
});

describe('on the QR', () => {
  const terms = { amount: { minor: 2000, currency: 'THB' }, allowStatic: false, schemes: ['promptpay-bill'] } as const;

  test.each([
    ['wrong-amount-qr', { code: 'qr-amount', found: '21.00' }],
    ['wrong-crc-qr', { code: 'qr-crc' }],
    ['wrong-currency-qr', { code: 'qr-currency', found: expect.stringContaining('840') }],
  ])('%s: the box finds exactly that', async (kind, refusal) => {
    await fault({ kind, times: 1 });
    expect(checkOffer(JSON.parse((await buy()).text).data.encodedImage.rawData, terms)).toMatchObject({ ok: false, refusal });
    expect(checkOffer(JSON.parse((await buy()).text).data.encodedImage.rawData, terms).ok).toBe(true);
  });
});

test('late-payment: an expired charge can be paid once', async () => {
  const [first, second] = [await newCharge(), await newCharge()];
  clock.advance(300_000);
  await fault({ kind: 'late-payment', times: 1 });
  expect(JSON.parse((await pay(first)).text)).toMatchObject({ changed: true, charge: { state: 'paid', late: true } });
  expect((await pay(second)).status).toBe(409);
});

describe('the board', () => {
  test('lists every kind, takes one off, and clears', async () => {
    const kinds = JSON.parse((await control(backend.httpUrl, 'GET', 'faults')).text).kinds;
    expect(Object.keys(kinds)).toEqual(Object.keys(FAULT_KINDS));
    const { id } = JSON.parse((await fault({ kind: 'drop-mqtt' })).text).fault;
    await fault({ kind: 'http-cut', path: '/nowhere', times: 3 });
    expect(await active()).toEqual([
      { id, kind: 'drop-mqtt', times: null, path: null, numbers: {} },
      { id: id + 1, kind: 'http-cut', times: 3, path: '/nowhere', numbers: {} },
    ]);
    expect((await control(backend.httpUrl, 'DELETE', `faults/${id}`)).status).toBe(200);
    expect((await control(backend.httpUrl, 'DELETE', `faults/${id}`)).status).toBe(404);
    await control(backend.httpUrl, 'DELETE', 'faults');
    expect(await active()).toEqual([]);
  });

  test.each([
    [{}, 'kind'],
    [{ kind: 'toString' }, 'kind'],
    [{ kind: 'drop-mqtt', times: 0 }, 'times'],
    [{ kind: 'drop-mqtt', times: 1.5 }, 'times'],
    [{ kind: 'drop-mqtt', path: '/x' }, 'path'],
    [{ kind: 'drop-mqtt', ms: 5 }, 'ms'],
    [{ kind: 'http-delay', ms: -1 }, 'ms'],
    [{ kind: 'http-status', status: 200 }, 'status'],
    [{ kind: 'http-status', path: 7 }, 'path'],
  ])('refuses %j', async (wish, name) => {
    const reply = await fault(wish);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.text).error).toMatchObject({ code: 'fault-invalid', message: `The fault's ${name} is not usable` });
    expect(await active()).toEqual([]);
  });

  test('counts strikes down, the oldest fault first, and tells of each', () => {
    let told = 0;
    const board = new FaultBoard(() => told++);
    const first = board.add({ kind: 'http-delay', ms: 1, times: 2 });
    const second = board.add({ kind: 'http-delay', ms: 2, times: 1 });
    const struck = [0, 0, 0, 0].map(() => board.strike('http-delay', '/api')?.id ?? null);
    expect(struck).toEqual([first.id, first.id, second.id, null]);
    expect(told).toBe(5);
  });

  test('holds at most 100', () => {
    const board = new FaultBoard(() => {});
    for (let count = 0; count < 100; count++) board.add({ kind: 'drop-mqtt' });
    expect(() => board.add({ kind: 'drop-mqtt' })).toThrow('Too many faults');
  });
});
