import { describe, expect, test } from 'vitest';
import { needsChromium } from '../testkit/needs.ts';
import { simulation } from '../testkit/simulation.ts';

const browserNeed = needsChromium();
const SERIAL = 'SIM-DS50-0001';
/** Beside what happens by itself there is what is said aloud, one line after the other. */
const PATIENT = { timeout: 25_000 };

interface Sale {
  readonly trace: string;
  readonly amountMinor: number;
  readonly maskedPan: string;
  readonly status: string;
  readonly answer: string;
  readonly duplicates: number;
}

/** The chapters of one story: each goes on where the one before ended. */
describe.skipIf(browserNeed.missing)(`the first orders of a payment speaker, in a browser${browserNeed.why}`, { timeout: 60_000 }, () => {
  const sim = simulation('ds50');
  const { says, power, status, journalFrom } = sim;

  const sold = () => sim.ofBackend<{ sales: Sale[]; duplicates: number }>('ds50/sales');
  const spoken = async () => (await sim.ofBox<{ transcript: { text: string }[] }>('sim/speaker')).transcript.map(({ text }) => text);
  /** One figure of the box's metrics, 0 while it has none. */
  const figure = async (name: string) => {
    const lines = (await (await fetch(`${sim.apiUrl}/metrics`)).text()).split('\n');
    return Number(
      lines
        .find((line) => line.startsWith(name))
        ?.split(' ')
        .at(-1) ?? 0,
    );
  };

  const idle = () => says('Ready.');
  const tap = (card: string) => sim.panel.getByRole('button', { name: `Hold the ${card} card against the reader` }).click();

  const speakers = () => sim.backend.getByRole('region', { name: 'Payment speakers' });
  const push = async (kind: 'Sale' | 'Announcement', amount: string, order: string, more: { message?: string; delivery?: string } = {}) => {
    await speakers().getByLabel('Serial number').fill(SERIAL);
    await speakers()
      .getByLabel('What it asks for')
      .selectOption({ label: { Sale: 'Sale: ask for a card', Announcement: 'Announcement: say an amount' }[kind] });
    await speakers().getByLabel('Amount', { exact: true }).fill(amount);
    await speakers().getByLabel('Order number').fill(order);
    await speakers()
      .getByLabel('Message on the screen')
      .fill(more.message ?? '');
    await speakers()
      .getByLabel('Delivery')
      .selectOption({ label: more.delivery ?? 'once, as it should be' });
    await speakers().getByRole('button', { name: 'Push', exact: true }).click();
  };
  const lineUp = async (outcome: string) => {
    await speakers().getByLabel('With the next card').selectOption({ label: outcome });
    await speakers().getByRole('button', { name: 'Line up' }).click();
    await speakers().getByText('Lined up:').waitFor();
  };
  const listed = (words: string) => speakers().locator('#ds50-sales li', { hasText: words });

  test('takes an order pushed by the backend, and the card for it', async () => {
    await idle();
    await push('Sale', '66.66', 'order-1', { message: 'Table 7' });
    await says('Present a card to pay $66.66. Table 7');
    await sim.panel.locator('#card-slot[data-state="open"]').waitFor();
    await tap('VISA');
    await says('Thank you. $66.66 paid.');
    await listed('trace 000001').getByText('approved').waitFor();
    await expect
      .poll(() => journalFrom('Order order-1'), PATIENT)
      .toEqual([
        'Order order-1: sell for $66.66: Table 7',
        'Sale opened by the backend: Table 7 $66.66',
        'VISA 411111******1111 read: $66.66 to be asked for',
        '$66.66 paid by card, by the answer itself',
        'Sale settled: $66.66',
        'Report of the sale: succeeded',
        'Said aloud',
      ]);
    expect(await sold()).toMatchObject({
      duplicates: 0,
      sales: [{ amountMinor: 6_666, maskedPan: '411111******1111', status: 'approved' }],
    });
    await sim.panel.locator('#counters tr:has-text("Card") td:nth-of-type(4):text-is("$66.66")').waitFor();
    await sim.panel.locator('#speech', { hasText: 'Received sixty-six dollars sixty-six cents' }).waitFor();
  });

  test('says so when the issuer declines', async () => {
    await idle();
    await lineUp('Declines: not enough money (51)');
    await push('Sale', '20', 'order-2');
    await says('Present a card to pay $20.');
    await tap('AMEX');
    await says('The card was declined. Nothing was paid.');
    await listed('trace 000002').getByText('declined').waitFor();
    const ofSale = async () => (await journalFrom('Order order-2')).slice(2);
    await expect
      .poll(ofSale, PATIENT)
      .toEqual([
        'AMEX 378282*****0005 read: $20 to be asked for',
        'Card payment failed, by the answer itself: declined 51',
        'Sale ended unpaid, the card was declined',
        'Report of the sale: failed',
      ]);
  });

  test('asks when the answer to the sale is lost, and never sells twice', async () => {
    await idle();
    await lineUp('Books it, and the answer is lost');
    await push('Sale', '12.34', 'order-3');
    await says('Present a card to pay $12.34.');
    await tap('VISA');
    await says('Thank you. $12.34 paid.');
    await expect.poll(() => journalFrom('Order order-3'), PATIENT).toContain('$12.34 paid by card, on asking');
    await listed('trace 000003').getByText('no answer sent').waitFor();
    expect(await sim.backend.locator('#ds50-alarm').textContent()).toBe('');
    expect((await sold()).duplicates).toBe(0);
  });

  test('announces an amount once, however often its order comes', async () => {
    await idle();
    await push('Announcement', '5.5', 'order-4', { message: 'Paid by transfer', delivery: 'twice' });
    await says('$5.50 was paid elsewhere. Paid by transfer');
    await push('Announcement', '5.5', 'order-4');
    await expect.poll(() => figure('tilld_orders_total{outcome="duplicate"'), PATIENT).toBe(2);
    await idle();
    // What was said about the sale before may still be on its way.
    const ofOrder = async () => (await journalFrom('Order order-4:')).filter((line) => line.includes('order-4'));
    await expect.poll(ofOrder, PATIENT).toEqual(['Order order-4: announce $5.50: Paid by transfer', 'Order order-4 said aloud']);
    expect((await spoken()).filter((text) => text.startsWith('Amount paid'))).toEqual(['Amount paid five dollars fifty cents']);
  });

  test('sells for an amount typed in cents', async () => {
    await idle();
    for (const key of ['1', '2', '5', '0']) await sim.panel.locator(`[data-key="${key}"]`).click();
    await says('Amount $12.50.');
    await sim.panel.getByRole('button', { name: 'OK' }).click();
    await says('Present a card to pay $12.50.');
    await tap('Damaged');
    await tap('AMEX');
    await says('Thank you. $12.50 paid.');
    expect((await journalFrom('Sale opened')).slice(0, 2)).toEqual([
      'Sale opened by keypad: $12.50',
      'AMEX 378282*****0005 read: $12.50 to be asked for',
    ]);
  });

  test('finds the payment that was under way when the power was cut, and does not repeat it', async () => {
    await idle();
    await lineUp('Approves 10 seconds late');
    await push('Sale', '30', 'order-6');
    await says('Present a card to pay $30.');
    await tap('VISA');
    await says('Asking the payment server for $30.');
    await listed('trace 000005').waitFor();
    await power('off');
    expect(await sim.panel.getByRole('button', { name: 'Louder' }).isDisabled()).toBe(true);
    await power('on');
    await expect.poll(() => journalFrom('Order order-6'), PATIENT).toContain('Sale settled: $30');
    expect((await journalFrom('Order order-6')).filter((line) => line.includes('paid by card'))).toEqual([
      '$30 paid by card, on asking after a reconnect',
    ]);
    expect(await sold()).toMatchObject({ duplicates: 0, sales: [{ trace: '000005', status: 'approved' }, {}, {}, {}, {}] });
  });

  test('counts a message that is none, and takes the next one', async () => {
    await idle();
    const body = JSON.stringify({ deviceSn: SERIAL, raw: '{"amount":"12","orderId":7' });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${sim.backendUrl}ref/ds50/push`, { method: 'POST', headers, body })).status).toBe(201);
    await expect.poll(async () => (await status()).rejections, PATIENT).toMatchObject({ count: 1, last: { code: 'json-malformed' } });
    expect(await figure('tilld_push_messages_total{outcome="malformed"')).toBe(1);
    await sim.panel.locator('#status', { hasText: '1 message refused, last: ' }).waitFor();
    await push('Sale', '7', 'order-7');
    await says('Present a card to pay $7.');
    await sim.panel.getByRole('button', { name: 'Cancel' }).click();
    await says('Cancelled.');
  });

  test('has balanced books at the end of the day', async () => {
    expect(await sim.sinceEver()).toMatchObject({ cardMinor: 12_150, cardCount: 4, salesMinor: 12_150, salesCount: 4, refundMinor: 0 });
    await sim.panel.locator('#counters tr:has-text("Card") td:nth-of-type(3):text-is("4")').waitFor();
    // A box that shows no QR has no line for it.
    expect(await sim.panel.locator('#counters th[scope="row"]').allTextContents()).toEqual(['Cash', 'Card', 'Sales', 'Owed back']);
    expect(await sim.panel.locator('#alarms li').count()).toBe(0);
  });
});
