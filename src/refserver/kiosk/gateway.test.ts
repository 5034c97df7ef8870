import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../../testkit/clock.ts';
import { testKioskGateway } from '../../testkit/kiosk-gateway.ts';
import { EXAMPLES_BEGIN } from '../../testkit/kiosk-messages.ts';
import { control } from '../../testkit/promptpay-box.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';
import { KIOSK_PATH, REFERENCE_KIOSK } from './tokens.ts';

/** The box's own gateway and the reference backend: what one writes the other reads. */

let clock: FakeClock;
let backend: ReferenceBackend;
let box: ReturnType<typeof testKioskGateway>;

beforeEach(async () => {
  clock = new FakeClock(EXAMPLES_BEGIN);
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock });
  box = testKioskGateway(`${backend.httpUrl.replace(/^http/, 'ws')}${KIOSK_PATH}`, { settings: { token: REFERENCE_KIOSK.token } });
  await box.gateway.start();
  expect(await box.screen()).toBe('amount-select');
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
});

const pounds = (minor: number) => ({ minor, currency: 'GBP' }) as const;
const post = (path: string, body: object = {}) => control(backend.httpUrl, 'POST', path, body);

test('a whole sale, with a ticket', async () => {
  expect(box.kiosk.send({ action: 'other-amount' }, 'T1')).toBe(true);
  expect(await box.screen()).toBe('keypad');
  box.kiosk.send({ action: 'typed-amount', amount: pounds(1_234) }, 'T1');
  expect(await box.screen()).toBe('payment-method');
  box.kiosk.send({ action: 'method', method: 'PAY_BY_BANK' }, 'T1');
  expect(await box.screen()).toBe('processing');
  await post('kiosk/transactions/T1/approve');
  expect(await box.screen()).toBe('success');
  clock.advance(3_000);
  expect(await box.screen()).toBe('print-ticket');
  box.kiosk.send({ action: 'printed' }, 'T1');
  expect(await box.screen()).toBe('collect-ticket');
  clock.advance(5_000);
  expect(await box.screen()).toBe('thank-you');
  clock.advance(3_000);
  expect(await box.screen()).toBe('amount-select');
  const { transactions } = JSON.parse((await control(backend.httpUrl, 'GET', 'kiosk/transactions')).text);
  expect(transactions).toMatchObject([{ transactionId: 'T1', amountMinor: 1_234, method: 'PAY_BY_BANK', state: 'success' }]);
});

test('a time that is over is told as an error', async () => {
  await post('faults', { kind: 'kiosk-duplicate', times: 1 });
  box.kiosk.send({ action: 'amount', amount: pounds(2_000) }, 'T1');
  expect([await box.screen(), await box.screen()]).toEqual(['payment-method', 'payment-method']);
  const put = { method: 'PUT', body: '{"durationsMs":{"payment-method":1000}}', headers: { 'content-type': 'application/json' } };
  await fetch(`${backend.httpUrl}/ref/kiosk/settings`, put);
  expect(await box.screen()).toBe('payment-method');
  clock.advance(1_000);
  expect(await box.events.next('error')).toMatchObject({ code: 'TIMEOUT', transaction: 'T1' });
  expect(await box.screen()).toBe('amount-select');
});

test('a connection that was cut is made anew, and the result is there', async () => {
  box.kiosk.send({ action: 'amount', amount: pounds(2_000) }, 'T1');
  await box.screen();
  box.kiosk.send({ action: 'method', method: 'DEBIT_CARD' }, 'T1');
  await box.screen();
  box.kiosk.resume('T1');
  await post('faults', { kind: 'kiosk-cut', times: 1 });
  await post('kiosk/transactions/T1/decline');
  await box.events.next('disconnected');
  box.clock.advance(60_000);
  expect(await box.events.next('screen')).toMatchObject({
    transaction: 'T1',
    screen: { screen: 'failed', code: 'CARD_DECLINED', message: 'Card declined by issuer' },
  });
});
