import { afterEach, describe, expect, it } from 'vitest';
import type { BoardDelivery } from '../domain/board.ts';
import { DeviceFault } from '../domain/fault.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox } from '../testkit/test-box.ts';

let bench: TestBox;

afterEach(() => bench.end());

/** A sale of 20.00 paid in cash, at the moment the output is being driven. */
async function paidSale(delivery: BoardDelivery = { output: 'relay' }, policy = {}): Promise<string> {
  bench = await new TestBox({ paired: false, board: { delivery }, policy }).start();
  const { id } = bench.box.sell({ amountMinor: 2_000, origin: 'api' });
  bench.coin.insert(2_000);
  return id;
}

const FEEDBACK: BoardDelivery = { output: 'relay', feedback: { input: 'running', level: 'low', withinMs: 1_000 } };

describe('driving the machine', () => {
  it('holds the relay for the configured time', async () => {
    await paidSale();
    expect(bench.outputs.driven).toEqual([{ line: 'relay', train: { count: 1, pulseMs: 5_000, gapMs: 0 } }]);
  });

  it('gives one pulse for every unit of the price', async () => {
    await paidSale({ output: 'relay' }, { drive: { mode: 'pulses-per', unitMinor: 500, pulseMs: 60, gapMs: 120 } });
    expect(bench.outputs.driven[0]?.train).toMatchObject({ count: 4, pulseMs: 60, gapMs: 120 });
  });

  it('commits the intent before it drives', async () => {
    await paidSale();
    expect(bench.kinds()).toContain('act.intent');
    expect(bench.kinds()).not.toContain('act.outcome');
  });

  it('is delivered when the machine answers in time', async () => {
    const sale = await paidSale(FEEDBACK);
    bench.outputs.edge('running', 'low');
    await bench.outputs.finish();
    expect(bench.box.sale(sale)?.state).toBe('delivered');
  });

  it('owes the price back and takes the box out of service when the machine does not answer', async () => {
    const sale = await paidSale(FEEDBACK);
    bench.outputs.edge('running', 'high');
    await bench.clock.flow(1_100);
    await bench.outputs.finish();
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivery-failed', refundMinor: 2_000 });
    expect(bench.box.status().ready).toMatchObject({ qr: false, cash: false });
    expect(bench.coin.enabled).toBe(false);
    expect(bench.box.status().alarms.map((alarm) => alarm.code)).toContain('output-faulty');
  });

  it('owes the price back when the output is missing, without a try', async () => {
    bench = await new TestBox({ paired: false, board: { delivery: { output: 'relay' } } }).start();
    const { id } = bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    // Gone a moment ago: the acceptors have not been told yet.
    bench.outputs.away = [{ line: 'relay', fault: new DeviceFault('There is no GPIO chip', { code: 'gpio-chip-missing' }) }];
    bench.coin.insert(2_000);
    await settle();
    expect(bench.box.sale(id)).toMatchObject({ state: 'delivery-failed', refundMinor: 2_000 });
    expect([bench.outputs.driven, bench.store.ledger({ limit: 20 }).filter(({ entry }) => entry.kind === 'act.outcome')]).toMatchObject([
      [],
      [{ entry: { result: 'failed', reason: 'output relay: There is no GPIO chip' } }],
    ]);
  });

  it.each([
    ['was lost from sight meanwhile', () => bench.outputs.lose('running')],
    ['is not watched', () => (bench.outputs.away = [{ line: 'running', fault: new DeviceFault('gone', { code: 'gpio-chip-missing' }) }])],
  ])('does not guess when the input that the machine answers on %s', async (_, lose) => {
    const sale = await paidSale(FEEDBACK);
    lose();
    await bench.clock.flow(1_100);
    await bench.outputs.finish();
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivery-unknown', refundMinor: 0 });
    expect(bench.box.status().alarms.map((alarm) => alarm.code)).toEqual(expect.arrayContaining(['output-faulty', 'delivery-unknown']));
  });

  it('is delivered when the machine answers after edges were lost', async () => {
    const sale = await paidSale(FEEDBACK);
    bench.outputs.lose('running');
    bench.outputs.edge('running', 'low');
    await bench.outputs.finish();
    expect(bench.box.sale(sale)?.state).toBe('delivered');
  });

  it('does not guess when the output failed in the middle', async () => {
    const sale = await paidSale();
    await bench.outputs.finish(new DeviceFault('line gone', { code: 'line-gone' }));
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivery-unknown', refundMinor: 0 });
  });

  it('ends a sale at once on a board without an output', async () => {
    bench = await new TestBox({ paired: false, board: { delivery: null } }).start();
    const { id } = bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    bench.coin.insert(2_000);
    await settle();
    expect(bench.box.sale(id)?.state).toBe('delivered');
    expect(bench.box.screen().kind).toBe('success');
    expect(bench.box.status().sale).toBeNull();
  });
});
