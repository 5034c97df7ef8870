import { afterEach, describe, expect, it } from 'vitest';
import { settle } from '../testkit/clock.ts';
import { fullWhile } from '../testkit/full-store.ts';
import { TestBox, type TestBoxOptions } from '../testkit/test-box.ts';

let bench: TestBox;

async function start(options: TestBoxOptions = {}): Promise<TestBox> {
  bench = await new TestBox(options).start();
  return bench;
}

afterEach(async () => {
  expect(bench.gateway.leftovers()).toEqual([]);
  await bench.end();
});

function offer(charge: string): void {
  bench.gateway.offers.push({ charge, qr: `QR-${charge}`, expiresAtMs: bench.clock.wallMs() + 300_000 });
}

describe('cash', () => {
  it('pays a sale without any backend', async () => {
    await start({ paired: false });
    expect(bench.coin.enabled).toBe(true);
    const { id } = bench.box.sell({ amountMinor: 1_500, origin: 'button' });
    bench.coin.insert(1_000);
    expect(bench.box.screen()).toMatchObject({ kind: 'insert-cash', rest: { minor: 500 } });
    bench.coin.insert(500);
    await bench.outputs.finish();
    expect(bench.box.sale(id)).toMatchObject({ state: 'delivered', cashMinor: 1_500, cash: { coin: { 500: 1, 1000: 1 } } });
    expect(bench.box.counters().sinceEver).toMatchObject({ coin: { 500: 1, 1000: 1 }, cashMinor: 1_500, salesCount: 1 });
  });

  it('replaces the QR by one over the rest when the coins have stopped', async () => {
    await start();
    // The first QR is off the screen and still watched.
    bench.gateway.steadyAnswer = { state: 'unresolved', reason: 'pending' };
    offer('ch_1');
    bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    await settle();
    bench.coin.insert(500);
    expect(bench.box.screen()).toMatchObject({ kind: 'insert-cash', rest: { minor: 1_500 }, qrPossible: true });
    await bench.clock.flow(2_000);
    bench.coin.insert(500);
    await bench.clock.flow(2_900);
    expect(bench.gateway.requested).toHaveLength(1);
    offer('ch_2');
    await bench.clock.flow(200);
    expect(bench.gateway.requested.at(-1)).toMatchObject({ amount: { minor: 1_000 } });
    expect(bench.box.screen()).toMatchObject({ kind: 'qr', qr: 'QR-ch_2' });
    await bench.gateway.push('ch_2', { state: 'paid' });
    expect(bench.outputs.driven).toHaveLength(1);
  });

  it('does not end a sale with money in it, however long it takes', async () => {
    await start({ paired: false });
    const { id } = bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    bench.coin.insert(100);
    await bench.clock.flow(3_600_000, 10_000);
    expect(bench.box.status().sale?.id).toBe(id);
  });

  it('ends a sale nobody pays, but not while a piece is being counted', async () => {
    await start({ paired: false });
    const { id } = bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    bench.coin.counting = true;
    await bench.clock.flow(130_000, 1_000);
    expect(bench.box.status().sale?.id).toBe(id);
    bench.coin.counting = false;
    await bench.clock.flow(130_000, 1_000);
    expect(bench.box.sale(id)).toMatchObject({ state: 'cancelled', cancelReason: 'timeout' });
  });

  it('keeps idle cash as credit for the next sale', async () => {
    await start();
    bench.coin.insert(1_000);
    expect(bench.box.screen()).toMatchObject({ kind: 'idle', credit: { minor: 1_000 } });
    offer('ch_1');
    bench.box.sell({ amountMinor: 2_500, origin: 'api' });
    await settle();
    expect(bench.gateway.requested[0]?.amount.minor).toBe(1_500);
  });

  it('counts the same train once', async () => {
    await start();
    bench.coin.emit({ kind: 'credited', train: 't1', amountMinor: 500 });
    bench.coin.emit({ kind: 'credited', train: 't1', amountMinor: 500 });
    expect(bench.box.status()).toMatchObject({ creditMinor: 500, ready: { cash: true }, alarms: [] });
  });

  it('parks what matches no denomination, raises an alarm and counts it apart', async () => {
    await start();
    bench.coin.emit({ kind: 'unassigned', train: 't1', pulses: 7, widthsMs: [50.04, 49.96] });
    expect(bench.store.ledger({ limit: 10 }).at(-1)?.entry).toMatchObject({ kind: 'cash.unassigned', pulses: 7, widthsMs: [50, 50] });
    expect(bench.box.status()).toMatchObject({ creditMinor: 0, alarms: [{ code: 'cash-unassigned' }] });
    expect(bench.box.counters().sinceEver.unassigned).toBe(1);
  });

  it('tells of it over restarts, once for an acceptor, until somebody has closed the books', async () => {
    await start();
    for (const train of ['t1', 't2']) bench.coin.emit({ kind: 'unassigned', train, pulses: 7, widthsMs: [] });
    const told = [expect.objectContaining({ code: 'cash-unassigned', detail: expect.stringMatching(/^pulses or pieces of coin [^|]+$/) })];
    expect(bench.box.status().alarms).toEqual(told);
    await bench.cut();
    await bench.start();
    expect(bench.box.status().alarms).toEqual(told);
    bench.box.resetCounters();
    expect(bench.box.status().alarms).toEqual([]);
    await bench.cut();
    await bench.start();
    expect(bench.box.status().alarms).toEqual([]);
  });

  it('takes a faulty acceptor out of readiness and back', async () => {
    await start({ paired: false });
    bench.coin.emit({ kind: 'fault', code: 'line-stuck', detail: 'low for 5 s' });
    expect(bench.box.status().ready).toMatchObject({ cash: false });
    expect(bench.coin.enabled).toBe(false);
    bench.coin.emit({ kind: 'cleared', code: 'line-stuck' });
    expect(bench.coin.enabled).toBe(true);
  });

  it('is inhibited while a QR is shown where the owner wants that', async () => {
    await start({ policy: { cashWhileQr: false } });
    offer('ch_1');
    const { id } = bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    await settle();
    expect(bench.coin.enabled).toBe(false);
    bench.box.cancel(id, 'api');
    expect(bench.coin.enabled).toBe(true);
  });
});

it('notices an acceptor that does not do what it is told', async () => {
  await start({ policy: { cashWhileQr: false } });
  expect(bench.box.acceptorsWaitingMs()).toBe(0);
  bench.coin.hanging = true;
  bench.gateway.steadyAnswer = { state: 'unresolved', reason: 'pending' };
  offer('ch_1');
  const { id } = bench.box.sell({ amountMinor: 2_000, origin: 'api' });
  await settle();
  await bench.clock.flow(5_000);
  bench.box.cancel(id, 'api');
  await bench.clock.flow(5_000);
  expect(bench.box.acceptorsWaitingMs()).toBeGreaterThanOrEqual(10_000);
  bench.coin.hanging = false;
});

describe('a ledger that cannot be written', () => {
  it('inhibits the acceptors within two seconds and refuses to sell', async () => {
    const state = { full: false };
    await start({ wrapStore: fullWhile(state) });
    state.full = true;
    await bench.clock.flow(1_100);
    expect(bench.coin.enabled).toBe(false);
    expect(bench.box.screen()).toMatchObject({ kind: 'out-of-service' });
    expect(() => bench.box.sell({ amountMinor: 2_000, origin: 'api' })).toThrow(expect.objectContaining({ code: 'not-ready' }));
    state.full = false;
    await bench.clock.flow(1_100);
    expect(bench.coin.enabled).toBe(true);
  });

  it('records a coin that fell in meanwhile as soon as it can, once', async () => {
    const state = { full: false };
    await start({ wrapStore: fullWhile(state) });
    state.full = true;
    bench.coin.insert(500);
    expect(bench.box.status()).toMatchObject({ creditMinor: 0, ready: { cash: false } });
    state.full = false;
    await bench.clock.flow(1_100);
    expect(bench.box.status().creditMinor).toBe(500);
    await bench.clock.flow(5_000);
    expect(bench.box.status().creditMinor).toBe(500);
  });
});
