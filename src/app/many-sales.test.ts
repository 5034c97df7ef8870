import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Entry } from '../domain/journal.ts';
import type { DatedReport } from '../ports/gateway.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox } from '../testkit/test-box.ts';

const SALES = 1_000;
const PRICE = 2_000;
/** The journal lies in memory where there is such a folder: what counts here is the box, not how fast the disk is. */
const IN_MEMORY = '/dev/shm';
const QR_LIFE_MS = 5_000;
/** One after the other: the money that comes late is what the sale after it is paid with. */
const KINDS = ['push', 'poll', 'cash', 'cancelled', 'late', 'credit'] as const;
type Kind = (typeof KINDS)[number];

let bench: TestBox;
let uploaded: DatedReport[];

beforeEach(async () => {
  uploaded = [];
  if (existsSync(IN_MEMORY)) vi.stubEnv('TMPDIR', IN_MEMORY);
  bench = await new TestBox({ timings: { firstPollMs: 1_000, graceMs: 60_000 } }).start();
  bench.gateway.steadyAnswer = { state: 'unresolved', reason: 'pending' };
  bench.gateway.deliver = (reports) => {
    uploaded.push(...reports);
    return Promise.resolve({ state: 'acked' });
  };
});

afterEach(async () => {
  expect(bench.gateway.leftovers()).toEqual([]);
  await bench.end();
  vi.unstubAllEnvs();
});

const showQr = async (charge: string): Promise<string> => {
  bench.gateway.offers.push({ charge, qr: `QR-${charge}`, expiresAtMs: bench.clock.wallMs() + QR_LIFE_MS });
  const { id } = bench.box.sell({ amountMinor: PRICE, origin: 'button' });
  await settle();
  expect(bench.box.screen()).toMatchObject({ kind: 'qr', rest: { minor: PRICE } });
  return id;
};

const SELL: Readonly<Record<Kind, (charge: string) => Promise<void>>> = {
  push: async (charge) => {
    await showQr(charge);
    // Sent twice, as a broker may.
    await Promise.all([bench.gateway.push(charge, { state: 'paid' }), bench.gateway.push(charge, { state: 'paid' })]);
    await bench.outputs.finish();
  },
  poll: async (charge) => {
    await showQr(charge);
    bench.gateway.queryPayment = (asked) =>
      Promise.resolve(asked === charge ? { state: 'paid' } : { state: 'unresolved', reason: 'pending' });
    await bench.clock.flow(1_000, 500);
    await bench.outputs.finish();
  },
  cash: async (charge) => {
    await showQr(charge);
    bench.coin.insert(PRICE / 2);
    bench.coin.insert(PRICE / 2);
    await bench.outputs.finish();
  },
  cancelled: async (charge) => {
    bench.box.cancel(await showQr(charge), 'keypad');
    await settle();
  },
  late: async (charge) => {
    await showQr(charge);
    await bench.clock.flow(QR_LIFE_MS + 1_000, 1_000);
    expect(bench.box.status()).toMatchObject({ sale: null, creditMinor: 0 });
    await bench.gateway.push(charge, { state: 'paid' });
    expect(bench.box.status().creditMinor).toBe(PRICE);
  },
  credit: async () => {
    bench.box.sell({ amountMinor: PRICE, origin: 'button' });
    await bench.outputs.finish();
  },
};

function entries(): Entry[] {
  const all: Entry[] = [];
  for (let after = 0; ; ) {
    const page = bench.store.ledger({ after, limit: 1_000 });
    all.push(...page.map(({ entry }) => entry));
    const last = page.at(-1);
    if (!last) return all;
    after = last.seq;
  }
}

describe('a box that has sold a thousand times', () => {
  it('has balanced books, nothing to send, nothing to watch, and no timer more than on its first day', async () => {
    const began = performance.now();
    await bench.clock.flow(5_000, 1_000);
    const idleTimers = bench.clock.pending();
    const mostTimers: number[] = [];
    for (let i = 0; i < SALES; i++) {
      const kind = KINDS[i % KINDS.length] as Kind;
      await SELL[kind](`ch_${i}`);
      // Every charge that is still watched has a timer of its own, and goes when its grace time is over.
      if (kind === 'credit') mostTimers.push(bench.clock.pending() - bench.box.status().watching);
    }
    const [firstDay = 0] = mostTimers;
    expect(Math.max(...mostTimers)).toBe(firstDay);
    await bench.clock.flow(200_000, 1_000);
    expect(performance.now() - began).toBeLessThan(20_000);

    const made = (kind: Kind) => Array.from({ length: SALES }).filter((_, i) => KINDS[i % KINDS.length] === kind).length;
    const byQr = made('push') + made('poll') + made('late');
    const delivered = made('push') + made('poll') + made('cash') + made('credit');
    expect(bench.box.counters().sinceEver).toMatchObject({
      qrCount: byQr,
      qrMinor: byQr * PRICE,
      cashMinor: made('cash') * PRICE,
      coin: { [PRICE / 2]: 2 * made('cash') },
      salesCount: delivered,
      salesMinor: delivered * PRICE,
      refundMinor: 0,
    });
    expect(bench.outputs.driven).toHaveLength(delivered);
    expect(bench.said).toHaveLength(byQr);
    expect(bench.box.status()).toMatchObject({ sale: null, creditMinor: (byQr + made('cash') - delivered) * PRICE, alarms: [] });

    const journal = entries();
    const of = (kind: Entry['kind']) => journal.filter((entry) => entry.kind === kind).length;
    expect([of('sale.opened'), of('sale.settled') + of('sale.cancelled')]).toEqual([SALES, SALES]);
    expect([of('act.intent'), of('act.outcome')]).toEqual([delivered, delivered]);
    expect(of('charge.created')).toBe(of('charge.paid') + of('charge.abandoned'));

    expect(uploaded).toHaveLength(SALES);
    expect(new Set(uploaded.map(({ sale }) => sale)).size).toBe(SALES);
    expect(uploaded.reduce((sum, { qrMinor }) => sum + qrMinor, 0)).toBe(byQr * PRICE);
    expect(uploaded.reduce((sum, { cash }) => sum + (cash.coin[PRICE / 2] ?? 0), 0)).toBe(2 * made('cash'));

    expect(bench.box.queue()).toMatchObject({ waitingCount: 0, parkedCount: 0 });
    expect(bench.box.status().watching).toBe(0);
    expect([...bench.gateway.watching]).toEqual([]);
    expect(bench.clock.pending()).toBe(idleTimers);
  }, 30_000);
});
