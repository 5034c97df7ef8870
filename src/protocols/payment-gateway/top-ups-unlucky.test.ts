import { createServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CardSecret } from '../../domain/card.ts';
import type { Money } from '../../domain/money.ts';
import type { TopUpGateway } from '../../ports/gateway.ts';
import { paymentGatewayBox } from '../../testkit/payment-gateway-box.ts';
import { requestFault } from '../../testkit/promptpay-gateway.ts';
import { ScriptedUpstream, type UpstreamAnswer } from '../../testkit/scripted-upstream.ts';

const CHARGE = 'topup-abc123';
const USERNAME = `0001:${CHARGE}`;
const PIN = 'FAKEPIN123456';
const SUBMIT = 'POST /api/thesieutoc';
const SEARCH = `GET /api/transaction/search?username=${encodeURIComponent(USERNAME)}`;
const logsOf = (transaction: string) => `GET /api/transaction/${transaction}/logs`;
const declared: Money = { minor: 50_000, currency: 'VND' };
const never = new AbortController().signal;
const PENDING = { state: 'unresolved', reason: 'pending', kept: 'pending' };
const PAID = { state: 'paid', paidMinor: 43_750 };

const reply = (data: object): UpstreamAnswer => ({ body: { success: true, data } });
const taken = (transaction = 'TRANS_1') =>
  reply({ transaction_id: transaction, status: 0, status_text: 'PENDING', card_type: 'Viettel', amount: 50_000 });
const found = (...rows: object[]) => reply({ transactions: rows });
const mine = { id: 'TRANS_1', type: 'card', username: USERNAME, status: 'SUCCESS' };
const sums = { declared_amount: 50_000, actual_amount: 50_000, received_amount: 43_750, status: 1, status_text: 'SUCCESS' };
const logs = (change: object = {}) => reply({ transaction: { ...mine, ...sums, ...change }, timeline: [] });
const refused = (status: number, code: string): UpstreamAnswer => ({
  status,
  body: { success: false, error: 'Error', message: 'Lỗi', code },
});
const gone = refused(404, 'NOT_FOUND');

let server: ScriptedUpstream;
let box: ReturnType<typeof paymentGatewayBox>;

const topUps = () => box.gateway.topUps as TopUpGateway;
const submit = (charge = CHARGE) =>
  topUps().submit({ charge, operator: 'Viettel', declared, serial: new CardSecret('FAKESERIAL99'), pin: new CardSecret(PIN) }, never);
const query = (charge = CHARGE) => box.gateway.queryPayment(charge, never, declared);
const asked = () => server.requests.all.map(({ method, path }) => `${method} ${path}`);

beforeEach(async () => {
  server = new ScriptedUpstream();
  box = paymentGatewayBox(await server.open());
});
afterEach(async () => {
  await box.gateway.stop();
  await server.close();
});

describe('a card that may have arrived before', () => {
  test.each([
    ['as a duplicate', refused(400, 'DUPLICATE_CARD')],
    ['as a request that is known', refused(400, 'REQUEST_ID_USED')],
    ['as one that is being worked on', refused(409, 'IN_PROGRESS')],
  ])('is not given up when the second try is refused %s, and the first is only found later', async (_what, refusal) => {
    server.answer('cut', found(), refusal, found());
    await requestFault(submit());
    expect(await submit()).toMatchObject({ state: 'unresolved' });
    server.answer(found(mine), logs());
    expect(await query()).toEqual(PAID);
  });

  test('is given up when no such card can be: the first try was refused for the same', async () => {
    server.answer('cut', found(), refused(400, 'VALIDATION_FAILED'), found());
    await requestFault(submit());
    expect(await submit()).toEqual({ state: 'failed', reason: 'card-invalid' });
  });
});

describe('a transaction that the gateway no longer has, or that was never of this card', () => {
  test.each([
    ['is of somebody else', logs({ id: 'TRANS_9', username: 'user123' })],
    ['is of another of its cards', logs({ id: 'TRANS_9', username: '0001:topup-other' })],
    ['does not exist', gone],
  ])('when it %s, the card is looked for by its name', async (_what, answer) => {
    server.answer(taken('TRANS_9'), answer);
    expect(await submit()).toEqual(PENDING);
    expect(await query()).toMatchObject({ state: 'unresolved', kept: 'unclear' });
    server.answer(found(mine), logs());
    expect(await query()).toEqual(PAID);
    expect(asked()).toEqual([SUBMIT, logsOf('TRANS_9'), SEARCH, logsOf('TRANS_1')]);
  });

  test('a gateway that took a card and has forgotten everything is believed only by a person', async () => {
    server.answer(taken(), gone, found(), gone);
    await submit();
    for (let i = 0; i < 3; i++) expect(await query()).toMatchObject({ state: 'unresolved', kept: 'unclear' });
  });
});

describe('somebody else', () => {
  test('with a transaction that cannot be read hides no card', async () => {
    server.answer(found({ type: 'card', id: 'x'.repeat(100), username: 'user123' }, { type: 'card', id: 7, username: null }, mine), logs());
    expect(await query()).toEqual(PAID);
  });

  test('has a checkout left, however many cards are tried', async () => {
    for (let i = 0; i < 5; i++) await submit(`topup-${i}`).catch(() => {});
    expect(asked().filter((one) => one === SUBMIT)).toHaveLength(4);
    await requestFault(box.gateway.requestQr({ request: 'r1', amount: declared, description: '' }, never));
    expect(asked().at(-1)).toBe('POST /api/payos/checkout');
  });

  test('is asked about, however many cards off the screen are', async () => {
    server.answer(taken('FRONT'));
    await submit();
    for (let i = 0; i < 120; i++) await query(`topup-${i}`).catch(() => {});
    server.answer(logs({ id: 'FRONT' }));
    expect(await query()).toEqual(PAID);
  });
});

describe('a gateway that answers with what was sent and no HTTP', () => {
  let echo: Server;
  const sockets = new Set<Socket>();

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    echo.close();
  });

  test('leaves nothing of the card in the fault', async () => {
    await box.gateway.stop();
    echo = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      socket.on('data', (data) => socket.write(data));
    });
    await new Promise<void>((resolve) => void echo.listen(0, '127.0.0.1', resolve));
    const address = echo.address();
    box = paymentGatewayBox(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
    const fault = await requestFault(submit());
    expect(fault).toMatchObject({ code: 'peer-not-http', retryable: true });
    expect(inspect(fault, { depth: 20, showHidden: true })).not.toContain(PIN);
  });
});
