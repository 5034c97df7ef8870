import { afterEach, describe, expect, it } from 'vitest';
import { DeviceFault } from '../domain/fault.ts';
import { StoreFault } from '../domain/store-fault.ts';
import type { Store } from '../ports/store.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox, type TestBoxOptions } from '../testkit/test-box.ts';

let bench: TestBox;
const start = async (options: TestBoxOptions = {}) => {
  bench = await new TestBox({ paired: false, ...options }).start();
};
const codes = () => bench.box.status().alarms.map(({ code }) => code);
const details = () => bench.box.status().alarms.map(({ code, detail }) => [code, detail]);
const NO_ANSWER = { output: 'relay', feedback: { input: 'running', level: 'low', withinMs: 1_000 } } as const;

async function pay(): Promise<void> {
  bench.box.sell({ amountMinor: 2_000, origin: 'api' });
  bench.coin.insert(2_000);
  await settle();
}

/** A machine that does not answer, which is what makes an output faulty. */
async function failOutput(options: TestBoxOptions = {}): Promise<void> {
  await start({ ...options, board: { delivery: NO_ANSWER } });
  await pay();
  await bench.clock.flow(1_100);
  await bench.outputs.finish();
  expect(codes()).toEqual(['output-faulty']);
}

afterEach(() => bench.end());

describe('an output that failed', () => {
  it('keeps the box out of service across a restart', async () => {
    await failOutput();
    const before = details();
    await bench.cut();
    await bench.start();
    expect(details()).toEqual(before);
    expect(bench.box.status().ready).toMatchObject({ qr: false, cash: false, reasons: [expect.stringMatching(/^output: /), 'not-paired'] });
    expect(bench.coin.enabled).toBe(false);
  });

  it('is in service again once a person says so, and stays so', async () => {
    await failOutput();
    bench.box.resetOutput();
    await settle();
    expect(codes()).toEqual([]);
    expect(bench.box.status().ready).toMatchObject({ cash: true, reasons: ['not-paired'] });
    expect(bench.coin.enabled).toBe(true);
    await bench.cut();
    await bench.start();
    expect(codes()).toEqual([]);
    expect(bench.box.status().ready.cash).toBe(true);
  });

  it('takes the box out of service even when that cannot be written down', async () => {
    const refuse = (store: Store): Store => {
      const commit = store.commit.bind(store);
      store.commit = (what) => {
        if (what.facts && 'fault.output' in what.facts) throw new StoreFault('No', { code: 'store-full', outcome: 'refused' });
        return commit(what);
      };
      return store;
    };
    await failOutput({ wrapStore: refuse });
    expect(bench.log.lines.map(({ event }) => event)).toContain('alarm.not-recorded');
    expect(() => bench.box.resetOutput()).toThrow(StoreFault);
    expect(codes()).toEqual(['output-faulty']);
    expect(bench.box.status().ready.cash).toBe(false);
  });
});

describe('pins that are missing', () => {
  const gone = (line: string) => ({ line, fault: new DeviceFault('There is no GPIO chip', { code: 'gpio-chip-missing' }) });

  it('of the machine keep money out until they are back, and no longer', async () => {
    await start();
    expect(bench.coin.enabled).toBe(true);
    bench.outputs.away = [gone('relay'), gone('coin')];
    await bench.clock.flow(1_000);
    expect(details()).toEqual([['pins-faulty', 'relay, coin: There is no GPIO chip']]);
    expect(bench.box.status().ready).toMatchObject({
      qr: false,
      cash: false,
      reasons: ['output: relay: There is no GPIO chip', 'not-paired'],
    });
    expect(bench.coin.enabled).toBe(false);
    bench.outputs.away = [];
    await bench.clock.flow(1_000);
    expect(codes()).toEqual([]);
    expect(bench.coin.enabled).toBe(true);
  });

  it('of something else are told only', async () => {
    await start();
    bench.outputs.away = [gone('lamp')];
    await bench.clock.flow(1_000);
    expect(codes()).toEqual(['pins-faulty']);
    expect(bench.box.status().ready.cash).toBe(true);
  });
});

it('a delivery nobody knows the end of is remembered until a person has looked', async () => {
  await start();
  await pay();
  await bench.outputs.finish(new DeviceFault('line gone', { code: 'line-gone' }));
  const before = details();
  expect(codes().sort()).toEqual(['delivery-unknown', 'output-faulty']);
  await bench.cut();
  await bench.start();
  expect(details().sort()).toEqual(before.sort());
  bench.box.resetOutput();
  expect(codes()).toEqual([]);
  await bench.cut();
  await bench.start();
  expect(codes()).toEqual([]);
});

it('warns before the journal reaches its size limit, and stops warning when there is room', async () => {
  let percent = 80;
  await start({ wrapStore: (store) => Object.assign(store, { fillPercent: () => percent }) });
  expect(codes()).toEqual([]);
  percent = 81;
  await bench.clock.flow(1_000);
  expect(details()).toEqual([['ledger-nearly-full', expect.stringContaining('81 %')]]);
  expect(bench.box.status().ready.cash).toBe(true);
  percent = 40;
  await bench.clock.flow(1_000);
  expect(codes()).toEqual([]);
});

it('says what keeps the ledger from being written, and whether it listens to the backend', async () => {
  let problem: string | null = null;
  await start({ wrapStore: (store) => Object.assign(store, { probe: () => problem }) });
  expect([bench.box.ledgerFault(), bench.box.listening()]).toEqual([null, true]);
  problem = 'read-only';
  await bench.clock.flow(1_000);
  expect(bench.box.ledgerFault()).toBe('read-only');
  await bench.gateway.stop();
  await settle();
  expect(bench.box.listening()).toBe(false);
});
