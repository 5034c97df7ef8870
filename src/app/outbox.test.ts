import { afterEach, describe, expect, it } from 'vitest';
import type { Delivery } from '../ports/gateway.ts';
import { TestBox } from '../testkit/test-box.ts';

let bench: TestBox;
const ACKED: Delivery = { state: 'acked' };
const REFUSED: Delivery = { state: 'refused', reason: 'Bad Request' };

/** A box that has sold `count` times for cash. */
async function sold(count: number, paired = true): Promise<void> {
  bench = await new TestBox({ paired, board: { delivery: null } }).start();
  for (let i = 0; i < count; i++) sellFor(1_000 + i);
}

function sellFor(amountMinor: number): void {
  bench.coin.insert(amountMinor);
  bench.box.sell({ amountMinor, origin: 'api' });
}

/** The sales of each delivery, by what was paid. */
const delivered = () => bench.gateway.delivered.map((batch) => batch.map(({ cash }) => Number(Object.keys(cash.coin)[0])));
const alarms = () => bench.box.status().alarms.map(({ code }) => code);

afterEach(async () => {
  expect(bench.gateway.leftovers()).toEqual([]);
  await bench.end();
});

describe('the way of reports to the backend', () => {
  it('goes in one batch soon after the sales, oldest first, and keeps nothing that is acknowledged', async () => {
    await sold(3);
    bench.gateway.deliveries.push(ACKED);
    await bench.clock.flow(600);
    expect(bench.gateway.delivered.map((batch) => batch.map((report) => report.cash.coin))).toEqual([
      [{ 1000: 1 }, { 1001: 1 }, { 1002: 1 }],
    ]);
    expect(bench.box.queue()).toMatchObject({ waitingCount: 0, parkedCount: 0 });
  });

  it('keeps a row until the backend has acknowledged it', async () => {
    await sold(1);
    bench.gateway.deliveries.push({ state: 'retry', reason: '503' }, { state: 'retry', reason: 'timeout' }, ACKED);
    await bench.clock.flow(600);
    expect(bench.box.queue()).toMatchObject({ waitingCount: 1, waiting: [{ attempts: 1 }] });
    await bench.clock.flow(10_000);
    expect(bench.gateway.delivered).toHaveLength(3);
    expect(bench.box.queue().waitingCount).toBe(0);
  });

  it('waits as long as the backend asks', async () => {
    await sold(1);
    bench.gateway.deliveries.push({ state: 'retry', reason: '429', afterMs: 60_000 });
    await bench.clock.flow(59_000, 500);
    expect(bench.gateway.delivered).toHaveLength(1);
    bench.gateway.deliveries.push(ACKED);
    await bench.clock.flow(5_000);
    expect(bench.gateway.delivered).toHaveLength(2);
  });

  it('parks the one bad row of a refused batch and delivers the others', async () => {
    await sold(4);
    // All four refused; first half refused, its rows: good, bad; second half good.
    bench.gateway.deliveries.push(REFUSED, REFUSED, ACKED, REFUSED, ACKED);
    await bench.clock.flow(600);
    expect(bench.gateway.delivered.map((batch) => batch.length)).toEqual([4, 2, 1, 1, 2]);
    expect(bench.box.queue()).toMatchObject({ waitingCount: 0, parkedCount: 1, parked: [{ parkedReason: 'Bad Request' }] });
    expect(bench.box.status().alarms).toMatchObject([{ code: 'report-parked' }]);
  });

  it('delivers what an earlier run left behind, at boot', async () => {
    await sold(2);
    await bench.cut();
    bench.gateway.deliveries.push(ACKED);
    await bench.start();
    await bench.clock.flow(600);
    expect(bench.gateway.delivered[0]).toHaveLength(2);
  });

  it('tries at once after a reconnect', async () => {
    await sold(1);
    bench.gateway.deliveries.push(...Array(8).fill({ state: 'retry', reason: 'down' }));
    while (bench.gateway.deliveries.length > 0) await bench.clock.flow(1_000, 250);
    bench.gateway.deliveries.push(ACKED);
    bench.gateway.reconnect();
    await bench.clock.flow(600);
    expect(bench.box.queue().waitingCount).toBe(0);
  });

  it.each(['sale', 'reconnect'])('obeys the wait the backend asks for even after a %s', async (news) => {
    await sold(1);
    bench.gateway.deliveries.push({ state: 'retry', reason: '429', afterMs: 60_000 });
    await bench.clock.flow(600);
    if (news === 'sale') sellFor(2_000);
    else bench.gateway.reconnect();
    await bench.clock.flow(59_000, 500);
    expect(bench.gateway.delivered).toHaveLength(1);
    bench.gateway.deliveries.push(ACKED, ...(news === 'sale' ? [ACKED] : []));
    await bench.clock.flow(5_000, 500);
    expect(bench.box.queue().waitingCount).toBe(0);
  });

  it('does not try sooner because of a new sale', async () => {
    await sold(1);
    bench.gateway.deliveries.push(...Array(8).fill({ state: 'retry', reason: 'down' }));
    while (bench.gateway.deliveries.length > 0) await bench.clock.flow(1_000, 250);
    sellFor(2_000);
    await bench.clock.flow(600);
    expect(bench.gateway.delivered).toHaveLength(8);
    bench.gateway.deliveries.push(ACKED, ACKED);
    await bench.clock.flow(300_000, 5_000);
    expect(bench.box.queue().waitingCount).toBe(0);
  });

  it('sends a batch without an answer again as the same batch', async () => {
    await sold(2);
    bench.gateway.deliveries.push({ state: 'retry', reason: 'timeout' });
    await bench.clock.flow(600);
    sellFor(2_000);
    bench.gateway.deliveries.push(ACKED, ACKED);
    await bench.clock.flow(5_000);
    expect(delivered()).toEqual([[1000, 1001], [1000, 1001], [2000]]);
  });

  it('sends the part of a refused batch that got no answer again as that part', async () => {
    await sold(4);
    bench.gateway.deliveries.push(REFUSED, { state: 'retry', reason: 'timeout' });
    await bench.clock.flow(600);
    bench.gateway.deliveries.push(ACKED, ACKED);
    await bench.clock.flow(5_000);
    expect(delivered().slice(1)).toEqual([
      [1000, 1001],
      [1000, 1001],
      [1002, 1003],
    ]);
  });

  it('sends the same batch again when power was cut before the answer', async () => {
    await sold(2);
    const unanswered = Promise.withResolvers<Delivery>();
    bench.gateway.deliveries.push(unanswered.promise);
    await bench.clock.flow(600);
    sellFor(2_000);
    await bench.cut();
    bench.gateway.deliveries.push(ACKED, ACKED);
    await bench.start();
    await bench.clock.flow(600);
    expect(delivered()).toEqual([[1000, 1001], [2000]]);
  });

  it('parks nothing while the backend refuses every row, and says so until it takes one', async () => {
    await sold(2);
    bench.gateway.deliveries.push(REFUSED, REFUSED, REFUSED);
    await bench.clock.flow(600);
    expect(bench.box.queue()).toMatchObject({ waitingCount: 2, parkedCount: 0 });
    expect(alarms()).toEqual(['reports-refused']);
    bench.gateway.deliveries.push(ACKED);
    await bench.clock.flow(5_000);
    expect(delivered()).toEqual([[1000, 1001], [1000], [1001], [1000, 1001]]);
    expect([bench.box.queue().waitingCount, alarms()]).toEqual([0, []]);
  });

  it('parks a lone refused row only when the backend takes another one beside it', async () => {
    await sold(1);
    bench.gateway.deliveries.push(REFUSED);
    await bench.clock.flow(600);
    expect([bench.box.queue().parkedCount, alarms()]).toEqual([0, ['reports-refused']]);
    sellFor(2_000);
    bench.gateway.deliveries.push(REFUSED, REFUSED, ACKED);
    await bench.clock.flow(5_000);
    expect(delivered()).toEqual([[1000], [1000, 2000], [1000], [2000]]);
    expect(bench.box.queue()).toMatchObject({ waitingCount: 0, parkedCount: 1, parked: [{ parkedReason: 'Bad Request' }] });
    expect(alarms()).toEqual(['report-parked']);
  });

  it('keeps a batch that took in newer rows together when it gets no answer', async () => {
    await sold(1);
    bench.gateway.deliveries.push(REFUSED);
    await bench.clock.flow(600);
    sellFor(2_000);
    bench.gateway.deliveries.push({ state: 'retry', reason: 'timeout', afterMs: 30_000 });
    await bench.clock.flow(5_000);
    sellFor(3_000);
    bench.gateway.deliveries.push(ACKED, ACKED);
    await bench.clock.flow(40_000, 500);
    expect(delivered()).toEqual([[1000], [1000, 2000], [1000, 2000], [3000]]);
  });

  it('keeps everything while nobody is there to take it', async () => {
    await sold(2, false);
    await bench.clock.flow(60_000, 1_000);
    expect(bench.gateway.delivered).toEqual([]);
    expect(bench.box.queue().waitingCount).toBe(2);
  });
});
