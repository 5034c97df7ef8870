import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../testkit/clock.ts';
import { compact, EXAMPLES_BEGIN, TRANSACTION } from '../../testkit/kiosk-messages.ts';
import { type WireKiosk, wireKiosk } from '../../testkit/kiosk-wire-box.ts';
import { memoryLog } from '../../testkit/log.ts';
import { control } from '../../testkit/promptpay-box.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';
import { REFERENCE_KIOSK } from './tokens.ts';

const log = memoryLog();
let clock: FakeClock;
let backend: ReferenceBackend;
const boxes: WireKiosk[] = [];

beforeEach(async () => {
  log.lines.length = 0;
  clock = new FakeClock(EXAMPLES_BEGIN);
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, log });
});
afterEach(async () => {
  for (const box of boxes.splice(0)) await box.stop();
  await backend.stop();
});

const connect = async (options = {}) => {
  const box = await wireKiosk(backend.httpUrl, options);
  boxes.push(box);
  return box;
};
const list = async (name: string) => JSON.parse((await control(backend.httpUrl, 'GET', `kiosk/${name}`)).text)[name];
const fault = (wish: object) => control(backend.httpUrl, 'POST', 'faults', { times: 1, ...wish });
/** Asks for the upgrade in plain HTTP, for what a WebSocket client would not ask. */
const asked = (path: string, headers: Record<string, string>) => fetch(backend.httpUrl + path, { headers });

describe('who may connect', () => {
  test.each(['kt_wrong', '', `${REFERENCE_KIOSK.token}0`, 'undefined'])('not who says the token is "%s"', async (token) => {
    await expect(connect({ token })).rejects.toThrow('401');
    expect(await list('log')).toMatchObject([{ kind: 'error', device: null, fields: { code: 'token-refused' } }]);
  });

  test('not who names a transaction that cannot be one', async () => {
    await expect(connect({ transactionId: '../x' })).rejects.toThrow('400');
  });

  test('a request that is no upgrade is no secret place', async () => {
    expect((await asked('/kiosk', {})).status).toBe(404);
    expect((await asked('/', {})).status).toBe(200);
  });

  test('a device without a token does not exist', async () => {
    await backend.stop();
    backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, kiosk: { tokens: { 'kiosk-009': '' } } });
    await expect(connect({ token: '' })).rejects.toThrow('401');
  });

  test('no token is ever logged', async () => {
    const box = await connect();
    box.sayRaw(compact('amount-chosen'));
    await box.nextLine();
    await expect(connect({ token: 'kt_secret_of_somebody' })).rejects.toThrow('401');
    const all = JSON.stringify([await list('log'), log.lines]);
    expect(all).not.toContain(REFERENCE_KIOSK.token);
    expect(all).not.toContain('kt_secret');
  });
});

test('compression is not agreed to', async () => {
  expect((await connect()).socket.extensions).toBe('');
});

test('one connection a device: a newer one takes over', async () => {
  const first = await connect();
  await first.nextLine();
  const second = await connect();
  expect(await first.closed).toBe(4001);
  expect(await second.nextLine()).toBe('AMOUNT_SELECT initial');
  second.sayRaw(compact('amount-chosen'));
  expect(await second.nextLine()).toBe(`PAYMENT_METHOD ${TRANSACTION}`);
  expect(await list('sessions')).toEqual([
    { device: 'kiosk-001', connected: true, screen: 'PAYMENT_METHOD', transactionId: TRANSACTION, error: null },
  ]);
});

test('a backend that stops says so', async () => {
  const box = await connect();
  await backend.stop();
  expect(await box.closed).toBe(1001);
});

test('two hundred connections leave nothing behind', async () => {
  for (let count = 0; count < 200; count++) {
    const box = await wireKiosk(backend.httpUrl);
    await box.nextLine();
    await box.stop();
  }
  await expect.poll(() => list('sessions')).toMatchObject([{ connected: false }]);
  expect(clock.pending()).toBe(0);
});

test('what goes on is logged: connections, messages both ways, errors and transactions', async () => {
  const box = await connect();
  await box.nextLine();
  box.sayRaw(compact('amount-chosen'));
  await box.nextLine();
  box.sayRaw('x');
  await box.nextLine();
  await box.stop();
  await expect
    .poll(async () => (await list('log')).map(({ kind }: { kind: string }) => kind).reverse())
    .toEqual(['connect', 'out', 'in', 'transaction', 'out', 'error', 'out', 'disconnect']);
  expect((await list('log')).reverse()).toMatchObject([
    { device: 'kiosk-001', atMs: EXAMPLES_BEGIN, fields: { resumes: false } },
    { fields: { type: 'SCREEN_CHANGE', screen: 'AMOUNT_SELECT', transaction: 'initial' } },
    { fields: { screen: 'AMOUNT_SELECT', transaction: TRANSACTION, action: 'amount', amountMinor: 6_000 } },
    { fields: { event: 'amount', transaction: TRANSACTION, state: 'open', step: 'payment-method' } },
    { fields: { type: 'SCREEN_CHANGE', screen: 'PAYMENT_METHOD', transaction: TRANSACTION } },
    { fields: { code: 'JSON_MALFORMED', reason: expect.stringContaining('not JSON') } },
    { fields: { type: 'ERROR', screen: 'PAYMENT_METHOD', code: 'JSON_MALFORMED', transaction: TRANSACTION } },
    { fields: { code: 1006 } },
  ]);
  const events = log.lines.map(({ level, event }) => `${level} ${event}`);
  for (const line of ['info kiosk.connect', 'info kiosk.in', 'info kiosk.out', 'warn kiosk.error', 'info kiosk.disconnect']) {
    expect(events).toContain(line);
  }
});

describe('faults', () => {
  test('kiosk-refuse: no connection', async () => {
    await fault({ kind: 'kiosk-refuse' });
    await expect(connect()).rejects.toThrow('503');
    await (await connect()).nextLine();
  });

  test('kiosk-drop: a message is lost', async () => {
    await fault({ kind: 'kiosk-drop' });
    const box = await connect();
    box.sayRaw(compact('amount-chosen'));
    expect(await box.nextLine()).toBe(`PAYMENT_METHOD ${TRANSACTION}`);
  });

  test('kiosk-duplicate: a message comes twice', async () => {
    await fault({ kind: 'kiosk-duplicate' });
    const box = await connect();
    expect([await box.nextLine(), await box.nextLine()]).toEqual(['AMOUNT_SELECT initial', 'AMOUNT_SELECT initial']);
  });

  test('kiosk-delay: a message is late, and order is kept', async () => {
    await fault({ kind: 'kiosk-delay', ms: 5_000 });
    const box = await connect();
    box.sayRaw(compact('amount-chosen'));
    await expect.poll(() => list('transactions')).toHaveLength(1);
    expect(box.unread).toEqual([]);
    clock.advance(5_000);
    expect([await box.nextLine(), await box.nextLine()]).toEqual(['AMOUNT_SELECT initial', `PAYMENT_METHOD ${TRANSACTION}`]);
  });

  test('kiosk-cut: the connection goes, and what it was about stays', async () => {
    const box = await connect();
    await box.nextLine();
    await fault({ kind: 'kiosk-cut' });
    box.sayRaw(compact('amount-chosen'));
    expect(await box.closed).toBe(1006);
    expect(await (await connect({ transactionId: TRANSACTION })).nextLine()).toBe(`PAYMENT_METHOD ${TRANSACTION}`);
  });

  test('kiosk-half-open: nothing is said or heard any more, and a new connection is as ever', async () => {
    const box = await connect();
    await box.nextLine();
    await fault({ kind: 'kiosk-half-open' });
    box.sayRaw(compact('amount-chosen'));
    await expect.poll(() => list('transactions')).toHaveLength(1);
    box.sayRaw(compact('method-chosen'));
    let ponged = false;
    box.socket.on('pong', () => {
      ponged = true;
    });
    box.socket.ping();
    const next = await connect();
    expect(await next.nextLine()).toBe(`PAYMENT_METHOD ${TRANSACTION}`);
    expect([ponged, box.unread, await list('transactions')]).toMatchObject([false, [], [{ state: 'open' }]]);
    expect(await box.closed).toBe(4001);
  });
});
