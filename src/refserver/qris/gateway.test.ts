import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DatedAck } from '../../ports/gateway.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { seededEntropy } from '../../testkit/entropy.ts';
import { control } from '../../testkit/promptpay-box.ts';
import { CONTRACT_TIME, SOUNDBOX, testQrisGateway } from '../../testkit/qris-gateway.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

/** The box's own gateway and the reference backend: what one writes the other reads. */

let clock: FakeClock;
let backend: ReferenceBackend;
let box: ReturnType<typeof testQrisGateway>;
const never = new AbortController().signal;

beforeEach(async () => {
  clock = new FakeClock(CONTRACT_TIME);
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, entropy: seededEntropy() });
  box = testQrisGateway(backend.mqttUrl);
  await box.gateway.start();
  await box.inbound.next('reconnected');
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
});

const post = async (path: string, body: object) => JSON.parse((await control(backend.httpUrl, 'POST', `qris/${path}`, body)).text);
const list = async (name: string) => JSON.parse((await control(backend.httpUrl, 'GET', `qris/${name}`)).text)[name];
const told = async <K extends 'payment' | 'settings' | 'command'>(kind: K) => {
  const event = await box.inbound.next(kind);
  if ('done' in event) event.done();
  return event;
};

test('a QR is asked for, shown as valid, and paid', async () => {
  const amount = { minor: 50_000, currency: 'IDR' } as const;
  const offer = await box.gateway.requestQr({ request: 'req-1', amount, description: '' }, never);
  expect(await list('transactions')).toMatchObject([{ transactionId: offer.charge, terminalId: 'term_001', amountMinor: 50_000 }]);
  expect(offer).toMatchObject({ expiresAtMs: CONTRACT_TIME + 300_000 });
  const { event } = await post('pay', { transactionId: offer.charge });
  expect((await told('payment')).payment).toEqual({
    event: event.eventId,
    charge: offer.charge,
    amount,
    text: 'Pembayaran diterima Rp50.000',
    paidAtMs: CONTRACT_TIME,
  });
  await post('pay', { transactionId: offer.charge, again: true });
  expect((await told('payment')).payment.event).toBe(event.eventId);
});

test('a QR over another amount never gets to the customer', async () => {
  await post('next', { outcome: 'wrong-amount' });
  const asked = box.gateway.requestQr({ request: 'req-1', amount: { minor: 50_000, currency: 'IDR' }, description: '' }, never);
  await expect(asked).rejects.toMatchObject({ blame: 'peer', code: 'qr-refused-amount' });
});

test('settings and commands arrive, and what becomes of them is on record', async () => {
  await post('config', { deviceId: SOUNDBOX, settings: { volume: 30, language: 'th-TH' } });
  expect((await told('settings')).push).toEqual({ version: 1, settings: { volume: 30, language: 'th' } });
  await post('config', { deviceId: SOUNDBOX, settings: { volume: 300 } });
  expect((await told('settings')).push).toMatchObject({ version: 2, refusal: { code: 'settings-invalid' } });
  await post('command', { deviceId: SOUNDBOX, name: 'set_volume', commandId: 'cmd_1', parameters: { volume: 40 } });
  expect((await told('command')).command).toEqual({ id: 'cmd_1', name: 'set_volume', parameters: { volume: 40 } });

  const done = { code: '', reason: '', state: 'done', atMs: CONTRACT_TIME } as const;
  const acks: DatedAck[] = [
    { ...done, id: 'a1', about: { kind: 'settings', version: 1 } },
    { ...done, id: 'a2', about: { kind: 'command', command: 'cmd_1', name: 'set_volume' }, result: { before: 60 } },
  ];
  expect(await box.acknowledge(acks)).toEqual({ state: 'acked' });
  expect(await list('acks')).toMatchObject([
    { ack: { kind: 'command', command: 'cmd_1', status: 'done', result: { before: 60 } } },
    { ack: { kind: 'config', version: 1, status: 'applied' } },
  ]);
});

test('its heartbeat is kept', async () => {
  box.gateway.publishState({ status: 'normal', activity: 'awaiting-payment', uptimeMinutes: 1, rssiDbm: -75 });
  await expect
    .poll(() => list('heartbeats'))
    .toMatchObject([
      { heartbeat: { deviceId: SOUNDBOX, state: 'awaiting_payment', firmwareVersion: '1.0.3', networkStrength: 50, batteryLevel: null } },
    ]);
});
