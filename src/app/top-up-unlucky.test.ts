import { afterEach, describe, expect, it, test } from 'vitest';
import { RequestFault } from '../domain/request-fault.ts';
import type { ChargeAnswer } from '../ports/gateway.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox, type TestBoxOptions } from '../testkit/test-box.ts';
import { PLANTED_PIN, PLANTED_SERIAL, ScriptedTopUps, topUpCard, topUpLeaks } from '../testkit/top-ups.ts';

const UNRESOLVED: ChargeAnswer = { state: 'unresolved', reason: 'pending' };
const PENDING: ChargeAnswer = { ...UNRESOLVED, kept: 'pending' };
const CASHLESS: TestBoxOptions = { board: { acceptors: [] } };

let bench: TestBox;
let topUps: ScriptedTopUps;
/** What is said of charges, by the beginning of their ids. */
let told: Record<string, ChargeAnswer>;
/** How long QRs live, or why there are none. */
let qr: number | RequestFault;

async function start({ timings, ...options }: TestBoxOptions = {}): Promise<void> {
  topUps = new ScriptedTopUps();
  told = {};
  qr = 600_000;
  let orders = 0;
  bench = await new TestBox({
    policy: { currency: 'VND', minMinor: 1_000, maxMinor: 1_000_000_000 },
    timings: { topUpAnswerMs: 60_000, ...timings },
    dress: (gateway) => {
      gateway.capabilities = { pairs: false, pushes: false, queries: true, qr: true, reports: false };
      gateway.topUps = topUps;
      gateway.requestQr = async () => {
        if (typeof qr !== 'number') throw qr;
        return { charge: `order-${++orders}`, qr: 'QR', expiresAtMs: gateway.now() + qr };
      };
      gateway.queryPayment = async (charge) => told[charge] ?? (charge.startsWith('topup-') ? PENDING : UNRESOLVED);
    },
    ...options,
  }).start();
}

async function sell(amountMinor = 50_000): Promise<string> {
  const { id } = bench.box.sell({ amountMinor, origin: 'api' });
  await settle();
  return id;
}

async function enter(sale: string, answer: ChargeAnswer = PENDING): Promise<string> {
  bench.box.topUp(sale, topUpCard());
  await settle();
  const charge = topUps.submitted.at(-1)?.charge ?? '';
  if (answer.state === 'paid') told[charge] = answer;
  topUps.answer(answer.state === 'failed' ? answer : PENDING);
  await settle();
  return charge;
}

async function press(...keys: string[]): Promise<void> {
  for (const key of keys) bench.box.press(key);
  await settle();
}

const screen = () => bench.box.screen();

afterEach(async () => {
  expect(topUpLeaks('screens', JSON.stringify(bench.screens))).toEqual([]);
  await bench.end();
});

describe('a sale that ends while a card is typed in', () => {
  const [half, rest] = [PLANTED_PIN.slice(0, 6), PLANTED_PIN.slice(6)];

  async function halfTyped(): Promise<string> {
    await start();
    const sale = await sell();
    await press('top-up', '1', '3', ...PLANTED_SERIAL, 'ok', ...half);
    expect(screen()).toMatchObject({ kind: 'top-up-typing', field: 'pin', typed: half.length });
    return sale;
  }

  test.each([
    ['cancelled', (sale: string) => void bench.box.cancel(sale, 'api')],
    ['paid in cash', () => bench.coin.insert(50_000)],
  ])('because it was %s: the rest of the PIN is no amount to sell for', async (_what, end) => {
    const sale = await halfTyped();
    end(sale);
    for (const key of rest) {
      await press(key);
      await bench.clock.flow(1_000, 500);
    }
    await press('ok');
    await bench.outputs.finish();
    await bench.clock.flow(20_000, 500);
    expect(bench.screens.filter((shown) => shown.kind === 'idle' && shown.typed !== null)).toEqual([]);
    expect(bench.box.status().sale).toBeNull();
    await press('2', '0', '0', '0');
    expect(screen()).toMatchObject({ kind: 'idle', typed: { minor: 2_000 } });
  });

  it('lets nobody wait who presses cancel first', async () => {
    const sale = await halfTyped();
    bench.box.cancel(sale, 'api');
    await press('cancel', '2', '0', '0', '0');
    await bench.clock.flow(20_000, 500);
    expect(screen()).toMatchObject({ kind: 'idle', typed: { minor: 2_000 } });
  });

  it('by a card of the API begins no new dialogue with the next digit', async () => {
    const sale = await halfTyped();
    await enter(sale, { state: 'failed', reason: 'failed' });
    await press('1', '2');
    expect(screen().kind).toBe('top-up-failed');
    await bench.clock.flow(10_000, 500);
    await press('1');
    expect(screen().kind).toBe('top-up-operator');
  });
});

describe('a card that never left the box', () => {
  const entries = () => bench.store.ledger({ limit: 1_000 }).map(({ entry }) => entry);
  const fault = (unsent: boolean) => new RequestFault('no', { code: 'peer-unreachable', retryable: true, unsent });

  /** Enters a card, and has every try end in a fault until its time is over. */
  async function tried(sale: string, unsent: readonly boolean[] = []): Promise<string> {
    bench.box.topUp(sale, topUpCard());
    await settle();
    const charge = topUps.submitted.at(-1)?.charge ?? '';
    told[charge] = { state: 'unresolved', reason: 'not-found' };
    for (let tries = 0, ms = 0; ms < 90_000; ms += 500) {
      if (topUps.submitted.length > tries) topUps.answer(fault(unsent[tries++] ?? true));
      await bench.clock.flow(500);
    }
    return charge;
  }

  it('has failed when its time is over: nobody need look for it', async () => {
    await start();
    const sale = await sell();
    const charge = await tried(sale);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'cancelled', cancelReason: 'top-up-unanswered' });
    expect(entries()).toContainEqual({ kind: 'charge.failed', sale, charge, via: 'answer', reason: 'not-sent' });
    await bench.clock.flow(900_000, 5_000);
    expect(bench.box.status()).toMatchObject({ watching: 0, alarms: [] });
  });

  it('in all but one try may be there: it is asked about', async () => {
    await start();
    const charge = await tried(await sell(), [true, false]);
    expect(entries()).not.toContainEqual(expect.objectContaining({ kind: 'charge.failed', charge }));
    told[charge] = { state: 'paid', paidMinor: 43_750 };
    await bench.clock.flow(60_000);
    expect(entries()).toContainEqual(expect.objectContaining({ kind: 'charge.paid', charge, late: true }));
  });

  it('has failed at once when cash was faster', async () => {
    await start();
    const sale = await sell();
    bench.box.topUp(sale, topUpCard());
    await settle();
    topUps.answer(fault(true));
    await settle();
    bench.coin.insert(50_000);
    await settle();
    expect(entries().at(-1)).toMatchObject({ kind: 'charge.failed', reason: 'not-sent' });
    expect(screen().kind).toBe('delivering');
    await bench.outputs.finish();
  });

  it('before a power cut is not known to: it is asked about', async () => {
    await start();
    await sell();
    bench.box.topUp(bench.box.status().sale?.id ?? '', topUpCard());
    await settle();
    topUps.answer(fault(true));
    await settle();
    await bench.cut();
    await bench.start();
    expect(entries()).not.toContainEqual(expect.objectContaining({ kind: 'charge.failed' }));
  });
});

describe('a box without cash, free for the next customer after a card that brought a part', () => {
  const part: ChargeAnswer = { state: 'paid', paidMinor: 43_750 };
  const ended = async () => {
    await bench.clock.flow(400_000, 1_000);
    expect(bench.box.status()).toMatchObject({ sale: null, creditMinor: 43_750 });
  };

  it('when nobody pays the QR over the rest', async () => {
    await start(CASHLESS);
    qr = 30_000;
    const sale = await sell();
    await enter(sale, part);
    await bench.clock.flow(5_000);
    expect(screen()).toMatchObject({ kind: 'qr', rest: { minor: 6_250 } });
    await ended();
  });

  it('when there is no QR over the rest', async () => {
    await start(CASHLESS);
    const sale = await sell();
    qr = new RequestFault('no', { code: 'order-over', retryable: false });
    await enter(sale, part);
    await ended();
  });

  it('when that QR runs out under somebody who begins to type another card and leaves', async () => {
    await start(CASHLESS);
    qr = 30_000;
    const sale = await sell();
    await enter(sale, part);
    await bench.clock.flow(5_000);
    await press('top-up', '1');
    await ended();
  });

  it('when another card is never answered', async () => {
    await start(CASHLESS);
    const sale = await sell();
    await enter(sale, part);
    await enter(sale);
    await ended();
  });
});

it('that takes cash keeps such a sale: its customer may be looking for coins', async () => {
  await start();
  qr = 30_000;
  const sale = await sell();
  await enter(sale, { state: 'paid', paidMinor: 43_750 });
  await bench.clock.flow(400_000, 1_000);
  expect(bench.box.status().sale).toMatchObject({ id: sale });
});

test.each([
  ['and cash pays', () => bench.coin.insert(50_000)],
  [
    'after cash has paid',
    async () => {
      await enter(bench.box.status().sale?.id ?? '');
      bench.coin.insert(50_000);
      told[topUps.submitted.at(-1)?.charge ?? ''] = { state: 'failed', reason: 'failed' };
      await bench.clock.flow(40_000, 1_000);
    },
  ],
])('a card that is refused %s hides no machine at work', async (_what, pay) => {
  await start();
  await enter(await sell(), { state: 'failed', reason: 'failed' });
  expect(screen().kind).toBe('top-up-failed');
  await pay();
  expect(screen().kind).toBe('delivering');
  await bench.outputs.finish();
});

describe('a card that is worth something else than was said', () => {
  const other: ChargeAnswer = { state: 'paid', paidMinor: 21_875, worthMinor: 20_000 };

  it('and pays for everything is told to its customer all the same', async () => {
    await start();
    const sale = await sell(20_000);
    await enter(sale, other);
    const vnd = (minor: number) => ({ minor, currency: 'VND' });
    expect(screen()).toEqual({ kind: 'top-up-result', credited: vnd(21_875), worth: vnd(20_000), rest: vnd(0) });
    await bench.clock.flow(5_000);
    expect(screen().kind).toBe('delivering');
    await bench.outputs.finish();
    expect(screen().kind).toBe('success');
  });

  it('keeps nobody from seeing that the machine has finished', async () => {
    await start();
    await enter(await sell(20_000), other);
    await bench.outputs.finish();
    expect(screen().kind).toBe('success');
  });
});
