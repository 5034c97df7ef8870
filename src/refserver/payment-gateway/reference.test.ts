import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock, settle } from '../../testkit/clock.ts';
import { EXAMPLE_CARD, EXAMPLE_CHECKOUT, GATEWAY_EXAMPLES_BEGIN, GATEWAY_KEY, NO_LIMITS } from '../../testkit/payment-gateway.ts';
import { control } from '../../testkit/promptpay-box.ts';
import { type ReferenceBackend, type ReferenceBackendOptions, startReferenceBackend } from '../server.ts';
import { createPayOsClient } from './payos/client.ts';
import { REFERENCE_UPSTREAM_KEYS } from './reference.ts';
import { createTheSieuTocClient } from './thesieutoc/client.ts';

/** The gateway over the simulations, all of it over HTTP. */

let folder: string;
let clock: FakeClock;
let backend: ReferenceBackend;
const start = async (more: ReferenceBackendOptions = {}) => {
  const gateway = { limits: NO_LIMITS, decideMs: null };
  backend = await startReferenceBackend({
    httpPort: 0,
    mqttPort: 0,
    gatewayPort: 0,
    clock,
    stateFile: join(folder, 'state.sqlite'),
    gateway,
    ...more,
  });
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilld-gateway-'));
  clock = new FakeClock(GATEWAY_EXAMPLES_BEGIN);
  await start();
});
afterEach(async () => {
  await backend.stop();
  await rm(folder, { recursive: true });
});

const ID = `TRANS_${GATEWAY_EXAMPLES_BEGIN}`;
const CODE = EXAMPLE_CHECKOUT.orderCode;
const read = async (response: Response) => ({ status: response.status, ...((await response.json()) as object) });
const get = async (path: string) => read(await fetch(`${backend.gatewayUrl}${path}`, { headers: GATEWAY_KEY }));
const post = async (path: string, body: object) =>
  read(
    await fetch(`${backend.gatewayUrl}${path}`, {
      method: 'POST',
      headers: { ...GATEWAY_KEY, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );
const ref = async (method: 'GET' | 'POST', path: string, body?: object) => {
  const { status, text } = await control(backend.httpUrl, method, `gateway${path}`, body);
  return { status, ...JSON.parse(text) };
};
const order = async () => ((await get(`/api/payos/orders/${CODE}`)) as unknown as { data: Record<string, unknown> }).data;
const card = async () => (await ref('GET', '')).cards[0];
const timeline = async (id: string): Promise<string[]> => {
  const { data } = (await get(`/api/transaction/${id}/logs`)) as unknown as { data: { timeline: { action: string }[] } };
  return data.timeline.map(({ action }) => action);
};
/** Lets a webhook go out that is due now. */
const webhook = async () => {
  clock.advance(0);
  await settle();
};

describe('links', () => {
  beforeEach(async () => {
    expect(await post('/api/payos/checkout', EXAMPLE_CHECKOUT)).toMatchObject({
      status: 200,
      data: { status: 'PENDING', orderCode: CODE },
    });
  });

  test('are paid by the webhook', async () => {
    expect(await ref('POST', `/links/${CODE}/pay`)).toMatchObject({ status: 200, transfer: { amount: 50_000 } });
    await webhook();
    await expect.poll(order).toMatchObject({ status: 'SUCCESS', amountPaid: 50_000 });
    expect(await timeline(`PAYOS_${CODE}`)).toEqual(['CREATED', 'SENT_TO_PAYOS', 'WEBHOOK_RECEIVED', 'COMPLETED']);
    expect(await get(`/api/payos/payment-info/${CODE}`)).toMatchObject({ data: { status: 'PAID', amountRemaining: 0 } });
  });

  test('are paid in parts, by default with what is left', async () => {
    await ref('POST', `/links/${CODE}/pay`, { amount: 20_000 });
    await webhook();
    await expect.poll(order).toMatchObject({ status: 'UNDERPAID', amountPaid: 20_000 });
    expect(await ref('POST', `/links/${CODE}/pay`)).toMatchObject({ transfer: { amount: 30_000 } });
    await webhook();
    await expect.poll(order).toMatchObject({ status: 'SUCCESS', amountPaid: 50_000 });
  });

  test('with a webhook that comes twice are paid once', async () => {
    await ref('POST', `/links/${CODE}/pay`, { amount: 20_000, copies: 2 });
    await webhook();
    await expect.poll(order).toMatchObject({ status: 'UNDERPAID', amountPaid: 20_000 });
    await settle();
    expect(await order()).toMatchObject({ amountPaid: 20_000 });
  });

  test.each([{ lost: true }, { wrongSignature: true }, { unknownOrder: true }])(
    'with a webhook that is %j are found out about',
    async (manner) => {
      await ref('POST', `/links/${CODE}/pay`, manner);
      await webhook();
      expect(await order()).toMatchObject({ status: 'PENDING' });
      clock.advance(5_000);
      await expect.poll(order).toMatchObject({ status: 'SUCCESS' });
    },
  );

  test.each([
    ['cancel', 'CANCELLED'],
    ['expire', 'EXPIRED'],
    ['fail', 'FAILED'],
    ['process', 'PROCESSING'],
  ])('after %s are %s, and a late payment counts', async (verb, status) => {
    expect(await ref('POST', `/links/${CODE}/${verb}`)).toEqual({ status });
    expect(await order()).toMatchObject({ status });
    if (verb !== 'process') expect(await ref('POST', `/links/${CODE}/pay`)).toMatchObject({ status: 409, error: { code: 'link-closed' } });
    await ref('POST', `/links/${CODE}/pay`, { late: true });
    await webhook();
    await expect.poll(order).toMatchObject({ status: 'SUCCESS' });
  });

  test.each([
    ['/links/7/pay', {}, 404, 'order-unknown'],
    [`/links/${CODE}/pay`, { amount: 'x' }, 400, 'request-invalid'],
    [`/links/${CODE}/pay`, { amount: 0.5 }, 400, 'amount-invalid'],
    [`/links/${CODE}/pay`, { copies: 11 }, 400, 'request-invalid'],
    [`/links/${CODE}/pay`, { lost: 'yes' }, 400, 'request-invalid'],
    [`/links/${CODE}/pay`, { more: 1 }, 400, 'request-invalid'],
    [`/links/${CODE}/cancel`, { more: 1 }, 400, 'request-invalid'],
    ['/cards/TRANS_1/decide', { outcome: 'success' }, 404, 'card-unknown'],
    ['/cards/TRANS_1/decide', {}, 400, 'request-invalid'],
    ['/cards/TRANS_1/decide', { outcome: 'wrong-amount' }, 400, 'request-invalid'],
    ['/cards/TRANS_1/decide', { outcome: 'success', actualAmount: 1 }, 400, 'request-invalid'],
  ])('%s with %j is refused', async (path, body, status, code) => {
    expect(await ref('POST', path, body)).toMatchObject({ status, error: { code } });
  });
});

describe('cards', () => {
  beforeEach(async () => {
    expect(await post('/api/thesieutoc', EXAMPLE_CARD)).toMatchObject({ status: 200, data: { transaction_id: ID, status: 0 } });
  });

  test.each([
    [{ outcome: 'success' }, { status: 'SUCCESS', receivedAmount: 43_750, feePercent: 12.5, penaltyPercent: null }],
    [{ outcome: 'failed' }, { status: 'FAILED', receivedAmount: 0 }],
    [
      { outcome: 'wrong-amount', actualAmount: 100_000 },
      { status: 'WRONG_AMOUNT', receivedAmount: 43_750, penaltyPercent: 50 },
    ],
  ])('decided on with %j come to %j by the callback', async (verdict, outcome) => {
    expect((await ref('POST', `/cards/${ID}/decide`, verdict)).state).toMatchObject({ receivedAmount: outcome.receivedAmount });
    await webhook();
    await expect.poll(card).toMatchObject(outcome);
    expect(await timeline(ID)).toContain('CALLBACK_RECEIVED');
    expect(await ref('POST', `/cards/${ID}/decide`, verdict)).toMatchObject({ status: 409, error: { code: 'card-settled' } });
    expect((await ref('POST', `/cards/${ID}/call-again`)).error).toBeUndefined();
  });

  test('whose callback is lost are found out about', async () => {
    await ref('POST', `/cards/${ID}/decide`, { outcome: 'success', lost: true });
    await webhook();
    expect(await card()).toMatchObject({ status: 'PENDING' });
    clock.advance(5_000);
    await expect.poll(card).toMatchObject({ status: 'SUCCESS' });
    expect(await timeline(ID)).toEqual(['CREATED', 'SENT_TO_TST', 'VERIFIED', 'COMPLETED']);
  });

  test('are shown masked', async () => {
    expect(await card()).toMatchObject({ pin: '1234****0123', serial: '1000****5678' });
  });
});

test('a restart goes on where it was', async () => {
  await post('/api/payos/checkout', EXAMPLE_CHECKOUT);
  await post('/api/thesieutoc', EXAMPLE_CARD);
  await backend.stop();
  expect(clock.pending()).toBe(0);
  await start();
  await ref('POST', `/links/${CODE}/pay`);
  await ref('POST', `/cards/${ID}/decide`, { outcome: 'success' });
  await webhook();
  await expect.poll(order).toMatchObject({ status: 'SUCCESS' });
  await expect.poll(card).toMatchObject({ status: 'SUCCESS' });
  expect(await post('/api/thesieutoc', EXAMPLE_CARD)).toMatchObject({ status: 400, code: 'DUPLICATE_CARD' });
});

test('what is switched on to go wrong goes wrong here too', async () => {
  const fault = (body: object) => control(backend.httpUrl, 'POST', 'faults', body);
  await fault({ kind: 'http-status', times: 1, path: '/api/payos' });
  expect((await post('/api/payos/checkout', EXAMPLE_CHECKOUT)).status).toBe(503);
  await fault({ kind: 'lose-reply', times: 1, path: '/api/payos/checkout' });
  await expect(post('/api/payos/checkout', EXAMPLE_CHECKOUT)).rejects.toThrow('fetch failed');
  expect(await post('/api/payos/checkout', EXAMPLE_CHECKOUT)).toMatchObject({ status: 200, data: { orderCode: CODE } });
});

test('changes are told to the page', async () => {
  const stream = await fetch(`${backend.httpUrl}/ref/stream`);
  const reader = stream.body?.getReader();
  const heard = async () => new TextDecoder().decode((await reader?.read())?.value);
  while (!(await heard()).includes('ready')) await settle();
  await post('/api/payos/checkout', EXAMPLE_CHECKOUT);
  expect(await heard()).toContain('gateway');
  await reader?.cancel();
});

test('the simulated services have their own APIs beside the control API', async () => {
  await post('/api/payos/checkout', EXAMPLE_CHECKOUT);
  const { clientId, apiKey, checksumKey } = REFERENCE_UPSTREAM_KEYS.payos;
  const payos = createPayOsClient({ clientId, apiKey, checksumKey, url: `${backend.httpUrl}/payos` }, clock);
  expect(await payos.link(CODE, new AbortController().signal)).toMatchObject({ orderCode: CODE, status: 'PENDING' });
  await payos.close();
  const settings = { apiKey: REFERENCE_UPSTREAM_KEYS.thesieutoc, url: `${backend.httpUrl}/thesieutoc` };
  const thesieutoc = createTheSieuTocClient(settings, clock);
  expect((await thesieutoc.fees(null, new AbortController().signal)).length).toBeGreaterThan(20);
  await thesieutoc.close();
});

describe('without a port', () => {
  beforeEach(async () => {
    await backend.stop();
    backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock });
  });

  test('there is no gateway, and the control API says so', async () => {
    expect(backend.gatewayUrl).toBeNull();
    expect(await ref('GET', '')).toMatchObject({ status: 200, url: null, links: [], cards: [] });
    expect(await ref('POST', '/links/1/pay')).toMatchObject({ status: 409, error: { code: 'not-simulated' } });
    expect(await ref('POST', '/cards/1/decide', { outcome: 'success' })).toMatchObject({ status: 409 });
  });
});

test('a port in use is said so, and nothing is left behind', async () => {
  const port = Number(new URL(backend.gatewayUrl ?? '').port);
  const second = startReferenceBackend({ httpPort: 0, mqttPort: 0, gatewayPort: port, clock: new FakeClock() });
  await expect(second).rejects.toMatchObject({ code: 'port-in-use' });
});

test('with the keys of the real services nobody is paid or decided on from here', async () => {
  await backend.stop();
  // Nothing listens there: the gateway waits for services that do not answer.
  const url = 'http://127.0.0.1:9';
  const keys = { clientId: 'fake-client', apiKey: 'fake-key', checksumKey: 'fake-checksum' };
  await start({ gateway: { payos: { ...keys, url }, thesieutoc: { apiKey: 'fake-key', url }, limits: NO_LIMITS } });
  expect(await post('/api/payos/checkout', EXAMPLE_CHECKOUT)).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
  expect(await post('/api/thesieutoc', EXAMPLE_CARD)).toMatchObject({ status: 200, data: { status: 0 } });
  expect(await ref('POST', `/links/${CODE}/pay`)).toMatchObject({ status: 409, error: { code: 'not-simulated' } });
  expect(await ref('GET', '')).toMatchObject({ simulated: { payos: false, thesieutoc: false } });
  expect(await get('/health')).toMatchObject({ checks: { payos: { status: 'unhealthy' }, thesieutoc: { status: 'unhealthy' } } });
});
