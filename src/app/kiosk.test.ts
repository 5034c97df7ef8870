import { afterEach, describe, expect, it } from 'vitest';
import type { KioskScreen } from '../domain/kiosk.ts';
import { StoreFault } from '../domain/store-fault.ts';
import { settle } from '../testkit/clock.ts';
import { actions, bench, connect, disconnect, error, kiosk, named, pay, press, sale, seen, show, start } from '../testkit/kiosk-bench.ts';
import { pounds, KIOSK_SCREENS as S } from '../testkit/kiosk-desk.ts';

afterEach(async () => {
  expect(bench.gateway.leftovers()).toEqual([]);
  await bench.end();
});

describe('the dialogue', () => {
  it('names the transaction at the first choice, commits the charge before the method is sent, and is paid by SUCCESS', async () => {
    await start();
    await show(S.amounts, 'initial');
    expect(bench.box.screen()).toEqual({ kind: 'amount-select', amounts: S.amounts.amounts, other: true });
    await press('amount-3');
    const transaction = named();
    expect(transaction).toMatch(/^T[0-9A-Z]{16}$/);
    expect(kiosk.resumes).toBe(transaction);
    await show(S.methods);
    expect(bench.box.screen()).toEqual({ kind: 'payment-method', amount: pounds(6_000), methods: S.methods.methods, cancel: true });
    expect(bench.box.status().sale).toBeNull();
    await press('method-1');
    expect(bench.box.status().sale).toMatchObject({
      state: 'authorising',
      origin: 'kiosk',
      dueMinor: 6_000,
      terminal: 'DEBIT_CARD',
      charge: transaction,
    });
    await show(S.processing);
    expect(bench.box.screen()).toEqual({ kind: 'processing', due: pounds(6_000) });
    await show(S.success);
    expect(bench.box.screen()).toMatchObject({ kind: 'success', due: pounds(6_000) });
    expect(bench.kinds()).toEqual(['boot', 'sale.opened', 'charge.created', 'charge.paid', 'sale.settled', 'report.queued', 'announced']);
    expect(bench.box.sale(sale())).toMatchObject({ state: 'delivered', terminalMinor: 6_000, qrMinor: 0 });
    expect(bench.box.counters().sinceEver).toMatchObject({ terminalMinor: 6_000, terminalCount: 1, salesMinor: 6_000 });
    await show(S.thanks);
    await show(S.amounts, 'initial');
    bench.clock.advance(4_000);
    expect(seen()).toBe('amount-select');
    expect(kiosk.resumes).toBeNull();
    expect(actions()).toEqual([
      { action: 'amount', amount: pounds(6_000) },
      { action: 'method', method: 'DEBIT_CARD' },
    ]);
  });

  it('takes an amount that is typed, within the limits of backend and owner', async () => {
    await start({ policy: { maxMinor: 20_000 } });
    await show(S.amounts, 'initial');
    await press('amount-other');
    expect(actions()).toEqual([{ action: 'other-amount' }]);
    await show(S.keypad);
    expect(bench.box.screen()).toEqual({
      kind: 'keypad',
      typed: pounds(0),
      min: pounds(1_000),
      max: pounds(20_000),
      problem: null,
      cancel: false,
    });
    await press('9', 'ok');
    expect(bench.box.screen()).toMatchObject({ typed: pounds(900), problem: 'too-low' });
    await press('0', '0', 'ok');
    expect(bench.box.screen()).toMatchObject({ typed: pounds(90_000), problem: 'too-high' });
    await press('clear', '7', '5', 'ok');
    expect(actions().at(-1)).toEqual({ action: 'typed-amount', amount: pounds(7_500) });
    await show(S.methods);
    expect(bench.box.screen()).toMatchObject({ kind: 'payment-method', amount: pounds(7_500) });
  });

  it('offers no amount that the owner does not sell for, and keeps the places of the others', async () => {
    await start({ policy: { minMinor: 3_000 } });
    await show(S.amounts, 'initial');
    expect(bench.box.screen()).toMatchObject({ amounts: [pounds(4_000), pounds(6_000)] });
    await press('1');
    expect(actions()).toEqual([{ action: 'amount', amount: pounds(4_000) }]);
  });

  it('offers no amount that buys no pulse of the machine', async () => {
    const drive = { mode: 'pulses-per', unitMinor: 5_000, pulseMs: 50, gapMs: 50 } as const;
    await start({ policy: { drive }, board: { delivery: { output: 'relay', feedback: null } } as never });
    await show({ ...S.amounts, other: false, amounts: [pounds(2_000), pounds(6_000)] }, 'initial');
    expect(bench.box.screen()).toMatchObject({ amounts: [pounds(6_000)] });
    await show({ ...S.amounts, other: false, amounts: [pounds(2_000)] }, 'initial');
    expect(bench.log.lines.at(-1)).toMatchObject({ event: 'kiosk.screen-refused' });
  });

  it('sends one choice, however often it is pressed', async () => {
    await start();
    await show(S.amounts, 'initial');
    await press('amount-1', 'amount-2', 'amount-1');
    expect(actions()).toEqual([{ action: 'amount', amount: pounds(2_000) }]);
    await show(S.methods);
    await press('method-1', 'method-2');
    expect(actions().filter(({ action }) => action === 'method')).toEqual([{ action: 'method', method: 'DEBIT_CARD' }]);
  });

  it('cancels where the backend allows it', async () => {
    await start();
    await show(S.amounts, 'initial');
    await press('amount-1');
    await show({ ...S.methods, allowCancel: false });
    await press('cancel');
    expect(actions()).toHaveLength(1);
    await show(S.methods);
    await press('cancel');
    expect(actions().at(-1)).toEqual({ action: 'cancel', screen: 'payment-method' });
    await show(S.amounts, 'initial');
    expect(bench.kinds()).toEqual(['boot']);
  });

  it('asks for the screen anew when a choice is not answered', async () => {
    await start();
    await show(S.amounts, 'initial');
    await press('amount-1');
    bench.clock.advance(9_999);
    expect(kiosk.reconnects).toBe(0);
    bench.clock.advance(1);
    expect(kiosk.reconnects).toBe(1);
  });

  it('keeps a result on the screen long enough to be read, and then shows the newest of what followed', async () => {
    await start();
    await pay();
    await show(S.success);
    await show(S.collect);
    await show(S.thanks);
    expect(seen()).toBe('success');
    bench.clock.advance(2_000);
    expect(seen()).toBe('thank-you');
  });
});

describe('what does not become a payment', () => {
  it.each([
    ['FAILED', S.failed, 'CARD_DECLINED', 'failed'],
    ['LIMIT_ERROR', S.limit, 'LIMIT_EXCEEDED', 'limit-error'],
  ] as const)('%s ends the sale', async (_, screen, reason, kind) => {
    await start();
    await pay();
    await show(screen);
    expect(seen()).toBe(kind);
    expect(bench.kinds()).toEqual(['boot', 'sale.opened', 'charge.created', 'charge.failed', 'sale.cancelled', 'report.queued']);
    expect(bench.store.ledger({}).map(({ entry }) => entry)).toContainEqual(expect.objectContaining({ kind: 'charge.failed', reason }));
    expect(bench.box.status().sale).toBeNull();
  });

  it('TIMEOUT ends the sale and says so', async () => {
    await start();
    await pay();
    await error('TIMEOUT');
    expect(bench.box.screen()).toMatchObject({ kind: 'failed', reason: 'timeout' });
    expect(bench.box.sale(sale())).toMatchObject({ state: 'cancelled', cancelReason: 'timeout' });
  });

  it('TIMEOUT before a method was chosen moves no money', async () => {
    await start();
    await show(S.amounts, 'initial');
    await press('amount-1');
    await error('TIMEOUT');
    expect(seen()).toBe('failed');
    expect(bench.kinds()).toEqual(['boot']);
  });

  it('another error lets the customer choose again', async () => {
    await start();
    await show(S.amounts, 'initial');
    await press('amount-1');
    await error('AMOUNT_INVALID');
    await press('amount-2');
    expect(actions()).toHaveLength(2);
  });

  it('silence ends the sale for the customer; a payment that comes later is booked and owed back', async () => {
    await start();
    const transaction = await pay();
    bench.clock.advance(120_000);
    await settle();
    expect(bench.box.screen()).toMatchObject({ kind: 'failed', reason: 'terminal-unanswered' });
    expect(bench.box.status().sale).toBeNull();
    await show(S.success, transaction);
    expect(seen()).toBe('failed');
    expect(bench.store.ledger({}).map(({ entry }) => entry)).toContainEqual(
      expect.objectContaining({ kind: 'refund.due', amountMinor: 6_000, reason: 'paid-late' }),
    );
    expect(bench.box.counters().sinceEver).toMatchObject({ terminalMinor: 6_000, refundMinor: 6_000, salesMinor: 0 });
  });

  it('a charge the backend forgets is given up after the grace time, with an alarm that holds until the books are closed', async () => {
    await start();
    const transaction = await pay();
    await show(S.amounts, 'initial');
    await disconnect();
    await connect();
    await show(S.amounts, 'initial');
    expect(bench.box.sale(sale())).toMatchObject({ state: 'cancelled', cancelReason: 'terminal-unanswered' });
    expect(kiosk.reconnects).toBe(1);
    expect(kiosk.resumes).toBeNull();
    bench.clock.advance(600_000);
    await settle();
    const alarm = expect.objectContaining({
      code: 'terminal-unresolved',
      detail: expect.stringContaining(`DEBIT_CARD, charge ${transaction}`),
    });
    expect(bench.box.status().alarms).toContainEqual(alarm);
    await bench.cut();
    await bench.start();
    expect(bench.box.status().alarms).toContainEqual(alarm);
    bench.box.resetCounters();
    expect(bench.box.status().alarms).toEqual([]);
  });

  it('a payment whose result never came is asked about by its name before it is given up', async () => {
    await start();
    const transaction = await pay();
    await show(S.thanks);
    await show(S.amounts, 'initial');
    await show(S.amounts, 'initial');
    expect(kiosk.reconnects).toBe(1);
    expect(kiosk.resumes).toBe(transaction);
    expect(bench.box.status().sale).toMatchObject({ state: 'authorising' });
    await disconnect();
    await connect();
    await show(S.success, transaction);
    await show(S.amounts, 'initial');
    expect(bench.box.counters().sinceEver).toMatchObject({ terminalMinor: 6_000, salesMinor: 6_000 });
    expect(kiosk.reconnects).toBe(1);
    expect(kiosk.resumes).toBeNull();
  });

  it('the same SUCCESS again changes nothing', async () => {
    await start();
    const transaction = await pay();
    await show(S.success);
    await show(S.success);
    await show(S.amounts, 'initial');
    await show(S.success, transaction);
    expect(bench.kinds().filter((kind) => kind === 'charge.paid')).toHaveLength(1);
    expect(bench.box.counters().sinceEver.terminalMinor).toBe(6_000);
  });

  it('a failure claimed after SUCCESS is kept apart', async () => {
    await start();
    await pay();
    await show(S.success);
    await show(S.failed);
    expect(bench.kinds()).toContain('charge.conflict');
    expect(bench.box.counters().sinceEver).toMatchObject({ terminalMinor: 6_000, refundMinor: 0 });
  });
});

describe('a screen that does not fit what the box knows is not shown', () => {
  it.each<[string, KioskScreen]>([
    ['a keypad', S.keypad],
    ['methods', S.methods],
    ['processing', S.processing],
    ['success', S.success],
    ['a ticket', S.print],
    ['thanks', S.thanks],
  ])('%s of a transaction that is not the one of the box', async (_, screen) => {
    await start();
    await show(S.amounts, 'initial');
    await show(screen, 'T-of-another');
    expect(seen()).toBe('amount-select');
    expect(bench.kinds()).toEqual(['boot']);
  });

  it.each<[string, KioskScreen]>([
    ['processing', S.processing],
    ['success', S.success],
    ['a ticket', S.print],
  ])('%s before a method was chosen', async (_, screen) => {
    await start();
    await show(S.amounts, 'initial');
    await press('amount-1');
    await show(screen);
    expect(seen()).toBe('amount-select');
    expect(bench.kinds()).toEqual(['boot']);
  });

  it('methods before an amount was chosen', async () => {
    await start();
    await show(S.amounts, 'initial');
    await press('amount-other');
    await show(S.methods);
    expect(seen()).toBe('amount-select');
  });

  it('methods once the payment is over', async () => {
    await start();
    await pay();
    await show(S.failed);
    await show(S.methods);
    bench.clock.advance(2_000);
    expect(seen()).toBe('failed');
  });
});

describe('connection and power', () => {
  it('is out of service only after the grace time, and back with the next screen', async () => {
    await start();
    await show(S.amounts, 'initial');
    await disconnect();
    bench.clock.advance(14_999);
    expect(seen()).toBe('amount-select');
    await press('amount-1');
    expect(actions()).toEqual([]);
    bench.clock.advance(1);
    expect(bench.box.screen()).toEqual({ kind: 'out-of-service', reasons: ['backend'] });
    await connect();
    expect(seen()).toBe('out-of-service');
    await show(S.amounts, 'initial');
    expect(seen()).toBe('amount-select');
  });

  it('a connection that brings no screen does not count as one', async () => {
    await start();
    for (let i = 0; i < 3; i++) {
      await disconnect();
      await connect();
      bench.clock.advance(5_000);
    }
    expect(seen()).toBe('out-of-service');
  });

  it('says the method again when the backend has not heard it', async () => {
    await start();
    await show(S.amounts, 'initial');
    await press('amount-3');
    await show(S.methods);
    kiosk.connected = false;
    await press('method-2');
    expect(bench.box.status().sale).toMatchObject({ state: 'authorising' });
    expect(actions()).toHaveLength(1);
    await disconnect();
    kiosk.connected = true;
    await connect();
    await show(S.methods);
    expect(actions().at(-1)).toEqual({ action: 'method', method: 'PAY_BY_BANK' });
    await show(S.success);
    expect(bench.box.counters().sinceEver.terminalCount).toBe(1);
  });

  it.each([
    [true, [{ action: 'cancel', screen: 'payment-method' }]],
    [false, []],
  ] as const)('has no payment begun that it has given up; cancelling allowed: %s', async (allowCancel, said) => {
    await start();
    await show(S.amounts, 'initial');
    await press('amount-3');
    await show(S.methods);
    kiosk.connected = false;
    await press('method-2');
    await disconnect();
    const transaction = named();
    await bench.cut(3_600_000);
    await bench.start();
    expect(bench.box.status().sale).toBeNull();
    kiosk.connected = true;
    await connect();
    await show({ ...S.methods, allowCancel }, transaction);
    expect(seen()).not.toBe('payment-method');
    expect(actions().slice(1)).toEqual(said);
  });

  it('goes on after a power cut with the transaction and its amount', async () => {
    await start();
    await show(S.amounts, 'initial');
    await press('amount-3');
    const transaction = named();
    await bench.cut();
    kiosk.resumes = null;
    await bench.start();
    expect(kiosk.resumes).toBe(transaction);
    await connect();
    await show(S.methods, transaction);
    expect(bench.box.screen()).toMatchObject({ kind: 'payment-method', amount: pounds(6_000) });
  });

  it('names the transaction in the first handshake after a power cut, as what became of it is said only to who asks', async () => {
    await start();
    const transaction = await pay();
    await bench.cut();
    kiosk.resumes = null;
    let named: string | null = null;
    bench.gateway.start = async () => {
      named = kiosk.resumes;
    };
    await bench.start();
    expect(named).toBe(transaction);
  });

  it('is paid after a power cut in the middle of the payment', async () => {
    await start();
    const transaction = await pay();
    await bench.cut();
    await bench.start();
    await connect();
    await show(S.success, transaction);
    expect(seen()).toBe('success');
    expect(bench.box.counters().sinceEver).toMatchObject({ terminalMinor: 6_000, salesMinor: 6_000, refundMinor: 0 });
  });

  it('has a SUCCESS said again that the journal could not take', async () => {
    let broken = false;
    await start({
      wrapStore: (store) => {
        const commit = store.commit.bind(store);
        store.commit = (what) => {
          if (broken && what.entries.some(({ kind }) => kind === 'charge.paid')) {
            throw new StoreFault('No', { code: 'store-failed', outcome: 'refused' });
          }
          return commit(what);
        };
        return store;
      },
    });
    const transaction = await pay();
    broken = true;
    await show(S.success);
    expect(bench.box.counters().sinceEver.terminalMinor).toBe(0);
    broken = false;
    bench.clock.advance(10_000);
    expect(kiosk.reconnects).toBe(1);
    await show(S.success, transaction);
    expect(bench.box.counters().sinceEver.terminalMinor).toBe(6_000);
  });
});

describe('a machine', () => {
  const machine = { delivery: { output: 'relay', feedback: { input: 'done', level: 'high', withinMs: 1_000 } } } as never;

  it('that does not deliver is told to the customer and the backend', async () => {
    await start({ board: machine });
    await pay();
    await show(S.success);
    bench.outputs.finish?.();
    bench.clock.advance(6_000);
    await settle();
    expect(bench.box.screen()).toMatchObject({ kind: 'failed', reason: 'delivery' });
    expect(actions().at(-1)).toMatchObject({ action: 'device-error', code: 'DELIVERY_FAILED' });
    await show(S.amounts, 'initial');
    bench.clock.advance(5_000);
    expect(seen()).toBe('out-of-service');
    await press('amount-1');
    expect(actions().filter(({ action }) => action === 'amount')).toHaveLength(1);
  });
});

it('asks for the screen anew when a result is not followed by anything', async () => {
  await start();
  await pay();
  await show(S.success);
  bench.clock.advance(119_999);
  expect(kiosk.reconnects).toBe(0);
  bench.clock.advance(1);
  expect(kiosk.reconnects).toBe(1);
});
