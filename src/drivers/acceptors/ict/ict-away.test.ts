import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IctBench } from '../../../testkit/ict-bench.ts';

let bench: IctBench;
beforeEach(() => {
  bench = new IctBench();
});

describe('a bill acceptor that comes and goes', () => {
  afterEach(() => bench.finish());

  it('finds a device silent, resets it, opens the port anew, and goes on when it is back', async () => {
    await bench.ready();
    bench.device.switchOff();
    await bench.clock.flow(4_100, 100);
    expect(bench.said()).toEqual(['fault acceptor-silent']);
    await bench.clock.flow(60_000, 100);
    expect(bench.said()).toEqual([]);
    expect(bench.link.opened).toBeGreaterThan(2);
    bench.device.expect('accept', 'enable');
    bench.device.switchOn();
    await bench.clock.flow(20_000, 100);
    expect([bench.said(), bench.device.inhibited]).toEqual([['cleared acceptor-silent'], false]);
  });

  it('resets a device that hears and does not answer', async () => {
    await bench.ready('reset', 'accept', 'enable');
    bench.device.manner = 'ignore';
    bench.device.answer = 0xc3;
    await bench.clock.flow(6_500, 100);
    bench.device.answer = null;
    await bench.clock.flow(1_000, 100);
    expect(bench.said().filter((word) => !word.includes('noise'))).toEqual(['fault acceptor-silent', 'cleared acceptor-silent']);
    expect(bench.device.inhibited).toBe(false);
  });

  it('does not reset a device that may still be stacking a note', async () => {
    await bench.ready('accept');
    bench.device.moveMs = 60_000;
    bench.device.answer = 0xc3;
    bench.decision = 'stack';
    await bench.insert();
    await bench.clock.flow(15_000, 100);
    expect(bench.said().filter((word) => !word.includes('noise'))).toEqual(['escrowed boot1.bill.1 2000', 'fault acceptor-silent']);
    bench.device.tell(0x10);
    expect(bench.said()).toEqual(['cleared acceptor-silent', 'credited boot1.bill.1 2000']);
  });

  it('starts without a port, and finds it when it is plugged in', async () => {
    bench.link.unplug();
    const before = bench.clock.monotonicMs();
    await bench.acceptor.start(bench.onEvent);
    expect([bench.said(), bench.clock.monotonicMs() - before]).toEqual([['fault serial-missing'], 0]);
    await bench.acceptor.enable();
    await bench.clock.flow(60_000, 500);
    expect(bench.said()).toEqual([]);
    bench.device.expect('enable');
    bench.link.plug();
    await bench.clock.flow(15_000, 500);
    expect([bench.said(), bench.device.inhibited]).toEqual([['cleared serial-missing'], false]);
  });

  it('starts within seconds at a port where nothing answers', async () => {
    bench.device.dead = true;
    await bench.start();
    expect(bench.said()).toEqual(['fault acceptor-silent']);
  });

  it('takes up again when the plug was out, with the fault of the moment', async () => {
    await bench.ready();
    bench.link.unplug();
    await bench.clock.flow(1_100, 100);
    expect(bench.said()).toEqual(['fault serial-lost', 'fault serial-missing', 'cleared serial-lost']);
    bench.device.expect('enable');
    bench.link.plug();
    await bench.clock.flow(3_000, 100);
    expect([bench.said(), bench.device.inhibited]).toEqual([['cleared serial-missing'], false]);
  });

  it('looks for a device that was there a moment ago as soon as for one that never was away', async () => {
    await bench.ready('enable', 'enable');
    bench.link.unplug();
    await bench.clock.flow(60_000, 500);
    bench.link.plug();
    await bench.clock.flow(15_000, 500);
    bench.said();
    bench.link.unplug();
    bench.link.plug();
    await bench.clock.flow(1_100, 100);
    expect(bench.said()).toEqual(['fault serial-lost', 'cleared serial-lost']);
  });

  it('forgets half a message when the plug is pulled', async () => {
    await bench.ready('enable');
    bench.device.tell(0x81);
    bench.link.unplug();
    bench.link.plug();
    await bench.clock.flow(2_000, 100);
    expect(bench.said()).toEqual(['fault serial-lost', 'cleared serial-lost']);
  });

  it('returns a held note when the plug is pulled, and gives back what it finds held after', async () => {
    await bench.ready('giveBack', 'enable');
    const piece = await bench.insert();
    bench.link.unplug();
    bench.link.plug();
    expect(bench.said()).toEqual(['escrowed boot1.bill.1 2000', 'fault serial-lost', 'returned boot1.bill.1: the acceptor went away']);
    await bench.acceptor.escrow?.stack(piece);
    await bench.clock.flow(2_000, 100);
    expect(bench.said()).toEqual(['cleared serial-lost', 'rejected: a note was given back']);
    expect([bench.device.returned, bench.device.stacked]).toEqual([[1], []]);
  });

  it.each<[string, boolean, string]>([
    ['in time: it is credited', true, 'credited boot1.bill.1 2000'],
    ['lost: it is parked', false, 'unassigned boot1.bill.1'],
  ])('waits for the outcome of a note whose plug is pulled while it is stacked; %s', async (_, heard, outcome) => {
    await bench.ready('accept', 'enable');
    bench.device.moveMs = heard ? 3_000 : 50;
    bench.decision = 'stack';
    await bench.insert();
    bench.link.unplug();
    bench.link.plug();
    await bench.clock.flow(5_000, 100);
    expect(bench.said()).toEqual(['escrowed boot1.bill.1 2000', 'fault serial-lost', 'cleared serial-lost', outcome]);
  });

  it('says that the device could not be told', async () => {
    await bench.ready();
    const piece = await bench.insert();
    bench.link.jam();
    await expect(bench.acceptor.escrow?.stack(piece)).rejects.toMatchObject({ code: 'serial-lost', blame: 'device' });
    bench.device.switchOff();
  });

  it.each<[string, number | null]>([
    ['the note once more', null],
    ['that it is busy', 0x71],
  ])('starts anew at a device that holds a note, and answers with %s: it is given back', async (_, answer) => {
    bench.device.inhibited = false;
    bench.device.insert(1);
    bench.device.answer = answer;
    bench.device.expect('giveBack', 'disable');
    await bench.start();
    expect([bench.said(), bench.device.returned]).toEqual([['rejected: a note was given back'], [1]]);
  });

  it('starts anew at a device that is moving a note: what is stacked is parked', async () => {
    bench.device.inhibited = false;
    bench.device.insert(1);
    bench.device.moveMs = 500;
    bench.device.expect('accept', 'giveBack', 'disable');
    bench.device.receive(Uint8Array.of(0x02));
    await bench.acceptor.start(bench.onEvent);
    expect([bench.said(), bench.acceptor.busy()]).toEqual([[], true]);
    await bench.clock.flow(5_000, 100);
    expect([bench.said(), bench.device.stacked, bench.acceptor.busy()]).toEqual([['unassigned no piece, boot1.bill.1'], [1], false]);
  });
});
