import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../testkit/clock.ts';
import { compact, EXAMPLES_BEGIN, TRANSACTION } from '../../testkit/kiosk-messages.ts';
import { type WireKiosk, wireKiosk } from '../../testkit/kiosk-wire-box.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import { REFERENCE_KIOSK } from './tokens.ts';

let clock: FakeClock;
let backend: ReferenceBackend;
let box: WireKiosk;

beforeEach(async () => {
  clock = new FakeClock(EXAMPLES_BEGIN);
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock });
  box = await wireKiosk(backend.httpUrl);
  await box.nextLine();
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
});

async function ask(method: string, path: string, body?: object) {
  const json = { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${backend.httpUrl}/ref/kiosk/${path}`, body === undefined ? { method } : json);
  return { status: response.status, ...JSON.parse(await response.text()) };
}
const decide = (verdict: string, body: object = {}) => ask('POST', `transactions/${TRANSACTION}/${verdict}`, body);
const paying = async () => {
  box.sayRaw(compact('amount-chosen'));
  await box.nextLine();
  box.sayRaw(compact('method-chosen'));
  await box.nextLine();
};

describe('the terminal', () => {
  test('approves once, however often it is asked', async () => {
    await paying();
    const { transaction, changed } = await decide('approve');
    expect([transaction, changed]).toMatchObject([{ transactionId: TRANSACTION, state: 'success', decidedAtMs: EXAMPLES_BEGIN }, true]);
    expect(await decide('approve')).toEqual({ status: 200, transaction, changed: false });
    expect(await decide('decline')).toMatchObject({ status: 409, error: { code: 'transaction-settled', found: 'success' } });
    expect(await box.nextLine()).toBe(`SUCCESS ${TRANSACTION}`);
    clock.advance(3_000);
    expect(await box.nextLine()).toBe(`PRINT_TICKET ${TRANSACTION}`);
  });

  test('declines once, for a reason', async () => {
    await paying();
    expect(await decide('decline', { reason: 'INSUFFICIENT_FUNDS' })).toMatchObject({ status: 200, changed: true });
    expect(await decide('decline')).toMatchObject({ status: 200, changed: false, transaction: { reasonCode: 'INSUFFICIENT_FUNDS' } });
    expect(await decide('approve')).toMatchObject({ status: 409, error: { code: 'transaction-settled', found: 'failed' } });
    expect(await box.next()).toMatchObject({ screen: 'FAILED', data: { errorCode: 'INSUFFICIENT_FUNDS' } });
    expect(box.unread).toEqual([]);
  });

  test('decides nothing that it does not have', async () => {
    expect(await decide('approve')).toMatchObject({ status: 404, error: { code: 'transaction-unknown' } });
    box.sayRaw(compact('amount-chosen'));
    await box.nextLine();
    expect(await decide('approve')).toMatchObject({ status: 409, error: { code: 'transaction-not-processing' } });
    expect(await decide('decline')).toMatchObject({ status: 409, error: { code: 'transaction-not-processing' } });
  });

  test.each([
    ['approve', { reason: 'CARD_DECLINED' }],
    ['decline', { reason: 'BAD_MOOD' }],
    ['decline', { reason: 7 }],
    ['decline', { more: 1 }],
  ])('%s of %j is refused', async (verdict, body) => {
    await paying();
    expect(await decide(verdict, body)).toMatchObject({ status: 400, error: { code: 'request-invalid' } });
    expect(await decide('approve')).toMatchObject({ changed: true });
  });

  test('has an error', async () => {
    const wish = { device: 'kiosk-001', code: 'PRINTER_ERROR', message: 'Printer out of paper' };
    expect(await ask('POST', 'device-error', wish)).toMatchObject({
      status: 200,
      session: { connected: true, screen: 'DEVICE_ERROR', transactionId: null, error: { code: 'PRINTER_ERROR' } },
    });
    expect(await box.nextLine()).toBe('DEVICE_ERROR initial');
    for (const bad of [{ code: 'x' }, { message: 'x'.repeat(201) }, { message: 7 }, { more: 1 }]) {
      expect(await ask('POST', 'device-error', { ...wish, ...bad })).toMatchObject({ status: 400, error: { code: 'request-invalid' } });
    }
    expect(await ask('POST', 'device-error', { ...wish, device: 'kiosk-404' })).toMatchObject({
      status: 404,
      error: { code: 'device-unknown' },
    });
  });
});

describe('the settings', () => {
  test('are those of the contract, and hold no token', async () => {
    const reply = await ask('GET', 'settings');
    expect(reply).toMatchObject({ settings: DEFAULT_SETTINGS, digits: 2 });
    expect(JSON.stringify(reply)).not.toContain(REFERENCE_KIOSK.token);
  });

  test('change as far as they are given, and what is offered now is shown', async () => {
    const wish = { amountsMinor: [50_000], other: false, currency: 'THB', durationsMs: { success: 1 } };
    const { settings } = await ask('PUT', 'settings', wish);
    expect(settings).toEqual({ ...DEFAULT_SETTINGS, ...wish, durationsMs: { ...DEFAULT_SETTINGS.durationsMs, success: 1 } });
    expect(await box.next()).toMatchObject({ data: { amounts: [500], currency: '฿', showOtherOption: false } });
  });

  test('automatic approval begins for what waits already', async () => {
    await paying();
    clock.advance(5_000);
    await ask('PUT', 'settings', { autoMs: 6_000 });
    clock.advance(999);
    expect(box.unread).toEqual([]);
    clock.advance(1);
    expect(await box.nextLine()).toBe(`SUCCESS ${TRANSACTION}`);
  });

  test('the currency stays while somebody pays', async () => {
    await paying();
    expect(await ask('PUT', 'settings', { currency: 'THB' })).toMatchObject({ status: 409, error: { code: 'kiosk-busy' } });
    expect(await ask('PUT', 'settings', { currency: 'GBP' })).toMatchObject({ status: 200 });
  });

  test.each([
    { currency: 'ABC' },
    { amountsMinor: [0] },
    { amountsMinor: [1.5] },
    { amountsMinor: [100, 100] },
    { amountsMinor: Array.from({ length: 13 }, (_, i) => i + 1) },
    { amountsMinor: [], other: false },
    { other: 'yes' },
    { minMinor: 30_001 },
    { maxMinor: 999 },
    { methods: [] },
    { methods: ['CANCEL'] },
    { methods: ['debit'] },
    { methods: ['X_4111111111111111'] },
    { methods: ['A', 'A'] },
    { dailyLimitMinor: -1 },
    { autoMs: -1 },
    { pingMs: 1 },
    { durationsMs: { success: 0 } },
    { durationsMs: { 'amount-select': 5 } },
    { durationsMs: [] },
    { token: 'x' },
  ])('%j is refused', async (wish) => {
    expect(await ask('PUT', 'settings', wish)).toMatchObject({ status: 400, error: { code: 'request-invalid' } });
    expect((await ask('GET', 'settings')).settings).toEqual(DEFAULT_SETTINGS);
    expect(box.unread).toEqual([]);
  });
});

test('lists are as long as asked for', async () => {
  await paying();
  expect((await ask('GET', 'log?limit=2')).log).toMatchObject([{ kind: 'out' }, { kind: 'transaction' }]);
  expect(await ask('GET', 'transactions?limit=0')).toMatchObject({ status: 400 });
  expect((await ask('GET', 'transactions?limit=1')).nowMs).toBe(EXAMPLES_BEGIN);
});
