import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StoreFault } from '../domain/store-fault.ts';
import { FakeClock } from '../testkit/clock.ts';
import { coin } from '../testkit/sample-commits.ts';
import { openStore } from './open.ts';
import { connect } from './sqlite.ts';

let home: string;
let file: string;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'store-migrations-'));
  file = path.join(home, 'journal.db');
  const db = connect(file, 0);
  db.exec(fs.readFileSync(path.join(import.meta.dirname, 'fixtures/version-1.sql'), 'utf8'));
  db.close();
});

afterEach(() => fs.rmSync(home, { recursive: true }));

const open = () => openStore({ file, boot: 'boot-2', clock: new FakeClock(), reserveMiB: 1 });

it('a journal of the first version keeps every entry, fact and report, and what guards them', () => {
  const store = open();
  expect(store.ledger({}).map(({ seq, entry }) => `${seq} ${entry.kind}`)).toEqual([
    '1 sale.opened',
    '2 charge.requested',
    '3 charge.created',
    '4 charge.paid',
    '5 sale.settled',
    '6 act.intent',
    '7 cash.credited',
  ]);
  expect(store.fact('pairing.device')).toBe('device-0001');
  expect(store.outbox('sale', 10)).toMatchObject([{ id: 'report-1', lane: 'sale', report: { sale: 'sale-1', qrMinor: 2_000 } }]);
  expect(store.outbox('update', 10)).toEqual([]);
  expect(store.seenAt({ source: 'promptpay', id: 'charge-1' })).toBe(6);
  expect(store.counters().sinceEver).toMatchObject({ qrMinor: 2_000, qrCount: 1, cardMinor: 0, cardCount: 0, cashMinor: 1_000 });
  expect(() => store.commit({ entries: [coin(1)] })).toThrow(expect.objectContaining({ code: 'store-duplicate' }));
  const [next] = store.commit({ entries: [coin(2)] });
  expect(next?.seq).toBe(8);
  store.close();
  const db = connect(file, 0);
  expect(() => db.exec('DELETE FROM ledger')).toThrow(StoreFault);
  expect(() => db.exec('UPDATE ledger SET minor = 1')).toThrow(StoreFault);
  db.close();
});

it('takes card payments afterwards, and counts them apart', () => {
  const store = open();
  const paid = {
    kind: 'charge.paid',
    sale: 'sale-9',
    charge: 'card-9',
    amountMinor: 700,
    via: 'answer',
    late: false,
    method: 'card',
  } as const;
  store.commit({ entries: [paid] });
  expect(store.counters().sinceEver).toMatchObject({ qrMinor: 2_000, cardMinor: 700, cardCount: 1 });
  expect(() => store.commit({ entries: [paid] })).toThrow(expect.objectContaining({ code: 'store-duplicate' }));
  store.close();
});

it('takes payments at a terminal of the backend, and counts them apart', () => {
  const store = open();
  const paid = {
    kind: 'charge.paid',
    sale: 'sale-9',
    charge: 'T9',
    amountMinor: 700,
    via: 'push',
    late: false,
    method: 'terminal',
  } as const;
  store.commit({ entries: [paid] });
  expect(store.counters().sinceEver).toMatchObject({ qrMinor: 2_000, terminalMinor: 700, terminalCount: 1 });
  store.close();
});

it('takes what top-up cards were credited with afterwards, and counts it apart', () => {
  const store = open();
  const paid = {
    kind: 'charge.paid',
    sale: 'sale-9',
    charge: 'topup-9',
    amountMinor: 43_750,
    via: 'poll',
    late: false,
    method: 'top-up',
    worthMinor: 50_000,
  } as const;
  store.commit({ entries: [paid] });
  expect(store.counters().sinceEver).toMatchObject({ qrMinor: 2_000, topUpMinor: 43_750, topUpCount: 1 });
  expect(() => store.commit({ entries: [paid] })).toThrow(expect.objectContaining({ code: 'store-duplicate' }));
  store.close();
});

it('what the release before had folded is folded anew, for it counted no top-up cards', () => {
  const store = open();
  store.saveCheckpoint({ seq: 7, state: '{"seq":7}' });
  store.close();
  const db = connect(file, 0);
  db.exec('PRAGMA user_version = 3');
  db.close();
  const again = open();
  expect(again.checkpoint()).toBeNull();
  again.close();
});

it('is opened again as it is', () => {
  open().close();
  const store = open();
  expect(store.lastSeq()).toBe(7);
  store.close();
});
