import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IctBench } from '../../../testkit/ict-bench.ts';

let bench: IctBench;
beforeEach(() => {
  bench = new IctBench();
});

describe('the end of a bill acceptor', () => {
  afterEach(() => {
    bench.device.finish();
    expect([bench.link.inUse, bench.clock.pending(), bench.acceptor.busy()]).toEqual([false, 0, false]);
  });

  it('gives back a held note, and leaves the device inhibited', async () => {
    await bench.ready('giveBack', 'disable');
    await bench.insert();
    await bench.stop();
    expect(bench.said()).toEqual(['escrowed boot1.bill.1 2000', 'returned boot1.bill.1: as it was told']);
    expect([bench.device.inhibited, bench.device.returned]).toEqual([true, [1]]);
  });

  it('waits for a note that is being stacked', async () => {
    await bench.ready('accept', 'disable');
    bench.device.moveMs = 1_500;
    await bench.acceptor.escrow?.stack(await bench.insert());
    await bench.stop();
    expect(bench.said()).toEqual(['escrowed boot1.bill.1 2000', 'credited boot1.bill.1 2000']);
  });

  it('waits for a note that nobody knows to be given back', async () => {
    await bench.ready('giveBack', 'disable');
    bench.device.moveMs = 1_500;
    await bench.insert(5);
    await bench.stop();
    expect(bench.said()).toEqual(['rejected: a note of no known value', 'rejected: a note was given back']);
  });

  it('parks a note that takes longer', async () => {
    await bench.ready('accept', 'disable');
    bench.device.moveMs = 10_000;
    await bench.acceptor.escrow?.stack(await bench.insert());
    const from = bench.clock.monotonicMs();
    const stopped = bench.acceptor.stop();
    await bench.clock.flow(2_000, 100);
    await stopped;
    expect(bench.clock.monotonicMs() - from).toBe(2_000);
    expect(bench.said()).toEqual(['escrowed boot1.bill.1 2000', 'unassigned boot1.bill.1']);
  });

  it('is no reason to forget a note that is never seen to leave', async () => {
    await bench.ready('giveBack', 'disable');
    bench.device.manner = 'ignore';
    await bench.insert();
    await bench.stop();
    expect(bench.said().at(-1)).toBe('returned boot1.bill.1: as it was told');
  });

  it('comes also while it starts, and without a port', async () => {
    bench.device.dead = true;
    const started = bench.acceptor.start(bench.onEvent);
    await bench.stop();
    await started;
    bench.link.unplug();
    await bench.acceptor.start(bench.onEvent);
    await bench.stop();
    expect(bench.said()).toEqual(['fault serial-missing']);
  });

  it('is not for ever: it starts again, with names that go on', async () => {
    await bench.ready('disable');
    await bench.stop();
    await bench.ready('accept', 'disable');
    bench.decision = 'stack';
    await bench.insert();
    await bench.clock.flow(100);
    await bench.stop();
    expect(bench.said()).toEqual(['escrowed boot1.bill.1 2000', 'credited boot1.bill.1 2000']);
  });

  it('is reached even when nobody wants to hear of its last note', async () => {
    await bench.ready('accept', 'disable');
    bench.device.moveMs = 10_000;
    await bench.acceptor.escrow?.stack(await bench.insert());
    bench.events.push = () => {
      throw new Error('ledger is gone');
    };
    const stopped = expect(bench.acceptor.stop()).rejects.toThrow('ledger is gone');
    await bench.clock.flow(3_000, 100);
    await stopped;
    expect(bench.device.inhibited).toBe(true);
  });
});
