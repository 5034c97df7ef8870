import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Board } from '../domain/board.ts';
import type { Money } from '../domain/money.ts';
import type { Screen } from '../domain/screen.ts';
import { encodePng } from '../drivers/display/png.ts';
import { loadBoard } from '../runtime/board.ts';
import { FakeBoxApi, FakePower } from '../testkit/box-api.ts';
import { memoryLog } from '../testkit/log.ts';
import { needsChromium } from '../testkit/needs.ts';
import { POWER_CUTS, watchedBrowser } from '../testkit/watched-browser.ts';
import { panelBoard } from './panel-board.ts';
import { type Panel, startPanel } from './panel-server.ts';

const browserNeed = needsChromium();
const BOARD = loadBoard('kiosk-sim', fileURLToPath(new URL('../../boards/', import.meta.url)));
const { width: ACROSS, height: DOWN } = BOARD.display;

const gbp = (minor: number): Money => ({ minor, currency: 'GBP' });
const AMOUNTS: Screen = { kind: 'amount-select', amounts: [gbp(2_000), gbp(4_000)], other: true };
const METHODS: Screen = { kind: 'payment-method', amount: gbp(2_000), methods: ['DEBIT_CARD', 'PAY_BY_BANK'], cancel: true };

/** A ticket of this many dots: white paper. */
const ticketPng = async (width: number, height: number): Promise<Uint8Array> =>
  encodePng({ width, height, rgba: new Uint8Array(width * height * 4).fill(255) });

describe.skipIf(browserNeed.missing)(`the panel of a kiosk in a browser${browserNeed.why}`, () => {
  const browser = watchedBrowser(POWER_CUTS);
  let box: FakeBoxApi;
  let panel: Panel;
  let page: Page;

  beforeEach(async () => {
    box = new FakeBoxApi();
    box.screen = AMOUNTS;
    box.outputs = [];
    box.printer = { fault: null, ticket: false };
    box.draw = ({ kind }) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="${ACROSS}" height="${DOWN}"><rect width="100%" height="100%" fill="#fff"/><text x="40" y="80" font-size="40">${kind}</text></svg>`;
    box.status = {
      ...box.status,
      protocol: 'kiosk',
      board: 'kiosk-sim',
      currency: 'GBP',
      links: { websocket: 'up' },
      ready: { qr: false, cash: false, card: false, terminal: true, reasons: [] },
    };
    await box.up();
    await serve(BOARD);
    await open(1_280, 900);
  });

  afterEach(async () => {
    await page.close();
    await panel.stop();
    await box.down();
  });

  async function serve(board: Board) {
    panel = await startPanel({
      host: '127.0.0.1',
      port: 0,
      api: { host: '127.0.0.1', port: box.port },
      refUrl: 'http://localhost:8081/',
      board: panelBoard(board, 'SIM-KIOSK-0001', { currency: 'GBP', products: [] }),
      power: new FakePower(box),
      log: memoryLog(),
    });
  }

  async function open(width: number, height: number, options: BrowserContextOptions = {}) {
    page = await browser.open(`http://127.0.0.1:${panel.port}/`, { viewport: { width, height }, reducedMotion: 'reduce', ...options });
    await page.waitForSelector('body[data-power="on"] #screen:not([hidden])');
    await page.waitForSelector('#status:has-text("Ready for")');
  }

  const touches = () => box.posted.filter(({ path }) => path === '/v1/touch').map(({ body }) => body as { x: number; y: number });
  /** Where a pixel of the box's picture is on the page. */
  async function spot(x: number, y: number): Promise<{ x: number; y: number }> {
    await page.locator('#screen').scrollIntoViewIfNeeded();
    const shown = await page.locator('#screen').boundingBox();
    if (!shown) throw new RangeError('there is no picture');
    return { x: shown.x + ((x + 0.5) * shown.width) / ACROSS, y: shown.y + ((y + 0.5) * shown.height) / DOWN };
  }

  /** At all four edges, and within. */
  const PLACES = [
    [8, 240],
    [400, 8],
    [ACROSS - 8, 240],
    [400, DOWN - 8],
    [653, 181],
  ] as const;

  test.each([
    ['desktop', 1_280, 900],
    ['tablet', 820, 1_180],
    ['phone', 390, 844],
    ['small phone', 320, 640],
  ])('a click on the screen is a touch on that place of the picture, on a %s', async (_, width, height) => {
    await page.close();
    await open(width, height);
    for (const [x, y] of PLACES) {
      const at = await spot(x, y);
      await page.mouse.click(at.x, at.y);
    }
    await expect.poll(touches).toHaveLength(PLACES.length);
    const shown = (await page.locator('#screen').boundingBox())?.width ?? 0;
    // A page knows whole points only: of a picture shown smaller than it is one of them is several pixels.
    const near = Math.ceil(ACROSS / shown);
    for (const [i, [x, y]] of PLACES.entries()) {
      const touch = touches()[i] ?? { x: -1, y: -1 };
      expect(Math.abs(touch.x - x), `${x}, ${y}: ${JSON.stringify(touch)}`).toBeLessThanOrEqual(near);
      expect(Math.abs(touch.y - y), `${x}, ${y}: ${JSON.stringify(touch)}`).toBeLessThanOrEqual(near);
    }
  });

  test('a finger is as good as a mouse, and touches once', async () => {
    await page.close();
    await open(390, 844, { hasTouch: true, isMobile: true });
    const { x, y } = await spot(653, 181);
    await page.touchscreen.tap(x, y);
    await expect.poll(() => touches().length).toBe(1);
    expect(Math.abs((touches()[0]?.x ?? 0) - 653)).toBeLessThan(4);
    await page.locator('.key', { hasText: '7' }).tap();
    expect(await box.was('/sim/key')).toEqual({ path: '/sim/key', body: { key: '7' } });
    expect(touches()).toHaveLength(1);
  });

  test('a board whose display feels no touch has none on the panel either', async () => {
    await page.close();
    await panel.stop();
    await serve({ ...BOARD, display: { width: ACROSS, height: DOWN } });
    await open(1_280, 900);
    expect(await page.locator('#screen').evaluate((image) => image.classList.contains('touch'))).toBe(false);
    const { x, y } = await spot(400, 240);
    await page.mouse.click(x, y);
    await page.click('.key-ok');
    await box.was('/sim/key');
    expect(touches()).toEqual([]);
  });

  test('a box without power feels nothing', async () => {
    const { x, y } = await spot(400, 240);
    await page.click('#power');
    await page.waitForSelector('body[data-power="off"]');
    await page.mouse.click(x, y);
    expect(await page.locator('#printer-faults button').first().isDisabled()).toBe(true);
    await page.click('#power');
    await page.waitForSelector('body[data-power="on"] #screen:not([hidden])');
    const back = await spot(400, 240);
    await page.mouse.click(back.x, back.y);
    await expect.poll(touches).toHaveLength(1);
  });

  test('the screen is said in words, with what to do', async () => {
    expect(await page.textContent('#says')).toBe('Choose an amount: £20, £40, or another.');
    box.show(METHODS);
    await page.waitForSelector('#says:text("Pay £20 by debit card or pay by bank.")');
    expect(await page.textContent('#next')).toContain('Touch one');
    await expect.poll(() => page.getAttribute('#screen', 'alt')).toBe('Pay £20 by debit card or pay by bank.');
  });

  test('the printer can be given any trouble, and says which it has', async () => {
    const pressed = () => page.locator('#printer-faults [aria-pressed="true"]').allTextContents();
    await expect.poll(pressed).toEqual(['Ready']);
    for (const [label, fault] of [
      ['No paper', 'paper-out'],
      ['Cover open', 'cover-open'],
      ['Unplugged', 'offline'],
      ['Ready', null],
    ] as const) {
      box.printer = { fault, ticket: false };
      await page.getByRole('button', { name: label }).click();
      await expect.poll(pressed).toEqual([label]);
      expect(box.posted.at(-1)).toEqual({ path: '/sim/printer', body: { fault } });
    }
  });

  test('the ticket that came out last is shown, and stays when the power goes', async () => {
    await page.waitForSelector('#printer:has-text("No ticket yet")');
    expect(await page.isVisible('#ticket')).toBe(false);
    for (const [width, height] of [
      [384, 716],
      [576, 900],
    ] as const) {
      box.ticket = await ticketPng(width, height);
      box.printer = { fault: null, ticket: true };
      box.append({ kind: 'ticket.outcome', sale: 's', ticket: 't', result: 'done', reason: '' });
      await page.waitForSelector('#ticket:visible');
      await expect.poll(() => page.evaluate("document.querySelector('#ticket').naturalWidth")).toBe(width);
    }
    expect(await page.isVisible('#no-ticket')).toBe(false);
    await page.click('#power');
    await page.waitForSelector('body[data-power="off"]');
    expect(await page.isVisible('#ticket')).toBe(true);
  });

  test('a box without a printer shows none', async () => {
    await page.waitForSelector('#printer');
    box.printer = null;
    await page.reload();
    await page.waitForSelector('#status:has-text("Ready for")');
    expect(await page.isVisible('#printer')).toBe(false);
  });

  test('its state speaks of payments, of the link it has, and of what was refused', async () => {
    const status = async () => (await page.textContent('#status')) ?? '';
    expect(await status()).toMatch(/Ready forpayments.*websocket up.*Messagesnone refused/);
    expect(await status()).not.toMatch(/Pairing|QR/);
    await page.waitForSelector('[aria-label="WebSocket link"]');
    expect(await page.isVisible('[aria-label="MQTT link"]')).toBe(false);
    await page.check('input[name="link-http"][value="down"]');
    await expect.poll(() => box.links).toMatchObject({ http: 'down' });
    const totals = { ...box.counters.sinceEver, terminalCount: 2, terminalMinor: 12_000 };
    box.counters = { ...box.counters, sinceEver: totals };
    box.status = { ...box.status, rejections: { count: 2, last: { code: 'frame-malformed', detail: 'no JSON', atMs: 1 } } };
    box.append({ kind: 'boot', version: '0.1.0', currency: 'GBP' });
    await page.waitForSelector('#status:has-text("2 messages refused, last: no JSON")');
    await page.waitForSelector('#counters tr:has-text("Terminal"):has-text("£120")');
    expect(await page.locator('#counters th[scope="row"]').allTextContents()).toEqual(['Cash', 'Terminal', 'Sales', 'Owed back']);
  });

  test.each([
    ['phone', 390, 844],
    ['small phone', 320, 640],
    ['tablet', 820, 1_180],
  ])('nothing scrolls sideways on a %s', async (_, width, height) => {
    await page.close();
    box.ticket = await ticketPng(576, 900);
    box.printer = { fault: 'paper-out', ticket: true };
    box.screen = { kind: 'device-error', message: 'Printer out of paper', code: 'PRINTER_ERROR' };
    await open(width, height);
    await page.waitForSelector('#ticket:visible');
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBe(width);
    const small = await page.$$eval('button', (all) => all.filter((b) => b.offsetParent && b.offsetHeight < 36).map((b) => b.textContent));
    expect(small).toEqual([]);
  });
});
