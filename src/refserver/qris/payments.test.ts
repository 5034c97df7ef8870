import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodePaymentSuccess, encodeQrRequest } from '../../protocols/qris-soundbox/codec.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { seededEntropy } from '../../testkit/entropy.ts';
import { control } from '../../testkit/promptpay-box.ts';
import { type QrisWireBox, qrisBox } from '../../testkit/qris-box.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

let clock: FakeClock;
let backend: ReferenceBackend;
let box: QrisWireBox;

beforeEach(async () => {
  clock = new FakeClock();
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, entropy: seededEntropy() });
  box = await qrisBox(backend.mqttUrl);
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
});

const post = async (path: string, body: object) => {
  const { status, text } = await control(backend.httpUrl, 'POST', path, body);
  return { status, ...JSON.parse(text) };
};
const list = async (name: string) => JSON.parse((await control(backend.httpUrl, 'GET', `qris/${name}`)).text)[name];
const pay = (transactionId: string, more = {}) => post('qris/pay', { transactionId, ...more });
const announce = (more = {}) => post('qris/announce', { deviceId: 'sbx_001', amount: 50_000, ...more });
const fault = (kind: string, more = {}) => post('faults', { kind, times: 1, ...more });

async function transaction(): Promise<string> {
  const amount = { minor: 50_000, currency: 'IDR' } as const;
  const wish = { request: 'req_123', deviceId: 'sbx_001', terminalId: 'term_001', amount, atMs: clock.wallMs() };
  await box.say('dynamic-qr/request', encodeQrRequest(wish));
  return String((await box.hear()).message.transaction_id);
}

describe('a customer pays', () => {
  test('and the box is told as documented, with QoS 1', async () => {
    const id = await transaction();
    const { status, event } = await pay(id);
    expect(status).toBe(200);
    const { topic, text, qos, retain } = await box.next();
    expect({ topic, qos, retain }).toEqual({ topic: 'devices/sbx_001/downlink/payment/success', qos: 1, retain: false });
    const paidAt = new Date(clock.wallMs()).toISOString().replace(/\.\d+Z/, 'Z');
    expect(text).toBe(
      `{"message_type":"payment_success","event_id":"${event.eventId}","transaction_id":"${id}","merchant_name":"Toko Contoh",` +
        `"amount":50000,"currency":"IDR","paid_at":"${paidAt}","audio_text":"Pembayaran diterima lima puluh ribu rupiah",` +
        `"display_text":"Pembayaran diterima Rp50.000"}`,
    );
    expect(decodePaymentSuccess(new TextEncoder().encode(text))).toMatchObject({ event: event.eventId, charge: id });
    expect(await list('transactions')).toMatchObject([{ state: 'paid', late: false, paidAtMs: clock.wallMs() }]);
    expect(await list('events')).toEqual([{ ...event, published: 1 }]);
  });

  test('once: the same event comes again only when it is asked for', async () => {
    const id = await transaction();
    const { event } = await pay(id);
    expect((await pay(id)).event).toEqual(event);
    const first = await box.next();
    expect(box.unread).toEqual([]);
    clock.advance(60_000);
    expect((await pay(id, { again: true })).event).toEqual({ ...event, published: 2 });
    expect(await box.next()).toEqual(first);
    expect(await list('events')).toHaveLength(1);
  });

  test('too late: only if that is wanted', async () => {
    const id = await transaction();
    clock.advance(300_000);
    expect(await pay(id)).toMatchObject({ status: 409, error: { code: 'transaction-expired' } });
    expect(await list('transactions')).toMatchObject([{ state: 'expired', paidAtMs: null }]);
    await pay(id, { late: true });
    await box.next();
    expect(await list('transactions')).toMatchObject([{ state: 'paid', late: true }]);
  });

  test('too late, with the fault that allows it', async () => {
    const id = await transaction();
    clock.advance(300_000);
    await fault('late-payment');
    expect(await pay(id)).toMatchObject({ status: 200 });
  });

  test.each([
    [{ transactionId: 'tx_nothing' }, 404, 'transaction-unknown'],
    [{ transactionId: 7 }, 400, 'request-invalid'],
    [{}, 400, 'request-invalid'],
    [{ transactionId: 'tx_nothing', again: 'yes' }, 400, 'request-invalid'],
    [{ transactionId: 'tx_nothing', more: 1 }, 400, 'request-invalid'],
  ])('%j is refused', async (body, status, code) => {
    expect(await post('qris/pay', body)).toMatchObject({ status, error: { code } });
  });

  test('again, before it was paid at all, is refused', async () => {
    expect(await pay(await transaction(), { again: true })).toMatchObject({ status: 409, error: { code: 'transaction-unpaid' } });
  });
});

describe('a payment nobody asked for', () => {
  test('is told with an event and a transaction of its own', async () => {
    const [first, second] = [await announce({ amount: 1_250 }), await announce({ text: 'Terima kasih', secondsAgo: 400 })];
    expect([first.status, second.status]).toEqual([201, 201]);
    const [one, two] = [(await box.hear()).message, (await box.hear()).message];
    expect(one).toMatchObject({
      amount: 1_250,
      audio_text: 'Pembayaran diterima seribu dua ratus lima puluh rupiah',
      display_text: 'Pembayaran diterima Rp1.250',
    });
    expect(two).toMatchObject({ event_id: second.event.eventId, display_text: 'Terima kasih' });
    expect(Date.parse(String(two.paid_at))).toBe(Math.floor(clock.wallMs() / 1_000) * 1_000 - 400_000);
    expect(new Set([one.event_id, two.event_id, one.transaction_id, two.transaction_id]).size).toBe(4);
    expect(await list('transactions')).toEqual([]);
    expect(await list('events')).toHaveLength(2);
  });

  test('comes again as the same event', async () => {
    const { event } = await announce();
    await pay(event.transactionId, { again: true });
    expect(await box.next()).toEqual(await box.next());
  });

  test('shows no card number', async () => {
    await announce({ text: 'kartu 4111111111111111' });
    expect((await box.hear()).message.display_text).toBe('kartu 411111******1111');
    expect((await list('events'))[0].displayText).toBe('kartu 411111******1111');
  });

  test.each([
    [{ deviceId: 'a/b' }],
    [{ deviceId: undefined }],
    [{ amount: 0 }],
    [{ amount: 1.5 }],
    [{ amount: '50000' }],
    [{ amount: 1_000_000_000_001 }],
    [{ text: 7 }],
    [{ text: 'x'.repeat(201) }],
    [{ secondsAgo: -1 }],
    [{ more: 1 }],
  ])('%j is refused and nothing sent', async (change) => {
    expect(await announce(change)).toMatchObject({ status: 400, error: { code: 'request-invalid' } });
    expect(await list('events')).toEqual([]);
  });
});

describe('as a broken backend would', () => {
  test('dropped: it is kept, and told when it is asked for again', async () => {
    await fault('drop-mqtt');
    const { event } = await announce();
    await pay(event.transactionId, { again: true });
    expect((await box.hear()).message.event_id).toBe(event.eventId);
    expect(box.unread).toEqual([]);
  });

  test('doubled, cut off, and retained', async () => {
    await fault('duplicate-mqtt');
    await announce();
    expect(await box.next()).toEqual(await box.next());
    await fault('malformed-mqtt');
    await announce();
    const { text } = await box.next();
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    await fault('retain-mqtt');
    const { event } = await announce();
    await box.next();
    await box.stop();
    box = await qrisBox(backend.mqttUrl);
    const late = await box.next();
    expect([late.retain, JSON.parse(late.text).event_id]).toEqual([true, event.eventId]);
  });

  test('delayed', async () => {
    await fault('delay-mqtt', { ms: 5_000 });
    const slow = await announce();
    const { event } = await announce();
    expect((await box.hear()).message.event_id).toBe(event.eventId);
    clock.advance(5_000);
    expect((await box.hear()).message.event_id).toBe(slow.event.eventId);
  });

  test('naming a transaction of somebody else', async () => {
    await fault('foreign-charge');
    const { event } = await announce();
    const { message } = await box.hear();
    expect(message.event_id).toBe(event.eventId);
    expect(message.transaction_id).not.toBe(event.transactionId);
  });
});

test('a box that was away hears of it when it is back', async () => {
  await box.stop();
  const { event } = await announce();
  box = await qrisBox(backend.mqttUrl);
  expect((await box.hear()).message.event_id).toBe(event.eventId);
});
