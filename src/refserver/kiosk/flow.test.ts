import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KioskAction } from '../../domain/kiosk.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { compact, EXAMPLES_BEGIN, type Fixture, TRANSACTION, withData } from '../../testkit/kiosk-messages.ts';
import { type WireKiosk, wireKiosk } from '../../testkit/kiosk-wire-box.ts';
import { control } from '../../testkit/promptpay-box.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';
import type { SettingsWish } from './settings.ts';

/** The clock is moved in steps too large for signs of life. */
const UNHURRIED: SettingsWish = { pingMs: 86_400_000 };

let clock: FakeClock;
let backend: ReferenceBackend;
let box: WireKiosk;

const start = async (settings: SettingsWish = {}) => {
  clock = new FakeClock(EXAMPLES_BEGIN);
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, kiosk: { settings: { ...UNHURRIED, ...settings } } });
  box = await wireKiosk(backend.httpUrl);
};
const stop = async () => {
  await box.stop();
  await backend.stop();
};
const startedWith = async (settings: SettingsWish) => {
  await stop();
  await start(settings);
};
beforeEach(() => start());
afterEach(stop);

const post = async (path: string, body: object = {}) => {
  const { status, text } = await control(backend.httpUrl, 'POST', `kiosk/${path}`, body);
  return { status, ...JSON.parse(text) };
};
const approve = (transaction = TRANSACTION) => post(`transactions/${transaction}/approve`);
const transactions = async () => JSON.parse((await control(backend.httpUrl, 'GET', 'kiosk/transactions')).text).transactions;
const pounds = (minor: number) => ({ minor, currency: 'GBP' }) as const;

/** Says something and returns so many answers. */
async function answers(action: KioskAction, count = 1, transaction = TRANSACTION): Promise<string[]> {
  box.say(action, transaction);
  const lines: string[] = [];
  while (lines.length < count) lines.push(await box.nextLine());
  return lines;
}
/** As far as PROCESSING, from the start. */
async function paying(minor = 6_000, transaction = TRANSACTION): Promise<void> {
  expect(await box.nextLine()).toBe('AMOUNT_SELECT initial');
  expect(await answers({ action: 'amount', amount: pounds(minor) }, 1, transaction)).toEqual([`PAYMENT_METHOD ${transaction}`]);
  expect(await answers({ action: 'method', method: 'DEBIT_CARD' }, 1, transaction)).toEqual([`PROCESSING ${transaction}`]);
}
/** Lets so much time go by, and returns what is shown then. */
const later = (ms: number) => {
  clock.advance(ms);
  return box.nextLine();
};

describe('the documented flow, message by message', () => {
  /** Moves the clock to so many seconds after the first example. */
  const at = (second: number) => clock.advance(EXAMPLES_BEGIN + second * 1_000 - clock.wallMs());
  const say = (name: Fixture) => box.sayRaw(compact(name));

  test('another amount, paid, with a ticket', async () => {
    await startedWith({ durationsMs: { success: 1_000, 'collect-ticket': 1_000, 'thank-you': 1_000 } });
    expect(await box.nextText()).toBe(compact('amount-select-screen'));
    at(2);
    say('other-chosen');
    expect(await box.nextText()).toBe(withData('keypad-screen', { allowCancel: true }));
    at(4);
    say('amount-typed');
    expect(await box.nextText()).toBe(compact('payment-method-screen'));
    at(6);
    say('method-chosen');
    expect(await box.nextText()).toBe(compact('processing-screen'));
    at(7);
    await approve();
    expect(await box.nextText()).toBe(compact('success-screen'));
    at(8);
    expect(await box.nextText()).toBe(compact('print-ticket-screen'));
    at(9);
    say('ticket-printed');
    expect(await box.nextText()).toBe(compact('collect-ticket-screen'));
    at(10);
    expect(await box.nextText()).toBe(compact('thank-you-screen'));
    at(11);
    expect(await box.next()).toMatchObject({ screen: 'AMOUNT_SELECT', transactionId: 'initial' });
    expect(await transactions()).toMatchObject([
      { transactionId: TRANSACTION, device: 'kiosk-001', amountMinor: 7_500, amountText: '£75.00', method: 'DEBIT_CARD', state: 'success' },
    ]);
  });

  test('one of the amounts, declined', async () => {
    await box.nextText();
    at(4);
    say('amount-chosen');
    expect(await box.nextText()).toBe(compact('payment-method-screen'));
    at(6);
    say('method-chosen');
    await box.nextText();
    at(7);
    await post(`transactions/${TRANSACTION}/decline`);
    expect(await box.nextText()).toBe(compact('failed-screen'));
    expect(await later(5_000)).toBe(`THANK_YOU ${TRANSACTION}`);
    expect(await later(3_000)).toBe('AMOUNT_SELECT initial');
    expect(await transactions()).toMatchObject([{ state: 'failed', reasonCode: 'CARD_DECLINED', amountMinor: 6_000 }]);
  });

  test('over the limit of the day', async () => {
    await startedWith({ dailyLimitMinor: 30_000, amountsMinor: [10_000, 20_001] });
    await paying(10_000, 'T1');
    await approve('T1');
    expect(await box.nextLine()).toBe('SUCCESS T1');
    expect(await later(3_000)).toBe('PRINT_TICKET T1');
    box.say({ action: 'printed' }, 'T1');
    await box.nextLine();
    await later(5_000);
    await later(3_000);
    expect(await answers({ action: 'amount', amount: pounds(20_001) })).toEqual([`PAYMENT_METHOD ${TRANSACTION}`]);
    at(7 + 30);
    say('method-chosen');
    expect(await box.next()).toMatchObject({ screen: 'PROCESSING' });
    expect(await box.next()).toMatchObject({ screen: 'LIMIT_ERROR', data: { limit: 300, remaining: 200, currency: '£' } });
    expect((await approve()).status).toBe(409);
    expect(await later(5_000)).toBe(`THANK_YOU ${TRANSACTION}`);
    expect(await transactions()).toMatchObject([{ state: 'limited', limitMinor: 30_000, remainingMinor: 20_000 }, { state: 'success' }]);
  });

  test('an error of the terminal', async () => {
    await paying();
    at(11);
    await post('device-error', { device: 'kiosk-001', code: 'PRINTER_ERROR', message: 'Printer out of paper' });
    // The payment has failed, and the box must know.
    expect(await box.next()).toMatchObject({
      screen: 'FAILED',
      data: { errorCode: 'PRINTER_ERROR', errorMessage: 'Printer out of paper' },
    });
    expect(await box.nextText()).toBe(compact('device-error-screen'));
    expect(await later(10_000)).toBe(`THANK_YOU ${TRANSACTION}`);
  });

  test('a time that is over', async () => {
    await startedWith({ durationsMs: { processing: 11_000 } });
    await paying();
    clock.advance(11_000);
    const { timestamp, ...message } = await box.next();
    expect(message).toEqual({
      messageType: 'ERROR',
      screen: 'PROCESSING',
      data: { errorMessage: 'Transaction timed out', errorCode: 'TIMEOUT' },
      transactionId: TRANSACTION,
    });
    expect(timestamp).toBe(EXAMPLES_BEGIN + 11_000);
    expect(await box.nextLine()).toBe('AMOUNT_SELECT initial');
    expect(await approve()).toMatchObject({ status: 409, error: { code: 'transaction-settled' } });
  });
});

describe('the customer', () => {
  beforeEach(() => box.nextLine());

  test.each([
    ['on KEYPAD', { action: 'other-amount' }, { action: 'cancel', screen: 'keypad' }],
    ['on PAYMENT_METHOD', { action: 'amount', amount: pounds(2_000) }, { action: 'cancel', screen: 'payment-method' }],
  ] as const)('cancels %s', async (_where, first, cancel) => {
    await answers(first);
    expect(await answers(cancel)).toEqual(['AMOUNT_SELECT initial']);
    expect(await transactions()).toMatchObject([{ state: 'cancelled', step: 'amount-select' }]);
  });

  test('cannot cancel where it is not offered', async () => {
    await startedWith({ allowCancel: false });
    await box.nextLine();
    await answers({ action: 'other-amount' });
    expect(await answers({ action: 'cancel', screen: 'keypad' }, 2)).toEqual([
      `ERROR UNEXPECTED_ACTION on KEYPAD ${TRANSACTION}`,
      `KEYPAD ${TRANSACTION}`,
    ]);
  });

  test.each([
    ['KEYPAD', { action: 'other-amount' }],
    ['PAYMENT_METHOD', { action: 'amount', amount: pounds(2_000) }],
  ] as const)('does nothing on %s', async (screen, first) => {
    await answers(first);
    expect(await later(60_000)).toBe(`ERROR TIMEOUT on ${screen} ${TRANSACTION}`);
    expect(await box.nextLine()).toBe('AMOUNT_SELECT initial');
    expect(await transactions()).toMatchObject([{ state: 'timed-out' }]);
  });
});

describe('the limit of the day', () => {
  const buy = async (transaction: string, minor: number) => {
    await paying(minor, transaction);
    await approve(transaction);
    expect(await box.nextLine()).toBe(`SUCCESS ${transaction}`);
    expect(await later(3_000)).toBe(`THANK_YOU ${transaction}`);
    clock.advance(3_000);
  };
  beforeEach(() => startedWith({ dailyLimitMinor: 10_000, showReceipt: false }));

  test('can be used up to the last penny, and begins anew at midnight UTC', async () => {
    await buy('T1', 6_000);
    await buy('T2', 4_000);
    await box.nextLine();
    await answers({ action: 'amount', amount: pounds(2_000) });
    expect(await answers({ action: 'method', method: 'DEBIT_CARD' }, 2)).toEqual([
      `PROCESSING ${TRANSACTION}`,
      `LIMIT_ERROR ${TRANSACTION}`,
    ]);
    expect(await transactions()).toMatchObject([{ remainingMinor: 0 }, {}, {}]);
    await later(5_000);
    clock.advance(3_000);
    clock.advance(Date.UTC(2021, 3, 27) - clock.wallMs());
    await buy('T3', 10_000);
  });

  test('counts what was paid, of this device', async () => {
    await paying(10_000, 'T1');
    await post('transactions/T1/decline');
    await box.nextLine();
    await later(5_000);
    clock.advance(3_000);
    await buy('T2', 10_000);
  });
});

describe('a ticket', () => {
  beforeEach(async () => {
    await paying();
    await approve();
    expect(await box.nextLine()).toBe(`SUCCESS ${TRANSACTION}`);
    expect(await later(3_000)).toBe(`PRINT_TICKET ${TRANSACTION}`);
  });
  const isPaid = async () => expect(await transactions()).toMatchObject([{ state: 'success', ticket: false }]);

  test('that cannot be printed is no lost sale', async () => {
    const trouble = { action: 'device-error', code: 'PAPER_OUT', message: 'No paper' } as const;
    box.say(trouble, TRANSACTION);
    expect(await box.next()).toMatchObject({ screen: 'DEVICE_ERROR', data: { errorCode: 'PAPER_OUT', errorMessage: 'No paper' } });
    expect(await later(10_000)).toBe(`THANK_YOU ${TRANSACTION}`);
    await isPaid();
  });

  test('that nobody hears of is not waited for for ever', async () => {
    expect(await later(30_000)).toBe(`THANK_YOU ${TRANSACTION}`);
    box.say({ action: 'printed' }, TRANSACTION);
    expect(await later(3_000)).toBe('AMOUNT_SELECT initial');
    box.say({ action: 'printed' }, TRANSACTION);
    expect(await answers({ action: 'other-amount' }, 1, 'T2')).toEqual(['KEYPAD T2']);
    expect((await transactions())[1]).toMatchObject({ state: 'success', ticket: false });
  });
});

test('a machine that does not deliver is shown, and the ticket is printed all the same', async () => {
  await paying();
  await approve();
  await box.nextLine();
  expect(await answers({ action: 'device-error', code: 'DELIVERY_FAILED', message: 'x' })).toEqual([`DEVICE_ERROR ${TRANSACTION}`]);
  expect(await later(10_000)).toBe(`PRINT_TICKET ${TRANSACTION}`);
});

test('an error at the start is shown for a while', async () => {
  await box.nextLine();
  expect(await answers({ action: 'device-error', code: 'PAPER_OUT', message: 'No paper' }, 1, 'initial')).toEqual(['DEVICE_ERROR initial']);
  expect(await answers({ action: 'other-amount' }, 2)).toEqual([
    `ERROR UNEXPECTED_ACTION on DEVICE_ERROR ${TRANSACTION}`,
    'DEVICE_ERROR initial',
  ]);
  expect(await later(10_000)).toBe('AMOUNT_SELECT initial');
});

test('what the box reports while the terminal is busy never fails the payment', async () => {
  await paying();
  box.say({ action: 'device-error', code: 'PAPER_OUT', message: 'No paper' }, TRANSACTION);
  expect(await answers({ action: 'cancel', screen: 'payment-method' }, 2)).toEqual([
    `ERROR UNEXPECTED_ACTION on PROCESSING ${TRANSACTION}`,
    `PROCESSING ${TRANSACTION}`,
  ]);
  await approve();
  expect(await box.nextLine()).toBe(`SUCCESS ${TRANSACTION}`);
});

test('the terminal can be left to itself', async () => {
  await startedWith({ autoMs: 200 });
  await paying();
  clock.advance(199);
  expect(await transactions()).toMatchObject([{ state: 'processing' }]);
  expect(await later(1)).toBe(`SUCCESS ${TRANSACTION}`);
});
