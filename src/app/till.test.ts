import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Currency } from '../domain/money.ts';
import { DEFAULT_POLICY } from '../domain/policy.ts';
import { StoreFault } from '../domain/store-fault.ts';
import type { Store } from '../ports/store.ts';
import { openStore } from '../store/open.ts';
import { FakeClock } from '../testkit/clock.ts';
import { seededEntropy } from '../testkit/entropy.ts';
import { memoryLog } from '../testkit/log.ts';
import { TillService } from './till.ts';

let directory: string;
let store: Store;
let boots = 0;
const log = memoryLog();

/** A till over the journal in the directory, as after a restart. */
function boot(currency: Currency = 'THB'): TillService {
  store?.close();
  store = openStore({ file: join(directory, 'tilld.db'), boot: `boot${++boots}`, clock: new FakeClock() });
  const till = new TillService({
    store,
    entropy: seededEntropy(boots),
    log,
    policy: { ...DEFAULT_POLICY, currency },
    reports: true,
    version: '0',
  });
  till.start({ qrPossible: () => true, cashPossible: () => true, cashBusy: () => false });
  return till;
}

const coin = (till: TillService, train: string) => till.submit({ type: 'cash', method: 'coin', acceptor: 'coin', train, amountMinor: 100 });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tilld-till-'));
  log.lines.length = 0;
});

afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('the till over its journal', () => {
  it('comes back the same with and without a checkpoint', () => {
    const till = boot();
    for (let i = 0; i < 450; i++) coin(till, `a${i}`);
    expect(store.checkpoint()?.seq).toBeGreaterThan(0);
    const again = boot();
    expect(again.state.creditMinor).toBe(45_000);
    expect(again.state.tally).toEqual(till.state.tally);
  });

  it('goes on when a checkpoint cannot be saved: what was to be committed is committed', () => {
    const till = boot();
    store.saveCheckpoint = () => {
      throw new StoreFault('The disk is full', { code: 'store-full', outcome: 'refused' });
    };
    for (let i = 0; i < 250; i++) coin(till, `a${i}`);
    expect(till.state.creditMinor).toBe(25_000);
    expect(log.lines.map((line) => line.event)).toContain('till.checkpoint-failed');
  });

  it('refuses a configuration in another currency than its journal', () => {
    coin(boot('THB'), 'a');
    expect(() => boot('IDR')).toThrow(expect.objectContaining({ code: 'currency-changed', blame: 'configuration' }));
  });

  it('tells every listener in the order of the journal, also of what a listener submits', () => {
    const till = boot();
    const heard: number[] = [];
    till.onCommitted((entries) => {
      if (entries[0]?.entry.kind === 'cash.credited' && entries[0].entry.train === 'a') coin(till, 'b');
    });
    till.onCommitted((entries) => heard.push(...entries.map(({ seq }) => seq)));
    coin(till, 'a');
    expect(heard).toEqual([2, 3]);
  });

  it('keeps the others going when one listener fails', () => {
    const till = boot();
    let heard = 0;
    till.onCommitted(() => {
      throw new Error('a listener that fails');
    });
    till.onCommitted(() => heard++);
    expect(coin(till, 'a')).toHaveLength(1);
    expect(heard).toBe(1);
  });
});
