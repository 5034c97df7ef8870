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
const BOARD = loadBoard('ds50-sim', fileURLToPath(new URL('../../boards/', import.meta.url)));

const cny = (minor: number): Money => ({ minor, currency: 'CNY' });
const IDLE: Screen = { kind: 'idle', offers: [], credit: cny(0), cash: false, qr: false, card: true, typed: null, pin: null };
const PRESENT: Screen = {
  kind: 'present-card',
  due: cny(12_344),
  rest: cny(12_344),
  credit: cny(0),
  message: 'Table 7',
  expiresAtMonotonicMs: 120_000,
  cash: false,
};

/** A tenth of a second of silence, or longer. */
function silence(samples = 800): Uint8Array {
  const wav = Buffer.alloc(44 + samples, 128);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + samples, 4);
  wav.write('WAVEfmt ', 8);
  for (const [at, value] of [16, 0x0001_0001, 8_000, 8_000, 0x0008_0001].entries()) wav.writeUInt32LE(value, 16 + 4 * at);
  wav.write('data', 36);
  wav.writeUInt32LE(samples, 40);
  return wav;
}

describe.skipIf(browserNeed.missing)(`the panel of a DS50 in a browser${browserNeed.why}`, () => {
  const browser = watchedBrowser(POWER_CUTS);
  let box: FakeBoxApi;
  let panel: Panel;
  let page: Page;

  beforeEach(async () => {
    box = new FakeBoxApi();
    box.screen = IDLE;
    box.outputs = [];
    box.status = {
      ...box.status,
      protocol: 'ds50',
      board: 'ds50-sim',
      ready: { qr: false, cash: false, card: true, terminal: false, reasons: [] },
    };
    await box.up();
    panel = await startPanel({
      host: '127.0.0.1',
      port: 0,
      api: { host: '127.0.0.1', port: box.port },
      refUrl: 'http://localhost:8081/',
      board: panelBoard(BOARD, 'S20A1012574P0002', { currency: 'CNY', products: [] }),
      power: new FakePower(box),
      log: memoryLog(),
    });
    await open(1_280, 900);
  });

  afterEach(async () => {
    await page.close();
    await panel.stop();
    await box.down();
  });

  async function open(width: number, height: number) {
    page = await browser.open(`http://127.0.0.1:${panel.port}/`, { viewport: { width, height }, reducedMotion: 'reduce' });
    await page.waitForSelector('body[data-power="on"] #screen:not([hidden])');
    await page.waitForSelector('#cards:not([hidden])');
  }

  test('cards of the wallet are held against the reader, whose light and words say when one is waited for', async () => {
    expect(await page.locator('.slot:visible').count()).toBe(1);
    expect(await page.textContent('#reader-now')).toBe('idle');
    box.show(PRESENT);
    await page.waitForSelector('#card-slot[data-state="open"]:has-text("tap here")');
    expect(await page.textContent('#says')).toBe('Present a card to pay ¥123.44. Table 7');
    for (const card of ['VISA', 'AMEX', 'Damaged']) await page.click(`.pay-card:has-text("${card}")`);
    const presented = () => box.posted.filter((p) => p.path === '/sim/card').map((p) => p.body);
    await expect.poll(presented).toEqual([{ card: 'visa' }, { card: 'amex' }, { card: 'unreadable' }]);
    const drawings = () => box.got.filter((g) => g.path === '/v1/screen.svg').length;
    const counted = drawings();
    await expect.poll(drawings, { timeout: 5_000 }).toBeGreaterThan(counted);
    box.show(IDLE);
    await page.waitForSelector('#card-slot[data-state="idle"]:has-text("idle")');
    expect(await page.textContent('#next')).toBe('Type an amount and OK.');
  });

  test('volume keys press the buttons of the board, and show how loud it is', async () => {
    box.status = { ...box.status, volume: 80 };
    await page.click('[aria-label="Louder"]');
    expect(await box.was('/sim/button')).toEqual({ path: '/sim/button', body: { name: 'volume-up' } });
    await page.waitForSelector('#volume-now:has-text("Volume 80 %")');
    await page.click('[aria-label="Softer"]');
    await expect.poll(() => box.posted.at(-1)?.body).toEqual({ name: 'volume-down' });
  });

  test('what is said from now on is heard, by the clip of the package where it brings one, and read in any case', async () => {
    box.sounds = { 'dsp_transactionsucc.mp3': silence(), '2.wav': silence(), '3.wav': silence() };
    const heard = () => box.got.filter((g) => /^\/sim\/(sounds|voice)\//.test(g.path)).map((g) => g.path);
    await expect.poll(() => box.got.some((g) => g.path === '/sim/speaker')).toBe(true);
    await page.click('.key-clear');
    const clips = ['dsp_transactionsucc', null, 'dsp_upgrading'];
    box.transcript = clips.map((clip, i) => ({ atMs: 10 + i, text: `line ${i}`, clip, volume: 25, sound: i + 1 }));
    box.append({ kind: 'boot', version: '0.1.0', currency: 'CNY' });
    await page.waitForSelector('#speech:has-text("line 2")');
    const all = ['/sim/sounds/dsp_transactionsucc.mp3', '/sim/voice/2.wav', '/sim/sounds/dsp_upgrading.mp3', '/sim/voice/3.wav'];
    await expect.poll(heard).toEqual(all);
    expect(await page.locator('.loudness').first().textContent()).toBe('▮▮▯▯▯ 25 %');
    await page.reload();
    await page.waitForSelector('#speech:has-text("line 2")');
    expect(heard()).toEqual(all);
  });

  test('a box without power says nothing more, and what it says later is heard at once', async () => {
    box.sounds = { '1.wav': silence(480_000), '2.wav': silence(), '7.wav': silence() };
    const heard = () => box.got.filter((g) => g.path.startsWith('/sim/voice/')).map((g) => g.path);
    const says = (sounds: number[]) => {
      box.transcript = sounds.map((sound) => ({ atMs: sound, text: `line ${sound}`, clip: null, volume: 60, sound }));
      box.append({ kind: 'boot', version: '0.1.0', currency: 'CNY' });
    };
    await expect.poll(() => box.got.some((g) => g.path === '/sim/speaker')).toBe(true);
    await page.click('.key-clear');
    says([1, 2]);
    await expect.poll(heard).toEqual(['/sim/voice/1.wav']);
    await page.click('#power');
    await page.waitForSelector('body[data-power="off"]');
    await page.click('#power');
    await page.waitForSelector('body[data-power="on"]');
    says([7]);
    await expect.poll(heard).toEqual(['/sim/voice/1.wav', '/sim/voice/7.wav']);
  });

  test('a box that is looked for blinks on the page too', async () => {
    box.show({ kind: 'identify', serial: 'S20A1012574P0002' });
    await page.waitForSelector('#says:has-text("Here is the box S20A1012574P0002.")');
    const drawings = () => box.got.filter((g) => g.path === '/v1/screen.svg').length;
    const counted = drawings();
    await expect.poll(drawings, { timeout: 2_000 }).toBeGreaterThan(counted + 3);
  });

  test('its state says what a DS50 can do, and the queue and counters know cards and updates', async () => {
    const totals = { ...box.counters.sinceEver, cardCount: 2, cardMinor: 24_688 };
    box.counters = { ...box.counters, sinceEver: totals };
    const report = { id: 'u1', deployment: 'd', status: 'PROGRESS', progress: 40, reason: '' } as const;
    const row = { lane: 'update', id: 'u1', seq: 1, queuedAtMs: 1, attempts: 0, parkedReason: null, report } as const;
    box.queue = { ...box.queue, waiting: [row], waitingCount: 1 };
    box.append(
      { kind: 'order.received', order: '12394555425', purpose: 'sale', amountMinor: 12_344, message: 'hello' },
      { kind: 'boot', version: '0.1.0', currency: 'CNY' },
    );
    await page.waitForSelector('#journal li:has-text("Order 12394555425: sell for ¥123.44: hello")');
    await page.waitForSelector('#queue:has-text("update progress 40 %")');
    await page.waitForSelector('#counters tr:has-text("Card"):has-text("¥246.88")');
    const status = (await page.textContent('#status')) ?? '';
    expect(status).toContain('Ready forcards');
    expect(status).toContain('Ordersnone waiting');
    expect(status).not.toContain('Pairing');
  });

  test.each([
    ['phone', 390, 844],
    ['small phone', 320, 640],
    ['tablet', 820, 1_180],
  ])('nothing scrolls sideways on a %s', async (_, width, height) => {
    await page.close();
    await open(width, height);
    box.show(PRESENT);
    await page.waitForSelector('#card-slot[data-state="open"]');
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBe(width);
    const small = await page.$$eval('button', (all) => all.filter((b) => b.offsetParent && b.offsetHeight < 36).map((b) => b.textContent));
    expect(small).toEqual([]);
  });
});
