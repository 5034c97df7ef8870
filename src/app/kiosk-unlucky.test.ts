import { afterEach, describe, expect, it } from 'vitest';
import { DeviceFault } from '../domain/fault.ts';
import type { TicketImage } from '../ports/printer.ts';
import { settle } from '../testkit/clock.ts';
import { actions, bench, connect, disconnect, error, kiosk, named, pay, press, sale, seen, show, start } from '../testkit/kiosk-bench.ts';
import { pounds, KIOSK_SCREENS as S } from '../testkit/kiosk-desk.ts';

afterEach(async () => {
  expect(bench.gateway.leftovers()).toEqual([]);
  await bench.end();
});

describe('a payment whose result is not told', () => {
  it('is asked about by its name although the connection was made for its transaction, before the payment began', async () => {
    await start();
    await show(S.amounts, 'initial');
    await press('amount-3');
    await show(S.methods);
    await disconnect();
    await connect();
    await show(S.methods);
    await press('method-1');
    await show(S.processing);
    const transaction = named();
    await show(S.amounts, 'initial');
    expect(kiosk.reconnects).toBe(1);
    expect(bench.box.status().sale).toMatchObject({ state: 'authorising' });
    await disconnect();
    await connect();
    await show(S.success, transaction);
    expect(bench.box.counters().sinceEver).toMatchObject({ terminalMinor: 6_000, salesMinor: 6_000, refundMinor: 0 });
  });

  it('and was begun by the choice that is said again is asked about as well', async () => {
    await start();
    await show(S.amounts, 'initial');
    await press('amount-3');
    await show(S.methods);
    kiosk.connected = false;
    await press('method-1');
    await disconnect();
    kiosk.connected = true;
    await connect();
    await show(S.methods);
    await show(S.amounts, 'initial');
    expect(kiosk.reconnects).toBe(1);
    expect(bench.box.status().sale).toMatchObject({ state: 'authorising' });
  });

  it('is settled by a TIMEOUT that comes after its dialogue was left', async () => {
    await start();
    const transaction = await pay();
    await show(S.amounts, 'initial');
    await disconnect();
    await connect();
    await show(S.amounts, 'initial');
    expect(bench.box.sale(sale())).toMatchObject({ state: 'cancelled' });
    await error('TIMEOUT', transaction);
    expect(bench.kinds()).toContain('charge.failed');
    expect(seen()).toBe('failed');
    bench.clock.advance(4_000);
    expect(seen()).toBe('amount-select');
  });
});

describe('the amount of a transaction', () => {
  async function type(): Promise<string> {
    await show(S.amounts, 'initial');
    await press('amount-other');
    await show(S.keypad);
    await press('7', '5', 'ok');
    return named();
  }

  it('is not changed on a keypad that was there before the connection was made anew', async () => {
    await start();
    const transaction = await type();
    await disconnect();
    await connect();
    await press('clear', '5', '0', 'ok');
    expect(actions().filter(({ action }) => action === 'typed-amount')).toHaveLength(1);
    await show(S.methods, transaction);
    expect(bench.box.screen()).toMatchObject({ kind: 'payment-method', amount: pounds(7_500) });
  });

  it.each<[string, () => Promise<void>]>([
    ['a screen that is refused', () => show(S.processing, 'T-of-another')],
    ['an error about another transaction', () => error('UNEXPECTED_ACTION', 'T-of-another')],
  ])('is not changed after %s', async (_, happens) => {
    await start();
    const transaction = await type();
    await happens();
    await press('clear', '5', '0', 'ok');
    expect(actions().filter(({ action }) => action === 'typed-amount')).toHaveLength(1);
    await show(S.methods, transaction);
    expect(bench.box.screen()).toMatchObject({ kind: 'payment-method', amount: pounds(7_500) });
  });

  it('that was paid stays on the screen when the backend is at its start already', async () => {
    await start();
    await pay();
    let spoken = () => {};
    bench.speaking = new Promise((resolve) => {
      spoken = resolve;
    });
    await show(S.success);
    await show(S.amounts, 'initial');
    spoken();
    await settle();
    bench.box.resetOutput();
    expect(bench.box.screen()).toMatchObject({ kind: 'success', due: pounds(6_000) });
  });
});

describe('a payment that was taken', () => {
  it.each([
    ['PROCESSING', S.processing],
    ['FAILED', S.failed],
    ['LIMIT_ERROR', S.limit],
  ])('is not shown as anything else by a %s that comes after it', async (_, screen) => {
    await start();
    await pay();
    await show(S.success);
    await show(screen);
    bench.clock.advance(5_000);
    expect(seen()).toBe('success');
    expect(bench.box.counters().sinceEver).toMatchObject({ terminalMinor: 6_000, refundMinor: 0 });
  });

  it('is not taken back by a TIMEOUT of what comes after it', async () => {
    await start();
    await pay();
    await show(S.success);
    bench.clock.advance(2_000);
    await show(S.print);
    await error('TIMEOUT');
    expect(seen()).not.toBe('failed');
    expect(bench.kinds()).not.toContain('charge.conflict');
    expect(bench.box.status().alarms.map(({ code }) => code)).not.toContain('charge-conflict');
  });
});

describe('a box that is left alone', () => {
  it('is out of service after a payment ran out while the connection was away', async () => {
    await start();
    await pay();
    await disconnect();
    bench.clock.advance(120_000);
    await settle();
    bench.clock.advance(60_000);
    await settle();
    expect(bench.box.screen()).toEqual({ kind: 'out-of-service', reasons: ['backend'] });
  });

  it.each<[string, () => Promise<void>]>([
    [
      'a payment that was waited for in vain',
      async () => {
        bench.clock.advance(120_000);
        await settle();
      },
    ],
    ['a TIMEOUT', () => error('TIMEOUT')],
  ])('asks for the screen anew when nothing follows %s', async (_, happens) => {
    await start();
    await pay();
    await happens();
    expect(seen()).toBe('failed');
    bench.clock.advance(121_000);
    expect(kiosk.reconnects).toBeGreaterThan(0);
  });

  it('asks for the screen anew although one came that it refused', async () => {
    await start();
    await pay();
    await show(S.success);
    await show(S.keypad, 'T-of-another');
    bench.clock.advance(120_000);
    expect(kiosk.reconnects).toBe(1);
  });
});

describe('a machine', () => {
  it('that fails to deliver is told to the backend although the dialogue is over', async () => {
    await start({ board: { delivery: { output: 'relay', feedback: { input: 'done', level: 'high', withinMs: 20_000 } } } as never });
    const transaction = await pay();
    await show(S.success);
    bench.clock.advance(3_000);
    await show(S.thanks);
    bench.clock.advance(3_000);
    await show(S.amounts, 'initial');
    bench.clock.advance(1_000);
    await bench.outputs.finish(new DeviceFault('The relay is stuck', { code: 'gpio-failed' }));
    expect(kiosk.said.at(-1)).toMatchObject({ action: { action: 'device-error', code: 'DELIVERY_FAILED' }, transaction });
  });
});

describe('tickets', () => {
  it('are not printed twice where every sale gets one and the backend asks for it as well', async () => {
    let printed = 0;
    let release = () => {};
    const paper = new Promise<void>((resolve) => {
      release = resolve;
    });
    const printer = {
      dots: 384,
      print: async () => {
        await paper;
        printed++;
      },
      status: async () => ({ state: 'ready', paperLow: false }) as const,
      close: async () => {},
    };
    const draw = async (): Promise<TicketImage> => ({ width: 8, height: 1, bits: Uint8Array.of(1) });
    await start({ tickets: { printer, draw, always: true } });
    await pay();
    await show(S.success);
    await show(S.print);
    release();
    await settle();
    expect(printed).toBe(1);
    expect(actions().at(-1)).toEqual({ action: 'printed' });
  });
});

describe('coins beside a payment at the terminal', () => {
  const acceptors = [{}] as never;

  it('do not make the sale wait for ever once the terminal has said no', async () => {
    await start({ board: { acceptors } });
    await pay();
    bench.coin.insert(100);
    await settle();
    await show(S.failed);
    await show(S.amounts, 'initial');
    bench.clock.advance(600_000);
    await settle();
    expect(bench.box.status().sale).toBeNull();
    expect(bench.box.status().creditMinor).toBe(100);
  });

  it('left from before do not take a payment from its sale when one of an earlier sale comes late', async () => {
    await start({ board: { acceptors } });
    bench.coin.insert(100);
    await settle();
    const first = await pay();
    bench.clock.advance(120_000);
    await settle();
    await show(S.amounts, 'initial');
    await disconnect();
    await connect();
    await show(S.amounts, 'initial');
    bench.clock.advance(5_000);
    await pay();
    await show(S.success, first);
    expect(bench.box.status().sale).toMatchObject({ state: 'authorising' });
    await show(S.failed);
    expect(bench.box.status().sale).toBeNull();
  });
});

describe('a transaction that nobody named', () => {
  it.each(['constructor', 'toString', 'valueOf', 'hasOwnProperty'])("%s is nobody's", async (name) => {
    await start();
    await pay();
    await show(S.success, name);
    await show(S.failed, name);
    await error('TIMEOUT', name);
    await show(S.methods, name);
    expect(bench.log.lines.filter(({ event }) => event === 'kiosk.not-recorded')).toEqual([]);
    expect(bench.kinds()).toEqual(['boot', 'sale.opened', 'charge.created']);
    expect(seen()).toBe('processing');
  });
});

describe('a backend, a line or a machine that is in trouble', () => {
  it.each([
    ['the method', true],
    ['that it gives the payment up', false],
  ])('says %s again once a connection, whatever the backend makes of it', async (_, alive) => {
    await start();
    await show(S.amounts, 'initial');
    await press('amount-3');
    await show(S.methods);
    kiosk.connected = false;
    await press('method-1');
    const transaction = named();
    await disconnect();
    if (!alive) bench.clock.advance(120_000);
    kiosk.connected = true;
    await connect();
    for (let i = 0; i < 5; i++) {
      await show(S.methods, transaction);
      await error('METHOD_NOT_OFFERED', transaction);
    }
    await show(S.methods, transaction);
    expect(actions()).toHaveLength(2);
    bench.clock.advance(10_000);
    expect(kiosk.reconnects).toBe(1);
  });

  it('leaves no timer behind when it stops', async () => {
    await start();
    await pay();
    await show(S.success);
    await show(S.amounts, 'initial');
    await disconnect();
    const { box, clock } = bench;
    await box.stop();
    expect(clock.pending()).toBe(0);
    box.stop = async () => {};
  });

  it('is asked about a payment anew although it says twice that it is at its start', async () => {
    await start();
    const transaction = await pay();
    bench.gateway.leads({ event: 'screen', screen: S.amounts, transaction: 'initial' });
    await show(S.amounts, 'initial');
    expect(bench.box.status().sale).toMatchObject({ state: 'authorising' });
    await disconnect();
    await connect();
    await show(S.success, transaction);
    expect(bench.box.counters().sinceEver).toMatchObject({ terminalMinor: 6_000, salesMinor: 6_000, refundMinor: 0 });
  });

  it('is out of service when the connection went while a result was still read', async () => {
    await start();
    await pay();
    await show(S.success);
    await show(S.amounts, 'initial');
    await disconnect();
    bench.clock.advance(2_000);
    bench.clock.advance(30_000);
    expect(bench.box.screen()).toEqual({ kind: 'out-of-service', reasons: ['backend'] });
  });

  it('has no payment begun for a machine that cannot deliver any more', async () => {
    await start({ board: { delivery: { output: 'relay', feedback: null } } as never });
    await show(S.amounts, 'initial');
    await press('amount-3');
    await show(S.methods);
    kiosk.connected = false;
    await press('method-1');
    const transaction = named();
    await disconnect();
    bench.store.commit({ entries: [], facts: { 'fault.output': 'stuck' } });
    await bench.cut();
    await bench.start();
    kiosk.connected = true;
    await connect();
    await show(S.methods, transaction);
    expect(actions().map(({ action }) => action)).toEqual(['amount', 'cancel']);
  });

  it('prints no ticket of what it has not heard to be paid', async () => {
    await start();
    await pay();
    await show(S.print);
    expect(seen()).toBe('processing');
    expect(actions().at(-1)?.action).toBe('method');
  });

  it('hears that a journal that cannot be read keeps a ticket from being printed', async () => {
    let broken = false;
    await start({
      wrapStore: (store) => {
        const ledger = store.ledger.bind(store);
        let calls = 0;
        store.ledger = (q) => {
          if (broken && q.sale && ++calls > 1) throw new DeviceFault('No', { code: 'store-failed' });
          return ledger(q);
        };
        return store;
      },
    });
    await pay();
    await show(S.success);
    broken = true;
    await show(S.print);
    broken = false;
    expect(actions().at(-1)?.action).toBe('device-error');
  });
});
