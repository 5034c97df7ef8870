import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CardSecret } from '../../domain/card.ts';
import type { Money } from '../../domain/money.ts';
import type { TopUpRequest } from '../../ports/gateway.ts';
import { paymentGatewayBox } from '../../testkit/payment-gateway-box.ts';
import { requestFault } from '../../testkit/promptpay-gateway.ts';
import { ScriptedUpstream, type UpstreamAnswer } from '../../testkit/scripted-upstream.ts';

const CHARGE = 'topup-abc123';
const USERNAME = `0001:${CHARGE}`;
const PIN = 'FAKEPIN123456';
const SERIAL = 'FAKESERIAL99';
const SUBMIT = 'POST /api/thesieutoc';
const SEARCH = 'GET /api/transaction/search?username=0001%3Atopup-abc123';
const LOGS = 'GET /api/transaction/TRANS_1/logs';
const STATUS = 'POST /api/thesieutoc/status';
const declared: Money = { minor: 50_000, currency: 'VND' };
const never = new AbortController().signal;
const card = (change: Partial<TopUpRequest> = {}): TopUpRequest => ({
  charge: CHARGE,
  operator: 'Viettel',
  declared,
  serial: new CardSecret(SERIAL),
  pin: new CardSecret(PIN),
  ...change,
});

const reply = (data: object): UpstreamAnswer => ({ body: { success: true, data } });
const taken = (change: object = {}) =>
  reply({ transaction_id: 'TRANS_1', status: 0, status_text: 'PENDING', card_type: 'Viettel', amount: 50_000, ...change });
const found = (...more: object[]) =>
  reply({
    count: more.length,
    transactions: more.map((one) => ({ id: 'TRANS_1', type: 'card', username: USERNAME, status: 'PENDING', ...one })),
  });
const state = (status: number, status_text: string, change: object = {}) => ({
  declared_amount: 50_000,
  actual_amount: null,
  received_amount: null,
  status,
  status_text,
  ...change,
});
const logs = (status: number, text: string, change: object = {}) =>
  reply({
    transaction: { id: 'TRANS_1', type: 'card', username: USERNAME, serial: 'FAKE****AL99', ...state(status, text, change) },
    timeline: [],
  });
const told = (status: number, text: string, change: object = {}) => reply({ transaction_id: 'TRANS_1', ...state(status, text, change) });
const refusal = (status: number, change: object = {}): UpstreamAnswer => ({
  status,
  body: { success: false, error: 'Error', message: `Lỗi ${PIN} ${SERIAL}`, code: 'SOME_CODE', details: { value: PIN }, ...change },
});
const paid = { actual_amount: 50_000, received_amount: 43_750 };
const PENDING = { state: 'unresolved', reason: 'pending', kept: 'pending' };
const unclear = (reason: string) => ({ state: 'unresolved', reason, kept: 'unclear' });

let server: ScriptedUpstream;
let url: string;
let box: ReturnType<typeof paymentGatewayBox>;

const asked = () => server.requests.all.map(({ method, path }) => `${method} ${path}`);
const submit = (change?: Partial<TopUpRequest>) => {
  const { topUps } = box.gateway;
  if (!topUps) throw new Error('no top-ups');
  return topUps.submit(card(change), never);
};
const query = (amount: Money | undefined = declared) => box.gateway.queryPayment(CHARGE, never, amount);

beforeEach(async () => {
  server = new ScriptedUpstream();
  url = await server.open();
  box = paymentGatewayBox(url);
});
afterEach(async () => {
  const said = JSON.stringify([box.log.lines, box.metrics, box.gateway.rejections(), box.gateway.faults()]);
  for (const secret of [PIN, SERIAL]) expect(said).not.toContain(secret);
  await box.gateway.stop();
  await server.close();
});

describe('sending a card', () => {
  test('sends the documented request under a name of its own, and has it pending', async () => {
    server.answer(taken());
    expect(await submit()).toEqual(PENDING);
    expect(asked()).toEqual([SUBMIT]);
    expect(JSON.parse(server.requests.all[0]?.body ?? '')).toEqual({
      username: USERNAME,
      card_type: 'Viettel',
      card_amount: '50000',
      pin: PIN,
      serial: SERIAL,
      request_id: CHARGE,
    });
  });

  test('the name has room for 64 characters, whatever the box is called', async () => {
    await box.gateway.stop();
    box = paymentGatewayBox(url, { device: { serial: `Máy số ${'7'.repeat(90)}`, version: '0.1.0' } });
    server.answer(taken());
    await submit();
    const { username } = JSON.parse(server.requests.all[0]?.body ?? '');
    expect(username).toMatch(/^M-y-s--7{44}:topup-abc123$/);
    expect(username).toHaveLength(64);
  });

  test.each<[string, UpstreamAnswer, string]>([
    ['a card that was sent before', refusal(400, { code: 'DUPLICATE_CARD' }), 'duplicate-card'],
    ['a request id of another card', refusal(400, { code: 'REQUEST_ID_USED' }), 'request-id-used'],
    ['a card nobody could have', refusal(400, { code: 'VALIDATION_FAILED' }), 'card-invalid'],
    ['anything else', refusal(422, { code: `X${PIN}` }), 'refused'],
    ['no code', refusal(404, { code: undefined }), 'refused'],
    ['a name of an object', refusal(400, { code: 'CONSTRUCTOR' }), 'refused'],
    ['a refusal with status 200', refusal(200, { code: 'DUPLICATE_CARD' }), 'duplicate-card'],
    ['a wrong key', refusal(401), 'backend-unauthorized'],
    ['no right', refusal(403), 'backend-unauthorized'],
    ['a card that is bad at once', taken({ status: 2, status_text: 'FAILED' }), 'failed'],
  ])('%s: it has failed, in words of the box alone', async (_what, answer, reason) => {
    server.answer(answer);
    expect(await submit()).toEqual({ state: 'failed', reason });
  });

  test.each<[string, UpstreamAnswer]>([
    ['success, of which only the amount is missing', taken({ status: 1, status_text: 'SUCCESS' })],
    ['a wrong amount', taken({ status: 3, status_text: 'WRONG_AMOUNT' })],
    ['a status that contradicts its words', taken({ status: 2, status_text: 'SUCCESS' })],
    ['a status nobody knows', taken({ status: 9, status_text: PIN })],
  ])('%s settles nothing: it is asked', async (_what, answer) => {
    server.answer(answer, logs(0, 'PENDING'));
    expect(await submit()).toEqual(PENDING);
    expect(await query()).toEqual(PENDING);
    expect(asked()).toEqual([SUBMIT, LOGS]);
  });

  test.each<[string, Partial<TopUpRequest>]>([
    ['operator', { operator: 'Nobody' }],
    ['value', { declared: { minor: 30_000, currency: 'VND' } }],
    ['currency', { declared: { minor: 50_000, currency: 'IDR' } }],
    ['serial', { serial: new CardSecret('FAKE-SERIAL') }],
    ['PIN', { pin: new CardSecret('1234') }],
  ])('a card with an impossible %s never leaves the box', async (_what, change) => {
    await expect(submit(change)).rejects.toMatchObject({ blame: 'caller', code: 'top-up-invalid' });
    expect(asked()).toEqual([]);
  });

  const LOST: [string, UpstreamAnswer, string][] = [
    ['cut', 'cut', 'peer-cut'],
    ['cut in the middle', 'cut-body', 'peer-cut'],
    ['a broken gateway', refusal(500), 'backend-unavailable'],
    ['a busy upstream', refusal(503, { retryAfter: 5 }), 'backend-unavailable'],
    ['a page', { status: 403, headers: { 'content-type': 'text/html' }, body: PIN }, 'peer-not-json'],
    ['no JSON', { body: `{"pin": ${PIN}` }, 'message-invalid'],
    ['no transaction', taken({ transaction_id: null }), 'message-invalid'],
    ['the PIN as the transaction', taken({ transaction_id: `x${PIN}` }), 'message-invalid'],
    ['another value', taken({ amount: 10_000 }), 'charge-mismatch'],
    ['another operator', taken({ card_type: 'Zing' }), 'charge-mismatch'],
  ];

  test.each(LOST)('%s: nobody knows, so it is looked for before it is sent again, byte by byte the same', async (_what, answer, code) => {
    server.answer(answer, found(), taken());
    const fault = await requestFault(submit());
    expect(fault).toMatchObject({ code, retryable: true });
    expect(`${fault.explain()} ${fault.stack} ${JSON.stringify(fault)} ${fault.cause}`).not.toMatch(new RegExp(`${PIN}|${SERIAL}`));
    expect(await submit()).toEqual(PENDING);
    expect(asked()).toEqual([SUBMIT, SEARCH, SUBMIT]);
    expect(server.requests.all[2]?.body).toBe(server.requests.all[0]?.body);
  });

  test('what arrived although its answer was lost is not sent again', async () => {
    server.answer('cut', found({}), logs(1, 'SUCCESS', paid));
    await requestFault(submit());
    expect(await submit()).toEqual(PENDING);
    expect(await query()).toEqual({ state: 'paid', paidMinor: 43_750 });
    expect(asked()).toEqual([SUBMIT, SEARCH, LOGS]);
  });

  test('a gateway that was asked too often has taken nothing: there is nothing to look for', async () => {
    server.answer(refusal(429, { retryAfter: 1 }), taken());
    expect(await requestFault(submit())).toMatchObject({ code: 'backend-unavailable', retryable: true, retryAfterMs: 1_000 });
    box.clock.advance(2_000);
    expect(await submit()).toEqual(PENDING);
    expect(asked()).toEqual([SUBMIT, SUBMIT]);
  });

  test('a duplicate of itself is no failure: the first one arrived late', async () => {
    server.answer('cut', found(), refusal(400, { code: 'DUPLICATE_CARD' }), found({}));
    await requestFault(submit());
    expect(await submit()).toEqual(PENDING);
    expect(asked()).toEqual([SUBMIT, SEARCH, SUBMIT, SEARCH]);
  });
});

describe('what became of a card', () => {
  test('is found by its name after a restart, and followed by its transaction', async () => {
    server.answer(found({ request_id: CHARGE }), logs(0, 'PENDING'), logs(1, 'SUCCESS', paid));
    expect(await query()).toEqual(PENDING);
    expect(await query()).toEqual({ state: 'paid', paidMinor: 43_750 });
    expect(asked()).toEqual([SEARCH, LOGS, LOGS]);
  });

  test('is not known where nobody has it', async () => {
    server.answer(found(), refusal(404));
    expect(await query()).toEqual({ state: 'unresolved', reason: 'not-found' });
    expect(await query()).toEqual({ state: 'unresolved', reason: 'not-found' });
  });

  test.each<[string, UpstreamAnswer, object]>([
    ['paid', logs(1, 'SUCCESS', paid), { state: 'paid', paidMinor: 43_750 }],
    [
      'of another value',
      logs(3, 'WRONG_AMOUNT', { actual_amount: 100_000, received_amount: 43_750 }),
      { state: 'paid', paidMinor: 43_750, worthMinor: 100_000 },
    ],
    ['worth nothing', logs(1, 'SUCCESS', { ...paid, received_amount: 0 }), { state: 'failed', reason: 'worth-nothing' }],
    ['bad', logs(2, 'FAILED', { received_amount: 0 }), { state: 'failed', reason: 'failed' }],
    ['bad and credited', logs(2, 'FAILED', { received_amount: 43_750 }), unclear('contradictory-answer')],
    ['good and of another value', logs(1, 'SUCCESS', { ...paid, actual_amount: 100_000 }), unclear('contradictory-answer')],
    ['of another value and the same', logs(3, 'WRONG_AMOUNT', paid), unclear('contradictory-answer')],
    ['credited while it is pending', logs(0, 'PENDING', { received_amount: 1 }), unclear('contradictory-answer')],
    ['at odds with its words', logs(1, 'FAILED', paid), unclear('contradictory-answer')],
    [
      'another declared value',
      logs(1, 'SUCCESS', { ...paid, declared_amount: 20_000, actual_amount: 20_000, received_amount: 1 }),
      unclear('amount-mismatch'),
    ],
    ['another name', logs(1, 'SUCCESS', { ...paid, username: 'user123' }), unclear('contradictory-answer')],
    ['another transaction', logs(1, 'SUCCESS', { ...paid, id: 'TRANS_2' }), unclear('contradictory-answer')],
    ['gone', refusal(404), unclear('contradictory-answer')],
  ])('%s', async (_what, answer, expected) => {
    server.answer(found({}), answer);
    expect(await query()).toEqual(expected);
  });

  test('more credited than the card is worth is no answer', async () => {
    server.answer(found({}), logs(1, 'SUCCESS', { ...paid, received_amount: 50_001 }));
    expect(await requestFault(query())).toMatchObject({ code: 'message-invalid' });
    expect(box.gateway.rejections()).toMatchObject({ count: 1 });
  });

  test.each<[string, object[], object]>([
    [
      'others of the same gateway',
      [
        { username: 'user123', id: 'TRANS_9' },
        { type: 'payos', id: 'PAYOS_1' },
      ],
      { state: 'unresolved', reason: 'not-found' },
    ],
    ['one under another request id', [{ request_id: 'topup-other' }], { state: 'unresolved', reason: 'not-found' }],
    ['two that may be worth something', [{}, { id: 'TRANS_2' }], unclear('contradictory-answer')],
  ])('%s are none of the box', async (_what, others, expected) => {
    server.answer(found(...others));
    expect(await query()).toEqual(expected);
  });

  test('of several, those that failed do not count', async () => {
    server.answer(found({ id: 'TRANS_0', status: 'FAILED' }, {}), logs(1, 'SUCCESS', paid));
    expect(await query()).toEqual({ state: 'paid', paidMinor: 43_750 });
  });

  test.each<[string, UpstreamAnswer, object]>([
    ['a cut', 'cut', { code: 'peer-cut', retryable: true }],
    ['401', refusal(401), { code: 'backend-unauthorized', retryable: false }],
    ['400', refusal(400), { code: 'backend-refused', retryable: false }],
    ['503', refusal(503), { code: 'backend-unavailable', retryable: true }],
    ['no list', reply({ transactions: PIN }), { code: 'message-invalid', retryable: true }],
  ])('%s is no answer', async (_what, answer, expected) => {
    server.answer(answer);
    const fault = await requestFault(query());
    expect(fault).toMatchObject(expected);
    expect(fault.explain()).not.toContain(PIN);
  });
});

describe('within the limits of the gateway', () => {
  test('a pending card is asked about by GET, and only every 30 s has the gateway ask the operator', async () => {
    server.answer(found({}), logs(0, 'PENDING'));
    expect(await query()).toEqual(PENDING);
    for (let second = 5; second < 30; second += 5) {
      box.clock.advance(5_000);
      server.answer(logs(0, 'PENDING'));
      expect(await query()).toEqual(PENDING);
    }
    expect(asked()).not.toContain(STATUS);
    box.clock.advance(5_000);
    server.answer(logs(0, 'PENDING'), told(1, 'SUCCESS', paid));
    expect(await query()).toEqual({ state: 'paid', paidMinor: 43_750 });
    expect(asked().filter((one) => one === STATUS)).toHaveLength(1);
    expect(server.requests.all.at(-1)?.body).toBe('{"transaction_id":"TRANS_1"}');
  });

  test.each<[string, UpstreamAnswer]>([
    ['another transaction', told(1, 'SUCCESS', { ...paid, transaction_id: 'TRANS_2' })],
    ['a failure', refusal(500)],
    ['nonsense', { body: 'x' }],
  ])('%s to that changes nothing', async (_what, answer) => {
    server.answer(found({}), logs(0, 'PENDING'), logs(0, 'PENDING'), answer);
    await query();
    box.clock.advance(30_000);
    expect(await query()).toEqual(PENDING);
  });

  test('it is not while fewer than three requests are left for checkouts', async () => {
    for (const operator of ['a', 'b', 'c']) {
      server.answer(taken());
      await submit({ charge: `topup-${operator}` });
    }
    server.answer(found({}), logs(0, 'PENDING'), logs(0, 'PENDING'));
    await query();
    box.clock.advance(31_000);
    await query();
    expect(asked()).not.toContain(STATUS);
    box.clock.advance(60_000);
    server.answer(logs(0, 'PENDING'), told(2, 'FAILED'));
    expect(await query()).toEqual({ state: 'failed', reason: 'failed' });
  });

  test('a card that would exceed the limit is not sent, and need not be looked for', async () => {
    for (const operator of ['a', 'b', 'c', 'd']) {
      server.answer(taken());
      await submit({ charge: `topup-${operator}` });
    }
    expect(await requestFault(submit())).toMatchObject({ code: 'rate-limited', retryable: true, unsent: true });
    box.clock.advance(70_000);
    server.answer(taken());
    expect(await submit()).toEqual(PENDING);
    expect(asked()).not.toContain(SEARCH);
  });
});
