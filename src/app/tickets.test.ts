import { afterEach, describe, expect, it } from 'vitest';
import { DeviceFault } from '../domain/fault.ts';
import type { SaleView } from '../domain/till/view.ts';
import type { Printer, TicketImage } from '../ports/printer.ts';
import { settle } from '../testkit/clock.ts';
import { KIOSK_SCREENS as S, ScriptedKiosk } from '../testkit/kiosk-desk.ts';
import { TestBox } from '../testkit/test-box.ts';

/** Prints into memory; while `paper` holds back, a ticket is under way. */
class MemoryPrinter implements Printer {
  readonly dots = 384;
  readonly printed: TicketImage[] = [];
  fault: Error | null = null;
  paper: Promise<void> = Promise.resolve();

  async print(image: TicketImage, signal: AbortSignal): Promise<void> {
    const cut = new Promise<void>((_, reject) =>
      signal.addEventListener('abort', () => reject(new DeviceFault('Printing was cut off', { code: 'printer-aborted' }))),
    );
    await Promise.race([this.paper, cut]);
    if (this.fault) throw this.fault;
    this.printed.push(image);
  }

  status = async () => ({ state: 'ready', paperLow: false }) as const;
  close = async () => {};
}

const noPaper = () => new DeviceFault('The printer is out of paper', { code: 'printer-paper-out', remedy: 'Put a new roll in.' });

let bench: TestBox;
let printer: MemoryPrinter;
let drawn: { sale: SaleView; copy: boolean }[];

async function start({ always = false, kiosk = null as ScriptedKiosk | null } = {}): Promise<void> {
  printer = new MemoryPrinter();
  drawn = [];
  const draw = async (sale: SaleView, copy: boolean): Promise<TicketImage> => {
    drawn.push({ sale, copy });
    return { width: 8, height: 1, bits: Uint8Array.of(drawn.length) };
  };
  bench = await new TestBox({
    board: { delivery: null },
    tickets: { printer, draw, always },
    dress: (gateway) => {
      if (!kiosk) return;
      gateway.capabilities = { pairs: false, pushes: true, queries: false, qr: false, reports: false };
      gateway.kiosk = kiosk;
    },
  }).start();
}

/** A sale that was paid in coins. */
async function paid(): Promise<string> {
  bench.gateway.capabilities = { ...bench.gateway.capabilities, qr: false };
  const { id } = bench.box.sell({ amountMinor: 2_000, origin: 'api' });
  bench.coin.insert(2_000);
  await settle();
  return id;
}

const tickets = () => bench.store.ledger({}).flatMap(({ entry }) => (entry.kind.startsWith('ticket') ? [entry] : []));

afterEach(async () => {
  await bench.end();
});

describe('a ticket', () => {
  it('is intent, act and outcome, and says what was paid', async () => {
    await start();
    const sale = await paid();
    expect(await bench.box.printTicket(sale)).toEqual({ result: 'done', code: '', reason: '' });
    expect(printer.printed).toHaveLength(1);
    expect(drawn).toMatchObject([{ copy: false, sale: { id: sale, dueMinor: 2_000, cashMinor: 2_000, state: 'delivered' } }]);
    expect(tickets()).toMatchObject([
      { kind: 'ticket.intent', sale, copy: false },
      { kind: 'ticket.outcome', sale, result: 'done', reason: '' },
    ]);
  });

  it('that was printed before is a copy', async () => {
    await start();
    const sale = await paid();
    await bench.box.printTicket(sale);
    await bench.box.printTicket(sale);
    expect(drawn.map(({ copy }) => copy)).toEqual([false, true]);
  });

  it('that failed is recorded and can be printed again, and the sale stands', async () => {
    await start();
    const sale = await paid();
    printer.fault = noPaper();
    expect(await bench.box.printTicket(sale)).toEqual({
      result: 'failed',
      code: 'printer-paper-out',
      reason: 'The printer is out of paper. Put a new roll in.',
    });
    expect(bench.box.status().alarms).toMatchObject([{ code: 'printer', severity: 'warning' }]);
    expect(bench.box.sale(sale)?.state).toBe('delivered');
    printer.fault = null;
    expect(await bench.box.printTicket(sale)).toMatchObject({ result: 'done' });
    expect(bench.box.status().alarms).toEqual([]);
    expect(tickets().map((entry) => ('result' in entry ? entry.result : entry.kind))).toEqual([
      'ticket.intent',
      'failed',
      'ticket.intent',
      'done',
    ]);
  });

  it('waits for the one before', async () => {
    await start();
    const sale = await paid();
    let release = () => {};
    printer.paper = new Promise((resolve) => {
      release = resolve;
    });
    const both = Promise.all([bench.box.printTicket(sale), bench.box.printTicket(sale)]);
    await settle();
    expect(tickets()).toHaveLength(1);
    release();
    await both;
    expect(drawn.map(({ copy }) => copy)).toEqual([false, true]);
  });

  it('that was under way when the power went may be on paper', async () => {
    await start();
    const sale = await paid();
    printer.paper = new Promise(() => {});
    void bench.box.printTicket(sale).catch(() => undefined);
    await settle();
    await bench.cut();
    printer.paper = Promise.resolve();
    await bench.start();
    expect(tickets().at(-1)).toMatchObject({ kind: 'ticket.outcome', sale, result: 'indeterminate' });
    expect(printer.printed).toEqual([]);
    await bench.box.printTicket(sale);
    expect(drawn.at(-1)?.copy).toBe(true);
  });

  it('that is under way when the box stops has its outcome in the journal', async () => {
    await start();
    const sale = await paid();
    printer.paper = new Promise(() => {});
    const printing = bench.box.printTicket(sale);
    await settle();
    const last = (async () => (await printing).code)();
    let outcome = '';
    const { close } = bench.store;
    bench.store.close = function closing() {
      outcome = JSON.stringify(tickets().at(-1));
      return close.call(this);
    };
    await bench.box.stop();
    expect(outcome).toContain('"result":"failed"');
    expect(await last).toBe('printer-aborted');
    bench.box.stop = async () => {};
  });

  it('is for what was paid only, of a sale there is', async () => {
    await start();
    const { id } = bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    await expect(bench.box.printTicket(id)).rejects.toMatchObject({ code: 'ticket-unpaid' });
    await expect(bench.box.printTicket('none')).rejects.toMatchObject({ code: 'sale-unknown' });
    expect(tickets()).toEqual([]);
  });

  it('comes by itself where the owner wants one for every sale', async () => {
    await start({ always: true });
    const sale = await paid();
    await settle();
    expect(drawn.map(({ sale: { id } }) => id)).toEqual([sale]);
  });
});

it('a box without a printer says so', async () => {
  bench = await new TestBox({ board: { delivery: null } }).start();
  const sale = await paid();
  await expect(bench.box.printTicket(sale)).rejects.toMatchObject({ code: 'printer-missing' });
});

describe('a backend that wants a ticket', () => {
  let kiosk: ScriptedKiosk;

  async function sold(): Promise<string> {
    kiosk = new ScriptedKiosk();
    await start({ kiosk });
    await show(S.amounts, 'initial');
    bench.box.press('amount-1');
    await show(S.methods);
    bench.box.press('method-1');
    await show(S.processing);
    await show(S.success);
    return kiosk.said[0]?.transaction ?? '';
  }

  async function show(
    screen: Parameters<TestBox['gateway']['leads']>[0] extends infer E ? (E extends { screen: infer K } ? K : never) : never,
    transaction = kiosk.said[0]?.transaction ?? '',
  ) {
    bench.gateway.leads({ event: 'connected' });
    bench.gateway.leads({ event: 'screen', screen, transaction });
    await settle();
  }

  it('hears that it was printed', async () => {
    const transaction = await sold();
    await show(S.print);
    expect(printer.printed).toHaveLength(1);
    expect(kiosk.said.at(-1)).toEqual({ action: { action: 'printed' }, transaction });
  });

  it('hears it again after a reconnect, and nothing is printed twice', async () => {
    await sold();
    await show(S.print);
    await show(S.print);
    expect(printer.printed).toHaveLength(1);
    expect(kiosk.said.filter(({ action }) => action.action === 'printed')).toHaveLength(2);
  });

  it('hears why it was not printed, and the sale stands', async () => {
    await sold();
    printer.fault = noPaper();
    await show(S.print);
    expect(kiosk.said.at(-1)?.action).toEqual({
      action: 'device-error',
      code: 'printer-paper-out',
      message: 'The printer is out of paper. Put a new roll in.',
    });
    expect(bench.box.counters().sinceEver).toMatchObject({ salesMinor: 2_000, refundMinor: 0 });
  });
});
