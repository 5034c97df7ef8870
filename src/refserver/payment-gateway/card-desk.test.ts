import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXAMPLE_CARD, GATEWAY_EXAMPLES_BEGIN, type TestGateway, testGateway } from '../../testkit/payment-gateway.ts';
import type { CardState } from './upstreams.ts';

let box: TestGateway;
beforeEach(() => {
  box = testGateway();
});
afterEach(() => box.stop());

const ID = `TRANS_${GATEWAY_EXAMPLES_BEGIN}`;
const GOOD = { status: 1, actualAmount: 50_000, receivedAmount: 43_750, message: 'ok' } as const;
const WRONG = { status: 3, actualAmount: 10_000, receivedAmount: 4_375, message: 'ok' } as const;
const BAD = { status: 2, actualAmount: null, receivedAmount: 0, message: 'The sai' } as const;

const submit = (more: object = {}) => box.post('/api/thesieutoc', { ...EXAMPLE_CARD, ...more });
const check = async (id = ID) => (await box.post('/api/thesieutoc/status', { transaction_id: id })).body.data;
const stored = () => box.gateway.cards.find(ID);
const timeline = async (id = ID): Promise<string[]> =>
  (await box.get(`/api/transaction/${id}/logs`)).body.data.timeline.map(({ action }: { action: string }) => action);
const NOTICE = {
  status: 'thanhcong',
  serial: EXAMPLE_CARD.serial,
  pin: EXAMPLE_CARD.pin,
  card_type: 'Viettel',
  amount: '50000',
  receive_amount: '50000',
  real_amount: '43750',
  noidung: 'The Thanh Cong',
  content: ID,
} as const;
const callback = (more: object = {}) => box.form('/api/thesieutoc/callback', { ...NOTICE, ...more });

describe('a card that comes again', () => {
  test('under its request_id is the same submission', async () => {
    const first = await submit({ request_id: 'r1' });
    box.clock.advance(1_000);
    const second = await submit({ request_id: 'r1' });
    expect(second).toMatchObject({ status: 200, body: first.body });
    box.thesieutoc.says(ID, GOOD);
    await check();
    expect((await submit({ request_id: 'r1' })).body.data).toMatchObject({ transaction_id: ID, status: 1, status_text: 'SUCCESS' });
    expect(box.thesieutoc.submitted).toHaveLength(1);
  });

  test.each([
    { pin: '1234567890124' },
    { serial: '100012345679' },
    { card_amount: '10000' },
    { card_type: 'Zing' },
    { username: 'another' },
  ])('under the request_id of another, %j, is refused', async (other) => {
    await submit({ request_id: 'r1' });
    expect(await submit({ request_id: 'r1', ...other })).toMatchObject({ status: 400, body: { code: 'REQUEST_ID_USED' } });
    expect(box.thesieutoc.submitted).toHaveLength(1);
  });

  test.each([{}, { request_id: 'r2' }, { username: 'another' }, { card_amount: '10000' }, { card_type: 'Zing' }])(
    'with %j is a duplicate',
    async (more) => {
      await submit({ request_id: 'r1' });
      box.clock.advance(60_000);
      const details = { previous_transaction: ID, submitted_at: '2026-02-01T15:00:00.000Z' };
      expect(await submit(more)).toMatchObject({ status: 400, body: { code: 'DUPLICATE_CARD', details } });
    },
  );

  test('in small letters is the same card', async () => {
    await submit({ pin: 'ABCDEF123456' });
    expect((await submit({ pin: 'abcdef123456' })).body.code).toBe('DUPLICATE_CARD');
  });

  test('with another PIN is another card: the first may have been mistyped', async () => {
    await submit();
    expect((await submit({ pin: '1234567890124' })).status).toBe(200);
    expect((await submit({ serial: '100012345679' })).status).toBe(200);
  });

  test.each([
    [BAD, {}, 400],
    [BAD, { card_type: 'Vinaphone' }, 200],
    [GOOD, { card_type: 'Vinaphone' }, 400],
    [WRONG, {}, 400],
  ])('after %j, with %j: %i', async (state, more, status) => {
    await submit();
    box.thesieutoc.says(ID, state);
    await check();
    expect((await submit(more)).status).toBe(status);
  });

  test('after TheSieuToc refused to take it may be sent again', async () => {
    box.thesieutoc.script.next('submit', 'refused');
    expect((await submit()).body.data).toMatchObject({ status: 2, status_text: 'FAILED' });
    expect((await submit()).body.data).toMatchObject({ status: 0 });
    expect(await timeline()).toEqual(['CREATED', 'REFUSED', 'FAILED']);
  });

  test('at the same moment is one submission', async () => {
    const replies = await Promise.all([submit({ request_id: 'r1' }), submit({ request_id: 'r1' }), submit()]);
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 400]);
    expect(box.thesieutoc.submitted).toHaveLength(1);
  });
});

test('ids are unique and rise, also within a millisecond and when the clock is set back', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) {
    ids.push((await submit({ serial: `10001234567${i}` })).body.data.transaction_id);
    box.clock.stepWall(-1_000);
  }
  expect(ids).toEqual([0, 1, 2, 3, 4].map((i) => `TRANS_${GATEWAY_EXAMPLES_BEGIN + i}`));
});

describe('what a submission comes to at once', () => {
  test.each<[CardState, number, string]>([
    [GOOD, 1, 'SUCCESS'],
    [WRONG, 3, 'WRONG_AMOUNT'],
    [BAD, 2, 'FAILED'],
    [{ status: 0, actualAmount: null, receivedAmount: null, message: '' }, 0, 'PENDING'],
  ])('%j', async (state, status, text) => {
    box.thesieutoc.at = state;
    expect((await submit()).body.data).toMatchObject({ status, status_text: text, amount: 50_000 });
  });

  test.each([
    { status: 1, actualAmount: null, receivedAmount: null },
    { status: 3, actualAmount: 10_000, receivedAmount: null },
    { status: 1, actualAmount: 50_000, receivedAmount: -1 },
    { status: 1, actualAmount: 0.5, receivedAmount: 1 },
    { status: 1, actualAmount: 10_000, receivedAmount: 8_750 },
    { status: 3, actualAmount: 50_000, receivedAmount: 21_875 },
    { status: 1, actualAmount: 50_000, receivedAmount: 50_001 },
  ] as const)('%j is nothing to settle a card by', async (state) => {
    box.thesieutoc.at = { ...state, message: '' };
    expect((await submit()).body.data.status).toBe(0);
    box.thesieutoc.says(ID, GOOD);
    expect((await check()).status).toBe(1);
  });
});

describe('the callback', () => {
  beforeEach(async () => {
    await submit();
  });
  const DONE = { success: true, message: 'Callback processed successfully' };

  test('that agrees with TheSieuToc settles the card, once', async () => {
    box.thesieutoc.says(ID, GOOD);
    expect((await callback()).body).toEqual(DONE);
    expect(stored()).toMatchObject({ status: 'SUCCESS', actualAmount: 50_000, receivedAmount: 43_750, feePercent: 12.5 });
    const asked = box.thesieutoc.asked.length;
    for (let i = 0; i < 3; i++) expect((await callback()).body).toEqual(DONE);
    expect(box.thesieutoc.asked).toHaveLength(asked);
    expect(await timeline()).toEqual(['CREATED', 'SENT_TO_TST', 'CALLBACK_RECEIVED', 'VERIFIED', 'COMPLETED']);
  });

  test.each([
    [BAD, { status: 'thatbai', receive_amount: '0', real_amount: '0' }, 'FAILED'],
    [WRONG, { status: 'saimenhgia', receive_amount: '10000', real_amount: '4375' }, 'WRONG_AMOUNT'],
    [WRONG, { status: 'saimenhgia', amount: '10000', receive_amount: '10000', real_amount: '4375' }, 'WRONG_AMOUNT'],
  ] as const)('of %j', async (state, form, status) => {
    box.thesieutoc.says(ID, state);
    await callback(form);
    expect(stored()?.status).toBe(status);
  });

  test.each([
    { content: 'TRANS_1' },
    { content: '' },
    { pin: '1234567890124' },
    { pin: '' },
    { serial: '100012345679' },
    { card_type: 'Zing' },
  ])('of a card that was not submitted, %j, is not even asked about', async (more) => {
    box.thesieutoc.says(ID, GOOD);
    expect((await callback(more)).body).toEqual(DONE);
    expect(stored()?.status).toBe('PENDING');
    expect(box.thesieutoc.asked).toEqual([]);
    expect(await timeline()).toEqual(['CREATED', 'SENT_TO_TST']);
  });

  test.each([
    [GOOD, { amount: '100000' }],
    [GOOD, { amount: 'x' }],
    [GOOD, { receive_amount: '100000' }],
    [GOOD, { real_amount: '50000' }],
    [GOOD, { real_amount: '43750.0' }],
    [GOOD, { status: 'THANHCONG' }],
    [GOOD, { status: 'constructor' }],
    [GOOD, { status: 'thatbai' }],
    [BAD, {}],
    [WRONG, {}],
    [{ status: 0 }, {}],
  ] as const)('while TheSieuToc says %j, with %j, changes nothing', async (state, more) => {
    box.thesieutoc.says(ID, state);
    expect((await callback(more)).body).toEqual(DONE);
    expect(stored()).toMatchObject({ status: 'PENDING', receivedAmount: null });
    expect(await timeline()).toEqual(['CREATED', 'SENT_TO_TST', 'CALLBACK_RECEIVED', 'CALLBACK_MISMATCH']);
  });

  test('that TheSieuToc does not know of changes nothing', async () => {
    box.thesieutoc.known.clear();
    await callback();
    expect(stored()?.status).toBe('PENDING');
  });

  test.each(['unreachable', 'refused', 'invalid', 'lost'] as const)('while TheSieuToc is %s is followed up', async (manner) => {
    box.thesieutoc.says(ID, GOOD);
    box.thesieutoc.script.next('status', manner);
    expect((await callback()).body).toEqual(DONE);
    expect(stored()?.status).toBe('PENDING');
    await box.pass(5_000);
    expect(stored()?.status).toBe('SUCCESS');
  });

  test('that comes again and again does not fill the database', async () => {
    for (let i = 0; i < 30; i++) await callback({ real_amount: '1' });
    expect(await timeline()).toHaveLength(2 + 20);
  });

  test('without anything in it', async () => {
    expect((await box.form('/api/thesieutoc/callback', {})).body).toEqual(DONE);
  });
});

describe('a pending card', () => {
  test('is asked for, ever less often', async () => {
    await submit();
    const askedAfter = async (ms: number) => {
      await box.pass(ms);
      return box.thesieutoc.asked.length;
    };
    expect(await askedAfter(60_000)).toBeGreaterThan(5);
    const minute = box.thesieutoc.asked.length;
    expect((await askedAfter(3_600_000)) - minute).toBeLessThan(30);
    const hour = box.thesieutoc.asked.length;
    expect((await askedAfter(3_600_000 * 6)) - hour).toBeLessThanOrEqual(15);
    box.thesieutoc.says(ID, GOOD);
    await box.pass(1_800_000);
    expect(stored()?.status).toBe('SUCCESS');
    const settled = box.thesieutoc.asked.length;
    expect(await askedAfter(3_600_000)).toBe(settled);
  });

  test('is not asked for any more after a week, but its callback still counts', async () => {
    await submit();
    box.clock.stepWall(7 * 86_400_000);
    await box.pass(60_000);
    const asked = box.thesieutoc.asked.length;
    expect(asked).toBe(1);
    await box.pass(3_600_000);
    expect(box.thesieutoc.asked).toHaveLength(asked);
    expect(await timeline()).toContain('FOLLOW_UP_ENDED');
    box.thesieutoc.says(ID, GOOD);
    await callback();
    expect(stored()?.status).toBe('SUCCESS');
  });

  test.each(['unreachable', 'lost', 'invalid'] as const)('whose submission was %s is asked for before it is sent again', async (manner) => {
    box.thesieutoc.script.next('submit', manner);
    expect((await submit()).body.data).toMatchObject({ status: 0 });
    expect(await timeline()).toEqual(['CREATED', 'SEND_FAILED']);
    await box.pass(5_000);
    const known = manner === 'lost';
    expect(box.thesieutoc.script.calls.slice(0, 3)).toEqual([`submit ${ID}`, `status ${ID}`, `submit ${ID}`].slice(0, known ? 2 : 3));
    expect(await timeline()).toEqual(['CREATED', 'SEND_FAILED', 'SENT_TO_TST']);
    box.thesieutoc.says(ID, GOOD);
    expect((await check()).status).toBe(1);
  });

  test('is never sent again once TheSieuToc had it', async () => {
    await submit();
    box.thesieutoc.known.clear();
    await box.pass(600_000);
    expect(box.thesieutoc.submitted).toHaveLength(1);
  });

  test('sent again and refused may be known from the first time: only the third refusal counts, and ten minutes later', async () => {
    box.thesieutoc.script.next('submit', 'unreachable', 'refused');
    await submit();
    await box.pass(5_000);
    box.clock.stepWall(600_000);
    box.thesieutoc.script.next('submit', 'refused', 'refused');
    await check();
    expect(stored()).toMatchObject({ status: 'PENDING', refusals: 2 });
    await check();
    expect(stored()).toMatchObject({ status: 'FAILED', refusals: 3 });
  });

  test('sent again and refused is not given up within ten minutes, however often', async () => {
    box.thesieutoc.script.next('submit', 'unreachable', ...Array<'refused'>(100).fill('refused'));
    await submit();
    await box.pass(580_000);
    expect(stored()?.status).toBe('PENDING');
    await box.pass(200_000);
    expect(stored()?.status).toBe('FAILED');
  });

  test('sent again and called used may be known from the first time too', async () => {
    box.thesieutoc.script.next('submit', 'unreachable');
    await submit();
    box.thesieutoc.at = BAD;
    box.thesieutoc.script.next('status', 'unreachable');
    await box.pass(5_000);
    expect(stored()?.status).toBe('PENDING');
    box.thesieutoc.known.clear();
    await check();
    expect(stored()).toMatchObject({ status: 'PENDING', refusals: 1 });
    box.thesieutoc.says(ID, GOOD);
    expect((await check()).status).toBe(1);
  });

  test('is not waited for longer than 15 seconds', async () => {
    box.thesieutoc.script.next('submit', 'hang');
    const reply = submit();
    await box.pass(10_000);
    expect(box.thesieutoc.script.calls).toEqual([`submit ${ID}`]);
    await box.pass(5_000);
    expect((await reply).body.data).toMatchObject({ status: 0 });
  });

  test('is sent once, whoever asks for it meanwhile', async () => {
    box.thesieutoc.script.next('submit', 'hang');
    const reply = submit();
    await box.pass(0);
    const asked = box.post('/api/thesieutoc/status', { transaction_id: ID });
    await box.pass(15_000);
    expect((await asked).body.data.status).toBe(0);
    await reply;
    expect(box.thesieutoc.submitted).toHaveLength(1);
  });

  test('survives a mistake in the client: it is logged and tried again', async () => {
    await submit();
    box.thesieutoc.script.next('status', 'broken');
    await box.pass(5_000);
    expect(box.logged.join()).toContain('gateway.job-failed');
    box.thesieutoc.says(ID, GOOD);
    await box.pass(10_000);
    expect(stored()?.status).toBe('SUCCESS');
  });
});

describe('a settled card', () => {
  test('stays as it is, whatever TheSieuToc says later', async () => {
    await submit();
    box.thesieutoc.says(ID, BAD);
    await check();
    box.thesieutoc.says(ID, GOOD);
    expect(await check()).toMatchObject({ status: 2, received_amount: 0, message: 'The sai' });
    await callback();
    await box.pass(3_600_000);
    expect(stored()?.status).toBe('FAILED');
  });

  test('is kept so by the database itself', async () => {
    await submit();
    box.thesieutoc.says(ID, GOOD);
    await check();
    for (const change of ["status = 'FAILED'", 'amount = 1']) {
      expect(() => box.db.exec(`UPDATE gateway_transactions SET ${change}`)).toThrow('this card is settled');
    }
    for (const change of ['received_amount = 1', 'actual_amount = NULL']) {
      expect(() => box.db.exec(`UPDATE gateway_cards SET ${change}`)).toThrow('this card is settled');
    }
  });

  test('has its percentages only if somebody can say them', async () => {
    box.thesieutoc.script.next('fees', 'unreachable');
    await submit();
    box.thesieutoc.says(ID, GOOD);
    expect(await check()).toMatchObject({ status: 1, received_amount: 43_750, fee_percent: null });
  });
});

describe('the fees', () => {
  const fees = (account = '') => box.get(`/api/thesieutoc/discount${account}`, {});

  test('are asked for every five minutes at the most, and by account', async () => {
    for (let i = 0; i < 3; i++) await fees();
    await fees('/a1');
    await fees('/a1');
    expect(box.thesieutoc.script.calls).toEqual(['fees -', 'fees a1']);
    box.clock.stepWall(300_000);
    expect((await fees()).body.updated_at).toBe('2026-02-01T15:05:00.000Z');
    expect(box.thesieutoc.script.calls).toHaveLength(3);
  });

  test('that were told last stand in while TheSieuToc is away', async () => {
    box.thesieutoc.script.next('fees', 'unreachable');
    expect(await fees()).toMatchObject({
      status: 503,
      body: { error: 'Service Unavailable', code: 'UPSTREAM_UNAVAILABLE', retryAfter: 5 },
    });
    await fees();
    box.clock.stepWall(300_000);
    box.thesieutoc.script.next('fees', 'unreachable');
    expect((await fees()).body).toMatchObject({ success: true, updated_at: '2026-02-01T15:00:00.000Z' });
  });

  test('of accounts that are none do not push out those of everybody', async () => {
    await fees();
    for (let i = 0; i < 150; i++) await fees(`/a${i}`);
    const asked = box.thesieutoc.script.calls.length;
    await fees();
    expect(box.thesieutoc.script.calls).toHaveLength(asked);
  });
});
