import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Money } from '../domain/money.ts';
import type { Screen } from '../domain/screen.ts';
import { loadBoard } from '../runtime/board.ts';
import { FakeBoxApi, FakePower } from '../testkit/box-api.ts';
import { memoryLog } from '../testkit/log.ts';
import { needsChromium } from '../testkit/needs.ts';
import { POWER_CUTS, watchedBrowser } from '../testkit/watched-browser.ts';
import { panelBoard } from './panel-board.ts';
import { type Panel, startPanel } from './panel-server.ts';

const browserNeed = needsChromium();

const thb = (minor: number): Money => ({ minor, currency: 'THB' });
const products = [
  { button: 'p1', label: 'Quick wash', priceMinor: 2_000 },
  { button: 'p2', label: 'Standard', priceMinor: 4_000 },
  { button: 'p3', label: 'Deluxe', priceMinor: 6_000 },
];
const IDLE: Screen = {
  kind: 'idle',
  offers: products.map(({ button, label, priceMinor }) => ({ button, label, price: thb(priceMinor) })),
  credit: thb(0),
  cash: true,
  qr: true,
  typed: null,
  pin: null,
};
const QR: Screen = { kind: 'qr', qr: 'x', due: thb(4_000), rest: thb(2_000), credit: thb(2_000), expiresAtMonotonicMs: 1, cash: true };

describe.skipIf(browserNeed.missing)(`the panel in a browser${browserNeed.why}`, () => {
  const browser = watchedBrowser(POWER_CUTS);
  let box: FakeBoxApi;
  let power: FakePower;
  let panel: Panel;
  let page: Page;

  beforeEach(async () => {
    box = new FakeBoxApi();
    box.screen = IDLE;
    box.outputs = [
      { name: 'relay', active: false },
      { name: 'coin-inhibit', active: false },
      { name: 'bill-inhibit', active: true },
    ];
    await box.up();
    power = new FakePower(box);
    panel = await serve('sim');
    await open(1_280, 900);
  });

  function serve(name: string): Promise<Panel> {
    const found = loadBoard(name, fileURLToPath(new URL('../../boards/', import.meta.url)));
    const board = panelBoard(found, 'SIM-0001', { currency: 'THB', products });
    const api = { host: '127.0.0.1', port: box.port };
    return startPanel({ host: '127.0.0.1', port: 0, api, refUrl: 'http://localhost:8081/', board, power, log: memoryLog() });
  }

  afterEach(async () => {
    await page.close();
    await panel.stop();
    await box.down();
  });

  /** Opens the page and waits until it shows the box. What it throws or the policy forbids fails the test. */
  async function open(width: number, height: number, colorScheme: 'light' | 'dark' = 'light') {
    page = await browser.open(`http://127.0.0.1:${panel.port}/`, { viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
    await page.waitForSelector('body[data-power="on"] #screen:not([hidden])');
  }

  const says = () => page.textContent('#says');
  const saying = (text: string) => page.waitForSelector(`#says:has-text(${JSON.stringify(text)})`);

  test('keys, product buttons and the pairing button press what they are called', async () => {
    await page.click('text="7"');
    expect(await box.was('/sim/key')).toEqual({ path: '/sim/key', body: { key: '7' } });
    await page.click('text="Standard"');
    expect(await box.was('/sim/button')).toEqual({ path: '/sim/button', body: { name: 'p2' } });
    for (const name of ['Clear', 'Cancel', 'OK', 'Pair']) await page.click(`button:text-is("${name}")`);
    await expect.poll(() => box.posted.map((p) => Object.values(p.body ?? {})[0]).slice(-4)).toEqual(['clear', 'cancel', 'ok', 'pair']);
  });

  test('while the focus is on the box, the keyboard types on the keypad', async () => {
    await page.focus('#box');
    for (const key of ['4', '0', 'Backspace', 'Enter', 'Escape', 'x']) await page.keyboard.press(key);
    const keys = () => box.posted.filter((p) => p.path === '/sim/key').map((p) => (p.body as { key: string }).key);
    await expect.poll(keys).toEqual(['4', '0', 'clear', 'ok', 'cancel']);
    await page.focus('.product');
    await page.keyboard.press('Enter');
    expect(await box.was('/sim/button')).toEqual({ path: '/sim/button', body: { name: 'p1' } });
    await page.focus('#power');
    await page.keyboard.press('9');
    expect(keys()).toHaveLength(5);
  });

  test('coins and bills of the board go in one after the other, and one that comes back is told', async () => {
    expect(await page.locator('.coin').allTextContents()).toEqual(['฿1', '฿2', '฿5', '฿10']);
    expect(await page.locator('.bill').allTextContents()).toEqual(['฿20', '฿50', '฿100', '฿500', '฿1,000']);
    await page.click('.coin:text-is("฿10")');
    await page.click('.coin:text-is("฿1")');
    await expect
      .poll(() => box.posted.filter((p) => p.path === '/sim/coin').map((p) => p.body))
      .toEqual([{ denomination: 1_000 }, { denomination: 100 }]);
    box.answer = { accepted: false, acceptor: 'bill', reason: 'inhibited' };
    await page.click('.bill:text-is("฿100")');
    expect((await box.was('/sim/bill')).body).toEqual({ denomination: 10_000 });
    await page.waitForSelector('#notice:text("The bill came back: the slot is shut.")');
  });

  test('lights show the relay and which slot is shut', async () => {
    await page.waitForSelector('#coin-slot[data-state="open"]');
    await page.waitForSelector('#bill-slot[data-state="shut"]');
    expect(await page.textContent('[data-output="relay"]')).toBe('relay off');
    box.outputs = [{ name: 'relay', active: true }];
    box.append({ kind: 'act.intent', sale: 's', act: 'a', drive: { mode: 'hold', holdMs: 4_000 } });
    await page.waitForSelector('[data-output="relay"][data-active="true"]');
    await page.waitForSelector('#bill-slot[data-state="open"]');
  });

  test('a box that takes neither coins nor bills has no wallet, and does not speak of cash', async () => {
    await page.waitForSelector('#status .chip:text-is("cash")');
    expect(await page.isVisible('text="Your wallet"')).toBe(true);
    await page.close();
    await panel.stop();
    box.status = { ...box.status, ready: { ...box.status.ready, cash: false } };
    panel = await serve('soundbox-sim');
    await open(1_280, 900);
    await page.waitForSelector('#status .chip:text-is("QR")');
    expect(await page.locator('#status .chip:text-is("cash")').count()).toBe(0);
    expect(await page.isVisible('text="Your wallet"')).toBe(false);
  });

  test('hears within moments what the box says by itself, also behind another page', async () => {
    const looks = () => box.got.filter(({ path }) => path === '/sim/speaker').length;
    await expect.poll(looks).toBeGreaterThan(0);
    await page.evaluate("void Object.defineProperty(document, 'hidden', { value: true })");
    box.transcript = [{ atMs: 1, text: '(beep)', clip: null, volume: 60, sound: null }];
    await page.waitForSelector('#speech li:has-text("(beep)")', { timeout: 2_000 });
  });

  test('a box without a card reader and volume keys shows neither', async () => {
    await page.waitForSelector('#status:has-text("Pairing")');
    for (const hidden of ['#cards', '#card-slot', '#volume']) expect(await page.isVisible(hidden)).toBe(false);
  });

  test('a new screen is drawn and said in words, with what to do next', async () => {
    expect(await says()).toBe('Choose: Quick wash ฿20, Standard ฿40, Deluxe ฿60.');
    const before = await page.getAttribute('#screen', 'src');
    box.show(QR);
    await saying('Scan the QR to pay ฿20 of ฿40. Credit: ฿20.');
    expect(await page.textContent('#next')).toContain('“Customer pays”');
    await expect.poll(() => page.getAttribute('#screen', 'alt')).toBe(await says());
    await expect.poll(() => page.getAttribute('#screen', 'src')).not.toBe(before);
    const drawings = () => box.got.filter((g) => g.path === '/v1/screen.svg').length;
    const counted = drawings();
    await expect.poll(drawings, { timeout: 5_000 }).toBeGreaterThan(counted);
  });

  test('what the box is told is shown as text, never read as HTML', async () => {
    const offers = [{ button: 'p1', label: '<img src=x onerror=alert(1)>', price: thb(100) }];
    box.show({ ...IDLE, offers });
    await page.waitForSelector('.product:has-text("<img src=x onerror=alert(1)>")');
    expect(await page.locator('#products img').count()).toBe(0);
  });

  test('journal, queue, counters, alarms and speech follow the box', async () => {
    box.transcript = [{ atMs: 1, text: 'Received twenty baht', clip: null, volume: 60, sound: null }];
    box.status = {
      ...box.status,
      creditMinor: 500,
      alarms: [{ code: 'outbox-parked', detail: 'one report was refused', severity: 'error', sinceMs: 1 }],
    };
    const totals = { ...box.counters.sinceEver, coin: { '1000': 2 }, cashMinor: 2_000 };
    box.counters = { ...box.counters, sinceEver: totals };
    box.queue = { ...box.queue, waitingCount: 3 };
    box.append(
      { kind: 'boot', version: '0.1.0', currency: 'THB' },
      { kind: 'cash.credited', sale: null, method: 'coin', acceptor: 'coin', train: 't', amountMinor: 1_000 },
    );
    await page.waitForSelector('#journal li:nth-child(1)[data-seq="2"]:has-text("฿10 coin taken")');
    await page.waitForSelector('#journal li:nth-child(2):has-text("Box started, version 0.1.0")');
    await page.waitForSelector('#queue:has-text("3 waiting")');
    await page.waitForSelector('#counters tr:has-text("฿10 coin"):has-text("2"):has-text("฿20")');
    await page.waitForSelector('#alarms:has-text("outbox-parked one report was refused")');
    await page.waitForSelector('#speech:has-text("Received twenty baht ▮▮▮▯▯ 60 %")');
    expect(await page.textContent('#status')).toContain('Credit฿5');
  });

  test('the switches cut and slow the links, and show how the links are after a reload', async () => {
    await page.check('input[name="link-mqtt"][value="down"]');
    await page.check('input[name="link-http"][value="slow"]');
    await expect.poll(() => box.links).toEqual({ mqtt: 'down', http: 'slow' });
    await page.reload();
    await page.waitForSelector('input[name="link-mqtt"][value="down"]:checked');
    await page.waitForSelector('input[name="link-http"][value="slow"]:checked');
  });

  test('without power the screen is black and everything says so; with power the page is back by itself', async () => {
    box.append({ kind: 'boot', version: '0.1.0', currency: 'THB' });
    await page.waitForSelector('#journal li');
    await page.click('#power');
    await page.waitForSelector('body[data-power="off"]');
    expect(power.power).toBe('off');
    expect(await says()).toBe('No power: the box is off.');
    expect(await page.isVisible('#screen')).toBe(false);
    expect(await page.getAttribute('#power', 'aria-checked')).toBe('false');
    expect(await page.locator('.stale:visible').allTextContents()).toEqual(Array(4).fill('no power'));
    for (const button of ['.key-ok', '.product', '.coin', '.bill', '#pair'])
      expect(await page.locator(button).first().isDisabled()).toBe(true);
    box.append({ kind: 'boot', version: '0.1.1', currency: 'THB' });
    await page.click('#power');
    await page.waitForSelector('body[data-power="on"] #screen:not([hidden])');
    await page.waitForSelector('#journal li:nth-child(1):has-text("version 0.1.1")');
    expect(await page.locator('#journal li').count()).toBe(2);
    expect(await page.locator('.stale:visible').count()).toBe(0);
    expect(await page.locator('.key-ok').isDisabled()).toBe(false);
  });

  test('a box that died by itself is said to be starting, and why', async () => {
    power.lastDeath = 'exit code 3';
    await box.down();
    await page.waitForSelector('body[data-power="starting"]');
    await saying('The box is starting.');
    expect(await page.textContent('#next')).toBe('It stopped by itself (exit code 3) and is started again.');
    await box.up();
    await page.waitForSelector('body[data-power="on"]');
  });

  test('the link to the backend keeps the name this page was opened by', async () => {
    expect(await page.getAttribute('#backend', 'href')).toBe('http://127.0.0.1:8081/');
  });

  test.each([
    ['phone', 390, 844],
    ['small phone', 320, 640],
    ['tablet', 820, 1_180],
  ])('nothing scrolls sideways on a %s', async (_, width, height) => {
    await page.close();
    await open(width, height);
    box.show(QR);
    box.append({ kind: 'sale.opened', sale: 's', dueMinor: 4_000, description: 'x'.repeat(120), origin: 'api', drive: null });
    await saying('Scan the QR');
    await page.waitForSelector('#journal li');
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBe(width);
    const small = await page.$$eval('button', (all) => all.filter((b) => b.offsetParent && b.offsetHeight < 36).map((b) => b.textContent));
    expect(small).toEqual([]);
  });

  test('light and dark are both there', async () => {
    const ground = () => page.locator('body').evaluate((body) => body.ownerDocument.defaultView?.getComputedStyle(body).backgroundColor);
    expect(await ground()).toBe('rgb(246, 247, 249)');
    await page.close();
    await open(1_280, 900, 'dark');
    expect(await ground()).toBe('rgb(20, 22, 26)');
  });
});
