import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../ports/store.ts';
import { FakeClock } from '../testkit/clock.ts';
import { coin, qrSale, reportOf } from '../testkit/sample-commits.ts';
import { openStore } from './open.ts';
import { type Connection, connect } from './sqlite.ts';

let home: string;
let clock: FakeClock;
let store: Store;
let db: Connection;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'store-read-'));
  clock = new FakeClock();
  store = openStore({
    file: path.join(home, 'journal.db'),
    boot: 'boot-1',
    clock,
    reserveMiB: 1,
    connect: (file, busyMs) => {
      db = connect(file, busyMs);
      return db;
    },
  });
});

afterEach(() => {
  store.close();
  fs.rmSync(home, { recursive: true, force: true });
});

const draft = (n: number) => ({ id: `m-${n}`, lane: 'sale' as const, report: reportOf(`sale-${n}`, n) });
const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

describe('the journal', () => {
  it('is read in pages and by sale', () => {
    store.commit(qrSale(1).opening);
    store.commit({ entries: [coin(1, 500, 'sale-1'), coin(2)] });
    store.commit(qrSale(1).payment);
    const seqs = (query: Parameters<Store['ledger']>[0]) => store.ledger(query).map(({ seq }) => seq);
    expect(seqs({})).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(seqs({ after: 3, limit: 2 })).toEqual([4, 5]);
    expect(seqs({ after: 8 })).toEqual([]);
    expect(seqs({ sale: 'sale-1' })).toEqual([1, 2, 3, 4, 6, 7, 8]);
    expect(seqs({ sale: 'sale-1', after: 3, limit: 2 })).toEqual([4, 6]);
    expect(seqs({ sale: 'sale-9' })).toEqual([]);
  });

  it('gives 100 entries unless asked for others', () => {
    store.commit({ entries: Array.from({ length: 150 }, (_, n) => coin(n)) });
    expect(store.ledger({})).toHaveLength(100);
    expect(store.ledger({ limit: 1_000 })).toHaveLength(150);
  });

  it.each([{ limit: 0 }, { limit: 1_001 }, { limit: 1.5 }, { limit: Number.NaN }, { after: -1 }, { after: 2 ** 53 }])(
    'refuses %o',
    (query) => {
      expect(() => store.ledger(query)).toThrow(expect.objectContaining({ code: 'store-query-invalid', blame: 'caller' }));
      expect(store.probe()).toBeNull();
    },
  );

  it.each([
    ['an amount', "UPDATE ledger SET data = replace(data, '1000', '9000') WHERE seq = 2"],
    ['a column', "UPDATE ledger SET kind = 'cash.unassigned' WHERE seq = 2"],
    ['a missing entry', 'DELETE FROM ledger WHERE seq = 2'],
  ])('that was changed behind its back is called damaged and no longer used: %s', (_, sql) => {
    store.commit({ entries: [coin(1), coin(2), coin(3)] });
    db.exec(`DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete; ${sql}`);
    expect(() => store.ledger({})).toThrow(expect.objectContaining({ code: 'store-damaged', outcome: 'refused' }));
    expect(store.probe()).toBe('store-poisoned');
    expect(() => store.commit({ entries: [coin(4)] })).toThrow(expect.objectContaining({ code: 'store-poisoned' }));
  });
});

describe('the outbox', () => {
  it('gives its rows in their order until they are acknowledged', () => {
    store.commit({ entries: [], outbox: [draft(9), draft(1)] });
    clock.advance(1_000);
    store.commit({ entries: [], outbox: [draft(5)] });
    expect(ids(store.outbox('sale', 10))).toEqual(['m-9', 'm-1', 'm-5']);
    expect(ids(store.outbox('sale', 2))).toEqual(['m-9', 'm-1']);
    expect(store.outbox('sale', 10)[2]).toEqual({ ...draft(5), seq: 3, queuedAtMs: clock.wallMs(), attempts: 0, parkedReason: null });
    store.commit({ entries: [], attempted: ['m-9', 'm-1'] });
    store.commit({ entries: [], attempted: ['m-9'], acknowledged: ['m-1'] });
    expect(store.outbox('sale', 10).map(({ id, attempts }) => [id, attempts])).toEqual([
      ['m-9', 2],
      ['m-5', 0],
    ]);
    expect(store.outboxSize()).toEqual({ waiting: 2, parked: 0 });
  });

  it('keeps what the backend refused, apart', () => {
    store.commit({ entries: [], outbox: [draft(1), draft(2)] });
    store.commit({ entries: [], parked: [{ id: 'm-1', reason: '400 bad item' }] });
    expect(ids(store.outbox('sale', 10))).toEqual(['m-2']);
    expect(store.parked(10)).toMatchObject([{ id: 'm-1', parkedReason: '400 bad item' }]);
    expect(store.outboxSize()).toEqual({ waiting: 1, parked: 1 });
  });

  it('takes an acknowledgement twice, and an id once for ever', () => {
    store.commit({ entries: [], outbox: [draft(1)] });
    for (let i = 0; i < 2; i++) store.commit({ entries: [], acknowledged: ['m-1', 'never-queued'] });
    expect(store.outboxSize()).toEqual({ waiting: 0, parked: 0 });
    expect(() => store.commit({ entries: [], outbox: [draft(1)] })).toThrow(expect.objectContaining({ code: 'store-duplicate' }));
  });

  it.each([
    ['report', 'UPDATE outbox SET report = replace(report, \'"qrMinor":1\', \'"qrMinor":7\')', () => store.outbox('sale', 10)],
    ['way from id to row', 'UPDATE outbox_id SET seq = 7', () => store.commit({ entries: [], acknowledged: ['m-1'] })],
  ])('calls a changed %s damaged', (_, sql, use) => {
    store.commit({ entries: [], outbox: [draft(1)] });
    db.exec(sql);
    expect(use).toThrow(expect.objectContaining({ code: 'store-damaged' }));
  });

  it.each([0, 1_001])('refuses a limit of %d', (limit) => {
    expect(() => store.outbox('sale', limit)).toThrow(expect.objectContaining({ code: 'store-query-invalid' }));
  });
});

describe('inbox, facts and checkpoint', () => {
  it('remember which messages took effect', () => {
    store.commit({ entries: [coin(1)], inbox: [{ source: 'mqtt', id: 'a' }] });
    store.commit({ entries: [], inbox: [{ source: 'http', id: 'a' }] });
    expect(store.seenAt({ source: 'mqtt', id: 'a' })).not.toBeNull();
    expect(store.seenAt({ source: 'mqtt', id: 'b' })).toBeNull();
    expect(db.all('SELECT source, at_seq FROM inbox ORDER BY source').map((row) => Object.values(row as object))).toEqual([
      ['http', 1],
      ['mqtt', 1],
    ]);
  });

  it('keep, replace and remove facts', () => {
    expect(store.fact('device_id')).toBeNull();
    store.commit({ entries: [], facts: { device_id: 'box-1', pin: '1234' } });
    store.commit({ entries: [], facts: { device_id: 'box-2', pin: null } });
    expect([store.fact('device_id'), store.fact('pin'), store.fact('__proto__')]).toEqual(['box-2', null, null]);
    db.exec("UPDATE facts SET value = 'box-3'");
    expect(() => store.fact('device_id')).toThrow(expect.objectContaining({ code: 'store-damaged' }));
  });

  it('keep one checkpoint, and none that is damaged', () => {
    expect(store.checkpoint()).toBeNull();
    store.commit({ entries: [coin(1), coin(2)] });
    store.saveCheckpoint({ seq: 1, state: '{"a":1}' });
    store.saveCheckpoint({ seq: 2, state: '{"a":2}' });
    expect(store.checkpoint()).toEqual({ seq: 2, state: '{"a":2}' });
    expect(() => store.saveCheckpoint({ seq: 3, state: '' })).toThrow(expect.objectContaining({ code: 'store-query-invalid' }));
    db.exec(`UPDATE checkpoint SET state = '{"a":3}'`);
    expect(store.checkpoint()).toBeNull();
    expect(store.counters().sinceEver.cashMinor).toBe(2_000);
  });
});
