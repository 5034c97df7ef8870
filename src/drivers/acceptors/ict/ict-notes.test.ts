import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../../../testkit/clock.ts';
import { escrowAcceptorContract } from '../../../testkit/escrow-contract.ts';
import { IctBench, ictHarness } from '../../../testkit/ict-bench.ts';
import type { IctOrder } from '../../../testkit/ict-device.ts';

for (const way of ['unplugged', 'switched off'] as const)
  escrowAcceptorContract(`the ICT bill acceptor that can be ${way}`, async (inhibits) => ictHarness(way, inhibits));

let bench: IctBench;
beforeEach(() => {
  bench = new IctBench();
});

describe('a bill acceptor and its notes', () => {
  afterEach(() => bench.finish());

  it('starts inhibited, is enabled and disabled, and told only what it does not know', async () => {
    bench.device.inhibited = false;
    bench.device.expect('disable');
    await bench.start();
    expect(bench.device.inhibited).toBe(true);
    bench.device.expect('enable', 'disable');
    await bench.acceptor.enable();
    await bench.acceptor.enable();
    expect(bench.device.inhibited).toBe(false);
    await bench.acceptor.disable();
    await bench.acceptor.disable();
    expect(bench.device.inhibited).toBe(true);
    bench.device.expect('enable', 'disable', 'enable');
    await Promise.all([bench.acceptor.enable(), bench.acceptor.disable(), bench.acceptor.enable()]);
    expect([bench.device.inhibited, bench.said()]).toEqual([false, []]);
  });

  it('answers a power-up, and is then enabled again when that is wanted', async () => {
    await bench.ready('accept', 'enable');
    bench.device.switchOn();
    await settle();
    expect([bench.device.inhibited, bench.said()]).toEqual([false, []]);
  });

  it('stays inhibited after a power-up when nothing else is wanted', async () => {
    bench.device.expect('disable', 'accept', 'disable');
    await bench.start();
    bench.device.switchOn();
    await settle();
    expect(bench.device.inhibited).toBe(true);
  });

  it('credits a note when it is stacked, once, under a name of its own', async () => {
    await bench.ready('accept', 'accept');
    bench.decision = 'stack';
    await bench.insert(1);
    expect([bench.said(), bench.acceptor.busy()]).toEqual([['escrowed boot1.bill.1 2000'], true]);
    await bench.clock.flow(100);
    expect([bench.said(), bench.acceptor.busy()]).toEqual([['credited boot1.bill.1 2000'], false]);
    await bench.insert(3);
    await bench.clock.flow(100);
    expect(bench.events).toEqual([
      { kind: 'escrowed', piece: 'boot1.bill.2', amountMinor: 10_000 },
      { kind: 'credited', train: 'boot1.bill.2', piece: 'boot1.bill.2', amountMinor: 10_000 },
    ]);
    expect(bench.device.stacked).toEqual([1, 3]);
  });

  it('gives a note back when it is told to', async () => {
    await bench.ready('giveBack');
    const piece = await bench.insert(2);
    await bench.acceptor.escrow?.giveBack(piece);
    await bench.clock.flow(100);
    expect(bench.said()).toEqual(['escrowed boot1.bill.1 5000', 'returned boot1.bill.1: as it was told']);
    expect(bench.device.returned).toEqual([2]);
  });

  it('keeps holding a note while nobody has decided, in time even when one answer is lost', async () => {
    await bench.ready('hold', 'hold', 'hold', 'hold', 'accept');
    const piece = await bench.insert();
    await bench.clock.flow(9_000, 100);
    expect(bench.said()).toEqual(['escrowed boot1.bill.1 2000']);
    await bench.acceptor.escrow?.stack(piece);
    await bench.clock.flow(100);
    expect(bench.said()).toEqual(['credited boot1.bill.1 2000']);
  });

  it('gives a note back that nobody has decided about within 30 s, and takes the next', async () => {
    await bench.ready(...Array<IctOrder>(14).fill('hold'), 'giveBack', 'accept');
    const piece = await bench.insert();
    await bench.clock.flow(29_900, 100);
    expect([bench.device.held, bench.acceptor.busy()]).toEqual([1, true]);
    await bench.clock.flow(200, 100);
    expect(bench.said()).toEqual(['escrowed boot1.bill.1 2000', 'returned boot1.bill.1: nobody decided in time']);
    await bench.acceptor.escrow?.stack(piece);
    bench.decision = 'stack';
    await bench.insert(2);
    await bench.clock.flow(100);
    expect(bench.said()).toEqual(['escrowed boot1.bill.2 5000', 'credited boot1.bill.2 5000']);
  });

  it('tells that a note has left by itself', async () => {
    await bench.ready();
    await bench.insert();
    bench.device.held = null;
    bench.device.tell(0x11);
    await settle();
    expect([bench.said().at(-1), bench.acceptor.busy()]).toEqual(['returned boot1.bill.1: by the acceptor', false]);
  });

  it.each([4, 5])('gives back a note of channel %i, which has no value here', async (channel) => {
    await bench.ready('giveBack');
    await bench.insert(channel);
    await bench.clock.flow(100);
    expect(bench.said()).toEqual(['rejected: a note of no known value', 'rejected: a note was given back']);
    expect(bench.device.returned).toEqual([channel]);
  });

  it('gives back a note whose channel was damaged or never came', async () => {
    await bench.ready('giveBack', 'giveBack');
    bench.device.tell(0x81, 0x00);
    await bench.clock.flow(5_000, 100);
    bench.device.tell(0x81);
    await bench.clock.flow(600, 100);
    expect(bench.said()).toEqual(['rejected: a note of no known value', 'rejected: a note of no known value']);
  });

  it('reads a note whose bytes come apart', async () => {
    await bench.ready('giveBack');
    // Between two polls, whose answers would break it.
    await bench.clock.flow(200, 100);
    bench.device.tell(0x81);
    await bench.clock.flow(400, 100);
    bench.device.tell(0x41);
    await settle();
    expect(bench.said()).toEqual(['escrowed boot1.bill.1 5000']);
    await bench.acceptor.escrow?.giveBack('boot1.bill.1');
    bench.device.tell(0x11);
  });

  it('gives each message its own time', async () => {
    await bench.ready('accept', 'enable', 'accept', 'enable');
    await bench.clock.flow(200, 100);
    bench.device.tell(0x80);
    await bench.clock.flow(300, 100);
    bench.device.tell(0x8f, 0x80);
    await bench.clock.flow(300, 100);
    bench.device.tell(0x8f);
    expect(bench.said()).toEqual([]);
  });

  it('parks what is stacked without a note that was announced', async () => {
    await bench.ready();
    bench.device.tell(0x10);
    bench.device.tell(0x10);
    await settle();
    expect(bench.events).toEqual([
      { kind: 'unassigned', train: 'boot1.bill.1', pulses: 1, widthsMs: [] },
      { kind: 'unassigned', train: 'boot1.bill.2', pulses: 1, widthsMs: [] },
    ]);
  });

  it('does not tell the device about taking notes while one is in escrow, only after it', async () => {
    await bench.ready('accept', 'disable');
    const piece = await bench.insert();
    await bench.acceptor.disable();
    await bench.acceptor.enable();
    await bench.acceptor.disable();
    await bench.acceptor.escrow?.stack(piece);
    expect(bench.device.inhibited).toBe(false);
    await bench.clock.flow(100);
    expect([bench.said().at(-1), bench.device.inhibited]).toEqual(['credited boot1.bill.1 2000', true]);
  });

  it('parks a note whose outcome never came, and does not count it twice when it does', async () => {
    await bench.ready('accept');
    bench.device.manner = 'lose';
    bench.decision = 'stack';
    await bench.insert();
    await bench.clock.flow(4_900, 100);
    expect([bench.said(), bench.acceptor.busy()]).toEqual([['escrowed boot1.bill.1 2000'], true]);
    await bench.clock.flow(300, 100);
    expect([bench.events, bench.acceptor.busy()]).toEqual([
      [{ kind: 'unassigned', train: 'boot1.bill.1', piece: 'boot1.bill.1', pulses: 1, widthsMs: [] }],
      false,
    ]);
    bench.said();
    bench.device.tell(0x10);
    await settle();
    expect(bench.said()).toEqual(['rejected: stacked late: it is counted as unassigned already']);
  });

  it('waits for an outcome while the device is busy, and credits it late', async () => {
    await bench.ready('accept');
    bench.device.moveMs = 20_000;
    bench.decision = 'stack';
    await bench.insert();
    await bench.clock.flow(19_900, 100);
    expect([bench.said(), bench.acceptor.busy()]).toEqual([['escrowed boot1.bill.1 2000'], true]);
    await bench.clock.flow(200, 100);
    expect(bench.said()).toEqual(['credited boot1.bill.1 2000']);
  });

  it('does not wait for ever', async () => {
    await bench.ready('accept');
    bench.device.moveMs = 60_000;
    bench.decision = 'stack';
    await bench.insert();
    await bench.clock.flow(30_100, 100);
    expect([bench.said(), bench.acceptor.busy()]).toEqual([['escrowed boot1.bill.1 2000', 'unassigned boot1.bill.1'], false]);
    await bench.clock.flow(30_000, 100);
    expect(bench.said()).toEqual(['rejected: stacked late: it is counted as unassigned already']);
  });
});
