import jsqr from 'jsqr';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Recorded } from '../domain/journal.ts';
import type { KioskTransaction } from '../refserver/kiosk/transactions.ts';
import { runTilld } from '../testkit/command-line.ts';
import { needsChromium } from '../testkit/needs.ts';
import { readPng } from '../testkit/png.ts';
import { simulation } from '../testkit/simulation.ts';

const browserNeed = needsChromium();
const PATIENT = { timeout: 15_000 };
const START = 'Choose an amount: £20, £40, £60, £80, £100, or another.';
/** Of the kiosk's picture, in pixels. */
const [WIDTH, HEIGHT] = [800, 480];
const TAKES_TICKET = ['The ticket is being printed.', 'Take the ticket.'];
/** How long the backend leaves its screens, so that nobody has to wait for what is only read. */
const SOON = { success: 600, failed: 900, 'limit-error': 900, 'collect-ticket': 600, 'thank-you': 600, 'device-error': 1_500 };

// What runs in the page is text, for the page's globals are not this program's.
const KEEP_WORDS = `{
  const says = document.querySelector('#says');
  window.said = [];
  new MutationObserver(() => said.push(says.textContent)).observe(says, { childList: true, characterData: true, subtree: true });
}`;
/** The chapters of one story: each goes on where the one before ended. */
describe.skipIf(browserNeed.missing)(`the first customers of a kiosk, in a browser${browserNeed.why}`, { timeout: 60_000 }, () => {
  const sim = simulation('kiosk', { kiosk: { graceMs: 500, resultMs: 500 } });
  const { says, power, status, journalFrom } = sim;

  beforeAll(async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ durationsMs: SOON });
    expect((await fetch(`${sim.backendUrl}ref/kiosk/settings`, { method: 'PUT', headers, body })).status).toBe(200);
    await sim.panel.evaluate(KEEP_WORDS);
  });

  const kiosks = () => sim.backend.getByRole('region', { name: 'Kiosks' });
  const press = (name: string) => kiosks().getByRole('button', { name, exact: true }).click();
  const transactions = async () => (await sim.ofBackend<{ transactions: KioskTransaction[] }>('kiosk/transactions')).transactions;
  const entries = async () => (await sim.ofBox<{ entries: Recorded[] }>('v1/ledger?limit=1000')).entries.map(({ entry }) => entry);
  const newestSale = async () => (await entries()).findLast((entry) => entry.kind === 'sale.opened')?.sale ?? '';

  /** What the panel said of the screens since the last time this was asked. */
  const said = () => sim.panel.evaluate<string[]>('said');
  const forget = () => sim.panel.evaluate('void (said.length = 0)');
  const back = async () => {
    await says(START);
    await forget();
  };
  const picture = async () => (await fetch(`${sim.panelUrl}v1/screen.svg`)).text();
  /** Where a text stands in the box's picture, as parts of its width and height. */
  const placeOf = async (words: string) => {
    const text = new RegExp(`<text x="([\\d.]+)" y="([\\d.]+)" font-size="([\\d.]+)"[^>]*>${words}<`).exec(await picture());
    const [x, y, size] = (text ?? []).slice(1).map(Number);
    return x === undefined || y === undefined || size === undefined ? null : { x: x / WIDTH, y: (y - size / 3) / HEIGHT };
  };
  /** A finger on these words of the picture, where the panel shows it. */
  async function touch(words: string): Promise<void> {
    await expect.poll(() => placeOf(words), PATIENT).not.toBeNull();
    await sim.panel.locator('#screen').scrollIntoViewIfNeeded();
    const [at, shown] = await Promise.all([placeOf(words), sim.panel.locator('#screen').boundingBox()]);
    if (!at || !shown) throw new RangeError(`the picture has no ${words} any more`);
    await sim.panel.mouse.click(shown.x + at.x * shown.width, shown.y + at.y * shown.height);
  }
  const choose = async (amount: string, method: string) => {
    await touch(amount);
    await says(`Pay ${amount} by`);
    await touch(method);
  };
  const pay = async (amount: string) => {
    await choose(amount, 'Debit card');
    await says(`The backend's terminal takes ${amount}.`);
    await press(`Approve ${amount}.00 on kiosk-001`);
  };
  /** The ticket that came out last: its height in dots, and what its QR says. */
  const ticket = async () => {
    const { width, height, data } = readPng(Buffer.from(await (await fetch(`${sim.panelUrl}sim/ticket.png`)).arrayBuffer()));
    return { height, qr: jsqr.default(data, width, height)?.data };
  };
  const printTicket = (sale: string) => runTilld(['ticket', sale, '--url', sim.apiUrl]);
  const printer = async (state: string) => {
    await sim.panel.getByRole('button', { name: state }).click();
    await sim.panel.locator('#printer-faults [aria-pressed="true"]', { hasText: state }).waitFor();
  };
  const offer = async (label: string, text: string) => {
    await kiosks().getByLabel(label, { exact: true }).fill(text);
    await press('Offer this');
    await sim.backend.getByText('The kiosks offer this now.').waitFor();
  };

  test('sells by touch, from the amount to the ticket', async () => {
    await back();
    await pay('£60');
    await expect
      .poll(said, PATIENT)
      .toEqual([
        'Pay £60 by debit card or pay by bank.',
        "The backend's terminal takes £60.",
        'Thank you. £60 paid.',
        ...TAKES_TICKET,
        'Thank you.',
        START,
      ]);
    const sale = await newestSale();
    expect((await ticket()).qr).toBe(sale);
    await expect.poll(() => sim.scan('#ticket')).toBe(sale);
    await expect
      .poll(() => journalFrom('Sale opened').then((lines) => lines.filter((line) => line !== 'Said aloud')), PATIENT)
      .toEqual([
        'Sale opened at the screen: £60',
        '£60 to be taken by debit card',
        '£60 paid by terminal, told by the backend',
        'Sale settled: £60',
        'Report of the sale: succeeded',
        'Ticket to be printed',
        'Ticket printed',
      ]);
    await sim.panel.locator('#speech', { hasText: 'Received sixty pounds' }).waitFor();
    await kiosks().locator('#kiosk-recent li', { hasText: '£60.00' }).getByText('paid', { exact: true }).waitFor();
    await kiosks().getByText('amount select', { exact: true }).waitFor();
  });

  test('takes an amount typed on the screen, not too little, and says why a payment was declined', async () => {
    await back();
    await touch('Other');
    await says('Type an amount from £10 to £300.');
    // One touch after the other, as a finger does: each is of what is seen.
    for (const [key, seen] of [
      ['7', ': £7.'],
      ['Clear', '.'],
      ['5', ': £5.'],
      ['OK', ': £5. That is too little.'],
      ['At least £10', ': £5. That is too little.'],
      ['0', ': £50.'],
    ] as const) {
      await touch(key);
      await expect.poll(() => sim.panel.textContent('#says'), PATIENT).toBe(`Type an amount from £10 to £300${seen}`);
    }
    await touch('OK');
    await says('Pay £50 by debit card or pay by bank.');
    await touch('Pay by bank');
    await says("The backend's terminal takes £50.");
    await kiosks()
      .getByRole('combobox', { name: 'Reason to decline £50.00 on kiosk-001' })
      .selectOption({ label: 'Not enough money on the account' });
    await press('Decline £50.00 on kiosk-001');
    await says('The payment was not taken. Not enough money on the account');
    await says(START);
    expect(await journalFrom('Sale opened')).toEqual([
      'Sale opened at the screen: £50',
      '£50 to be taken by pay by bank',
      expect.stringMatching(/^Terminal payment failed, told by the backend: [A-Z_]+$/),
      'Sale ended unpaid, the payment was not taken',
      'Report of the sale: failed',
    ]);
    expect((await transactions())[0]).toMatchObject({ amountMinor: 5_000, method: 'PAY_BY_BANK', state: 'failed' });
  });

  test('lets the customer turn back, and nothing was sold', async () => {
    await back();
    const known = (await entries()).length;
    await touch('£20');
    await says('Pay £20 by');
    await touch('Cancel');
    await says(START);
    await touch('Other');
    await says('Type an amount');
    await touch('Cancel');
    await says(START);
    expect(await entries()).toHaveLength(known);
    expect((await transactions()).slice(0, 2).map(({ state, amountMinor }) => [state, amountMinor])).toEqual([
      ['cancelled', null],
      ['cancelled', 2_000],
    ]);
  });

  test('keeps to the limit of the day', async () => {
    await offer('Daily limit', '100');
    await back();
    await choose('£80', 'Debit card');
    await says('More than £100 a day are not possible; £40 are left.');
    await says(START);
    expect(await journalFrom('Sale opened')).toEqual([
      'Sale opened at the screen: £80',
      '£80 to be taken by debit card',
      'Terminal payment failed, told by the backend: LIMIT_EXCEEDED',
      'Sale ended unpaid, the payment was not taken',
      'Report of the sale: failed',
    ]);
    expect((await transactions())[0]).toMatchObject({ amountMinor: 8_000, state: 'limited', remainingMinor: 4_000 });
    await offer('Daily limit', '1000');
  });

  test('without paper the sale stands, everybody hears of it, and a copy can be printed', async () => {
    const printed = await ticket();
    await back();
    await printer('No paper');
    await pay('£20');
    await says('Something does not work.');
    await kiosks().getByText('device error', { exact: true }).waitFor();
    await kiosks().locator('#kiosk-sessions', { hasText: 'printer-paper-out' }).waitFor();
    await sim.panel.locator('#alarms', { hasText: 'printer' }).waitFor();
    await says(START);
    expect(await said()).toEqual([
      'Pay £20 by debit card or pay by bank.',
      "The backend's terminal takes £20.",
      'Thank you. £20 paid.',
      'The ticket is being printed.',
      'Something does not work. The printer is out of paper. Put in a new roll of paper. (printer-paper-out)',
      'Thank you.',
      START,
    ]);
    expect((await transactions())[0]).toMatchObject({ amountMinor: 2_000, state: 'success' });
    const sale = await newestSale();
    expect(await journalFrom('Sale opened')).toEqual(
      expect.arrayContaining(['Sale settled: £20', 'Ticket not printed: The printer is out of paper. Put in a new roll of paper.']),
    );

    expect(await printTicket(sale)).toMatchObject({ code: 1, out: expect.stringContaining(`Sale ${sale}: not printed.`) });
    await printer('Ready');
    expect(await printTicket(sale)).toMatchObject({ code: 0, out: `Sale ${sale}: printed\n` });
    const copy = await ticket();
    expect(copy.qr).toBe(sale);
    expect(copy.height).toBeGreaterThan(printed.height);
    expect((await journalFrom('Copy of the ticket')).filter((line) => line !== 'Said aloud')).toEqual([
      'Copy of the ticket to be printed',
      'Ticket printed',
    ]);
    await expect.poll(async () => (await status()).alarms, PATIENT).toEqual([]);
  });

  test('comes back from a power cut to the payment that was approved meanwhile, and books it once', async () => {
    await back();
    await choose('£40', 'Debit card');
    await says("The backend's terminal takes £40.");
    await power('off');
    await press('Approve £40.00 on kiosk-001');
    await kiosks().locator('#kiosk-recent li', { hasText: '£40.00' }).getByText('paid', { exact: true }).waitFor();
    await power('on');
    // The screens of the result may be over before the panel is back.
    await expect.poll(() => journalFrom('Sale opened'), PATIENT).toContain('Ticket printed');
    await says(START);
    const lines = await journalFrom('Sale opened');
    expect(lines.filter((line) => line.startsWith('£40 paid'))).toEqual(['£40 paid by terminal, told by the backend']);
    expect(lines.filter((line) => line === 'Ticket printed')).toHaveLength(1);
    expect((await ticket()).qr).toBe(await newestSale());
  });

  test('is out of service when the network is away too long, and back with it', async () => {
    await back();
    await sim.panel.check('input[name="link-http"][value="down"]');
    await sim.panel.locator('#status', { hasText: 'websocket down' }).waitFor();
    await says('Out of service: no connection to the backend');
    await kiosks().getByText('away', { exact: true }).waitFor();
    await sim.panel.check('input[name="link-http"][value="up"]');
    // The longer it was away, the longer it waits between two tries.
    await sim.panel.locator('#says', { hasText: START }).waitFor({ timeout: 40_000 });
    await kiosks().getByText('connected', { exact: true }).waitFor();
  });

  test('looks as its owner wants it, and sells no worse for it', async () => {
    const look = async () => {
      const svg = await picture();
      const [, size] = /font-size="(\d+)"[^>]*>Choose an amount</.exec(svg) ?? [];
      return { size: Number(size), colours: new Set(svg.match(/fill="#\w+"/g)), shown: await sim.panel.locator('#screen').screenshot() };
    };
    await back();
    const plain = await look();
    await power('off');
    sim.configure({ theme: { contrast: 'high', text: 'large' } });
    await power('on');
    await back();
    const strong = await look();
    expect(strong.size).toBeGreaterThan(plain.size);
    expect(strong.colours).not.toEqual(plain.colours);
    expect(strong.shown.equals(plain.shown)).toBe(false);
    await pay('£100');
    await says(START);
  });

  test('has balanced books at the end of the day', async () => {
    const taken = (await transactions()).filter(({ state }) => state === 'success');
    expect(taken.map(({ amountMinor }) => amountMinor)).toEqual([10_000, 4_000, 2_000, 6_000]);
    const paid = (await entries()).filter((entry) => entry.kind === 'charge.paid');
    expect(paid.map(({ charge, amountMinor, method }) => [charge, amountMinor, method])).toEqual(
      taken.map(({ transactionId, amountMinor }) => [transactionId, amountMinor, 'terminal']).reverse(),
    );
    expect(await sim.sinceEver()).toMatchObject({
      terminalMinor: 22_000,
      terminalCount: 4,
      salesMinor: 22_000,
      salesCount: 4,
      refundMinor: 0,
    });
    await sim.panel.locator('#counters tr:has-text("Terminal") td:nth-of-type(4):text-is("£220")').waitFor();
    expect(await status()).toMatchObject({ queue: { waiting: 0, parked: 0 }, rejections: { count: 0 }, alarms: [], sale: null });
  });
});
