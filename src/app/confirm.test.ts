import { afterEach, describe, expect, it } from 'vitest';
import { RequestFault } from '../domain/request-fault.ts';
import type { ChargeAnswer } from '../ports/gateway.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox, type TestBoxOptions } from '../testkit/test-box.ts';

const MINUTE = 60_000;
const PENDING: ChargeAnswer = { state: 'unresolved', reason: 'pending' };
const noAnswer = () => new RequestFault('no answer', { code: 'peer-timeout', retryable: true });
let bench: TestBox;

async function start(options: TestBoxOptions = {}): Promise<void> {
  bench = await new TestBox(options).start();
  bench.gateway.deliver = () => Promise.resolve({ state: 'acked' });
}

async function showQr(charge: string, lifeMs = 5 * MINUTE): Promise<string> {
  bench.gateway.offers.push({ charge, qr: `QR-${charge}`, expiresAtMs: bench.clock.wallMs() + lifeMs });
  const { id } = bench.box.sell({ amountMinor: 2_000, origin: 'api' });
  await settle();
  expect(bench.box.screen()).toMatchObject({ kind: 'qr', qr: `QR-${charge}` });
  return id;
}

/** Leaves charges that are off the screen and still payable. */
async function cancelled(count: number): Promise<void> {
  for (let i = 0; i < count; i++) bench.box.cancel(await showQr(`off_${i}`), 'api');
}

/** Queries hang until the test answers them, oldest first. */
function hangingQueries(): { answer(): Promise<void>; asked: string[]; open(): number } {
  const waiting: ((answer: ChargeAnswer) => void)[] = [];
  const asked: string[] = [];
  bench.gateway.queryPayment = (charge) => {
    asked.push(charge);
    return new Promise((resolve) => void waiting.push(resolve));
  };
  return {
    asked,
    open: () => waiting.length,
    answer: async () => {
      waiting.shift()?.(PENDING);
      await settle();
    },
  };
}

afterEach(async () => {
  expect(bench.gateway.leftovers()).toEqual([]);
  await bench.end();
});

describe('asking about many charges', () => {
  it('has at most four questions under way, and asks the others in turn', async () => {
    await start();
    await cancelled(9);
    const queries = hangingQueries();
    bench.gateway.reconnect();
    await settle();
    expect(queries.asked).toEqual(['off_0', 'off_1', 'off_2', 'off_3']);
    for (let left = 5; left > 0; left--) {
      await queries.answer();
      expect(queries.open()).toBe(4);
    }
    expect(queries.asked).toEqual(Array.from({ length: 9 }, (_, i) => `off_${i}`));
  });

  it('asks first, and without a wait, about the charge on the screen', async () => {
    await start();
    await cancelled(6);
    await showQr('shown');
    const queries = hangingQueries();
    bench.gateway.reconnect();
    await settle();
    expect(queries.asked).toEqual(['shown', 'off_0', 'off_1', 'off_2']);
    await queries.answer();
    expect(queries.asked).toHaveLength(5);
    await bench.clock.flow(4_000);
    expect(queries.asked.filter((charge) => charge === 'shown')).toHaveLength(2);
    expect(queries.open()).toBe(5);
  });

  it('does not ask about a charge that was paid while its question waited', async () => {
    await start();
    await cancelled(5);
    const queries = hangingQueries();
    bench.gateway.reconnect();
    await settle();
    await bench.gateway.push('off_4', { state: 'paid' });
    await queries.answer();
    expect(queries.asked).not.toContain('off_4');
  });
});

describe('a charge the backend says nothing of', () => {
  it('is asked about ever more rarely, counted, and given up at the first word', async () => {
    await start({ timings: { graceMs: MINUTE } });
    const asked: number[] = [];
    await cancelled(1);
    let answer: () => Promise<ChargeAnswer> = () => Promise.reject(noAnswer());
    bench.gateway.queryPayment = () => {
      asked.push(bench.clock.monotonicMs());
      return answer();
    };
    await bench.clock.flow(62_000, 500);
    expect(bench.metrics.value('charges_in_doubt')).toBe(1);
    asked.length = 0;
    await bench.clock.flow(8 * 60 * MINUTE, 10_000);
    expect(asked.length).toBeLessThan(16);
    expect((asked.at(-1) ?? 0) - (asked.at(-2) ?? 0)).toBe(60 * MINUTE);
    answer = () => Promise.resolve(PENDING);
    bench.gateway.reconnect();
    await settle();
    expect(bench.box.status().watching).toBe(0);
    expect(bench.metrics.value('charges_in_doubt')).toBe(0);
  });
});

describe('a box that comes up without the time of day', () => {
  /** The power fails with a QR on the screen; the clock of the box is wrong by `offMs` until the backend has answered. */
  async function restart(awayMs: number, offMs: number, queryable = true): Promise<void> {
    await start();
    await showQr('ch_1');
    await bench.cut(awayMs);
    const { gateway, clock } = bench;
    gateway.deliver = () => Promise.resolve({ state: 'acked' });
    let known = false;
    gateway.now = () => clock.wallMs() + (known ? 0 : offMs);
    gateway.queryPayment = () => {
      if (!queryable) return Promise.reject(noAnswer());
      known = true;
      return Promise.resolve(PENDING);
    };
    await bench.start();
  }

  it('takes an expired QR off the screen as soon as the backend has told the time', async () => {
    await restart(10 * MINUTE, -50 * 365 * 24 * 60 * MINUTE);
    expect(bench.box.screen().kind).not.toBe('qr');
    expect(bench.kinds()).toContain('charge.expired');
  });

  it('shows a QR that is still good until its own time', async () => {
    await restart(2 * MINUTE, -50 * 365 * 24 * 60 * MINUTE);
    const leftMs = 3 * MINUTE - 1_000;
    expect(bench.box.screen()).toMatchObject({ kind: 'qr', expiresAtMonotonicMs: bench.clock.monotonicMs() + leftMs });
    await bench.clock.flow(leftMs + 500, 500);
    expect(bench.box.screen().kind).not.toBe('qr');
  });

  it('goes on showing a good QR that its own clock took for expired', async () => {
    await restart(2 * MINUTE, 60 * MINUTE);
    expect(bench.box.screen()).toMatchObject({ kind: 'qr', qr: 'QR-ch_1' });
    await bench.clock.flow(3 * MINUTE, 500);
    expect(bench.box.screen().kind).not.toBe('qr');
  });

  it('tells the customer at once when the time turns out to be another', async () => {
    await restart(2 * MINUTE, -50 * 365 * 24 * 60 * MINUTE, false);
    const { gateway, clock } = bench;
    expect(bench.box.screen()).toMatchObject({ kind: 'qr', expiresAtMonotonicMs: clock.monotonicMs() + 15 * MINUTE });
    gateway.now = () => clock.wallMs();
    gateway.reconnect();
    await settle();
    expect(bench.box.screen()).toMatchObject({ kind: 'qr', expiresAtMonotonicMs: clock.monotonicMs() + 3 * MINUTE - 1_000 });
    expect(bench.screens.at(-1)).toEqual(bench.box.screen());
  });

  it('looks again when the broker is back', async () => {
    await restart(10 * MINUTE, -50 * 365 * 24 * 60 * MINUTE, false);
    expect(bench.box.screen().kind).toBe('qr');
    bench.gateway.now = () => bench.clock.wallMs();
    bench.gateway.reconnect();
    await settle();
    expect(bench.box.screen().kind).not.toBe('qr');
  });
});

describe('an answer that says how much was paid', () => {
  const kinds = () => bench.kinds().filter((kind) => kind.startsWith('charge.') || kind === 'sale.settled');

  it('a part is booked once, delivers nothing, and a QR over the rest follows', async () => {
    await start();
    await showQr('c1');
    bench.gateway.queryPayment = async (charge) =>
      charge === 'c1' ? { state: 'unresolved', reason: 'underpaid:500', paidMinor: 500 } : PENDING;
    bench.gateway.offers.push({ charge: 'c2', qr: 'QR-c2', expiresAtMs: bench.clock.wallMs() + 5 * MINUTE });
    await bench.clock.flow(30_000);
    expect(kinds()).toEqual([
      'charge.requested',
      'charge.created',
      'charge.part-paid',
      'charge.superseded',
      'charge.requested',
      'charge.created',
    ]);
    expect(bench.gateway.requested[1]?.amount.minor).toBe(1_500);
    expect(bench.box.screen()).toMatchObject({ kind: 'qr', qr: 'QR-c2', rest: { minor: 1_500 } });
  });

  it('more than the price settles the sale, and the excess is credit', async () => {
    await start();
    await showQr('c1');
    bench.gateway.answers.push({ state: 'paid', paidMinor: 2_600 });
    await bench.clock.flow(10_000);
    expect(kinds()).toContain('sale.settled');
    expect(bench.box.status().creditMinor).toBe(600);
  });
});
