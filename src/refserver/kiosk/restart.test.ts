import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../testkit/clock.ts';
import { EXAMPLES_BEGIN, TRANSACTION } from '../../testkit/kiosk-messages.ts';
import { type WireKiosk, wireKiosk } from '../../testkit/kiosk-wire-box.ts';
import { control } from '../../testkit/promptpay-box.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

let folder: string;
let stateFile: string;
let clock: FakeClock;
let backend: ReferenceBackend;
let box: WireKiosk;

const start = async () => {
  const settings = { pingMs: 86_400_000, dailyLimitMinor: 6_000 };
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, stateFile, kiosk: { settings } });
};
/** The backend is stopped and started anew; the box connects again, if need be with the transaction to go on with. */
const restart = async (transactionId?: string) => {
  await box.stop();
  await backend.stop();
  expect(clock.pending()).toBe(0);
  await start();
  box = await wireKiosk(backend.httpUrl, transactionId === undefined ? {} : { transactionId });
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilld-kiosk-'));
  stateFile = join(folder, 'state.sqlite');
  clock = new FakeClock(EXAMPLES_BEGIN);
  await start();
  box = await wireKiosk(backend.httpUrl);
  expect(await box.nextLine()).toBe('AMOUNT_SELECT initial');
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
  await rm(folder, { recursive: true });
});

const post = (path: string, body: object = {}) => control(backend.httpUrl, 'POST', `kiosk/${path}`, body);
const transactions = async () => JSON.parse((await control(backend.httpUrl, 'GET', 'kiosk/transactions')).text).transactions;
const pounds = (minor: number) => ({ minor, currency: 'GBP' }) as const;
const heard = async (lines: readonly string[]) => {
  for (const line of lines) expect(await box.nextLine()).toBe(line.includes(' ') ? line : `${line} ${TRANSACTION}`);
};

/** From the start to each step: what is done, and the screen it leads to. */
const toKeypad = async () => {
  box.say({ action: 'other-amount' }, TRANSACTION);
  await heard(['KEYPAD']);
};
const toMethods = async (minor = 6_000) => {
  await toKeypad();
  box.say({ action: 'typed-amount', amount: pounds(minor) }, TRANSACTION);
  await heard(['PAYMENT_METHOD']);
};
const toProcessing = async () => {
  await toMethods();
  box.say({ action: 'method', method: 'DEBIT_CARD' }, TRANSACTION);
  await heard(['PROCESSING']);
};
const toSuccess = async () => {
  await toProcessing();
  await post(`transactions/${TRANSACTION}/approve`);
  await heard(['SUCCESS']);
};
const toFailed = async () => {
  await toProcessing();
  await post(`transactions/${TRANSACTION}/decline`, { reason: 'INSUFFICIENT_FUNDS' });
  await heard(['FAILED']);
};
const toLimit = async () => {
  await toMethods(6_001);
  box.say({ action: 'method', method: 'DEBIT_CARD' }, TRANSACTION);
  await heard(['PROCESSING', 'LIMIT_ERROR']);
};
const toPrint = async () => {
  await toSuccess();
  clock.advance(3_000);
  await heard(['PRINT_TICKET']);
};
const toCollect = async () => {
  await toPrint();
  box.say({ action: 'printed' }, TRANSACTION);
  await heard(['COLLECT_TICKET']);
};
const toThanks = async () => {
  await toCollect();
  clock.advance(5_000);
  await heard(['THANK_YOU']);
};
const toTrouble = async () => {
  await toPrint();
  box.say({ action: 'device-error', code: 'PAPER_OUT', message: 'No paper' }, TRANSACTION);
  await heard(['DEVICE_ERROR']);
};

/** What a box sees again, and how it goes on when the time of the step is over. */
const STEPS = [
  ['KEYPAD', toKeypad, ['KEYPAD'], 60_000, ['ERROR TIMEOUT on KEYPAD T123456', 'AMOUNT_SELECT initial']],
  ['PAYMENT_METHOD', toMethods, ['PAYMENT_METHOD'], 60_000, ['ERROR TIMEOUT on PAYMENT_METHOD T123456', 'AMOUNT_SELECT initial']],
  ['PROCESSING', toProcessing, ['PROCESSING'], 120_000, ['ERROR TIMEOUT on PROCESSING T123456', 'AMOUNT_SELECT initial']],
  ['SUCCESS', toSuccess, ['SUCCESS'], 3_000, ['PRINT_TICKET']],
  ['FAILED', toFailed, ['FAILED'], 5_000, ['THANK_YOU']],
  ['LIMIT_ERROR', toLimit, ['LIMIT_ERROR'], 5_000, ['THANK_YOU']],
  ['PRINT_TICKET', toPrint, ['SUCCESS', 'PRINT_TICKET'], 30_000, ['THANK_YOU']],
  ['COLLECT_TICKET', toCollect, ['SUCCESS', 'COLLECT_TICKET'], 5_000, ['THANK_YOU']],
  ['THANK_YOU', toThanks, ['SUCCESS', 'THANK_YOU'], 3_000, ['AMOUNT_SELECT initial']],
  ['DEVICE_ERROR', toTrouble, ['SUCCESS', 'DEVICE_ERROR'], 10_000, ['THANK_YOU']],
] as const;

describe('a restart', () => {
  test.each(STEPS)('on %s: the box sees it again and goes on', async (_step, reach, seen, lastsMs, then) => {
    await reach();
    const before = await transactions();
    await restart(TRANSACTION);
    await heard(seen);
    expect(await transactions()).toEqual(before);
    await restart();
    await heard(seen);
    clock.advance(lastsMs - 1);
    expect(box.unread).toEqual([]);
    clock.advance(1);
    await heard(then);
  });

  test.each(STEPS.slice(3))('on %s: its time begins when the box is there', async (_step, reach, seen, lastsMs, then) => {
    await reach();
    await box.stop();
    await expect.poll(() => clock.pending()).toBe(0);
    clock.advance(10 * lastsMs);
    box = await wireKiosk(backend.httpUrl);
    await heard(seen);
    clock.advance(lastsMs);
    await heard(then);
  });

  test.each(STEPS.slice(0, 3))('on %s: who waits is not waited for longer because of it', async (_step, reach, _seen, lastsMs, then) => {
    await reach();
    clock.advance(lastsMs - 1_000);
    await restart(TRANSACTION);
    await box.nextLine();
    clock.advance(1_000);
    await heard(then);
  });

  test('that took longer than the customer has: the box hears of it', async () => {
    await toProcessing();
    await box.stop();
    await backend.stop();
    clock.advance(200_000);
    await start();
    clock.advance(0);
    box = await wireKiosk(backend.httpUrl, { transactionId: TRANSACTION });
    await heard(['ERROR TIMEOUT on PROCESSING T123456', 'AMOUNT_SELECT initial']);
  });

  test('in an error of the idle device', async () => {
    await post('device-error', { device: 'kiosk-001', code: 'TERMINAL_OFFLINE', message: 'No line' });
    await heard(['DEVICE_ERROR initial']);
    await restart();
    expect(await box.next()).toMatchObject({ screen: 'DEVICE_ERROR', data: { errorCode: 'TERMINAL_OFFLINE', errorMessage: 'No line' } });
    clock.advance(10_000);
    await heard(['AMOUNT_SELECT initial']);
  });

  test('keeps the settings that somebody changed', async () => {
    const put = { method: 'PUT', body: '{"amountsMinor":[500]}', headers: { 'content-type': 'application/json' } };
    await fetch(`${backend.httpUrl}/ref/kiosk/settings`, put);
    expect(await box.next()).toMatchObject({ data: { amounts: [5] } });
    await restart();
    expect(await box.next()).toMatchObject({ screen: 'AMOUNT_SELECT', data: { amounts: [5] } });
  });

  test('never makes another of a payment', async () => {
    await toSuccess();
    await restart(TRANSACTION);
    await heard(['SUCCESS']);
    expect((await post(`transactions/${TRANSACTION}/decline`)).status).toBe(409);
    expect(JSON.parse((await post(`transactions/${TRANSACTION}/approve`)).text)).toMatchObject({ changed: false });
  });
});

describe('a box that was away', () => {
  const again = async (transactionId?: string) => {
    await box.stop();
    box = await wireKiosk(backend.httpUrl, transactionId === undefined ? {} : { transactionId });
  };

  test('while the terminal decided sees the result, and its time begins then', async () => {
    await toProcessing();
    await box.stop();
    await expect.poll(() => clock.pending()).toBe(1);
    await post(`transactions/${TRANSACTION}/approve`);
    clock.advance(60_000);
    await again(TRANSACTION);
    await heard(['SUCCESS']);
    clock.advance(3_000);
    await heard(['PRINT_TICKET']);
  });

  test('when all was over sees the result, then the start', async () => {
    await toFailed();
    clock.advance(5_000);
    clock.advance(3_000);
    await heard(['THANK_YOU', 'AMOUNT_SELECT initial']);
    await again(TRANSACTION);
    expect(await box.next()).toMatchObject({ screen: 'FAILED', transactionId: TRANSACTION, data: { errorCode: 'INSUFFICIENT_FUNDS' } });
    clock.advance(5_000);
    await heard(['AMOUNT_SELECT initial']);
    await again();
    await heard(['AMOUNT_SELECT initial']);
  });

  test('with a transaction that nobody knows is told so', async () => {
    await again('T-unknown');
    await heard(['ERROR TRANSACTION_UNKNOWN on AMOUNT_SELECT initial', 'AMOUNT_SELECT initial']);
  });
});

test('the database itself keeps what was settled', async () => {
  await toSuccess();
  await backend.stop();
  const db = new DatabaseSync(stateFile);
  for (const change of ["state = 'failed'", 'amount_minor = 1', "method = 'X'", 'decided_at_ms = 0', "device = 'x'"]) {
    expect(() => db.exec(`UPDATE kiosk_transactions SET ${change}`)).toThrow('this transaction is settled');
  }
  db.exec("UPDATE kiosk_transactions SET step = 'amount-select'");
  db.close();
});

test('a step that cannot be kept is not shown', async () => {
  await toMethods();
  const db = new DatabaseSync(stateFile);
  db.exec("CREATE TRIGGER full BEFORE UPDATE ON kiosk_transactions BEGIN SELECT RAISE(ABORT, 'disk full'); END");
  box.say({ action: 'method', method: 'DEBIT_CARD' }, TRANSACTION);
  expect(await box.closed).toBe(1011);
  expect(box.unread).toEqual([]);
  db.exec('DROP TRIGGER full');
  db.close();
  box = await wireKiosk(backend.httpUrl);
  await heard(['PAYMENT_METHOD']);
});
