import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LogLine, memoryLog } from '../../testkit/log.ts';
import {
  EXAMPLE_CARD,
  EXAMPLE_CHECKOUT,
  GATEWAY_EXAMPLES_BEGIN,
  GATEWAY_KEY,
  type TestGateway,
  testGateway,
} from '../../testkit/payment-gateway.ts';
import { startReferenceBackend } from '../server.ts';
import { dataSignature, isSigned } from './payos/signature.ts';
import { decodeNotice } from './payos/wire.ts';
import { cleanWords } from './upstream-fault.ts';

/** What somebody tried once who wanted money that was not his, or what he should not see. */

let box: TestGateway;
beforeEach(() => {
  box = testGateway();
});
afterEach(() => box.stop());
const CODE = EXAMPLE_CHECKOUT.orderCode;
const checkout = (more = {}) => box.post('/api/payos/checkout', { ...EXAMPLE_CHECKOUT, ...more });
const order = async () => (await box.get(`/api/payos/orders/${CODE}`)).body.data;
const info = () => box.get(`/api/payos/payment-info/${CODE}`);
/** An order of another shop on the same account of PayOS. */
const othersOrder = (more = {}) =>
  box.payos.known.set(CODE, {
    orderCode: CODE,
    paymentLinkId: 'of-another-shop',
    amount: EXAMPLE_CHECKOUT.amount,
    amountPaid: 0,
    amountRemaining: EXAMPLE_CHECKOUT.amount,
    status: 'PENDING',
    createdAtMs: GATEWAY_EXAMPLES_BEGIN - 3_600_000,
    transfers: [],
    ...more,
  });
const PAID = { status: 'PAID', amountPaid: EXAMPLE_CHECKOUT.amount, amountRemaining: 0 } as const;

test('whatever comes in whatever order, an order has no more money than was transferred, never less than it had, and in the end all of it', async () => {
  const amount = EXAMPLE_CHECKOUT.amount;
  const part = fc.constantFrom(1_000, 20_000, amount - 1, amount, 3 * amount);
  const step = fc.oneof(
    fc.record({ pay: part, copies: fc.nat(3) }),
    fc.constantFrom('tell again', 'ask', 'ask while a webhook comes', 'wait', 'wait a day', 'cancel', 'forge', 'tell of another link'),
  );
  let orderCode = 1_000;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      orderCode++;
      const kept = async () => (await box.get(`/api/payos/orders/${orderCode}`)).body.data as { amountPaid: number; status: string };
      const ask = () => box.get(`/api/payos/payment-info/${orderCode}`);
      expect((await checkout({ orderCode })).status).toBe(200);
      const transfers: { reference: string; amount: number; orderCode: number }[] = [];
      const total = () => transfers.reduce((sum, one) => sum + one.amount, 0);
      let before = 0;
      for (const what of steps) {
        const last = transfers.at(-1);
        if (typeof what === 'object') {
          const made = { reference: `FT${orderCode}-${transfers.length}`, amount: what.pay, orderCode };
          transfers.push(made);
          const paid = total();
          box.payos.says(orderCode, { amountPaid: paid, status: paid >= amount ? 'PAID' : 'UNDERPAID' });
          await Promise.all(Array.from({ length: what.copies }, () => box.transfer(made)));
        } else if (what === 'tell again' && last) await box.transfer(last);
        else if (what === 'ask') await ask();
        else if (what === 'ask while a webhook comes' && last) await Promise.all([ask(), box.transfer(last), ask()]);
        else if (what === 'wait') await box.pass(15_000);
        else if (what === 'wait a day') box.clock.stepWall(86_400_000);
        else if (what === 'cancel' && !last) box.payos.says(orderCode, { status: 'CANCELLED' });
        else if (what === 'forge') await box.transfer({ orderCode, amount }, 'wrong');
        else if (what === 'tell of another link') await box.transfer({ orderCode, amount, paymentLinkId: 'another' });
        const { amountPaid, status } = await kept();
        expect(amountPaid).toBeLessThanOrEqual(total());
        expect(amountPaid).toBeGreaterThanOrEqual(before);
        expect(status === 'SUCCESS').toBe(amountPaid >= amount);
        before = amountPaid;
      }
      await ask();
      expect((await kept()).amountPaid).toBe(total());
    }),
    { numRuns: 60 },
  );
});

describe("the order code of another shop's order at PayOS", () => {
  test('that is paid pays nothing here', async () => {
    othersOrder(PAID);
    expect((await checkout()).body.code).toBe('UPSTREAM_REFUSED');
    expect(await info()).toMatchObject({ status: 404, body: { code: 'ORDER_NOT_FOUND' } });
    await box.pass(60_000);
    expect(await order()).toMatchObject({ status: 'FAILED', amountPaid: 0 });
  });

  test('pays nothing either where our own request did not come through at first', async () => {
    othersOrder(PAID);
    box.payos.script.next('create', 'unreachable');
    expect((await checkout()).status).toBe(503);
    await box.pass(5_000);
    expect(await order()).toMatchObject({ status: 'FAILED', amountPaid: 0 });
    expect((await checkout()).body.code).toBe('UPSTREAM_REFUSED');
  });

  test('that is open is not cancelled for the other shop', async () => {
    othersOrder();
    box.payos.script.next('create', 'unreachable');
    await checkout();
    await box.pass(5_000);
    expect(box.payos.script.calls).not.toContain(`cancel ${CODE}`);
    expect((await order()).status).toBe('FAILED');
  });
});

test('what contradicts an order is not told of it as if it were its own', async () => {
  await checkout();
  box.payos.says(CODE, { ...PAID, paymentLinkId: 'another' });
  expect((await info()).status).toBe(404);
  expect((await order()).status).toBe('PENDING');
});

describe('a PIN or a serial in a place that is kept and shown', () => {
  test.each([
    ['username', EXAMPLE_CARD.pin],
    ['username', `shop ${EXAMPLE_CARD.serial}`],
    ['request_id', EXAMPLE_CARD.serial],
    ['request_id', `r-${EXAMPLE_CARD.pin}-1`],
  ])('%s: %s is refused, and not repeated', async (field, value) => {
    const reply = await box.post('/api/thesieutoc', { ...EXAMPLE_CARD, [field]: value });
    expect(reply).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED', details: { field } } });
    expect(reply.text).not.toContain(EXAMPLE_CARD.pin);
    expect(reply.text).not.toContain(EXAMPLE_CARD.serial);
  });

  test('in small letters it is one too', async () => {
    const card = { ...EXAMPLE_CARD, pin: 'ABCDEF123456', request_id: 'abcdef123456' };
    expect((await box.post('/api/thesieutoc', card)).body.details.field).toBe('request_id');
  });

  test.each(['card_type', 'card_amount', 'username', 'request_id'])('in the field %s by mistake it is not repeated', async (field) => {
    for (const value of [EXAMPLE_CARD.pin, ` ${EXAMPLE_CARD.pin}\n`, Number(EXAMPLE_CARD.pin), { pin: EXAMPLE_CARD.pin }]) {
      expect((await box.post('/api/thesieutoc', { ...EXAMPLE_CARD, [field]: value })).text).not.toContain(EXAMPLE_CARD.pin);
    }
    expect((await box.post('/api/thesieutoc/status', { transaction_id: `${EXAMPLE_CARD.pin} ` })).text).not.toContain(EXAMPLE_CARD.pin);
  });
});

describe('names that look like others', () => {
  test.each(['a\u202eb', 'admin\u200b', 'a\u2028b', '\ufeffadmin', 'a\u2066b'])('%j is none', async (username) => {
    expect((await box.post('/api/thesieutoc', { ...EXAMPLE_CARD, username })).body.details.field).toBe('username');
    expect((await checkout({ description: username })).body.details.field).toBe('description');
  });

  test('written in either form of Unicode are one, and are found', async () => {
    const username = 'Nguyễn Thị Thuỷ';
    const sent = { ...EXAMPLE_CARD, username: username.normalize('NFD'), request_id: 'r1' };
    const id = (await box.post('/api/thesieutoc', sent)).body.data.transaction_id;
    expect((await box.post('/api/thesieutoc', { ...sent, username })).body.data.transaction_id).toBe(id);
    for (const form of ['NFC', 'NFD']) {
      const query = encodeURIComponent(username.normalize(form));
      expect((await box.get(`/api/transaction/search?username=${query}`)).body.data.count).toBe(1);
    }
  });

  test('of the longest length can be searched for', async () => {
    const username = '😀'.repeat(64);
    expect((await box.post('/api/thesieutoc', { ...EXAMPLE_CARD, username })).status).toBe(200);
    expect((await box.get(`/api/transaction/search?username=${encodeURIComponent(username)}`)).body.data.count).toBe(1);
  });
});

describe('a card whose submission was lost', () => {
  const ID = `TRANS_${GATEWAY_EXAMPLES_BEGIN}`;
  const status = async () => (await box.get(`/api/transaction/${ID}/logs`)).body.data.transaction.status_text;

  test('and that is called used when sent again is not given up within seconds: its callback still counts', async () => {
    box.thesieutoc.script.next('submit', 'unreachable', ...Array<'refused'>(8).fill('refused'));
    await box.post('/api/thesieutoc', EXAMPLE_CARD);
    await box.pass(30_000);
    expect(await status()).toBe('PENDING');
    box.thesieutoc.says(ID, { status: 1, actualAmount: 50_000, receivedAmount: 43_750 });
    const { pin, serial, card_type } = EXAMPLE_CARD;
    const told = { status: 'thanhcong', pin, serial, card_type, amount: '50000', receive_amount: '50000', real_amount: '43750' };
    await box.form('/api/thesieutoc/callback', { ...told, content: ID });
    expect(await status()).toBe('SUCCESS');
    // A callback that contradicts what is settled changes nothing, and is not passed over in silence.
    await box.form('/api/thesieutoc/callback', { ...told, status: 'thatbai', content: ID });
    expect(await status()).toBe('SUCCESS');
    expect(box.logged.at(-1)).toContain('the card is settled as SUCCESS');
  });
});

test('many orders that are over do not make every question slow', async () => {
  const plan = (sql: string) => box.db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(0);
  const asked: string[] = [];
  const { db } = box;
  const prepare = db.prepare.bind(db);
  db.prepare = (sql: string) => {
    asked.push(sql);
    return prepare(sql);
  };
  await box.get('/api/payos/orders/1');
  db.prepare = prepare;
  const expiring = asked.find((sql) => sql.includes('expires_at_ms <='));
  expect(JSON.stringify(plan(expiring ?? ''))).toContain('gateway_transactions_to_follow');
});

describe('over connections', () => {
  let log: { readonly lines: readonly LogLine[] };
  let url: URL;
  let stop: () => Promise<void>;
  beforeEach(async () => {
    const memory = memoryLog();
    log = memory;
    const backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, gatewayPort: 0, log: memory });
    url = new URL(backend.gatewayUrl ?? '');
    stop = () => backend.stop();
  });
  afterEach(() => stop());

  /** Sends what begins a request, and `end`s the connection once the gateway has it. */
  const begin = (text: string, end: (heard: Promise<string>) => Promise<unknown>) =>
    new Promise<void>((resolve) => {
      const heard = Promise.withResolvers<string>();
      const socket = connect(Number(url.port), url.hostname, () =>
        socket.write(text, () => end(heard.promise).then(() => socket.destroy())),
      );
      socket.on('data', (bytes) => heard.resolve(String(bytes)));
      socket.on('close', () => resolve());
    });
  const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n';

  test.each([
    ['/api/payos/callback', 'application/json', 'Content-Length: 500\r\n\r\n{"a'],
    ['/api/payos/callback', 'application/json', CHUNKED],
    ['/api/thesieutoc/callback', 'application/x-www-form-urlencoded', 'Content-Length: 500\r\n\r\nstatus='],
  ])('a body to %s of %s that breaks off is no mistake of ours', async (path, type, rest) => {
    // Another request that is answered later: this one has arrived.
    await begin(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\n${rest}`, () => fetch(new URL('/health/ping', url)));
    await stop();
    expect(log.lines.filter(({ event }) => event === 'gateway.error')).toEqual([]);
  });

  test("a stranger's body is not waited for", async () => {
    let heard = '';
    const text = `POST /api/payos/checkout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${CHUNKED}`;
    await begin(text, async (answer) => {
      heard = await answer;
    });
    expect(heard).toContain('401 Unauthorized');
  });
});

test("a customer's words in a webhook cannot make another webhook of it", () => {
  const key = 'fake-checksum-key';
  const told = {
    orderCode: 111,
    amount: 1_000,
    description: 'X&orderCode=222&paymentLinkId=of222&reference=FT2&transactionDateTime=2026-02-01 22:05:00&u=',
    reference: 'FT1',
    transactionDateTime: '2026-02-01 22:05:00',
    paymentLinkId: 'of111',
  };
  const signature = dataSignature(told, key);
  const forged = {
    amount: 1_000,
    description: 'X',
    orderCode: 222,
    paymentLinkId: 'of222',
    reference: 'FT2',
    transactionDateTime: '2026-02-01 22:05:00',
    u: '&orderCode=111&paymentLinkId=of111&reference=FT1&transactionDateTime=2026-02-01 22:05:00',
  };
  expect(isSigned(forged, signature, key)).toBe(true);
  expect(decodeNotice({ data: forged, signature }, key)).toBeNull();
  const { description: _, ...plain } = told;
  expect(decodeNotice({ data: plain, signature: dataSignature(plain, key) }, key)).toMatchObject({ orderCode: 111, amount: 1_000 });
});

test('what a service repeats of a secret is hidden in groups too', () => {
  expect(cleanWords('Mã 1234 5678-9012.3 sai', ['1234567890123'])).toBe('Mã [hidden] sai');
});

test('a client cannot make the gateway forget its limit by asking from many addresses', async () => {
  await box.stop();
  box = testGateway({ settings: { limits: { write: 1, read: 1e6, callback: 1e6 } } });
  await checkout();
  expect((await checkout()).status).toBe(429);
  for (let i = 0; i < 10_100; i++) {
    const env = { incoming: { socket: { remoteAddress: `2001:db8::${i.toString(16)}` } } };
    await box.gateway.app.request('/health/ping', {}, env);
  }
  expect((await box.post('/api/payos/checkout', EXAMPLE_CHECKOUT, GATEWAY_KEY)).status).toBe(429);
});
