import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, test } from 'vitest';
import { CardSecret } from '../domain/card.ts';
import { CallerFault } from '../domain/fault.ts';
import { RequestFault } from '../domain/request-fault.ts';
import type { ChargeAnswer } from '../ports/gateway.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox, type TestBoxOptions } from '../testkit/test-box.ts';
import { PLANTED_PIN, PLANTED_SERIAL, ScriptedTopUps, topUpCard, topUpLeaks } from '../testkit/top-ups.ts';

const PENDING: ChargeAnswer = { state: 'unresolved', reason: 'pending', kept: 'pending' };
const NOT_FOUND: ChargeAnswer = { state: 'unresolved', reason: 'not-found' };
const lost = () => new RequestFault('The connection was cut', { code: 'peer-cut', retryable: true });

let bench: TestBox;
let topUps: ScriptedTopUps;
/** All that was ever answered, shown or thrown. */
let said: string[];

/** A vending machine that sells by QR and takes cards; its QRs come at once and nobody pays them. */
async function start(options: TestBoxOptions = {}): Promise<void> {
  topUps = new ScriptedTopUps();
  said = [];
  let orders = 0;
  bench = await new TestBox({
    policy: { currency: 'VND', minMinor: 1_000, maxMinor: 1_000_000 },
    dress: (gateway) => {
      gateway.capabilities = { pairs: false, pushes: false, queries: true, qr: true, reports: false };
      gateway.topUps = topUps;
      gateway.requestQr = async (intent) => {
        gateway.requested.push(intent);
        return { charge: `order-${++orders}`, qr: 'QR', expiresAtMs: gateway.now() + 600_000 };
      };
      const query = gateway.queryPayment.bind(gateway);
      gateway.queryPayment = (charge) =>
        charge.startsWith('topup-') ? query(charge) : Promise.resolve({ state: 'unresolved', reason: 'pending' });
      gateway.steadyAnswer = PENDING;
    },
    ...options,
  }).start();
}

async function sell(amountMinor = 50_000): Promise<string> {
  const { id } = bench.box.sell({ amountMinor, origin: 'api' });
  await settle();
  return id;
}

async function enter(sale: string, card = topUpCard()): Promise<void> {
  said.push(JSON.stringify(bench.box.topUp(sale, card)));
  await settle();
}

async function answer(answered: ChargeAnswer | Error): Promise<void> {
  topUps.answer(answered);
  await settle();
}

async function press(...keys: string[]): Promise<void> {
  for (const key of keys) {
    bench.box.press(key);
    said.push(JSON.stringify([bench.box.screen(), bench.box.status()]));
  }
  await settle();
}

const digits = (text: string) => [...text];
const charge = () => topUps.submitted.at(-1)?.charge ?? '';
const entries = () => bench.store.ledger({ limit: 1_000 }).map(({ entry }) => entry);
const screen = () => bench.box.screen();

afterEach(async () => {
  expect(bench.gateway.leftovers()).toEqual([]);
  const counters = JSON.stringify([bench.box.status(), bench.box.counters(), bench.box.ledger({ limit: 1_000 }), bench.box.queue()]);
  const shown = [
    ...said,
    counters,
    ...bench.log.lines.map((line) => inspect(line, { depth: 20 })),
    JSON.stringify(bench.screens),
    inspect(bench.metrics, { depth: 9 }),
    JSON.stringify(bench.said),
  ];
  const leaks = shown.flatMap((text) => topUpLeaks('said', text));
  const folder = bench.folder;
  const files = readdirSync(folder).flatMap((name) => topUpLeaks(name, readFileSync(join(folder, name))));
  expect([...leaks, ...files]).toEqual([]);
  await bench.end();
});

describe('a sale by top-up card', () => {
  it('has the charge in the journal before the card goes out, and is settled by what was received', async () => {
    await start();
    const sale = await sell(40_000);
    expect(screen()).toMatchObject({ kind: 'qr', topUp: true });
    await enter(sale);
    const created = entries().findLast((entry) => entry.kind === 'charge.created');
    expect(created).toMatchObject({ charge: charge(), amountMinor: 50_000, topUp: { operator: 'Viettel' } });
    expect(topUps.submitted[0]).toMatchObject({ operator: 'Viettel', declared: { minor: 50_000, currency: 'VND' } });
    expect(topUps.submitted[0]?.pin.reveal()).toBe(PLANTED_PIN);
    expect(screen()).toEqual({ kind: 'top-up-sent', operator: 'Viettel', amount: { minor: 50_000, currency: 'VND' } });
    await answer(PENDING);
    expect(() => bench.box.cancel(sale, 'keypad')).toThrow(CallerFault);
    expect(() => bench.box.topUp(sale, topUpCard())).toThrow(expect.objectContaining({ code: 'top-up-impossible' }));
    bench.gateway.steadyAnswer = { state: 'paid', paidMinor: 43_750 };
    await bench.clock.flow(9_000);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivering', topUpMinor: 43_750, qrMinor: 0, topUp: { operator: 'Viettel' } });
    expect(bench.box.counters().sinceEver).toMatchObject({ topUpMinor: 43_750, topUpCount: 1, salesMinor: 40_000, qrMinor: 0 });
    expect(bench.box.status().creditMinor).toBe(3_750);
    expect(topUps.submitted).toHaveLength(1);
    await bench.outputs.finish();
    expect(bench.said.map(({ phrase }) => phrase)).toContain('received');
  });

  it('that brought a part shows it, and a QR over the rest follows', async () => {
    await start();
    const sale = await sell(100_000);
    await enter(sale);
    bench.gateway.answers.push({ state: 'paid', paidMinor: 21_875, worthMinor: 20_000 });
    await answer(PENDING);
    expect(screen()).toEqual({
      kind: 'top-up-result',
      credited: { minor: 21_875, currency: 'VND' },
      worth: { minor: 20_000, currency: 'VND' },
      rest: { minor: 78_125, currency: 'VND' },
    });
    await bench.clock.flow(5_000);
    expect(screen()).toMatchObject({ kind: 'qr', rest: { minor: 78_125 }, credit: { minor: 21_875 }, topUp: true });
    expect(bench.gateway.requested.map(({ amount }) => amount.minor)).toEqual([100_000, 78_125]);
    await enter(sale, topUpCard({ amountMinor: 100_000 }));
    bench.gateway.answers.push({ state: 'paid', paidMinor: 87_500 });
    await answer(PENDING);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivering', topUpMinor: 109_375 });
    await bench.outputs.finish();
  });

  test.each([
    ['duplicate-card', 'used'],
    ['failed', 'bad'],
    ['backend-unauthorized', 'not-possible'],
  ])('that is refused (%s) says so, and another one may be tried', async (reason, shown) => {
    await start();
    const sale = await sell();
    await enter(sale);
    await answer({ state: 'failed', reason });
    expect(screen()).toEqual({ kind: 'top-up-failed', reason: shown, rest: { minor: 50_000, currency: 'VND' } });
    expect(entries().at(-1)).toMatchObject({ kind: 'charge.failed', reason });
    await enter(sale);
    expect(new Set(topUps.submitted.map((request) => request.charge)).size).toBe(2);
    bench.gateway.answers.push({ state: 'paid', paidMinor: 50_000 });
    await answer(PENDING);
    expect(bench.box.sale(sale)?.state).toBe('delivering');
    await bench.outputs.finish();
  });

  it('pays with what cash has left to pay, and cash that comes in meanwhile makes it late', async () => {
    await start();
    const sale = await sell(50_000);
    bench.coin.insert(20_000);
    await enter(sale, topUpCard({ amountMinor: 20_000 }));
    await answer(PENDING);
    bench.coin.insert(30_000);
    expect(bench.box.sale(sale)?.state).toBe('delivering');
    bench.gateway.steadyAnswer = { state: 'paid', paidMinor: 17_500 };
    await bench.clock.flow(40_000);
    expect(bench.box.sale(sale)).toMatchObject({ cashMinor: 50_000, topUpMinor: 17_500, refundMinor: 17_500 });
    await bench.outputs.finish();
  });

  it.each([
    ['a serial with a dash', { serial: new CardSecret(`${PLANTED_SERIAL.slice(0, 9)}-`) }],
    ['a PIN that is too long', { pin: new CardSecret(`${PLANTED_PIN}00`) }],
    ['an operator nobody knows', { operator: 'Nobody' }],
    ['a value no card has', { amountMinor: 30_000 }],
  ])('%s is refused at the border, unquoted', async (_, change) => {
    await start();
    const sale = await sell();
    const thrown = (() => {
      try {
        bench.box.topUp(sale, topUpCard(change));
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({ code: 'top-up-invalid', blame: 'caller' });
    said.push(inspect(thrown));
    expect(topUps.submitted).toEqual([]);
    expect(screen().kind).toBe('qr');
  });

  it('needs a sale that is to be paid, and a backend that takes cards', async () => {
    await start();
    expect(() => bench.box.topUp('nobody', topUpCard())).toThrow(expect.objectContaining({ code: 'sale-unknown' }));
    const sale = await sell();
    bench.box.cancel(sale, 'api');
    expect(() => bench.box.topUp(sale, topUpCard())).toThrow(expect.objectContaining({ code: 'top-up-impossible' }));
    await bench.end();
    bench = await new TestBox().start();
    expect(() => bench.box.topUp('nobody', topUpCard())).toThrow(expect.objectContaining({ code: 'top-ups-unsupported' }));
  });
});

describe('an answer that does not come', () => {
  it('has the very same card sent again while its customer waits, and the card forgotten after that', async () => {
    await start({ timings: { topUpAnswerMs: 20_000 } });
    bench.gateway.steadyAnswer = NOT_FOUND;
    const sale = await sell();
    await enter(sale);
    await answer(lost());
    for (let i = 0; i < 30 && topUps.submitted.length < 2; i++) await bench.clock.flow(1_000);
    expect(topUps.submitted).toHaveLength(2);
    expect(topUps.submitted[1]).toEqual(topUps.submitted[0]);
    await bench.clock.flow(25_000);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'cancelled', cancelReason: 'top-up-unanswered' });
    expect(bench.screens).toContainEqual(expect.objectContaining({ kind: 'failed', reason: 'top-up-unanswered' }));
    await answer(lost());
    await bench.clock.flow(60_000);
    expect(topUps.submitted).toHaveLength(2);
  });

  it('is called back when its time is over, and when its answer came by another road', async () => {
    await start({ timings: { topUpAnswerMs: 20_000 } });
    bench.gateway.steadyAnswer = NOT_FOUND;
    const sale = await sell(100_000);
    await enter(sale);
    bench.gateway.answers.push({ state: 'paid', paidMinor: 43_750 });
    await bench.clock.flow(9_000);
    await enter(sale);
    expect(topUps.signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    await bench.clock.flow(26_000);
    expect(topUps.signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('leaves no card in memory for a gateway that wants to be left alone for long', async () => {
    await start({ timings: { topUpAnswerMs: 20_000, graceMs: 10_000 } });
    bench.gateway.steadyAnswer = NOT_FOUND;
    await enter(await sell());
    const before = bench.clock.pending();
    await answer(new RequestFault('busy', { code: 'backend-unavailable', retryable: true, retryAfterMs: 3_600_000 }));
    expect(bench.clock.pending()).toBe(before + 1);
    await bench.clock.flow(26_000);
    expect(topUps.signals[0]?.aborted).toBe(true);
    await bench.clock.flow(3_700_000, 5_000);
    expect(topUps.submitted).toHaveLength(1);
  }, 20_000);

  it('of a refused key is not tried again', async () => {
    await start();
    const sale = await sell();
    await enter(sale);
    await answer(new RequestFault('The gateway refuses the API key', { code: 'backend-unauthorized', retryable: false }));
    await bench.clock.flow(60_000);
    expect(topUps.submitted).toHaveLength(1);
  });

  it('is given up after the grace time where nobody has the card, and left to a person', async () => {
    await start({ timings: { topUpAnswerMs: 20_000, graceMs: 60_000 } });
    bench.gateway.steadyAnswer = NOT_FOUND;
    await enter(await sell());
    await bench.clock.flow(120_000, 1_000);
    expect(entries()).toContainEqual({ kind: 'charge.abandoned', sale: expect.any(String), charge: charge() });
    expect(bench.box.status().alarms).toMatchObject([{ code: 'top-up-unresolved', detail: expect.stringContaining(charge()) }]);
    bench.box.resetCounters();
    expect(bench.box.status().alarms).toEqual([]);
  });

  it('is waited for as long as the card is pending, less and less often, and owed back in the end', async () => {
    await start({ policy: { currency: 'VND', minMinor: 1_000, maxMinor: 1_000_000, latePayment: 'credit' } });
    const sale = await sell();
    await enter(sale);
    await answer(PENDING);
    await bench.clock.flow(6 * 3_600_000, 5_000);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'cancelled', cancelReason: 'top-up-unanswered' });
    expect(bench.box.status()).toMatchObject({ watching: expect.any(Number), alarms: [] });
    const asked = bench.gateway.queried.length;
    expect(asked).toBeLessThan(80);
    await bench.clock.flow(2 * 3_600_000, 5_000);
    expect(bench.gateway.queried.length - asked).toBeLessThanOrEqual(3);
    bench.gateway.steadyAnswer = { state: 'paid', paidMinor: 43_750 };
    await bench.clock.flow(3_700_000, 5_000);
    expect(bench.box.sale(sale)).toMatchObject({ topUpMinor: 43_750, refundMinor: 43_750 });
    expect(bench.box.counters().sinceEver).toMatchObject({ topUpMinor: 43_750, refundMinor: 43_750, salesMinor: 0 });
  }, 30_000);

  it('that contradicts itself to the end of the grace time is followed all the same, and a person told', async () => {
    await start({ timings: { topUpAnswerMs: 20_000, graceMs: 60_000 } });
    bench.gateway.steadyAnswer = { state: 'unresolved', reason: 'contradictory-answer', kept: 'unclear' };
    await enter(await sell());
    await answer(PENDING);
    await bench.clock.flow(200_000, 1_000);
    expect(entries()).not.toContainEqual(expect.objectContaining({ kind: 'charge.abandoned', charge: charge() }));
    expect(bench.box.status().alarms).toMatchObject([{ code: 'top-up-unresolved' }]);
  });
});

describe('a power cut', () => {
  test.each([
    ['before the card was sent', null],
    ['when its answer was lost', lost()],
    ['while it is pending', PENDING],
  ])('%s: the card is gone, and what became of it is asked for', async (_, answered) => {
    await start();
    const sale = await sell();
    await enter(sale);
    if (answered) await answer(answered);
    const sent = topUps.submitted.length;
    await bench.cut();
    bench.gateway.answers.push({ state: 'paid', paidMinor: 50_000 });
    await bench.start();
    expect(bench.gateway.queried).toEqual([charge()]);
    expect(topUps.submitted).toHaveLength(sent);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivering', topUpMinor: 50_000 });
    await bench.outputs.finish();
  });

  it('after it was credited and before the goods: nothing is credited twice', async () => {
    await start();
    const sale = await sell();
    await enter(sale);
    bench.gateway.answers.push({ state: 'paid', paidMinor: 50_000 });
    await answer(PENDING);
    await bench.cut();
    await bench.start();
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivery-unknown', topUpMinor: 50_000 });
    expect(entries().filter(({ kind }) => kind === 'charge.paid')).toHaveLength(1);
  });
});

describe('at the keypad', () => {
  const typed = (count: number) => expect.objectContaining({ kind: 'top-up-typing', typed: count });

  it('asks for operator, value, serial and PIN, shows how many characters there are, and sends the card', async () => {
    await start();
    await sell();
    await press('1');
    expect(screen()).toMatchObject({ kind: 'top-up-operator', operators: topUps.operators });
    await press('operator-3');
    expect(screen()).toMatchObject({ kind: 'top-up-amount', operator: 'Mobifone' });
    await press('4');
    expect(screen()).toEqual({
      kind: 'top-up-typing',
      field: 'serial',
      operator: 'Mobifone',
      amount: { minor: 100_000, currency: 'VND' },
      typed: 0,
      least: 10,
      most: 20,
      short: false,
    });
    await press(...digits(PLANTED_SERIAL));
    expect(screen()).toEqual(typed(PLANTED_SERIAL.length));
    await press('ok', ...digits(PLANTED_PIN));
    expect(screen()).toMatchObject({ field: 'pin', typed: PLANTED_PIN.length, most: 15 });
    await press('ok');
    expect(screen()).toMatchObject({ kind: 'top-up-sent', operator: 'Mobifone', amount: { minor: 100_000 } });
    const [sent] = topUps.submitted;
    expect([sent?.serial.reveal(), sent?.pin.reveal(), sent?.declared.minor]).toEqual([PLANTED_SERIAL, PLANTED_PIN, 100_000]);
    await answer({ state: 'failed', reason: 'failed' });
    expect(screen().kind).toBe('top-up-failed');
  });

  it('takes no more than there can be and no less than there must, and corrects', async () => {
    await start();
    await sell();
    await press('top-up', '1', '1', ...digits('123456789'), 'ok');
    expect(screen()).toMatchObject({ field: 'serial', typed: 9, short: true });
    await press('0', 'operator-1', 'p1', ...digits('12345678901234567890'));
    expect(screen()).toMatchObject({ typed: 20, short: false });
    await press('clear');
    expect(screen()).toEqual(typed(0));
    await press('clear');
    expect(screen().kind).toBe('top-up-amount');
    await press('clear', 'clear');
    expect(screen()).toMatchObject({ kind: 'qr', topUp: true });
    expect(topUps.submitted).toEqual([]);
  });

  it('goes back from the PIN to the serial, which is typed anew', async () => {
    await start();
    await sell();
    await press('top-up', '1', '1', ...digits('1234567890'), 'ok', 'clear');
    expect(screen()).toMatchObject({ field: 'serial', typed: 0 });
  });

  it('is left by cancel, and the sale goes on', async () => {
    await start();
    const sale = await sell();
    await press('top-up', '1', '1', '1', 'cancel');
    expect(screen().kind).toBe('qr');
    await press('cancel');
    expect(bench.box.sale(sale)?.state).toBe('cancelled');
  });

  it('forgets what was typed when no key comes for a minute', async () => {
    await start();
    await sell();
    await press('top-up', '1', '1', ...digits(PLANTED_SERIAL));
    await bench.clock.flow(59_000, 1_000);
    expect(screen().kind).toBe('top-up-typing');
    await bench.clock.flow(2_000, 1_000);
    expect(screen().kind).toBe('qr');
    await press('top-up', '1', '1');
    expect(screen()).toEqual(typed(0));
  });

  it('keeps the sale from ending while the customer types', async () => {
    await start({ timings: { qrMaxMs: 30_000 } });
    const sale = await sell();
    await press('top-up', '1', '1');
    for (let i = 0; i < 10; i++) {
      await press(String(i));
      await bench.clock.flow(5_000, 1_000);
    }
    expect(bench.box.sale(sale)?.state).toBe('cash');
    expect(screen()).toEqual(typed(10));
    await bench.clock.flow(200_000, 1_000);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'cancelled', cancelReason: 'timeout' });
  });

  it('ends with the sale: what was typed for one is not there for the next', async () => {
    await start();
    const sale = await sell();
    await press('top-up', '1', '1', ...digits(PLANTED_SERIAL));
    bench.box.cancel(sale, 'api');
    expect(screen()).toMatchObject({ kind: 'failed', reason: 'cancelled' });
    await sell();
    expect(screen().kind).toBe('qr');
  });

  it('is not offered without a sale, nor where the backend takes no cards', async () => {
    await start();
    await press('top-up', '1');
    expect(screen()).toMatchObject({ kind: 'idle', typed: { minor: 1 } });
    await bench.end();
    bench = await new TestBox({
      dress: (gateway) => void gateway.offers.push({ charge: 'c1', qr: 'QR', expiresAtMs: gateway.now() + 60_000 }),
    }).start();
    await sell(2_000);
    expect(screen()).not.toHaveProperty('topUp');
    await press('top-up', '1');
    expect(screen().kind).toBe('qr');
  });
});
