import { describe, expect, test } from 'vitest';
import { needsChromium } from '../testkit/needs.ts';
import { simulation } from '../testkit/simulation.ts';

const browserNeed = needsChromium();
const QR_ONLY_BY_PUSH = { firstPollMs: 600_000 };
const drive = { mode: 'hold', holdMs: 1_200 };
const products = [
  { button: 'p1', label: 'Quick wash', priceMinor: 2_000, drive },
  { button: 'p2', label: 'Standard', priceMinor: 4_000, drive },
  { button: 'p3', label: 'Deluxe', priceMinor: 6_000, drive },
];

interface Charge {
  readonly chargeId: string;
  readonly amountMinor: number;
  readonly rawData: string;
  readonly state: string;
}

interface Log {
  readonly item: {
    readonly qr: { readonly net_amount: number; readonly chargeId: string };
    readonly coin: Readonly<Record<string, number>>;
    readonly bank: Readonly<Record<string, number>>;
    readonly status: string;
  };
}

/** The chapters of one story: each goes on where the one before ended. */
describe.skipIf(browserNeed.missing)(`the first payments of a newcomer, in a browser${browserNeed.why}`, () => {
  const sim = simulation('promptpay', { sale: { ...QR_ONLY_BY_PUSH, resultMs: 300, requoteMs: 300, products } });
  const { says, power, journal } = sim;

  const newestCharge = async () => (await sim.ofBackend<{ charges: Charge[] }>('charges?limit=1')).charges[0];
  const logs = async () => (await sim.ofBackend<{ logs: Log[] }>('logs')).logs.map(({ item }) => item);

  const on = (name: string) => sim.backend.getByRole('region', { name });
  const idle = () => says('Choose:');
  const product = (label: string) => sim.panel.locator('.product', { hasText: label }).click();
  const coin = (label: string) => sim.panel.locator(`#wallet .coin:text-is("${label}")`).click();
  /** Pays the newest charge: one that cash has replaced stays payable, and the customer may have it on the phone still. */
  async function pay(sum: string): Promise<Charge | undefined> {
    const charge = await newestCharge();
    const button = sim.backend.locator(`#pay-${charge?.chargeId}`);
    expect(await button.getAttribute('aria-label')).toBe(`Customer pays: ${sum} on device-0001`);
    await button.click();
    await button.waitFor({ state: 'detached' });
    return charge;
  }
  const relay = (active: boolean) => sim.panel.locator(`[data-output="relay"][data-active="${active}"]`).waitFor();

  const SAID = 'Said aloud';
  /** What the journal on the page says from the opening of the newest sale on. The voice goes at its own pace, and may still be at the sale before. */
  const journalOfSale = async () => {
    const words = (await journal()).filter((line) => line !== SAID);
    return words.slice(0, words.findIndex((line) => line.startsWith('Sale opened')) + 1).reverse();
  };
  const times = async (words: string) => (await journal()).filter((line) => line.startsWith(words)).length;

  /** Waits until so many sales have been reported to the sim.backend. */
  const received = (count: number) => sim.backend.locator('#log-total', { hasText: new RegExp(`^${count} received$`) }).waitFor();

  test('claims the box with the PIN on its screen', async () => {
    await says('PIN');
    const drawing = await (await fetch(`${sim.panelUrl}v1/screen.svg`)).text();
    const pin = /PIN (\d{4})/.exec(drawing)?.[1] ?? '';
    await sim.backend.getByLabel('PIN on the box').fill(pin);
    await sim.backend.getByRole('button', { name: 'Claim' }).click();
    await on('Devices').getByText('claimed', { exact: true }).waitFor();
  });

  test('sells by QR: the picture on the screen is the charge, and paying it drives the machine', async () => {
    await product('Quick wash');
    await says('Scan the QR to pay ฿20.');
    const charge = await newestCharge();
    expect(charge).toMatchObject({ state: 'open', amountMinor: 2_000 });
    await expect.poll(() => sim.scan('#screen')).toBe(charge?.rawData);
    await on('Open charges').getByText('Quick wash').waitFor();
    await pay('฿20.00');
    await relay(true);
    await sim.panel.locator('#speech', { hasText: 'Received twenty baht' }).waitFor();
    await relay(false);
    await idle();
    expect(await journalOfSale()).toEqual([
      'Sale opened by button: Quick wash ฿20',
      'QR over ฿20 asked for',
      'QR over ฿20 received',
      '฿20 paid by QR, told by the backend',
      'Sale settled: ฿20',
      'Machine to be driven: on for 1.2 s',
      'Report of the sale: succeeded',
      'Machine ran',
    ]);
    await sim.panel.locator('#journal .words', { hasText: SAID }).waitFor();
    await on('Recent charges').getByText('paid', { exact: true }).waitFor();
    await on('Event logs').getByText('QR ฿20.00').waitFor();
    expect(await logs()).toMatchObject([{ status: 'SUCCEEDED', qr: { net_amount: 20, chargeId: charge?.chargeId } }]);
    await sim.panel.locator('#counters tr:has-text("QR") td:nth-of-type(4):text-is("฿20")').waitFor();
    // The PIN has done its work.
    expect(await sim.panel.textContent('#says')).not.toContain('PIN');
  });

  test('sells for coins', async () => {
    await product('Quick wash');
    await says('Scan the QR to pay ฿20.');
    await coin('฿10');
    await says('฿10 of ฿20');
    await coin('฿5');
    await coin('฿5');
    await relay(true);
    await relay(false);
    await received(2);
    expect((await logs())[0]).toMatchObject({ status: 'SUCCEEDED', coin: { '1': 0, '2': 0, '5': 2, '10': 1 }, qr: { net_amount: 0 } });
    await sim.panel.locator('#counters tr:has-text("Cash") td:nth-of-type(4):text-is("฿20")').waitFor();
  });

  test('sells for a bill and a QR over the rest', async () => {
    await idle();
    await product('Standard');
    await says('Scan the QR to pay ฿40.');
    await sim.panel.locator('#wallet .bill:text-is("฿20")').click();
    await says('Scan the QR to pay ฿20 of ฿40. Credit: ฿20.');
    const charge = await newestCharge();
    expect(charge?.amountMinor).toBe(2_000);
    await expect.poll(() => sim.scan('#screen')).toBe(charge?.rawData);
    await pay('฿20.00');
    await relay(true);
    await relay(false);
    await received(3);
    expect((await logs())[0]).toMatchObject({ status: 'SUCCEEDED', bank: { '20': 1 }, qr: { net_amount: 20, chargeId: charge?.chargeId } });
  });

  test('says so when the payment of the customer fails', async () => {
    await idle();
    await product('Deluxe');
    await says('Scan the QR to pay ฿60.');
    await sim.backend.getByRole('button', { name: "Customer's payment fails: ฿60.00" }).click();
    await says('The QR payment failed.');
    await received(4);
    expect((await logs())[0]).toMatchObject({ status: 'FAILED', qr: { net_amount: 0 } });
    expect((await journalOfSale()).slice(3)).toEqual([
      expect.stringContaining('QR payment failed, told by the backend'),
      'Sale ended unpaid, the QR payment failed',
      'Report of the sale: failed',
    ]);
  });

  test('delivers once what was paid while the power was off', async () => {
    await idle();
    await product('Quick wash');
    await says('Scan the QR to pay ฿20.');
    const ran = await times('Machine ran');
    await power('off');
    await pay('฿20.00');
    await power('on');
    await relay(true);
    await relay(false);
    await received(5);
    // The broker kept the message, and the box asks as well: whichever is first has its effect, once.
    const paid = (await journalOfSale()).filter((line) => line.includes('paid by QR'));
    expect(paid).toEqual([expect.stringMatching(/^฿20 paid by QR, (told by the backend|on asking after a reconnect)$/)]);
    expect(await times('Machine ran')).toBe(ran + 1);
  });

  test('finds out by asking when the message does not come', async () => {
    await idle();
    await power('off');
    sim.configure({ sale: { firstPollMs: 500, pollMinMs: 500, pollMaxMs: 500 } });
    await power('on');
    await idle();
    await sim.panel.check('input[name="link-mqtt"][value="down"]');
    await sim.panel.locator('#status', { hasText: 'mqtt down' }).waitFor();
    await product('Standard');
    await says('Scan the QR to pay ฿40.');
    await pay('฿40.00');
    await relay(true);
    await relay(false);
    expect(await journalOfSale()).toContainEqual('฿40 paid by QR, on asking');
    await received(6);
    await sim.panel.check('input[name="link-mqtt"][value="up"]');
    await sim.panel.locator('#status', { hasText: 'mqtt up' }).waitFor();
  });

  test('has balanced books at the end of the day', async () => {
    const taken = { cashMinor: 4_000, qrMinor: 10_000, qrCount: 4, salesMinor: 14_000, salesCount: 5, refundMinor: 0 };
    expect(await sim.sinceEver()).toMatchObject({ ...taken, coin: { '500': 2, '1000': 1 }, bill: { '2000': 1 }, unassigned: 0 });
    await sim.panel.locator('#queue', { hasText: '0 waiting' }).waitFor();
    await sim.panel.locator('#queue', { hasText: '0 parked' }).waitFor();
    // That of the broken link goes with the next look at the links.
    await sim.panel.locator('#alarms').waitFor({ state: 'hidden' });
  });
});
