import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../../../testkit/clock.ts';
import { IctBench } from '../../../testkit/ict-bench.ts';
import type { IctOrder } from '../../../testkit/ict-device.ts';

let bench: IctBench;
beforeEach(() => {
  bench = new IctBench();
});

describe('a bill acceptor in trouble', () => {
  afterEach(() => bench.finish());

  it.each<[string, () => Promise<void>, IctOrder[], string[]]>([
    ['no note', async () => {}, ['accept', 'enable'], []],
    [
      'a held note',
      async () => void (await bench.insert()),
      ['accept', 'enable'],
      ['escrowed boot1.bill.1 2000', 'returned boot1.bill.1: the acceptor was switched off'],
    ],
    [
      'a note being stacked',
      async () => {
        bench.device.expect('accept');
        bench.decision = 'stack';
        await bench.insert();
      },
      ['accept', 'enable'],
      ['escrowed boot1.bill.1 2000', 'unassigned boot1.bill.1'],
    ],
    [
      'a note being given back',
      async () => {
        bench.device.expect('giveBack');
        bench.decision = 'giveBack';
        await bench.insert();
      },
      ['accept', 'enable'],
      ['escrowed boot1.bill.1 2000', 'returned boot1.bill.1: as it was told'],
    ],
    [
      'a strange note being given back',
      async () => {
        bench.device.expect('giveBack');
        await bench.insert(5);
      },
      ['accept', 'enable'],
      ['rejected: a note of no known value'],
    ],
    [
      'a note that was given up',
      async () => {
        bench.device.expect('accept');
        bench.device.manner = 'lose';
        bench.decision = 'stack';
        await bench.insert();
        await bench.clock.flow(6_000, 100);
      },
      ['accept', 'enable'],
      ['escrowed boot1.bill.1 2000', 'unassigned boot1.bill.1'],
    ],
  ])('survives that the device is switched off and on with %s', async (_, before, orders, expected) => {
    await bench.ready();
    await before();
    bench.device.expect(...orders);
    bench.device.switchOff();
    bench.device.switchOn();
    await bench.clock.flow(2_000, 100);
    expect(bench.said()).toEqual(expected);
    expect([bench.device.inhibited, bench.acceptor.busy()]).toEqual([false, false]);
  });

  it.each<[number, string]>([
    [0x20, 'bill-motor'],
    [0x21, 'bill-checksum'],
    [0x22, 'bill-jam'],
    [0x23, 'bill-removed'],
    [0x24, 'stacker-open'],
    [0x25, 'bill-sensor'],
    [0x27, 'bill-fishing'],
    [0x28, 'stacker-failed'],
    [0x2a, 'command-refused'],
  ])('says error %i once, and that it is over', async (byte, code) => {
    await bench.ready();
    bench.device.answer = byte;
    await bench.clock.flow(3_000, 100);
    expect(bench.said()).toEqual([`fault ${code}`]);
    bench.device.answer = null;
    await bench.clock.flow(1_100, 100);
    expect(bench.said()).toEqual([`cleared ${code}`]);
    bench.device.tell(byte, 0x2f);
    await settle();
    expect(bench.said()).toEqual([`fault ${code}`, `cleared ${code}`]);
  });

  it('starts at a device that is in trouble', async () => {
    bench.device.expect('disable');
    bench.device.answer = 0x24;
    await bench.start();
    expect([bench.said(), bench.device.inhibited]).toEqual([['fault stacker-open'], true]);
  });

  it('says what it rejects', async () => {
    await bench.ready();
    bench.device.tell(0x29, 0x11, 0x00, 0xc3);
    await settle();
    expect(bench.said()).toEqual([
      'rejected: a note that is not good enough',
      'rejected: a note was given back',
      'rejected: noise 0x00',
      'rejected: noise 0xc3',
    ]);
  });

  it('has a storm of noise stand for all its bytes, until it is over', async () => {
    await bench.ready();
    for (let i = 0; i < 500; i++) bench.device.tell(0xc3);
    expect(bench.said()).toEqual([...Array(39).fill('rejected: noise 0xc3'), 'fault line-noise']);
    await bench.clock.flow(10_000, 100);
    expect(bench.said()).toEqual(['cleared line-noise']);
  });

  it('takes what comes now and then for no storm', async () => {
    await bench.ready();
    for (let second = 0; second < 3; second++) {
      for (let i = 0; i < 30; i++) bench.device.tell(0xc3);
      await bench.clock.flow(1_000, 100);
    }
    expect(bench.said()).toEqual(Array(90).fill('rejected: noise 0xc3'));
  });

  it('waits for the answer to a poll of its own before it tells a device again', async () => {
    await bench.ready();
    bench.device.tell(0x5e);
    await bench.clock.flow(500, 100);
    expect([bench.said(), bench.device.inhibited]).toEqual([[], false]);
  });

  it('forgives a device that has understood in the end', async () => {
    await bench.ready('enable', 'enable', 'enable', 'enable');
    for (let i = 0; i < 2; i++) {
      bench.device.answer = 0x5e;
      await bench.clock.flow(2_000, 100);
      bench.device.answer = null;
      await bench.clock.flow(1_000, 100);
    }
    expect(bench.said()).toEqual([]);
  });

  it('tells a device again that has not understood, and says when it never does', async () => {
    await bench.ready('enable', 'enable', 'enable');
    bench.device.answer = 0x5e;
    await bench.clock.flow(3_000, 100);
    expect(bench.said()).toEqual(['fault inhibit-failed']);
    bench.device.answer = null;
    await bench.clock.flow(1_000, 100);
    expect(bench.said()).toEqual(['cleared inhibit-failed']);
  });
});
