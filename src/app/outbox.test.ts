import { afterEach, describe, expect, it } from 'vitest';
import type { Delivery } from '../ports/gateway.ts';
import { TestBox } from '../testkit/test-box.ts';

let bench: TestBox;
const ACKED: Delivery = { state: 'acked' };
const REFUSED: Delivery = { state: 'refused', reason: 'Bad Request' };

/** A box that has sold `count` times for cash. */
async function sold(count: number, paired = true): Promise<void> {
  bench = await new TestBox({ paired, board: { delivery: null } }).start();
  for (let i = 0; i < count; i++) {
    bench.coin.insert(1_000 + i);
    bench.box.sell({ amountMinor: 1_000 + i, origin: 'api' });
  }
}

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
    bench.gateway.deliveries.push({ state: 'retry', reason: 'down', afterMs: 3_000_000 });
    await bench.clock.flow(600);
    bench.gateway.deliveries.push(ACKED);
    bench.gateway.reconnect();
    await bench.clock.flow(600);
    expect(bench.box.queue().waitingCount).toBe(0);
  });

  it('keeps everything while nobody is there to take it', async () => {
    await sold(2, false);
    await bench.clock.flow(60_000, 1_000);
    expect(bench.gateway.delivered).toEqual([]);
    expect(bench.box.queue().waitingCount).toBe(2);
  });
});
