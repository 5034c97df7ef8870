import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../testkit/clock.ts';
import { changed, compact, EXAMPLES_BEGIN, TRANSACTION, withData } from '../../testkit/kiosk-messages.ts';
import { type WireKiosk, wireKiosk } from '../../testkit/kiosk-wire-box.ts';
import { memoryLog } from '../../testkit/log.ts';
import { control } from '../../testkit/promptpay-box.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';
import { REFERENCE_KIOSK } from './tokens.ts';

const OTHER = { device: 'kiosk-002', token: 'kt_11111111111111111111111111111111' };
const VISA = '4111111111111111';
/** So long that the clock can be moved without signs of life. */
const PING_MS = 3_600_000;
const log = memoryLog();
let clock: FakeClock;
let backend: ReferenceBackend;
let box: WireKiosk;

beforeEach(async () => {
  log.lines.length = 0;
  clock = new FakeClock(EXAMPLES_BEGIN);
  const tokens = { [REFERENCE_KIOSK.device]: REFERENCE_KIOSK.token, [OTHER.device]: OTHER.token };
  backend = await startReferenceBackend({
    httpPort: 0,
    mqttPort: 0,
    clock,
    log,
    kiosk: { tokens, settings: { showReceipt: false, pingMs: PING_MS } },
  });
  box = await wireKiosk(backend.httpUrl);
  await box.nextLine();
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
});

const list = async (name: string) => JSON.parse((await control(backend.httpUrl, 'GET', `kiosk/${name}?limit=1000`)).text)[name];
const approve = (transaction: string) => control(backend.httpUrl, 'POST', `kiosk/transactions/${transaction}/approve`, {});
const pounds = (minor: number) => ({ minor, currency: 'GBP' }) as const;

async function answers(text: string, count = 2): Promise<string[]> {
  box.sayRaw(text);
  const lines: string[] = [];
  while (lines.length < count) lines.push(await box.nextLine());
  return lines;
}
/** As far as PROCESSING. */
async function paying(transaction = TRANSACTION, on = box): Promise<void> {
  on.say({ action: 'amount', amount: pounds(6_000) }, transaction);
  await on.nextLine();
  on.say({ action: 'method', method: 'DEBIT_CARD' }, transaction);
  expect(await on.nextLine()).toBe(`PROCESSING ${transaction}`);
}
/** To the end, and back at the start. */
async function paid(transaction = TRANSACTION): Promise<void> {
  await paying(transaction);
  await approve(transaction);
  for (const ms of [0, 3_000, 3_000]) {
    clock.advance(ms);
    await box.nextLine();
  }
}

describe('a message that is none', () => {
  test.each([
    ['no JSON', '{"messageType":', 'JSON_MALFORMED'],
    ['nothing', '', 'JSON_MALFORMED'],
    ['a list', '[]', 'MESSAGE_INVALID'],
    ['deep', `${'['.repeat(40)}${']'.repeat(40)}`, 'JSON_TOO_DEEP'],
    ['a key twice', '{"screen":"KEYPAD","screen":"KEYPAD"}', 'JSON_DUPLICATE_KEY'],
    ['from a server', compact('success-screen'), 'MESSAGE_INVALID'],
    ['on a screen of its own', changed('amount-chosen', { screen: 'JACKPOT' }), 'SCREEN_UNKNOWN'],
    ['without an id', changed('amount-chosen', { transactionId: undefined }), 'MESSAGE_INVALID'],
    ['of an id with a path in it', changed('amount-chosen', { transactionId: '../../x' }), 'MESSAGE_INVALID'],
    ['of an id of 65 characters', changed('amount-chosen', { transactionId: 'T'.repeat(65) }), 'MESSAGE_INVALID'],
    ['of no transaction', changed('amount-chosen', { transactionId: 'initial' }), 'MESSAGE_INVALID'],
    ['of no time', changed('amount-chosen', { timestamp: 'now' }), 'MESSAGE_INVALID'],
    ['half a penny', withData('amount-chosen', { selectedAmount: 20.005 }), 'MESSAGE_INVALID'],
    ['less than nothing', withData('amount-typed', { selectedAmount: -75 }), 'MESSAGE_INVALID'],
    ['a text for an amount', withData('amount-chosen', { selectedAmount: '60' }), 'MESSAGE_INVALID'],
    ['more than there is', withData('amount-chosen', { selectedAmount: 1e300 }), 'MESSAGE_INVALID'],
  ])('%s: an error, and nothing else', async (_what, text, code) => {
    expect(await answers(text, 1)).toEqual([`ERROR ${code} on AMOUNT_SELECT initial`]);
    expect(await list('transactions')).toEqual([]);
    expect((await list('log'))[1]).toMatchObject({ kind: 'error', device: 'kiosk-001', fields: { code } });
    await paying();
  });

  test('bytes', async () => {
    box.sayRaw(new TextEncoder().encode(compact('amount-chosen')));
    expect(await box.nextLine()).toBe('ERROR MESSAGE_INVALID on AMOUNT_SELECT initial');
    expect(await box.nextLine()).toBe('AMOUNT_SELECT initial');
    expect(await list('transactions')).toEqual([]);
  });

  test('an unknown type or status, and fields nobody knows, are let pass', async () => {
    box.sayRaw(changed('amount-chosen', { messageType: 'TELEMETRY' }));
    box.sayRaw(changed('ticket-printed', { data: { status: 'WARMING_UP' } }));
    expect(await answers(changed('amount-chosen', { mood: { good: true } }), 1)).toEqual([`PAYMENT_METHOD ${TRANSACTION}`]);
  });
});

describe('a choice that cannot be', () => {
  test.each([
    ['an amount that is not offered', withData('amount-chosen', { selectedAmount: 1 }), 'AMOUNT_NOT_OFFERED'],
    ['a timestamp of next week', changed('amount-chosen', { timestamp: EXAMPLES_BEGIN + 7 * 86_400_000 }), 'TIMESTAMP_INVALID'],
    ['a method at the start', compact('method-chosen'), 'TRANSACTION_UNKNOWN'],
    ['a ticket at the start', compact('ticket-printed'), 'TRANSACTION_UNKNOWN'],
    ['an amount that was typed nowhere', compact('amount-typed'), 'TRANSACTION_UNKNOWN'],
  ])('%s', async (_what, text, code) => {
    expect(await answers(text)).toEqual([`ERROR ${code} on AMOUNT_SELECT ${TRANSACTION}`, 'AMOUNT_SELECT initial']);
    expect(await list('transactions')).toEqual([]);
  });

  test.each([9.99, 300.01])('£%d on the keypad', async (selectedAmount) => {
    await answers(compact('other-chosen'), 1);
    expect(await answers(withData('amount-typed', { selectedAmount }))).toEqual([
      `ERROR AMOUNT_OUT_OF_RANGE on KEYPAD ${TRANSACTION}`,
      `KEYPAD ${TRANSACTION}`,
    ]);
    expect(await answers(withData('amount-typed', { selectedAmount: 299.99 }), 1)).toEqual([`PAYMENT_METHOD ${TRANSACTION}`]);
  });

  test.each(['FREE', `X_${VISA}`])('%s, a method that is not offered', async (selectedMethod) => {
    await answers(compact('amount-chosen'), 1);
    expect(await answers(withData('method-chosen', { selectedMethod }))).toEqual([
      `ERROR METHOD_NOT_OFFERED on PAYMENT_METHOD ${TRANSACTION}`,
      `PAYMENT_METHOD ${TRANSACTION}`,
    ]);
    expect(JSON.stringify([await list('log'), log.lines])).not.toContain(VISA.slice(0, 12));
  });

  test.each([
    ['another amount after the first', compact('amount-chosen')],
    ['a cancelled keypad elsewhere', compact('keypad-cancelled')],
    ['a ticket before there is one', compact('ticket-printed')],
  ])('%s: the wrong order', async (_what, text) => {
    await answers(compact('amount-chosen'), 1);
    expect(await answers(text)).toEqual([`ERROR UNEXPECTED_ACTION on PAYMENT_METHOD ${TRANSACTION}`, `PAYMENT_METHOD ${TRANSACTION}`]);
  });

  test('a second transaction beside the first', async () => {
    await paying();
    expect(await answers(changed('amount-chosen', { transactionId: 'T2' }))).toEqual([
      'ERROR UNEXPECTED_ACTION on PROCESSING T2',
      `PROCESSING ${TRANSACTION}`,
    ]);
    expect(await list('transactions')).toHaveLength(1);
  });

  test('an id that could be the number of a card is not kept, not logged and not sent back', async () => {
    expect(await answers(changed('amount-chosen', { transactionId: VISA }))).toEqual([
      'ERROR TRANSACTION_INVALID on AMOUNT_SELECT initial',
      'AMOUNT_SELECT initial',
    ]);
    expect(await list('transactions')).toEqual([]);
    expect(JSON.stringify([await list('log'), log.lines])).not.toContain(VISA.slice(0, 12));
  });
});

describe('a transactionId that was used before', () => {
  test.each([
    ['the amount', compact('amount-chosen')],
    ['the method', compact('method-chosen')],
    ['an amount again', compact('other-chosen')],
  ])('of a payment: its result once more for %s, never a second payment', async (_what, text) => {
    await paid();
    expect(await answers(text, 1)).toEqual([`SUCCESS ${TRANSACTION}`]);
    clock.advance(3_000);
    expect(await box.nextLine()).toBe('AMOUNT_SELECT initial');
    expect(await list('transactions')).toMatchObject([{ transactionId: TRANSACTION, state: 'success' }]);
    await paying('T2');
  });

  test('beside an open one: the result, then that one', async () => {
    await paid();
    await paying('T2');
    expect(await answers(compact('amount-chosen'), 1)).toEqual([`SUCCESS ${TRANSACTION}`]);
    clock.advance(3_000);
    expect(await box.nextLine()).toBe('PROCESSING T2');
    await approve('T2');
    expect(await box.nextLine()).toBe('SUCCESS T2');
  });

  test('does not come between the customer and the next payment', async () => {
    await paid();
    await answers(compact('amount-chosen'), 1);
    await paying('T2');
    clock.advance(10_000);
    await approve('T2');
    expect(await box.nextLine()).toBe('SUCCESS T2');
  });

  test('of one that was cancelled or took too long', async () => {
    await answers(compact('amount-chosen'), 1);
    await answers(compact('method-cancelled'), 1);
    expect(await answers(compact('amount-chosen'), 1)).toEqual(['AMOUNT_SELECT initial']);
    await answers(changed('amount-chosen', { transactionId: 'T2' }), 1);
    clock.advance(60_000);
    expect([await box.nextLine(), await box.nextLine()]).toEqual(['ERROR TIMEOUT on PAYMENT_METHOD T2', 'AMOUNT_SELECT initial']);
    expect(await answers(changed('amount-chosen', { transactionId: 'T2' }))).toEqual([
      'ERROR TIMEOUT on PAYMENT_METHOD T2',
      'AMOUNT_SELECT initial',
    ]);
  });

  test('of another device is nobody’s business', async () => {
    const other = await wireKiosk(backend.httpUrl, { token: OTHER.token });
    await other.nextLine();
    await paying('T-other', other);
    for (const text of [compact('amount-chosen'), compact('method-chosen'), compact('device-error'), compact('ticket-printed')]) {
      expect(await answers(JSON.stringify({ ...JSON.parse(text), transactionId: 'T-other' }))).toEqual([
        'ERROR TRANSACTION_UNKNOWN on AMOUNT_SELECT T-other',
        'AMOUNT_SELECT initial',
      ]);
    }
    await approve('T-other');
    expect(await other.nextLine()).toBe('SUCCESS T-other');
    await other.stop();
  });
});

describe('a client that does not stop', () => {
  test('ten bad messages in a row', async () => {
    for (let count = 0; count < 9; count++) await answers('x', 1);
    await answers(compact('amount-chosen'), 1);
    for (let count = 0; count < 10; count++) await answers('x', 1);
    expect(await box.closed).toBe(1008);
  });

  test('more than thirty pings in a second', async () => {
    for (let count = 0; count < 31; count++) box.socket.ping();
    expect(await box.closed).toBe(1008);
  });

  test('more than thirty messages in a second, whatever they are', async () => {
    for (let count = 0; count < 30; count++) box.sayRaw(changed('amount-chosen', { messageType: 'TELEMETRY' }));
    await list('log');
    clock.advance(1_000);
    for (let count = 0; count < 31; count++) box.sayRaw(changed('amount-chosen', { messageType: 'TELEMETRY' }));
    expect(await box.closed).toBe(1008);
  });

  test.each([
    ['too large a message', (): string => changed('amount-chosen', { more: 'x'.repeat(65_536) }), 1009],
    ['too large a message of no use', (): string => 'x'.repeat(10_000_000), 1009],
  ])('%s', async (_what, text, code) => {
    box.sayRaw(text());
    expect(await box.closed).toBe(code);
    expect(await list('transactions')).toEqual([]);
  });

  test('text that is not UTF-8', async () => {
    box.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect(await box.closed).toBe(1007);
  });

  test('what is no WebSocket frame', async () => {
    const { port } = new URL(backend.httpUrl);
    const socket = connect(Number(port), '127.0.0.1');
    const head = ['GET /kiosk HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const ended = new Promise<void>((resolve) => void socket.on('close', () => resolve()));
    socket.on('error', () => {});
    socket.write(`${[...head, `Sec-WebSocket-Key: ${'A'.repeat(22)}==`, `Authorization: Bearer ${OTHER.token}`].join('\r\n')}\r\n\r\n`);
    await new Promise<void>((resolve) => void socket.once('data', () => resolve()));
    socket.write(Buffer.alloc(64, 0xff));
    await ended;
    expect(await list('log')).toContainEqual(expect.objectContaining({ kind: 'disconnect', device: 'kiosk-002' }));
  });

  test('a connection that is only half there is noticed', async () => {
    box.socket.pause();
    for (const _ping of [1, 2]) clock.advance(PING_MS);
    expect((await list('sessions'))[0]).toMatchObject({ device: 'kiosk-001', connected: false });
    box.socket.resume();
    expect(await box.closed).toBe(1006);
  });

  test('one that answers its pings stays', async () => {
    for (let count = 0; count < 5; count++) {
      const pinged = new Promise((resolve) => void box.socket.once('ping', resolve));
      clock.advance(PING_MS);
      await pinged;
      const ponged = new Promise((resolve) => void box.socket.once('pong', resolve));
      box.socket.ping();
      await ponged;
    }
    expect((await list('sessions'))[0]).toMatchObject({ connected: true });
  });
});

test('fuzzed messages: never a payment that nobody decided, and the backend stays', async () => {
  const names = [
    'amount-chosen',
    'other-chosen',
    'amount-typed',
    'method-chosen',
    'keypad-cancelled',
    'method-cancelled',
    'ticket-printed',
    'device-error',
  ] as const;
  const sane = fc.record({ name: fc.constantFrom(...names), transactionId: fc.constantFrom('T1', 'T2', 'T3', 'initial') });
  const message = fc.oneof(
    sane.map(({ name, transactionId }) => changed(name, { transactionId })),
    fc.tuple(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 3 })).map(([name, data]) => changed(name, { data })),
    fc
      .tuple(
        fc.constantFrom(...names),
        fc.constantFrom('messageType', 'screen', 'transactionId', 'timestamp'),
        fc.jsonValue({ maxDepth: 2 }),
      )
      .map(([name, field, value]) => changed(name, { [field]: value })),
    fc.json(),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.tuple(fc.constantFrom(...names), fc.nat(200)).map(([name, cut]) => compact(name).slice(0, cut)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 25 }), async (messages) => {
      const one = await wireKiosk(backend.httpUrl);
      for (const text of messages) one.sayRaw(text);
      one.socket.close();
      await one.closed;
      for (const { state } of await list('transactions')) expect(state).not.toBe('success');
    }),
    { numRuns: 40 },
  );
  expect(log.lines.filter(({ level, event }) => level === 'error' || event === 'backend.error')).toEqual([]);
  expect(log.lines.filter(({ fields }) => fields.code === 'failed')).toEqual([]);
  const last = await wireKiosk(backend.httpUrl, { token: OTHER.token });
  expect(await last.nextLine()).toBe('AMOUNT_SELECT initial');
  await paying('T-last', last);
  await last.stop();
});
