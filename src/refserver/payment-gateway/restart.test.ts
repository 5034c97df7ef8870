import { cpSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { settle } from '../../testkit/clock.ts';
import { EXAMPLE_CARD, EXAMPLE_CHECKOUT, GATEWAY_EXAMPLES_BEGIN, type TestGateway, testGateway } from '../../testkit/payment-gateway.ts';
import type { Manner } from '../../testkit/scripted-upstreams.ts';

let folder: string;
let stateFile: string;
let box: TestGateway;
const running: TestGateway[] = [];
const start = (file: string, from?: TestGateway): TestGateway => {
  const gateway = testGateway({ stateFile: file, ...(from ? { from } : {}) });
  running.push(gateway);
  return gateway;
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilld-gateway-'));
  stateFile = join(folder, 'state.sqlite');
  box = start(stateFile);
});
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.stop();
  await rm(folder, { recursive: true });
});

/** Stopped as it should be, and started anew. */
const restart = async () => {
  await box.stop();
  expect(box.clock.pending()).toBe(0);
  box = start(stateFile, box);
};
/** Killed at this moment: what the disk holds now is all that a new one has. The old one is let go without a word. */
const kill = async () => {
  const image = join(folder, `image-${running.length}`);
  mkdirSync(image);
  for (const end of ['', '-wal', '-shm']) cpSync(`${stateFile}${end}`, join(image, `state.sqlite${end}`));
  const killed = box;
  stateFile = join(image, 'state.sqlite');
  // The services upstream live on; the timers of the dead do not.
  await killed.gateway.stop();
  box = start(stateFile, killed);
};

const ID = `TRANS_${GATEWAY_EXAMPLES_BEGIN}`;
const CODE = EXAMPLE_CHECKOUT.orderCode;
const GOOD = { status: 1, actualAmount: 50_000, receivedAmount: 43_750 } as const;
const submit = (more: object = {}) => box.post('/api/thesieutoc', { ...EXAMPLE_CARD, request_id: 'r1', ...more });
const checkout = (more: object = {}) => box.post('/api/payos/checkout', { ...EXAMPLE_CHECKOUT, ...more });
const everything = async () => {
  const { transactions } = (await box.get('/api/transaction/history')).body.data;
  const logs = await Promise.all(transactions.map(({ id }: { id: string }) => box.get(`/api/transaction/${id}/logs`)));
  const orders = await box.get(`/api/payos/orders/${CODE}`);
  return [transactions, logs.map(({ body }) => body), orders.body];
};

/** Each step on the way, in the order they come. */
const STEPS: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['nothing yet', async () => undefined],
  ['a card is taken', () => submit()],
  ['a link is made', () => checkout()],
  ['a part is paid', () => box.transfer({ amount: 20_000, reference: 'FT1' })],
  [
    'the card is good',
    async () => {
      box.thesieutoc.says(ID, GOOD);
      await box.post('/api/thesieutoc/status', { transaction_id: ID });
    },
  ],
  ['the rest is paid', () => box.transfer({ amount: 30_000, reference: 'FT2' })],
];

describe.each([
  ['a restart', restart],
  ['a kill', kill],
] as const)('%s', (_, again) => {
  test('at every step loses nothing, and nothing happens twice', async () => {
    for (const [, step] of STEPS) {
      await step();
      const before = await everything();
      await again();
      expect(await everything()).toEqual(before);
      // What came just before comes once more: the answer to it may have been lost.
      await box.transfer({ amount: 20_000, reference: 'FT1', orderCode: 1 });
      expect(await everything()).toEqual(before);
    }
    const [[link, card], , order] = await everything();
    expect(card).toMatchObject({ id: ID, status: 'SUCCESS', received_amount: 43_750 });
    expect(link).toMatchObject({ status: 'SUCCESS' });
    expect(order.data).toMatchObject({ amountPaid: 50_000 });
    expect(box.thesieutoc.submitted).toHaveLength(1);
    expect(box.payos.requests).toHaveLength(1);
  });

  test('does not make another of what is asked for again', async () => {
    const [card, link] = [await submit(), await checkout()];
    await again();
    expect((await submit()).body).toEqual(card.body);
    expect((await checkout()).body).toEqual(link.body);
    expect((await submit({ request_id: 'r2' })).body.code).toBe('DUPLICATE_CARD');
    expect((await checkout({ amount: 1_000 })).body.code).toBe('ORDER_EXISTS');
    expect([box.thesieutoc.submitted.length, box.payos.requests.length]).toEqual([1, 1]);
  });

  test('lets numbers go on rising, with the clock set back too', async () => {
    const first = (await checkout({ orderCode: undefined })).body.data.orderCode;
    const card = (await submit()).body.data.transaction_id;
    box.clock.stepWall(-86_400_000);
    await again();
    expect((await checkout({ orderCode: undefined })).body.data.orderCode).toBe(first + 1);
    const next = (await submit({ request_id: 'r2', serial: '555512345678' })).body.data.transaction_id;
    expect(Number(next.slice(6))).toBe(Number(card.slice(6)) + 1);
  });

  test('goes on following what is pending', async () => {
    await submit();
    await checkout();
    await again();
    box.thesieutoc.says(ID, GOOD);
    box.payos.says(CODE, { status: 'PAID', amountPaid: 50_000, amountRemaining: 0 });
    await box.pass(10_000);
    expect([box.gateway.cards.find(ID)?.status, box.gateway.links.find(CODE)?.status]).toEqual(['SUCCESS', 'PAID']);
  });

  test('lets a link expire that was made before it', async () => {
    await checkout();
    await again();
    box.clock.stepWall(86_400_000);
    await box.pass(5_000);
    expect(box.gateway.links.find(CODE)?.status).toBe('EXPIRED');
  });
});

/** Begins a request that is killed while the service upstream is at it; `silent`: it has done what it was asked. */
const killedDuring = async (service: 'payos' | 'thesieutoc', kind: string, manner: Manner, request: () => Promise<unknown>) => {
  box[service].script.next(kind, manner);
  const answered = request();
  await settle();
  expect(box[service].script.calls.at(-1)).toContain(kind);
  await kill();
  await answered;
};

describe('killed between keeping and the answer', () => {
  test('a card that never reached TheSieuToc: it is asked, then sent', async () => {
    await killedDuring('thesieutoc', 'submit', 'hang', submit);
    const { script } = box.thesieutoc;
    expect(box.gateway.cards.find(ID)).toMatchObject({ status: 'PENDING', accepted: false });
    await box.pass(5_000);
    expect(script.calls).toEqual([`submit ${ID}`, `status ${ID}`, `submit ${ID}`]);
    expect(box.gateway.cards.find(ID)).toMatchObject({ status: 'PENDING', accepted: true });
    box.thesieutoc.says(ID, GOOD);
    await box.pass(10_000);
    expect(box.gateway.cards.find(ID)).toMatchObject({ status: 'SUCCESS', receivedAmount: 43_750 });
  });

  test('a card that TheSieuToc has: it is asked, and not sent again', async () => {
    await killedDuring('thesieutoc', 'submit', 'silent', submit);
    box.thesieutoc.says(ID, GOOD);
    await box.pass(5_000);
    expect(box.thesieutoc.script.calls).toEqual([`submit ${ID}`, `status ${ID}`, 'fees -']);
    expect(box.gateway.cards.find(ID)?.status).toBe('SUCCESS');
  });

  test('a card whose client asks again first: the same submission, sent once', async () => {
    await killedDuring('thesieutoc', 'submit', 'hang', submit);
    expect((await submit()).body.data).toMatchObject({ transaction_id: ID, status: 0 });
    expect((await box.post('/api/thesieutoc/status', { transaction_id: ID })).body.data.status).toBe(0);
    expect(box.thesieutoc.script.calls).toEqual([`submit ${ID}`, `status ${ID}`, `submit ${ID}`]);
  });

  test('a link that never reached PayOS: it is asked, then made', async () => {
    await killedDuring('payos', 'create', 'hang', checkout);
    expect(box.gateway.links.find(CODE)?.link).toBeNull();
    expect((await checkout()).body.data).toMatchObject({ paymentLinkId: 'link123456', status: 'PENDING' });
    expect(box.payos.script.calls).toEqual([`create ${CODE}`, `link ${CODE}`, `create ${CODE}`]);
  });

  test('a link that PayOS has made: it is withdrawn, and another order can be made', async () => {
    await killedDuring('payos', 'create', 'silent', checkout);
    await box.pass(5_000);
    expect(box.payos.script.calls).toEqual([`create ${CODE}`, `link ${CODE}`, `cancel ${CODE}`]);
    expect(box.gateway.links.find(CODE)?.status).toBe('CANCELLED');
    expect((await checkout()).body.code).toBe('ORDER_UNUSABLE');
  });

  test('a callback that was being verified: the scheduler finds out', async () => {
    await submit();
    box.thesieutoc.says(ID, GOOD);
    const fields = { status: 'thanhcong', serial: EXAMPLE_CARD.serial, pin: EXAMPLE_CARD.pin, card_type: 'Viettel', content: ID };
    const amounts = { amount: '50000', receive_amount: '50000', real_amount: '43750' };
    await killedDuring('thesieutoc', 'status', 'hang', () => box.form('/api/thesieutoc/callback', { ...fields, ...amounts }));
    expect(box.gateway.cards.find(ID)?.status).toBe('PENDING');
    await box.pass(5_000);
    expect(box.gateway.cards.find(ID)?.status).toBe('SUCCESS');
  });
});

test('stopped, it begins nothing and ends what it waits for', async () => {
  box.thesieutoc.script.next('submit', 'hang');
  const answered = submit();
  await settle();
  const stopped = box.stop();
  expect((await box.get('/health')).status).toBe(503);
  expect((await answered).body.data).toMatchObject({ transaction_id: ID, status: 0 });
  await stopped;
  expect(box.clock.pending()).toBe(0);
});

test('the data key of before is needed', async () => {
  await submit();
  await box.stop();
  const other = { dataKey: new Uint8Array(32).fill(8) };
  expect(() => testGateway({ stateFile, settings: other, from: box })).toThrow('not the one its cards were kept under');
  expect(box.clock.pending()).toBe(0);
});
