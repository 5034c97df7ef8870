import { afterEach, describe, expect, it } from 'vitest';
import { DeviceFault } from '../domain/fault.ts';
import type { Entry } from '../domain/journal.ts';
import { RequestFault } from '../domain/request-fault.ts';
import type { Store } from '../ports/store.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox, type TestBoxOptions } from '../testkit/test-box.ts';

let bench: TestBox;
let committed: Entry[];

async function start(options: TestBoxOptions = {}): Promise<TestBox> {
  committed = [];
  const wrapStore = (store: Store): Store => {
    const commit = store.commit.bind(store);
    store.commit = (what) => {
      committed.push(...what.entries);
      return commit(what);
    };
    return store;
  };
  bench = await new TestBox({ ...options, wrapStore }).start();
  return bench;
}

async function sell(): Promise<void> {
  bench.gateway.offers.push({ charge: 'ch_1', qr: 'QR', expiresAtMs: bench.clock.wallMs() + 300_000 });
  bench.box.sell({ amountMinor: 2_000, origin: 'api' });
  await settle();
}

const noAnswer = () => new RequestFault('no answer', { code: 'peer-timeout', retryable: true });
const outcomes = () => committed.flatMap((entry) => (entry.kind === 'act.outcome' ? [[entry.result, entry.reason]] : []));
const CUT_SHORT = [['indeterminate', 'the box was stopped while the output was driven']];

afterEach(() => bench.end());

describe('a box that is stopped', () => {
  it.each<[string, TestBoxOptions, () => Promise<void>]>([
    ['while nothing happens', {}, async () => undefined],
    ['while it asks for a charge', {}, async () => void bench.box.sell({ amountMinor: 2_000, origin: 'api' })],
    [
      'before it asks for a charge again',
      {},
      async () => {
        bench.gateway.offers.push(noAnswer());
        bench.box.sell({ amountMinor: 2_000, origin: 'api' });
        await settle();
      },
    ],
    ['while a QR is on the screen', {}, sell],
    [
      'while the output is driven',
      {},
      async () => {
        await sell();
        await bench.gateway.push('ch_1', { state: 'paid' });
      },
    ],
    [
      'while a result is on the screen and its report waits',
      {},
      async () => {
        await sell();
        await bench.gateway.push('ch_1', { state: 'paid' });
        await bench.outputs.finish();
      },
    ],
    ['while it registers', { paired: false, autoPair: true }, async () => undefined],
    ['just as the broker is there again', {}, async () => bench.gateway.reconnect()],
  ])('%s leaves no timer behind and complains of nothing', async (_when, options, arrange) => {
    await start(options);
    await arrange();
    await bench.box.stop();
    await settle();
    expect(bench.clock.pending()).toBe(0);
    expect(bench.log.lines.filter(({ level, fields }) => level === 'error' && fields.code !== 'delivery-unknown')).toEqual([]);
  });

  it('writes down that an act was cut short', async () => {
    await start();
    await sell();
    await bench.gateway.push('ch_1', { state: 'paid' });
    await bench.box.stop();
    expect(outcomes()).toEqual(CUT_SHORT);
  });

  it('does not take the silence of a machine it stopped waiting for as its answer', async () => {
    await start({ board: { delivery: { output: 'relay', feedback: { input: 'running', level: 'low', withinMs: 60_000 } } } });
    await sell();
    await bench.gateway.push('ch_1', { state: 'paid' });
    await bench.outputs.finish();
    await bench.box.stop();
    expect(outcomes()).toEqual(CUT_SHORT);
    expect(bench.clock.pending()).toBe(0);
  });

  it('goes on stopping when an inhibit line cannot be driven any more', async () => {
    await start();
    bench.coin.stop = () => Promise.reject(new DeviceFault('The line is gone', { code: 'line-gone' }));
    await bench.box.stop();
    expect(bench.log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { event: 'stop.failed', fields: { what: 'acceptors', error: { code: 'line-gone' } } },
    ]);
    expect(bench.clock.pending()).toBe(0);
    expect(() => bench.store.lastSeq()).toThrow();
  });
});
