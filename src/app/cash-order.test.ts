import { afterEach, describe, expect, it } from 'vitest';
import { DeviceFault } from '../domain/fault.ts';
import { settle } from '../testkit/clock.ts';
import { fullWhile } from '../testkit/full-store.ts';
import { TestBox, type TestBoxOptions } from '../testkit/test-box.ts';

let bench: TestBox;

async function start(options: TestBoxOptions = {}): Promise<TestBox> {
  bench = await new TestBox({ paired: false, bills: true, ...options }).start();
  return bench;
}

afterEach(async () => {
  expect(bench.gateway.leftovers()).toEqual([]);
  await bench.end();
});

const coin = (n: number) => bench.coin.emit({ kind: 'credited', train: `t${n}`, amountMinor: 100, mark: String(n) });
const mark = () => bench.store.fact('acceptor.coin.mark');
const credited = () => bench.store.ledger({ limit: 1_000 }).flatMap(({ entry }) => (entry.kind === 'cash.credited' ? [entry.train] : []));

describe('money that could not be recorded at once', () => {
  it('comes before the money behind it, and so does its mark', async () => {
    const disk = { full: false };
    await start({ wrapStore: fullWhile(disk) });
    disk.full = true;
    coin(1);
    // There is room again before anybody has looked.
    disk.full = false;
    coin(2);
    expect([credited(), mark()]).toEqual([['t1', 't2'], '2']);
    await bench.clock.flow(5_000);
    expect([credited(), mark()]).toEqual([['t1', 't2'], '2']);
  });

  it('keeps its order when it fails again', async () => {
    const disk = {
      full: false,
      next: [] as boolean[],
    };
    const state = {
      get full() {
        return disk.next.shift() ?? disk.full;
      },
    };
    await start({ wrapStore: fullWhile(state) });
    disk.full = true;
    for (const n of [1, 2, 3]) coin(n);
    // The probe finds room, and the first that is written finds none.
    disk.next = [false, true];
    await bench.clock.flow(1_100);
    expect(disk.next).toEqual([]);
    coin(4);
    disk.full = false;
    await bench.clock.flow(2_100);
    expect([credited(), mark()]).toEqual([['t1', 't2', 't3', 't4'], '4']);
  });

  it('is recorded although every acceptor has a fault', async () => {
    const disk = { full: false };
    await start({ wrapStore: fullWhile(disk) });
    disk.full = true;
    coin(1);
    for (const acceptor of [bench.coin, bench.bill]) acceptor.emit({ kind: 'fault', code: 'acceptor-silent', detail: 'gone' });
    disk.full = false;
    await bench.clock.flow(1_100);
    expect(credited()).toEqual(['t1']);
  });

  it('is recorded when the box stops', async () => {
    const disk = { full: false };
    await start({ wrapStore: fullWhile(disk) });
    disk.full = true;
    coin(1);
    disk.full = false;
    await bench.cut();
    await bench.start();
    expect(credited()).toEqual([]);
    disk.full = true;
    coin(2);
    disk.full = false;
    await bench.box.stop();
    await bench.start();
    expect(credited()).toEqual(['t2']);
  });
});

describe('an acceptor that cannot be told', () => {
  const cannot = () => Promise.reject(new DeviceFault('Output inhibit cannot be driven', { code: 'output-fault' }));
  const codes = () => bench.box.status().alarms.map(({ code }) => code);

  it('is told again, and is no fault any more when that works', async () => {
    await start({ bills: false });
    const enable = bench.coin.enable.bind(bench.coin);
    const disk = { refuses: 1 };
    bench.coin.enable = () => (disk.refuses-- > 0 ? cannot() : enable());
    bench.coin.emit({ kind: 'fault', code: 'bill-jam', detail: 'jam' });
    bench.coin.emit({ kind: 'cleared', code: 'bill-jam' });
    await settle();
    expect([codes(), bench.box.status().ready.cash]).toEqual([['acceptor-coin-inhibit'], false]);
    await bench.clock.flow(10_100);
    expect([codes(), bench.box.status().ready.cash, bench.coin.enabled]).toEqual([[], true, true]);
  });

  it('does not keep the others from being stopped', async () => {
    await start();
    bench.coin.disable = cannot;
    const stopped: string[] = [];
    for (const acceptor of [bench.coin, bench.bill]) acceptor.stop = async () => void stopped.push(acceptor.name);
    await bench.box.stop();
    expect(stopped.toSorted()).toEqual(['bill', 'coin']);
    expect(bench.bill.enabled).toBe(false);
    await bench.start();
  });

  it('is not faulty for the faults of one whose name begins with its own', async () => {
    await start();
    const name = 'coin-2';
    Object.defineProperty(bench.bill, 'name', { value: name });
    bench.bill.emit({ kind: 'fault', code: 'acceptor-silent', detail: 'gone' });
    bench.coin.emit({ kind: 'fault', code: 'acceptor-silent', detail: 'gone' });
    bench.coin.emit({ kind: 'cleared', code: 'acceptor-silent' });
    expect([bench.box.status().ready.cash, codes()]).toEqual([true, ['acceptor-coin-2-acceptor-silent']]);
  });
});

it('gives up a bill that an acceptor held which the board has no more', async () => {
  await start();
  bench.bill.emit({ kind: 'escrowed', piece: 'p1', amountMinor: 2_000 });
  await bench.cut();
  Object.defineProperty(bench.bill, 'name', { value: 'other' });
  await bench.start();
  expect(bench.box.status().alarms.map(({ code }) => code)).toEqual(['bill-unknown']);
});
