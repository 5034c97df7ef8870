import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CardSecret, maskPan } from '../../domain/card.ts';
import {
  decodeDetailsReply,
  decodeSaleReply,
  encodeDetailsRequest,
  encodeSaleRequest,
  type SaleRequest,
} from '../../protocols/ds50/codec.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { seededEntropy } from '../../testkit/entropy.ts';
import { memoryLog } from '../../testkit/log.ts';
import { control } from '../../testkit/promptpay-box.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';
import { REFERENCE_DS50 } from './api-key.ts';

const SALE = '/functions/v1/request-online-result-pos';
const DETAILS = '/functions/v1/get-transaction-records-pos';
const PAN = '4111111111111111';
const TRACK2 = `${PAN}D271220100000000`;
const EMV = '9F260888C89C10C57849A7';
const PIN = '1A2B3C4D5E6F7A8B';

const log = memoryLog();
let clock: FakeClock;
let backend: ReferenceBackend;
let folder: string;
const start = () =>
  startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, entropy: seededEntropy(), log, stateFile: join(folder, 'state.sqlite') });

beforeEach(async () => {
  log.lines.length = 0;
  clock = new FakeClock();
  folder = await mkdtemp(join(tmpdir(), 'tilld-ds50-'));
  backend = await start();
});
afterEach(async () => {
  await backend.stop();
  await rm(folder, { recursive: true });
});

const request = (change: Partial<SaleRequest> = {}): SaleRequest => ({
  deviceSn: 'S20A1012574P0002',
  model: 'DS50',
  appVersion: 'V1.0.0',
  amount: { minor: 6_666, currency: 'THB' },
  card: {
    org: 'VISA',
    maskedPan: maskPan(PAN),
    track2: new CardSecret(TRACK2),
    emvData: new CardSecret(EMV),
    pinBlock: new CardSecret(PIN),
  },
  batch: '000001',
  trace: '000001',
  date: '2026-11-20',
  time: '10:11:12',
  ...change,
});

const KEY = { 'x-api-key': REFERENCE_DS50.apiKey };
const post = (path: string, body: Uint8Array | string, headers: Record<string, string> = KEY) =>
  fetch(backend.httpUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body as Uint8Array<ArrayBuffer> | string,
  });
const bytes = async (response: Response) => new Uint8Array(await response.arrayBuffer());
const send = (change: Partial<SaleRequest> = {}) => post(SALE, encodeSaleRequest(request(change)));
/** Sends a sale that is answered, and reads the answer. */
const sell = async (change: Partial<SaleRequest> = {}) => {
  const response = await send(change);
  expect(response.status).toBe(200);
  const { emvData, ...reply } = decodeSaleReply(await bytes(response));
  expect(emvData.reveal()).toBe('');
  return reply;
};
const ask = async (page = 1, date = '2026-11-20', deviceSn = 'S20A1012574P0002') =>
  decodeDetailsReply(await bytes(await post(DETAILS, encodeDetailsRequest({ deviceSn, page, date }))));
const next = (decision: object) => control(backend.httpUrl, 'POST', 'ds50/next', decision);
const sales = async () => JSON.parse((await control(backend.httpUrl, 'GET', 'ds50/sales')).text);

describe('the API key', () => {
  test.each<[string, Record<string, string>, number]>([
    ['as x-api-key', KEY, 200],
    ['as a bearer', { authorization: `Bearer ${REFERENCE_DS50.apiKey}` }, 200],
    ['not at all', {}, 401],
    ['a wrong one', { 'x-api-key': 'sk_1' }, 401],
    ['a wrong bearer', { authorization: 'Bearer sk_1' }, 401],
    ['as basic authentication', { authorization: `Basic ${REFERENCE_DS50.apiKey}` }, 401],
  ])('sent %s: %i', async (_how, headers, status) => {
    expect((await post(SALE, encodeSaleRequest(request()), headers)).status).toBe(status);
    expect((await post(DETAILS, encodeDetailsRequest({ deviceSn: 'a', page: 1, date: '2026-11-20' }), headers)).status).toBe(status);
    expect((await sales()).sales).toHaveLength(status === 200 ? 1 : 0);
  });

  test('is what the backend was started with', async () => {
    await backend.stop();
    backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, ds50: { apiKey: 'sk_test' } });
    expect((await send()).status).toBe(401);
    expect((await post(SALE, encodeSaleRequest(request()), { 'x-api-key': 'sk_test' })).status).toBe(200);
  });
});

describe('a sale', () => {
  test('is approved and on record', async () => {
    const reply = await sell();
    expect(reply).toMatchObject({ status: 'approved', responseCode: '00', authCode: expect.stringMatching(/^\d{6}$/) });
    expect(await ask()).toEqual({
      total: 1,
      records: [
        {
          status: 'approved',
          authCode: reply.authCode,
          transAmount: '6666',
          maskedPan: '411111******1111',
          org: 'VISA',
          trace: '000001',
          batch: '000001',
          at: '2026-11-20 10:11:12',
        },
      ],
    });
    expect((await sales()).sales).toEqual([
      {
        deviceSn: 'S20A1012574P0002',
        date: '2026-11-20',
        time: '10:11:12',
        batch: '000001',
        trace: '000001',
        amountMinor: 6_666,
        maskedPan: '411111******1111',
        cardOrg: 'VISA',
        appVersion: 'V1.0.0',
        status: 'approved',
        authCode: reply.authCode,
        responseCode: '00',
        answer: 'approve',
        recorded: true,
        duplicates: 0,
        receivedAtMs: clock.wallMs(),
      },
    ]);
  });

  test('over an amount that ends in .05 is declined with code 05', async () => {
    expect(await sell({ amount: { minor: 1_005, currency: 'THB' } })).toEqual({ status: 'declined', responseCode: '05', authCode: '' });
    expect((await ask()).records).toMatchObject([{ status: 'declined', authCode: '' }]);
    expect(await sell({ trace: '000002', amount: { minor: 1_050, currency: 'THB' } })).toMatchObject({ status: 'approved' });
  });

  test('that comes again is answered as before, booked once, and counted', async () => {
    const first = await sell();
    await next({ outcome: 'decline' });
    expect(await sell()).toEqual(first);
    expect(await sell()).toEqual(first);
    expect(await sales()).toMatchObject({ duplicates: 2, sales: [{ duplicates: 2, status: 'approved' }] });
    expect((await ask()).total).toBe(1);
    expect(log.lines.filter(({ event }) => event === 'ds50.duplicate-sale')).toHaveLength(2);
    // What was lined up is still there for a new sale.
    expect(await sell({ trace: '000002' })).toMatchObject({ status: 'declined' });
  });

  test('under a trace number that is taken is declined as a duplicate', async () => {
    const first = await sell();
    expect(await sell({ amount: { minor: 1, currency: 'THB' } })).toEqual({ status: 'declined', responseCode: '94', authCode: '' });
    expect((await ask()).records).toMatchObject([{ status: 'approved', authCode: first.authCode, transAmount: '6666' }]);
  });

  test('of another box, day, batch or trace number is another sale', async () => {
    await sell();
    for (const change of [{ deviceSn: 'S2' }, { date: '2026-11-21' }, { batch: '000002' }, { trace: '000002' }]) await sell(change);
    const all = await sales();
    expect(all.sales).toHaveLength(5);
    expect(all.duplicates).toBe(0);
  });

  test('leaves nothing of the card behind but what may be shown, and is there after a restart', async () => {
    await sell();
    await send({ card: { ...request().card, maskedPan: PAN } });
    const before = await sales();
    const files = async () => {
      const names = await readdir(folder);
      return (await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')))).join('');
    };
    const open = await files();
    await backend.stop();
    const everything = open + (await files()) + JSON.stringify(log.lines) + JSON.stringify(before);
    for (const secret of [PAN, TRACK2, EMV, PIN]) expect(everything).not.toContain(secret);
    expect(everything).toContain('411111******1111');
    backend = await start();
    expect(await sales()).toEqual(before);
    expect(await sell()).toMatchObject({ authCode: before.sales[0].authCode });
  });
});

describe('the issuer’s next answer', () => {
  test('is for one sale each, in order', async () => {
    await next({ outcome: 'decline', responseCode: '51' });
    await next({ outcome: 'approve' });
    expect(await sell({ amount: { minor: 100, currency: 'THB' } })).toEqual({ status: 'declined', responseCode: '51', authCode: '' });
    expect(await sell({ trace: '000002', amount: { minor: 105, currency: 'THB' } })).toMatchObject({ status: 'approved' });
    expect(await sell({ trace: '000003', amount: { minor: 105, currency: 'THB' } })).toMatchObject({ status: 'declined' });
  });

  test.each([
    ['approved', { outcome: 'no-answer' }, 'approved'],
    ['declined', { outcome: 'no-answer', responseCode: '51' }, 'declined'],
  ])('no-answer: the connection is cut, and the sale is on record as %s', async (_as, decision, status) => {
    await next(decision);
    await expect(send()).rejects.toThrow();
    expect((await ask()).records).toMatchObject([{ status, trace: '000001' }]);
  });

  test('no-answer, not recorded: a query finds nothing, and the alarm is raised all the same when it comes again', async () => {
    await next({ outcome: 'no-answer', recorded: false });
    await expect(send()).rejects.toThrow();
    expect(await ask()).toEqual({ total: 0, records: [] });
    expect((await sales()).sales).toMatchObject([{ recorded: false }]);
    expect(await sell()).toMatchObject({ status: 'approved' });
    expect(await sales()).toMatchObject({ duplicates: 1, sales: [{ recorded: true, answer: 'approve', duplicates: 1 }] });
    expect((await ask()).total).toBe(1);
  });

  test('late: the sale is on record before it is answered', async () => {
    await next({ outcome: 'late', ms: 90_000 });
    const reply = sell();
    await expect.poll(async () => (await ask()).records).toMatchObject([{ status: 'approved' }]);
    await expect.poll(() => clock.pending()).toBeGreaterThan(0);
    clock.advance(90_000);
    expect(await reply).toMatchObject({ status: 'approved' });
  });

  test('late: the backend stops without waiting', async () => {
    await next({ outcome: 'late' });
    const reply = send().catch(() => 'cut');
    await expect.poll(async () => (await ask()).total).toBe(1);
    await backend.stop();
    await reply;
  });

  test('garbage: 200 with what is no JSON, and the sale on record', async () => {
    await next({ outcome: 'garbage' });
    const response = await send();
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<!doctype html>');
    expect((await ask()).total).toBe(1);
  });

  test('http-500: not on record unless it is asked for', async () => {
    await next({ outcome: 'http-500' });
    expect((await send()).status).toBe(500);
    expect((await ask()).total).toBe(0);
    await next({ outcome: 'http-500', recorded: true });
    expect((await send({ trace: '000002' })).status).toBe(500);
    expect((await ask()).records).toMatchObject([{ trace: '000002', status: 'approved' }]);
  });

  test('can be looked at and taken back', async () => {
    await next({ outcome: 'late' });
    await next({ outcome: 'decline' });
    const lined = await control(backend.httpUrl, 'GET', 'ds50/next');
    expect(JSON.parse(lined.text)).toEqual({
      next: [
        { answer: 'late', responseCode: '00', recorded: true, ms: 5_000 },
        { answer: 'decline', responseCode: '05', recorded: true, ms: 0 },
      ],
      outcomes: ['approve', 'decline', 'no-answer', 'late', 'garbage', 'http-500'],
    });
    await control(backend.httpUrl, 'DELETE', 'ds50/next');
    expect(await sell()).toMatchObject({ status: 'approved' });
  });

  test.each([
    [{}, 'outcome'],
    [{ outcome: 'explode' }, 'outcome'],
    [{ outcome: 'approve', responseCode: '05' }, 'responseCode'],
    [{ outcome: 'decline', responseCode: '00' }, 'responseCode'],
    [{ outcome: 'decline', responseCode: 5 }, 'responseCode'],
    [{ outcome: 'approve', recorded: false }, 'recorded'],
    [{ outcome: 'no-answer', recorded: 'no' }, 'recorded'],
    [{ outcome: 'late', ms: -1 }, 'ms'],
    [{ outcome: 'approve', ms: 1 }, 'ms'],
    [{ outcome: 'approve', once: true }, 'once'],
  ])('%j is refused', async (decision, field) => {
    const { status, text } = await next(decision);
    expect({ status, ...JSON.parse(text) }).toMatchObject({
      status: 400,
      error: { code: 'request-invalid', message: expect.stringContaining(field) },
    });
  });

  test('has its limit', async () => {
    for (let i = 0; i < 100; i++) await next({ outcome: 'approve' });
    expect((await next({ outcome: 'approve' })).status).toBe(409);
  });
});

describe('a details query', () => {
  test('goes through a day one sale a page, the newest first', async () => {
    for (const trace of ['000001', '000002', '000003']) await sell({ trace });
    await sell({ deviceSn: 'S2', trace: '000004' });
    await sell({ date: '2026-11-21', trace: '000005' });
    const traces = [];
    for (const page of [1, 2, 3, 4]) {
      const { total, records } = await ask(page);
      expect(total).toBe(3);
      traces.push(records.map(({ trace }) => trace));
    }
    expect(traces).toEqual([['000003'], ['000002'], ['000001'], []]);
    expect(await ask(1, '2026-11-22')).toEqual({ total: 0, records: [] });
  });
});

describe('what is not right', () => {
  test.each<[string, string, number]>([
    ['no JSON', '{', 400],
    ['a full card number', new TextDecoder().decode(encodeSaleRequest(request({ card: { ...request().card, maskedPan: PAN } }))), 400],
    ['an amount with too many decimals', JSON.stringify({ transAmount: '1.000' }), 400],
    ['too much of it', ' '.repeat(70_000), 413],
  ])('is refused and not repeated: %s', async (_what, body, status) => {
    const response = await post(SALE, body);
    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain(PAN);
    expect((await sales()).sales).toEqual([]);
  });

  test('other paths and methods are not there', async () => {
    expect((await post('/functions/v1/refund', '{}')).status).toBe(404);
    expect((await fetch(backend.httpUrl + SALE, { headers: KEY })).status).toBe(404);
  });

  test('the faults of the backend strike here too', async () => {
    await control(backend.httpUrl, 'POST', 'faults', { kind: 'lose-reply', path: 'request-online', times: 1 });
    await expect(send()).rejects.toThrow();
    expect((await ask()).total).toBe(1);
    await control(backend.httpUrl, 'POST', 'faults', { kind: 'http-status', status: 503, times: 1 });
    expect((await send({ trace: '000002' })).status).toBe(503);
    expect((await ask()).total).toBe(1);
  });
});
