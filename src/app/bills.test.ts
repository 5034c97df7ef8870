import { afterEach, describe, expect, it } from 'vitest';
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

const hold = (piece: string, amountMinor = 2_000) => bench.bill.emit({ kind: 'escrowed', piece, amountMinor });
const keep = (piece: string, amountMinor = 2_000) =>
  bench.bill.emit({ kind: 'credited', train: `t-${piece}`, amountMinor, piece, mark: '7' });
const codes = () => bench.box.status().alarms.map(({ code }) => code);
const entriesOf = (kind: string) =>
  bench.store
    .ledger({ limit: 1_000 })
    .map(({ entry }) => entry)
    .filter((entry) => entry.kind === kind);

describe('a held bill', () => {
  it('is written down before the acceptor is told to keep it, and credited when it is kept', async () => {
    await start();
    const { id } = bench.box.sell({ amountMinor: 2_000, origin: 'button' });
    hold('p1');
    expect([bench.bill.told, bench.kinds().at(-1)]).toEqual([['stack p1'], 'bill.held']);
    expect(bench.box.sale(id)).toMatchObject({ cashMinor: 0 });
    keep('p1');
    await bench.outputs.finish();
    expect(bench.box.sale(id)).toMatchObject({ state: 'delivered', cashMinor: 2_000 });
    expect(entriesOf('cash.credited')).toMatchObject([{ method: 'bill', amountMinor: 2_000, piece: 'p1' }]);
    expect(bench.store.fact('acceptor.bill.mark')).toBe('7');
  });

  it('that comes back was never money', async () => {
    await start();
    hold('p1');
    bench.bill.emit({ kind: 'returned', piece: 'p1', reason: 'pulled out', mark: '8' });
    expect(entriesOf('bill.returned')).toMatchObject([{ piece: 'p1', reason: 'pulled out' }]);
    expect([bench.box.status().creditMinor, bench.store.fact('acceptor.bill.mark')]).toEqual([0, '8']);
    await bench.cut();
    await bench.start();
    expect([bench.kinds().includes('bill.unknown'), codes()]).toEqual([false, []]);
  });

  it('whose value turns out to be unknown is not held any more', async () => {
    await start();
    hold('p1');
    bench.bill.emit({ kind: 'unassigned', train: 't1', pulses: 1, widthsMs: [], piece: 'p1', mark: '9' });
    await bench.cut();
    await bench.start();
    expect(bench.kinds()).not.toContain('bill.unknown');
    expect(bench.box.counters().sinceEver.unassigned).toBe(1);
  });

  it('is given back while no cash is wanted', async () => {
    await start({ paired: true, policy: { cashWhileQr: false } });
    bench.gateway.offers.push({ charge: 'ch_1', qr: 'QR', expiresAtMs: bench.clock.wallMs() + 300_000 });
    bench.gateway.steadyAnswer = { state: 'unresolved', reason: 'pending' };
    bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    await settle();
    hold('p1');
    expect([bench.bill.told, entriesOf('bill.held')]).toEqual([['give back p1'], []]);
    bench.bill.emit({ kind: 'returned', piece: 'p1', reason: 'as it was told' });
    expect(entriesOf('bill.returned')).toEqual([]);
  });

  it('is given back when the ledger does not take it', async () => {
    const disk = { full: false };
    await start({ wrapStore: fullWhile(disk) });
    disk.full = true;
    hold('p1');
    await settle();
    expect(bench.bill.told).toEqual(['give back p1']);
    expect(bench.bill.enabled).toBe(false);
    disk.full = false;
  });
});

describe('a bill that was being kept when the power went', () => {
  const cutWhileKeeping = async () => {
    await start();
    hold('p1');
    await bench.cut();
  };

  it('is credited once, when the acceptor still knows that it was', async () => {
    await cutWhileKeeping();
    bench.bill.missed.push({ kind: 'credited', train: 't9', amountMinor: 2_000, mark: '9' });
    await bench.start();
    expect(entriesOf('cash.credited')).toMatchObject([{ train: 't9', piece: 'p1' }]);
    expect([bench.box.status().creditMinor, codes(), entriesOf('bill.unknown')]).toEqual([2_000, [], []]);
  });

  it('stays unknown when it does not, and a person has to count', async () => {
    await cutWhileKeeping();
    await bench.start();
    expect(entriesOf('bill.unknown')).toMatchObject([{ piece: 'p1' }]);
    expect([bench.box.status().creditMinor, codes()]).toEqual([0, ['bill-unknown']]);
    await bench.cut();
    await bench.start();
    expect([entriesOf('bill.unknown').length, codes()]).toEqual([1, ['bill-unknown']]);
  });

  it('is another one when the acceptor tells of another value', async () => {
    await cutWhileKeeping();
    bench.bill.missed.push({ kind: 'credited', train: 't9', amountMinor: 5_000, mark: '9' });
    await bench.start();
    expect(entriesOf('cash.credited')).toEqual([expect.not.objectContaining({ piece: 'p1' })]);
    expect(codes()).toEqual(['bill-unknown']);
  });

  it('is not given up while the acceptor does not answer', async () => {
    await cutWhileKeeping();
    bench.bill.missed.push({ kind: 'fault', code: 'acceptor-silent', detail: 'no answer' });
    await bench.start();
    expect(entriesOf('bill.unknown')).toEqual([]);
    bench.bill.emit({ kind: 'credited', train: 't9', amountMinor: 2_000, mark: '9' });
    bench.bill.emit({ kind: 'cleared', code: 'acceptor-silent' });
    expect([entriesOf('bill.unknown'), bench.box.status().creditMinor]).toEqual([[], 2_000]);
  });
});

describe('a bill that the acceptor is still busy with when the box is back', () => {
  const backWhileBusy = async () => {
    await start();
    hold('p1');
    await bench.cut();
    bench.bill.counting = true;
    await bench.start();
    await bench.clock.flow(5_000, 500);
    expect(entriesOf('bill.unknown')).toEqual([]);
  };
  const done = async () => {
    bench.bill.counting = false;
    await bench.clock.flow(1_000, 500);
  };

  it('is credited once, as the bill that it is', async () => {
    await backWhileBusy();
    bench.bill.emit({ kind: 'credited', train: 't9', amountMinor: 2_000, mark: '9' });
    await done();
    expect(entriesOf('cash.credited')).toMatchObject([{ train: 't9', piece: 'p1' }]);
    expect([bench.box.status().creditMinor, codes(), entriesOf('bill.unknown')]).toEqual([2_000, [], []]);
  });

  it('is counted once when the acceptor only tells that a bill was kept', async () => {
    await backWhileBusy();
    bench.bill.emit({ kind: 'unassigned', train: 't9', pulses: 1, widthsMs: [] });
    await done();
    expect(entriesOf('cash.unassigned')).toMatchObject([{ train: 't9', piece: 'p1' }]);
    expect(entriesOf('bill.unknown')).toEqual([]);
  });

  it('stays unknown when the acceptor is done and has said nothing of it', async () => {
    await backWhileBusy();
    await done();
    expect([entriesOf('bill.unknown').length, codes()]).toEqual([1, ['bill-unknown']]);
  });

  it('is not waited for for ever', async () => {
    await backWhileBusy();
    await bench.clock.flow(30_000, 500);
    expect([entriesOf('bill.unknown').length, codes()]).toEqual([1, ['bill-unknown']]);
    await done();
  });

  it('is told of as soon as the ledger takes it again', async () => {
    const disk = { full: false };
    await start({ wrapStore: fullWhile(disk) });
    hold('p1');
    await bench.cut();
    bench.bill.counting = true;
    await bench.start();
    disk.full = true;
    await done();
    expect(entriesOf('bill.unknown')).toEqual([]);
    disk.full = false;
    await bench.clock.flow(2_000, 500);
    expect([entriesOf('bill.unknown').length, codes()]).toEqual([1, ['bill-unknown']]);
    // It is not taken for what is found later.
    bench.bill.emit({ kind: 'unassigned', train: 't9', pulses: 1, widthsMs: [] });
    expect(entriesOf('cash.unassigned')).toEqual([expect.not.objectContaining({ piece: 'p1' })]);
  });

  it('is left to the next start when the box stops first', async () => {
    await backWhileBusy();
    // An acceptor may still say something while it stops.
    bench.bill.stop = async () => bench.bill.emit({ kind: 'cleared', code: 'acceptor-silent' });
    await bench.box.stop();
    expect(bench.clock.pending()).toBe(0);
  });
});

describe('the mark of an acceptor', () => {
  it('is given back at the next start', async () => {
    await start();
    expect(bench.bill.mark).toBeUndefined();
    keep('p1');
    bench.bill.emit({ kind: 'read', mark: '11' });
    await bench.cut();
    await bench.start();
    expect(bench.bill.mark).toBe('11');
  });

  it('never runs ahead of money that waits to be recorded', async () => {
    const disk = { full: false };
    await start({ wrapStore: fullWhile(disk) });
    bench.bill.emit({ kind: 'read', mark: '1' });
    disk.full = true;
    bench.bill.emit({ kind: 'credited', train: 't1', amountMinor: 2_000, mark: '2' });
    disk.full = false;
    bench.bill.emit({ kind: 'read', mark: '3' });
    expect(bench.store.fact('acceptor.bill.mark')).toBe('1');
    await bench.clock.flow(60_000);
    expect([bench.store.fact('acceptor.bill.mark'), bench.box.status().creditMinor]).toEqual(['2', 2_000]);
  });
});
