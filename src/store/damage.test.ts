import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreFault } from '../domain/store-fault.ts';
import type { Store } from '../ports/store.ts';
import { FakeClock } from '../testkit/clock.ts';
import { seededEntropy } from '../testkit/entropy.ts';
import { coin, qrSale } from '../testkit/sample-commits.ts';
import { openStore } from './open.ts';

let home: string;
let file: string;
const random = seededEntropy(7);

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'store-damage-'));
  file = path.join(home, 'journal.db');
});

afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

const open = () => openStore({ file, boot: 'b', clock: new FakeClock(), reserveMiB: 1 });

function fillWithSales(store: Store, count: number): void {
  for (let n = 0; n < count; n++) {
    store.commit(qrSale(n).opening);
    store.commit(qrSale(n).payment);
  }
}

/** Everything the box acts upon; how often a delivery was tried and a checkpoint that is skipped change nothing. */
function contents(store: Store): unknown {
  const sent = (rows: ReturnType<Store['outbox']>) => rows.map(({ id, seq, report, queuedAtMs }) => ({ id, seq, report, queuedAtMs }));
  const checkpoint = store.checkpoint();
  return {
    ledger: store.ledger({ limit: 1_000 }),
    last: store.lastSeq(),
    outbox: sent(store.outbox('sale', 1_000)),
    parked: sent(store.parked(1_000)),
    fact: store.fact('device_id'),
    counters: store.counters(),
    state: checkpoint?.state ?? 'the state at the checkpoint',
  };
}

/** What one flipped bit leads to: the same contents, or a fault. */
function afterFlip(name: string, bytes: Buffer, bit: number): 'same' | 'different' | string {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  fs.writeFileSync(name, flipped);
  let store: Store | null = null;
  try {
    store = open();
    return JSON.stringify(contents(store)) === expected ? 'same' : 'different';
  } catch (error) {
    if (error instanceof StoreFault) return error.code;
    throw error;
  } finally {
    store?.close();
    for (const suffix of ['-wal', '-shm']) fs.rmSync(file + suffix, { force: true });
  }
}

let expected = '';

describe('a flipped bit', () => {
  it('anywhere in the database is detected or changes nothing', { timeout: 60_000 }, () => {
    const store = open();
    fillWithSales(store, 20);
    store.saveCheckpoint({ seq: 60, state: 'the state at the checkpoint' });
    store.commit({
      entries: [coin(1), coin(2), { kind: 'counters.reset' }, coin(3)],
      parked: [{ id: 'report-3', reason: '400' }],
      facts: { device_id: 'box-0001' },
    });
    expected = JSON.stringify(contents(store));
    store.close();
    const bytes = fs.readFileSync(file);
    const outcomes = new Map<string, number>();
    for (let trial = 0; trial < 400; trial++) {
      const bit = Math.floor(random.fraction() * bytes.length * 8);
      const outcome = afterFlip(file, bytes, bit);
      expect(outcome, `bit ${bit}`).not.toBe('different');
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect(outcomes.get('store-damaged')).toBeGreaterThan(50);
  });

  it('in the log of a crashed box never drops an acknowledged transaction in silence', { timeout: 60_000 }, () => {
    const store = open();
    fillWithSales(store, 6);
    const database = fs.readFileSync(file);
    const log = fs.readFileSync(`${file}-wal`);
    store.close();
    const whole = () => {
      fs.writeFileSync(file, database);
      fs.writeFileSync(`${file}-wal`, log);
      const crashed = open();
      const text = JSON.stringify(contents(crashed));
      crashed.close();
      return text;
    };
    expected = whole();
    const lastFrames = log.length - 16 * 4_120;
    const outcomes = new Map<string, number>();
    for (let trial = 0; trial < 200; trial++) {
      fs.writeFileSync(file, database);
      // The last transaction is left alone: torn, it looks like one that was never acknowledged.
      const outcome = afterFlip(`${file}-wal`, log, Math.floor(random.fraction() * lastFrames * 8));
      expect(outcome).not.toBe('different');
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect(outcomes.get('store-damaged')).toBeGreaterThan(150);
  });

  it('in the log leaves the files for a person to look at', () => {
    const store = open();
    fillWithSales(store, 3);
    const log = fs.readFileSync(`${file}-wal`);
    const database = fs.readFileSync(file);
    store.close();
    log.writeUInt8(log.readUInt8(10_000) ^ 1, 10_000);
    fs.writeFileSync(file, database);
    fs.writeFileSync(`${file}-wal`, log);
    expect(open).toThrow(expect.objectContaining({ code: 'store-damaged', found: expect.stringContaining('acknowledged transactions') }));
    expect(fs.readFileSync(`${file}-wal`)).toEqual(log);
    expect(fs.readFileSync(file)).toEqual(database);
  });
});

describe('a torn last transaction', () => {
  it.each([1, 5_000, 20_000])('of which %d bytes are missing is undone as a whole', (missing) => {
    const store = open();
    fillWithSales(store, 3);
    const log = fs.readFileSync(`${file}-wal`);
    const database = fs.readFileSync(file);
    store.close();
    fs.writeFileSync(file, database);
    fs.writeFileSync(`${file}-wal`, log.subarray(0, log.length - missing));
    const again = open();
    expect(again.ledger({ sale: 'sale-2' }).map(({ entry }) => entry.kind)).toEqual(['sale.opened', 'charge.requested', 'charge.created']);
    expect(again.outboxSize().waiting).toBe(2);
    expect(again.commit(qrSale(2).payment)).toHaveLength(3);
    again.close();
  });
});
