import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Api } from '../runtime/api/server.ts';
import { runTilld } from '../testkit/command-line.ts';
import { ScriptedBox } from '../testkit/scripted-box.ts';
import { serveBox } from '../testkit/served-box.ts';
import { closedPeriod } from './counters.ts';

let box: ScriptedBox;
let api: Api;
const NONE = new ScriptedBox().till.sinceEver;

beforeEach(async () => {
  box = new ScriptedBox();
  api = await serveBox(box);
});

afterEach(async () => {
  await api.stop();
  box.done();
});

const tilld = (argv: string[], setting: Parameters<typeof runTilld>[1] = {}) => runTilld(argv, { ...setting, env: { TILLD_URL: api.url } });

describe('ledger', () => {
  const three = () =>
    box.commit(
      { kind: 'boot', version: '1', currency: 'THB' },
      { kind: 'cash.credited', sale: null, method: 'coin', acceptor: 'coins', train: 't 1', amountMinor: 1_000 },
      { kind: 'sale.settled', sale: 's-1', dueMinor: 1_000 },
    );

  test('as lines, a page at a time', async () => {
    const lines = three();
    expect((await tilld(['ledger', '--limit', '2'])).out).toBe(
      `     1  2026-01-01 00:00:00  boot              version=1 currency=THB
     2  2026-01-01 00:00:00  cash.credited     sale=null method=coin acceptor=coins train="t 1" amount=10.00
`,
    );
    expect(JSON.parse((await tilld(['ledger', '--after', '2', '--json'])).out)).toEqual({ entries: lines.slice(2) });
    expect((await tilld(['ledger', '--after', '3'])).out).toBe('There are no entries.\n');
  });

  test('--follow goes on with what is new', async () => {
    three();
    const stop = new AbortController();
    const seen: number[] = [];
    const onOut = (line: string) => {
      const { seq } = JSON.parse(line);
      seen.push(seq);
      if (seq === 3) box.commit({ kind: 'counters.reset' });
      if (seq === 4) stop.abort();
    };
    const { code } = await tilld(['ledger', '--follow', '--after', '1', '--json'], { stop: stop.signal, onOut });
    expect([code, seen]).toEqual([0, [2, 3, 4]]);
  });

  test('--follow without --after begins with what is new', async () => {
    three();
    const stop = new AbortController();
    const following = tilld(['ledger', '--follow'], { stop: stop.signal, onOut: () => stop.abort() });
    await box.followed();
    box.commit({ kind: 'counters.reset' });
    expect(await following).toMatchObject({ code: 0, out: '     4  2026-01-01 00:00:00  counters.reset\n' });
  });
});

describe('counters', () => {
  const day = {
    coin: { 1000: 3, 500: 1 },
    bill: { 2000: 2 },
    cashMinor: 7_500,
    qrMinor: 4_000,
    qrCount: 2,
    cardMinor: 1_500,
    cardCount: 1,
    terminalMinor: 0,
    terminalCount: 0,
    topUpMinor: 0,
    topUpCount: 0,
    salesMinor: 11_000,
    salesCount: 4,
    refundMinor: 500,
    unassigned: 1,
  };
  const ever = { ...day, coin: { ...day.coin, 1000: 12 }, cashMinor: 16_500, salesMinor: 20_000, salesCount: 9 };

  test('the close-of-day table', async () => {
    box.till = { sinceReset: day, sinceEver: ever, resetAtMs: Date.UTC(2026, 0, 1) };
    expect((await tilld(['counters'])).out).toBe(
      `THB                since reset          since ever
            value       pieces     sum      pieces     sum
Coins        5.00            1    5.00           1    5.00
            10.00            3   30.00          12  120.00
Bills       20.00            2   40.00           2   40.00
Cash                             75.00              165.00
QR                           2   40.00           2   40.00
Cards                        1   15.00           1   15.00
Terminal                     0    0.00           0    0.00
Top-ups                      0    0.00           0    0.00
Taken                           130.00              220.00
Sold                         4  110.00           9  200.00
To refund                         5.00                5.00
Unassigned                   1                   1

Since the reset of 2026-01-01T00:00:00.000Z.
`,
    );
    expect(JSON.parse((await tilld(['counters', '--json'])).out)).toEqual(box.till);
  });

  test('--reset prints the period it closed', async () => {
    box.till = { sinceReset: day, sinceEver: ever, resetAtMs: null };
    const before = box.till;
    box.expect('resetCounters', [], () => {
      box.till = { sinceReset: NONE, sinceEver: ever, resetAtMs: 5 };
    });
    expect(JSON.parse((await tilld(['counters', '--reset', '--json'])).out)).toEqual(before);
  });

  test('a coin between reading and resetting is in exactly one of the two periods', () => {
    const before = { sinceReset: day, sinceEver: ever, resetAtMs: null };
    const more = (totals: typeof ever) => ({
      ...totals,
      coin: { ...totals.coin, 1000: (totals.coin[1000] ?? 0) + 1 },
      cashMinor: totals.cashMinor + 1_000,
    });
    const inTime = closedPeriod(before, { sinceReset: NONE, sinceEver: more(ever), resetAtMs: 5 });
    expect(inTime.sinceReset).toEqual(more(day));
    const tooLate = closedPeriod(before, {
      sinceReset: { ...NONE, coin: { 1000: 1 }, cashMinor: 1_000 },
      sinceEver: more(ever),
      resetAtMs: 5,
    });
    expect(tooLate.sinceReset).toEqual(day);
  });
});

test('queue', async () => {
  const report = {
    id: 'r-1',
    sale: 's-1',
    status: 'SUCCEEDED',
    qrMinor: 2_000,
    charge: 'c',
    cash: { coin: { 1000: 2 }, bill: {} },
    currency: 'THB',
  } as const;
  const row = { id: 'r-1', lane: 'sale' as const, report, seq: 1, queuedAtMs: 0, attempts: 3, parkedReason: null };
  box.outbox = { waiting: [row], parked: [{ ...row, id: 'r-0', parkedReason: 'denomination unknown' }], waitingCount: 1, parkedCount: 1 };
  expect((await tilld(['queue'])).out).toBe(`1 waiting, 1 parked
record  sale  status        QR   cash  tries
r-0     s-1   SUCCEEDED  20.00  20.00      3  parked: denomination unknown
r-1     s-1   SUCCEEDED  20.00  20.00      3
`);
});
