import { afterEach, expect, it } from 'vitest';
import type { Entry } from '../domain/journal.ts';
import { StoreFault } from '../domain/store-fault.ts';
import type { Store } from '../ports/store.ts';
import { ScriptedCardReader, ScriptedCards, testCard } from '../testkit/card-desk.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox, type TestBoxOptions } from '../testkit/test-box.ts';

let bench: TestBox;
/** While set, nothing is committed after an entry of this kind, as when the power goes right then. */
let lastWords: Entry['kind'] | null = null;

const cutAfter = (store: Store): Store => {
  const commit = store.commit.bind(store);
  let off = false;
  store.commit = (what) => {
    if (off) throw new StoreFault('The power is off', { code: 'store-closed', outcome: 'refused' });
    off = what.entries.some(({ kind }) => kind === lastWords);
    return commit(what);
  };
  return store;
};

async function start(options: TestBoxOptions): Promise<void> {
  bench = await new TestBox({ wrapStore: cutAfter, ...options }).start();
}

/** The power goes, and comes back for good. */
async function cutAndStart(): Promise<void> {
  await bench.cut();
  lastWords = null;
  await bench.start();
}

const alarms = () => bench.box.status().alarms.map(({ code }) => code);

afterEach(() => bench.end());

it('a card payment that was given up is not forgotten when the power goes right after', async () => {
  const reader = new ScriptedCardReader();
  const cards = new ScriptedCards();
  await start({
    board: { delivery: null },
    cardReader: reader,
    dress: (gateway) => {
      gateway.capabilities = { pairs: false, pushes: true, queries: true, qr: false, reports: false };
      gateway.cards = cards;
      gateway.steadyAnswer = { state: 'unresolved', reason: 'not-found' };
    },
  });
  bench.box.sell({ amountMinor: 2_500, origin: 'api' });
  await settle();
  reader.waiting?.present(testCard());
  await settle();
  lastWords = 'charge.abandoned';
  await bench.clock.flow(680_000);
  expect(bench.kinds()).toContain('charge.abandoned');
  await cutAndStart();
  expect(alarms()).toEqual(['card-unresolved']);
  bench.box.resetCounters();
  await cutAndStart();
  expect(alarms()).toEqual([]);
});

it('a delivery nobody knows the end of is not forgotten when the power goes again right after the restart', async () => {
  await start({});
  bench.coin.insert(2_000);
  bench.box.sell({ amountMinor: 2_000, origin: 'api' });
  await settle();
  expect(bench.outputs.driven).toHaveLength(1);
  await bench.cut();
  lastWords = 'act.outcome';
  await bench.start();
  expect(bench.kinds()).toContain('act.outcome');
  await cutAndStart();
  expect(alarms()).toEqual(['delivery-unknown']);
  bench.box.resetOutput();
  await cutAndStart();
  expect(alarms()).toEqual([]);
});
