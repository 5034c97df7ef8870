import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HEADER } from '../../../domain/cash/cctalk/headers.ts';
import { BILL_ENTRY, CcTalkBench, ccTalkHarness } from '../../../testkit/cctalk-bench.ts';
import type { Misdeed } from '../../../testkit/cctalk-device.ts';
import { escrowAcceptorContract } from '../../../testkit/escrow-contract.ts';

escrowAcceptorContract('the ccTalk bill acceptor', async (inhibits) => ccTalkHarness('bill', inhibits));

describe('a ccTalk bill acceptor', () => {
  let bench: CcTalkBench;
  const stack = (piece: string) => bench.passing(bench.acceptor.escrow?.stack(piece) ?? Promise.reject(new RangeError('no escrow')));
  const giveBack = (piece: string) => bench.passing(bench.acceptor.escrow?.giveBack(piece) ?? Promise.reject(new RangeError('no escrow')));
  beforeEach(async () => {
    bench = await new CcTalkBench(BILL_ENTRY).ready();
    expect(bench.device.mode).toBe(3);
  });
  afterEach(async () => {
    await bench.finish();
    expect(bench.device.inhibited).toBe(true);
  });

  it('names itself and its bills', () => {
    expect(bench.identities).toMatchObject([
      { category: 'Bill Validator', pieces: { '1': 'TH0020A', '2': 'TH0050A' }, scaling: { factor: 100, decimals: 2 } },
    ]);
  });

  it('offers a bill, and credits it when it is stacked', async () => {
    bench.device.insert(1);
    await bench.pass();
    expect([bench.said(), bench.acceptor.busy(), bench.device.stacked]).toEqual([['escrowed 2000 boot1.bill.1'], true, []]);
    bench.device.slow = true;
    await stack('boot1.bill.1');
    await bench.pass();
    expect([bench.said(), bench.acceptor.busy()]).toEqual([[], true]);
    bench.device.arrive();
    await bench.pass();
    expect(bench.events).toEqual([
      { kind: 'credited', train: 'boot1.bill.2', piece: 'boot1.bill.1', amountMinor: 2_000, mark: expect.stringMatching(/^2:01000101/) },
    ]);
    expect([bench.acceptor.busy(), bench.device.stacked]).toEqual([false, [1]]);
  });

  it('holds up no sale for a bill in a device that is gone', async () => {
    bench.device.insert(1);
    await bench.pass();
    expect(bench.acceptor.busy()).toBe(true);
    const { say } = bench.device;
    bench.device.say = () => undefined;
    await bench.pass(10_000);
    expect([bench.said(), bench.acceptor.busy()]).toEqual([['escrowed 2000 boot1.bill.1', 'fault acceptor-silent'], false]);
    bench.device.say = say;
    await bench.pass(6_000);
    expect([bench.said(), bench.acceptor.busy()]).toEqual([['cleared acceptor-silent'], true]);
    await giveBack('boot1.bill.1');
    await bench.pass();
    expect(bench.said()).toEqual(['returned boot1.bill.1']);
  });

  it('gives a bill back', async () => {
    bench.device.insert(2);
    await bench.pass();
    await giveBack('boot1.bill.1');
    await bench.pass();
    expect([bench.said(), bench.device.returned, bench.acceptor.busy()]).toEqual([
      ['escrowed 5000 boot1.bill.1', 'returned boot1.bill.1'],
      [2],
      false,
    ]);
  });

  it('never routes a bill that is not the one which was meant', async () => {
    bench.device.insert(1);
    await bench.pass();
    // It is pulled out, and another one comes, between two readings.
    bench.device.escrow = null;
    bench.device.event(0, 8);
    bench.device.insert(2);
    await stack('boot1.bill.1');
    await bench.pass();
    expect(bench.said()).toEqual(['escrowed 2000 boot1.bill.1', 'returned boot1.bill.1', 'escrowed 5000 boot1.bill.2']);
    await stack('boot1.bill.1');
    await stack('never-was');
    expect([bench.device.stacked, bench.device.asked.includes(HEADER.routeBill)]).toEqual([[], false]);
    await stack('boot1.bill.2');
    await bench.pass();
    expect([bench.said(), bench.device.stacked]).toEqual([['credited 5000 boot1.bill.2'], [2]]);
  });

  it.each<[Misdeed, Misdeed[]]>([
    ['silence', []],
    ['busy', []],
    ['nak', ['silence']],
    ['answer-lost', []],
    ['bad-checksum', []],
    ['late', []],
    [{ data: [255] }, []],
  ])('stacks once in spite of %j %j', async (first, more) => {
    bench.device.insert(1);
    await bench.pass();
    bench.device.will(HEADER.routeBill, first, ...more);
    await stack('boot1.bill.1');
    await bench.pass();
    expect([bench.said(), bench.device.stacked]).toEqual([['escrowed 2000 boot1.bill.1', 'credited 2000 boot1.bill.1'], [1]]);
  });

  it('says when it cannot be told what to do with a bill, which then goes back', async () => {
    bench.device.insert(1);
    await bench.pass();
    bench.device.will(HEADER.routeBill, { data: [255] }, 'nak', 'silence');
    await expect(stack('boot1.bill.1')).rejects.toMatchObject({ code: 'bill-not-routed', blame: 'device' });
    await bench.pass(31_000);
    expect([bench.said(), bench.device.returned]).toEqual([['escrowed 2000 boot1.bill.1', 'returned boot1.bill.1'], [1]]);
  });

  it('says when it is not there to be told', async () => {
    bench.device.insert(1);
    await bench.pass();
    bench.device.on = false;
    await expect(stack('boot1.bill.1')).rejects.toMatchObject({ code: 'acceptor-silent' });
    bench.device.on = true;
    await bench.pass(3_000);
    await stack('boot1.bill.1');
    await bench.pass();
    expect(bench.said()).toEqual(['escrowed 2000 boot1.bill.1', 'credited 2000 boot1.bill.1']);
  });

  it('gives back a bill that nobody decides about', async () => {
    bench.device.insert(1);
    await bench.pass(29_000);
    expect(bench.device.returned).toEqual([]);
    await bench.pass(2_000);
    expect([bench.said(), bench.device.returned]).toEqual([['escrowed 2000 boot1.bill.1', 'returned boot1.bill.1'], [1]]);
  });

  it('gives back at once what the board does not list, and asks nobody', async () => {
    bench.device.take(3);
    await bench.pass();
    expect([bench.said(), bench.device.returned]).toEqual([
      ['rejected: a bill of type 3, which the box does not take', 'rejected: given back from escrow'],
      [3],
    ]);
  });

  it('credits a bill that is stacked without an escrow', async () => {
    bench.device.mode = 1;
    bench.device.take(2);
    bench.device.take(3);
    bench.device.event(0, 21);
    await bench.pass();
    expect(bench.said()).toEqual(['credited 5000', 'unassigned 1', 'unassigned 1']);
  });

  it('credits what was stacked, whatever it was taken for', async () => {
    bench.device.insert(1);
    await bench.pass();
    bench.device.escrow = null;
    bench.device.event(2, 0);
    await bench.pass();
    expect(bench.said()).toEqual(['escrowed 2000 boot1.bill.1', 'credited 5000 boot1.bill.1']);
  });

  it('credits a bill that went through between two readings, and offers nothing', async () => {
    bench.device.insert(1);
    bench.device.escrow = null;
    bench.device.event(1, 0);
    await bench.pass();
    expect([bench.said(), bench.acceptor.busy()]).toEqual([['credited 2000'], false]);
  });

  it.each<[string, (held: CcTalkBench) => void, string[]]>([
    ['the device is switched off and on', ({ device }) => device.restart(), ['unassigned 1 boot1.bill.1']],
    [
      'more went by than is listed',
      ({ device }) => {
        device.escrow = null;
        for (let i = 0; i < 6; i++) device.event(0, 2);
      },
      ['fault events-lost', 'unassigned 1 boot1.bill.1', ...Array(5).fill('rejected: a bill that was not recognised')],
    ],
    [
      'another one is held',
      ({ device }) => {
        device.event(2, 1);
        device.escrow = 2;
      },
      ['unassigned 1 boot1.bill.1', 'escrowed 5000 boot1.bill.3'],
    ],
  ])('does not know what became of a held bill when %s', async (_, happens, said) => {
    bench.device.insert(1);
    await bench.pass();
    bench.said();
    happens(bench);
    await bench.pass();
    expect(bench.said()).toEqual(said);
  });

  it('holds no sale open for a bill that is stuck, and still says what became of it', async () => {
    bench.device.insert(1);
    await bench.pass();
    bench.device.slow = true;
    await stack('boot1.bill.1');
    bench.device.event(0, 7);
    await bench.pass();
    expect([bench.said(), bench.acceptor.busy()]).toEqual([['escrowed 2000 boot1.bill.1', 'fault bill-jam-stacker'], false]);
    // It is not where it could be routed from.
    await giveBack('boot1.bill.1');
    expect(bench.device.asked.filter((header) => header === HEADER.routeBill)).toHaveLength(1);
    await bench.pass(12_000);
    bench.device.arrive();
    await bench.pass();
    expect(bench.said()).toEqual(['cleared bill-jam-stacker', 'credited 2000 boot1.bill.1']);
  });

  it('has a fault while its stacker is out or full', async () => {
    for (const status of [11, 14]) bench.device.event(0, status);
    await bench.pass(30_000);
    expect(bench.said()).toEqual(['fault stacker-removed', 'fault stacker-full']);
    bench.device.event(0, 12);
    await bench.pass();
    expect(bench.said()).toEqual(['cleared stacker-removed', 'cleared stacker-full']);
  });

  it('gives a held bill back when it stops', async () => {
    bench.device.insert(1);
    await bench.pass();
    await bench.passing(bench.acceptor.stop());
    expect([bench.device.returned, bench.said()]).toEqual([[1], ['escrowed 2000 boot1.bill.1']]);
  });

  it('is disabled with a bill in escrow, which is still decided', async () => {
    bench.device.insert(1);
    await bench.pass();
    await bench.passing(bench.acceptor.disable());
    await stack('boot1.bill.1');
    await bench.pass();
    expect([bench.device.inhibited, bench.said()]).toEqual([true, ['escrowed 2000 boot1.bill.1', 'credited 2000 boot1.bill.1']]);
  });

  it('takes no bill that the device calls by another value than the board', async () => {
    await bench.passing(bench.acceptor.stop());
    bench = new CcTalkBench({ ...BILL_ENTRY, denominations: { '1': 2_000, '2': 10_000 } });
    await bench.start();
    await bench.passing(bench.acceptor.enable());
    const detail = expect.stringContaining('type 2 is TH0050A (5000), and 10000 on the board');
    expect(bench.events.filter(({ kind }) => kind !== 'read')).toEqual([{ kind: 'fault', code: 'acceptor-denomination-mismatch', detail }]);
    bench.said();
    bench.device.take(2);
    await bench.pass();
    expect([bench.said(), bench.device.returned]).toEqual([
      ['rejected: a bill of type 2, which the box does not take', 'rejected: given back from escrow'],
      [2],
    ]);
    bench.device.mode = 1;
    bench.device.take(2);
    await bench.pass();
    expect(bench.said()).toEqual(['unassigned 1']);
    bench.device.mode = 3;
    bench.device.take(1);
    await bench.pass();
    await stack('boot1.bill.2');
    await bench.pass();
    expect(bench.said()).toEqual(['escrowed 2000 boot1.bill.2', 'credited 2000 boot1.bill.2']);
  });

  describe('killed and started again', () => {
    it('gives back what was held', async () => {
      bench.device.insert(1);
      await bench.pass();
      bench.device.on = false;
      await bench.crash();
      bench.device.on = true;
      bench.said();
      await bench.start();
      await bench.pass();
      expect([bench.said(), bench.device.returned]).toEqual([['rejected: given back from escrow'], [1]]);
    });

    it('credits what was stacked meanwhile, of no piece that it knows', async () => {
      bench.device.insert(1);
      await bench.pass();
      bench.device.slow = true;
      await stack('boot1.bill.1');
      bench.device.on = false;
      await bench.crash();
      bench.device.on = true;
      bench.said();
      bench.device.arrive();
      await bench.start();
      expect(bench.said()).toEqual(['credited 2000']);
      await bench.crash();
      await bench.start();
      await bench.pass();
      expect([bench.said(), bench.device.stacked]).toEqual([[], [1]]);
    });

    it('knows that the stacker is still full', async () => {
      bench.device.event(0, 14);
      await bench.pass();
      await bench.crash();
      bench.said();
      await bench.start();
      expect(bench.said()).toEqual(['fault stacker-full']);
    });
  });
});
