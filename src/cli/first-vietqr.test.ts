import { describe, expect, test } from 'vitest';
import type { Entry, Recorded } from '../domain/journal.ts';
import { parsePaymentQr } from '../domain/qr/parse.ts';
import { needsChromium } from '../testkit/needs.ts';
import { simulation } from '../testkit/simulation.ts';

const browserNeed = needsChromium();
const PATIENT = { timeout: 15_000 };
const drive = { mode: 'hold', holdMs: 1_200 };
/** Nothing tells this box of a payment: it has to ask, and nobody wants to wait for that here. */
const SOON = { firstPollMs: 500, pollMinMs: 1_000, pollMaxMs: 1_000, requoteMs: 300, resultMs: 600 };

interface Link {
  readonly orderCode: number;
  readonly amount: number;
  readonly amountPaid: number;
  readonly status: string;
}

/**
 * The chapters of one story: each goes on where the one before ended. It makes no more links than the gateway lets a
 * client have in a minute: five.
 */
describe.skipIf(browserNeed.missing)(`the first sales by VietQR, in a browser${browserNeed.why}`, { timeout: 30_000 }, () => {
  const sim = simulation('payment-gateway', { sale: { ...SOON, drive } });
  const { says, power, status } = sim;

  const entries = async () => (await sim.ofBox<{ entries: Recorded[] }>('v1/ledger?limit=1000')).entries.map(({ entry }) => entry);
  const ofKind = async <K extends Entry['kind']>(kind: K) =>
    (await entries()).filter((entry): entry is Extract<Entry, { kind: K }> => entry.kind === kind);
  const links = async () => (await sim.ofBackend<{ links: Link[] }>('gateway?limit=50')).links;

  const gateway = () => sim.backend.getByRole('region', { name: 'Payment gateway' });
  const product = (label: string) => sim.panel.locator('.product', { hasText: label }).click();
  const relay = (active: boolean) => sim.panel.locator(`[data-output="relay"][data-active="${active}"]`).waitFor();
  const idle = () => says('Choose:');
  const journalOfSale = async () => (await sim.journalFrom('Sale opened')).filter((line) => line !== 'Said aloud');

  /** What a phone makes of the picture on the screen, once that is the QR over an amount: the order that it pays. */
  async function scanned(amount: number): Promise<number> {
    const { charge, qr } = (await ofKind('charge.created')).at(-1) ?? {};
    await expect.poll(() => sim.scan('#screen'), PATIENT).toBe(qr);
    expect(parsePaymentQr(qr ?? '')).toMatchObject({
      ok: true,
      qr: { scheme: 'vietqr', use: 'once', currency: 'VND', amount: { minor: amount, currency: 'VND' }, country: 'VN' },
    });
    expect((await links())[0]).toMatchObject({ orderCode: Number(charge), amount, amountPaid: 0, status: 'PENDING' });
    return Number(charge);
  }
  /** Pays the link of an order: what the page proposes, which is all that is left, or another amount. */
  async function pay(order: number, amount?: number): Promise<void> {
    const field = gateway().getByLabel(`Amount to pay on order ${order}`);
    if (amount !== undefined) await field.fill(String(amount));
    await gateway()
      .getByRole('button', { name: `Customer pays: order ${order}` })
      .click();
  }
  const closed = (order: number) => gateway().locator('#gateway-closed li', { hasText: `order ${order}` });

  test('sells by VietQR: the picture on the screen is the link, and paying it drives the machine once', async () => {
    await idle();
    await product('Nước suối');
    await says('Scan the QR to pay ₫10,000.');
    const order = await scanned(10_000);
    await pay(order);
    await relay(true);
    await closed(order).getByText('paid', { exact: true }).waitFor();
    await relay(false);
    await expect
      .poll(journalOfSale, PATIENT)
      .toEqual([
        'Sale opened by button: Nước suối ₫10,000',
        'QR over ₫10,000 asked for',
        'QR over ₫10,000 received',
        '₫10,000 paid by QR, on asking',
        'Sale settled: ₫10,000',
        'Machine to be driven: on for 1.2 s',
        'Report of the sale: succeeded',
        'Machine ran',
      ]);
    await sim.panel.locator('#counters tr:has-text("QR") td:nth-of-type(4):text-is("₫10,000")').waitFor();
    expect(await sim.sinceEver()).toMatchObject({ qrMinor: 10_000, qrCount: 1, salesMinor: 10_000, salesCount: 1 });
  });

  test('shows the rest and a QR over it when too little was paid, and delivers when that is paid too', async () => {
    await idle();
    await product('Trà đào');
    await says('Scan the QR to pay ₫25,000.');
    const first = await scanned(25_000);
    await pay(first, 10_000);
    await says('Scan the QR to pay ₫15,000 of ₫25,000. Credit: ₫10,000.');
    await gateway()
      .locator('article', { hasText: `order ${first}` })
      .getByText('underpaid', { exact: true })
      .waitFor();
    const second = await scanned(15_000);
    expect(second).not.toBe(first);
    expect(await ofKind('charge.part-paid')).toMatchObject([{ charge: String(first), amountMinor: 10_000, via: 'poll', late: false }]);
    expect(await ofKind('act.intent')).toHaveLength(1);
    expect(await sim.sinceEver()).toMatchObject({ salesMinor: 10_000, salesCount: 1 });

    await pay(second);
    await relay(true);
    await relay(false);
    await expect
      .poll(journalOfSale, PATIENT)
      .toEqual([
        'Sale opened by button: Trà đào ₫25,000',
        'QR over ₫25,000 asked for',
        'QR over ₫25,000 received',
        '₫10,000 of a QR paid, on asking',
        'QR taken off the screen; still watched',
        'QR over ₫15,000 asked for',
        'QR over ₫15,000 received',
        '₫15,000 paid by QR, on asking',
        'Sale settled: ₫25,000',
        'Machine to be driven: on for 1.2 s',
        'Report of the sale: succeeded',
        'Machine ran',
      ]);
    expect(await ofKind('act.intent')).toHaveLength(2);
  });

  test('keeps what was paid beyond the price as credit', async () => {
    await idle();
    await product('Nước suối');
    await says('Scan the QR to pay ₫10,000.');
    const order = await scanned(10_000);
    await pay(order, 13_000);
    await relay(true);
    await relay(false);
    await expect.poll(journalOfSale, PATIENT).toContain('Machine ran');
    expect(await journalOfSale()).toContain('₫13,000 paid by QR, on asking');
    expect(await status()).toMatchObject({ creditMinor: 3_000 });
    await closed(order).getByText('paid', { exact: true }).waitFor();
    expect((await links())[0]).toMatchObject({ amount: 10_000, amountPaid: 13_000, status: 'PAID' });
  });

  test('delivers once what was paid while the power was off, less the credit', async () => {
    await idle();
    await product('Cà phê sữa');
    await says('Scan the QR to pay ₫27,000 of ₫30,000. Credit: ₫3,000.');
    const order = await scanned(27_000);
    await power('off');
    await pay(order);
    await closed(order).getByText('paid', { exact: true }).waitFor();
    await power('on');
    // The machine may have run before the panel is back.
    await expect.poll(journalOfSale, PATIENT).toContain('Machine ran');
    await idle();
    expect((await ofKind('charge.paid')).filter(({ charge }) => charge === String(order))).toMatchObject([{ amountMinor: 27_000 }]);
    expect(await ofKind('act.intent')).toHaveLength(4);
    expect(await status()).toMatchObject({ creditMinor: 0 });
  });

  test('has balanced books at the end of the day', async () => {
    const taken = (await links()).reduce((sum, { amountPaid }) => sum + amountPaid, 0);
    expect(taken).toBe(75_000);
    expect(await sim.sinceEver()).toMatchObject({ qrMinor: taken, salesMinor: taken, salesCount: 4, cashMinor: 0, refundMinor: 0 });
    expect((await ofKind('act.outcome')).map(({ result }) => result)).toEqual(['done', 'done', 'done', 'done']);
    await sim.panel.locator('#counters tr:has-text("Sales") td:nth-of-type(4):text-is("₫75,000")').waitFor();
    expect(await status()).toMatchObject({ queue: { waiting: 0, parked: 0 }, rejections: { count: 0 }, alarms: [], sale: null });
  });
});
