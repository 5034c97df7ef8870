import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '../domain/journal.ts';
import { StoreFault } from '../domain/store-fault.ts';
import type { Commit, Store } from '../ports/store.ts';
import { FakeClock } from '../testkit/clock.ts';
import { coin, qrSale, reportOf } from '../testkit/sample-commits.ts';
import { openStore } from './open.ts';
import { type Connection, connect } from './sqlite.ts';

let home: string;
let clock: FakeClock;
let store: Store;
let db: Connection;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'store-commit-'));
  clock = new FakeClock();
  store = open();
});

afterEach(() => {
  store.close();
  fs.rmSync(home, { recursive: true, force: true });
});

function open(boot = 'boot-1', maxMiB = 1_024, wrap = (connection: Connection) => connection): Store {
  return openStore({
    file: path.join(home, 'journal.db'),
    boot,
    clock,
    maxMiB,
    reserveMiB: 1,
    connect: (file, busyMs) => {
      db = wrap(connect(file, busyMs));
      return db;
    },
  });
}

function refusal(commit: Commit): StoreFault {
  try {
    store.commit(commit);
  } catch (error) {
    if (error instanceof StoreFault) return error;
    throw error;
  }
  throw new Error('the commit was taken');
}

/** Everything the store answers, to show that nothing changed. */
const contents = () => ({
  ledger: store.ledger({ limit: 1_000 }),
  outbox: store.outbox('sale', 1_000),
  parked: store.parked(1_000),
  size: store.outboxSize(),
  fact: store.fact('device_id'),
});

describe('a commit', () => {
  it('gives back the entries as they are recorded', () => {
    clock.trusted = false;
    const [first, second] = store.commit({ entries: [coin(1), coin(2)] });
    expect(first).toEqual({ seq: 1, boot: 'boot-1', atMs: clock.wallMs(), clockTrusted: false, entry: coin(1) });
    expect(store.ledger({})).toEqual([first, second]);
    store.close();
    clock.trusted = true;
    clock.stepWall(-1_000_000);
    store = open('boot-2');
    const [third] = store.commit({ entries: [coin(3)] });
    expect(third).toEqual({ seq: 3, boot: 'boot-2', atMs: clock.wallMs(), clockTrusted: true, entry: coin(3) });
    expect(store.ledger({})).toEqual([first, second, third]);
    expect(store.lastSeq()).toBe(3);
  });

  it('of nothing writes nothing', () => {
    expect(store.commit({ entries: [], outbox: [], facts: {} })).toEqual([]);
    expect(store.lastSeq()).toBe(0);
  });

  it('takes texts of every kind as they are', () => {
    const description = 'น้ำ\u0000"\\ \u{1F6BF}\u2028';
    const sale = 's\u0000ale \u{1F6BF}';
    const entry: Entry = { kind: 'sale.opened', sale, dueMinor: 0, description, origin: 'api', drive: null };
    store.commit({ entries: [entry] });
    expect(store.ledger({ sale })[0]?.entry).toEqual(entry);
  });

  it.each<[string, Commit]>([
    ['an outbox row', { entries: [coin(2)], outbox: [{ id: 'report-0', lane: 'sale', report: reportOf('sale-0', 1) }] }],
    [
      'an inbox key',
      {
        entries: [coin(2)],
        outbox: [{ id: 'new', lane: 'sale', report: reportOf('s', 1) }],
        inbox: [{ source: 'promptpay', id: 'charge-0' }],
      },
    ],
    ['an entry', { entries: [coin(2), coin(1)], facts: { device_id: 'other' }, acknowledged: ['report-0'] }],
  ])('is undone as a whole by %s that was there before', (_, commit) => {
    store.commit(qrSale(0).payment);
    store.commit({ entries: [coin(1)], facts: { device_id: 'box-7' } });
    const before = contents();
    expect(refusal(commit)).toMatchObject({ code: 'store-duplicate', outcome: 'refused', blame: 'device' });
    expect(contents()).toEqual(before);
    expect(store.seenAt({ source: 'promptpay', id: 'charge-0' })).not.toBeNull();
    expect(store.probe()).toBeNull();
    // The sequence has no gap afterwards.
    expect(store.commit({ entries: [coin(2)] })[0]?.seq).toBe(5);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e308, 2 ** 53, 1_000_000_000_001])('refuses an amount of %d', (amount) => {
    expect(refusal({ entries: [coin(1, amount)] })).toMatchObject({ code: 'store-invalid', outcome: 'refused' });
    expect(store.lastSeq()).toBe(0);
    expect(store.probe()).toBeNull();
  });

  it('refuses what no record can be as large as', () => {
    const entry: Entry = { kind: 'sale.cancelled', sale: 's'.repeat(70_000), reason: 'api' };
    expect(refusal({ entries: [entry] })).toMatchObject({ code: 'store-invalid' });
  });

  it.each(['', 'Pocket', 'pocket money', undefined])('refuses an account that is none: %s', (from) => {
    const entry = { kind: 'refund.due', sale: 's', amountMinor: 1, from, reason: '' } as unknown as Entry;
    expect(refusal({ entries: [entry] })).toMatchObject({ code: 'store-invalid', outcome: 'refused' });
  });
});

describe('the last line of defence', () => {
  const act = { sale: 's', act: 'act-1' };
  const paid: Entry = { kind: 'charge.paid', sale: 's', charge: 'c', amountMinor: 1, via: 'push', late: false };
  const created: Entry = { kind: 'charge.created', sale: 's', request: 'r', charge: 'c', amountMinor: 1, qr: '', expiresAtMs: 0 };
  it.each<[string, Entry, Entry]>([
    ['charge.created', created, { ...created, sale: 's2', request: 'r2' }],
    ['charge.paid', paid, { ...paid, sale: 's2', via: 'poll' }],
    ['sale.settled', { kind: 'sale.settled', sale: 's', dueMinor: 1 }, { kind: 'sale.settled', sale: 's', dueMinor: 2 }],
    [
      'act.intent',
      { kind: 'act.intent', ...act, drive: { mode: 'hold', holdMs: 1 } },
      { kind: 'act.intent', ...act, sale: 's2', drive: { mode: 'hold', holdMs: 2 } },
    ],
    [
      'act.outcome',
      { kind: 'act.outcome', ...act, result: 'done', reason: '' },
      { kind: 'act.outcome', ...act, result: 'failed', reason: '' },
    ],
    ['cash.credited', coin(1), { ...coin(1), sale: 's2' } as Entry],
    ['cash.unassigned', coin(1), { kind: 'cash.unassigned', sale: null, method: 'coin', acceptor: 'coins', train: 'train-1', pulses: 3 }],
  ])('takes one %s only', (_, first, second) => {
    store.commit({ entries: [first] });
    expect(refusal({ entries: [second] })).toMatchObject({ code: 'store-duplicate', outcome: 'refused' });
    expect(store.lastSeq()).toBe(1);
  });

  it('lets different kinds of entry share their ids', () => {
    store.commit({ entries: [created, paid, { kind: 'charge.conflict', sale: 's', charge: 'c', via: 'poll', claimed: 'failed' }] });
    store.commit({ entries: [{ kind: 'charge.conflict', sale: 's', charge: 'c', via: 'poll', claimed: 'failed' }] });
    expect(store.lastSeq()).toBe(4);
  });

  it.each([
    "UPDATE ledger SET data = '{}' WHERE seq = 1",
    'DELETE FROM ledger WHERE seq = 1',
    'DELETE FROM ledger',
    "INSERT OR REPLACE INTO ledger (seq, boot, at_ms, clock_trusted, kind, data, crc) VALUES (1, 'b', 0, 0, 'boot', '{}', 0)",
  ])('lets nobody rewrite the journal: %s', (sql) => {
    store.commit({ entries: [coin(1), coin(2)] });
    const before = store.ledger({});
    expect(() => db.exec(sql)).toThrow(expect.objectContaining({ code: 'store-invalid', found: expect.stringContaining('append-only') }));
    expect(store.ledger({})).toEqual(before);
  });
});

describe('a commit that fails', () => {
  it('on a locked database is refused and can be repeated', () => {
    const other = connect(path.join(home, 'journal.db'), 0);
    db.exec('PRAGMA busy_timeout = 0');
    other.exec('BEGIN IMMEDIATE');
    expect(refusal({ entries: [coin(1)] })).toMatchObject({ code: 'store-busy', outcome: 'refused' });
    other.exec('ROLLBACK');
    other.close();
    expect(store.commit({ entries: [coin(1)] })).toHaveLength(1);
  });

  it('in a way nobody can judge ends the store until it is reopened', () => {
    store.close();
    store = open('boot-2', 1_024, (connection) => ({
      ...connection,
      transaction: (body) => {
        connection.transaction(body);
        throw new StoreFault('The disk failed', { code: 'store-io', outcome: 'unknown', found: 'disk I/O error' });
      },
    }));
    expect(refusal({ entries: [coin(1)] })).toMatchObject({ code: 'store-io', outcome: 'unknown' });
    const poisoned = expect.objectContaining({ code: 'store-poisoned', outcome: 'refused', found: 'disk I/O error' });
    const calls: (() => unknown)[] = [
      () => store.commit({ entries: [coin(2)] }),
      () => store.ledger({}),
      () => store.lastSeq(),
      () => store.seenAt({ source: 's', id: 'i' }),
      () => store.outbox('sale', 1),
      () => store.parked(1),
      () => store.outboxSize(),
      () => store.fact('device_id'),
      () => store.counters(),
      () => store.checkpoint(),
      () => store.saveCheckpoint({ seq: 0, state: '' }),
    ];
    for (const call of calls) expect(call).toThrow(poisoned);
    expect(store.probe()).toBe('store-poisoned');
    store.close();
    store = open('boot-3');
    expect(store.ledger({}).map(({ entry }) => entry)).toEqual([coin(1)]);
  });

  it('but is found to be there is not called refused', () => {
    store.close();
    store = open('boot-2', 1_024, (connection) => ({
      ...connection,
      transaction: (body) => {
        connection.transaction(body);
        throw new StoreFault('There is no room', { code: 'store-full', outcome: 'refused' });
      },
    }));
    expect(refusal({ entries: [coin(1)] })).toMatchObject({ code: 'store-full', outcome: 'unknown' });
    expect(store.probe()).toBe('store-poisoned');
  });

  it('at the size limit finishes what is in flight, then is refused and probe says so', () => {
    store.close();
    store = open('boot-2', 2);
    let n = 0;
    while (store.probe() === null) store.commit(qrSale(n++).payment);
    expect(store.probe()).toBe('store-full');
    expect(n).toBeGreaterThan(50);
    // The headroom below the limit, then the overdraft above it, then the disk's reserve, which is no help here.
    const full = (): StoreFault => {
      for (;;) {
        try {
          store.commit(qrSale(n).payment);
          n++;
        } catch (error) {
          return error as StoreFault;
        }
      }
    };
    expect(full()).toMatchObject({ code: 'store-full', outcome: 'refused' });
    const { page_count: pages } = db.get<{ page_count: number }>('PRAGMA page_count') ?? { page_count: 0 };
    expect(pages).toBeGreaterThan(700);
    expect(pages).toBeLessThanOrEqual(768);
    expect(store.ledger({ sale: `sale-${n}` })).toEqual([]);
    expect(store.lastSeq()).toBe(3 * n);
    store.close();
    store = open('boot-3', 4);
    expect(store.commit(qrSale(n).payment)).toHaveLength(3);
    expect(store.outboxSize().waiting).toBe(n + 1);
  });

  it('after close says so', () => {
    store.close();
    store.close();
    expect(refusal({ entries: [coin(1)] })).toMatchObject({ code: 'store-closed', outcome: 'refused' });
    expect(store.probe()).toBe('store-closed');
  });
});

describe('probe', () => {
  it('notices that the files are gone', () => {
    expect(store.probe()).toBeNull();
    fs.rmSync(path.join(home, 'journal.db'));
    expect(store.probe()).toBe('store-missing');
  });
});
