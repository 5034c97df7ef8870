import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsqr from 'jsqr';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runTilld } from '../testkit/command-line.ts';
import { needsChromium } from '../testkit/needs.ts';
import { readPng } from '../testkit/png.ts';
import { type WatchedBrowser, watchedBrowser } from '../testkit/watched-browser.ts';
import { writeBoxConfig } from './simulate-config.ts';
import { openStateFolder } from './simulate-state.ts';

const browserNeed = needsChromium();
const FREE = ['--port', '0', '--api-port', '0', '--http-port', '0', '--mqtt-port', '0'];
const QR_ONLY_BY_PUSH = { firstPollMs: 600_000 };

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
  const folder = mkdtempSync(join(tmpdir(), 'tilld-first-'));
  const { configFile } = openStateFolder(folder, false);
  const stop = new AbortController();
  let world: { panelUrl: string; backendUrl: string };
  let ended: ReturnType<typeof runTilld>;
  let browser: WatchedBrowser;
  let panel: Page;
  let backend: Page;

  beforeAll(async () => {
    writeBoxConfig(configFile, { apiPort: 7070, httpUrl: 'http://127.0.0.1:8081', mqttUrl: 'mqtt://127.0.0.1:1884' });
    configure({ ...QR_ONLY_BY_PUSH, resultMs: 300, requoteMs: 300 });
    const started = Promise.withResolvers<string>();
    ended = runTilld(['simulate', '--json', '--state', folder, ...FREE], { stop: stop.signal, onOut: started.resolve });
    browser = await watchedBrowser();
    world = JSON.parse(await started.promise);
    [panel, backend] = await Promise.all([browser.open(world.panelUrl), browser.open(world.backendUrl)]);
  }, 60_000);

  afterEach(() => {
    expect(browser.complaints).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    stop.abort();
    await ended;
    rmSync(folder, { recursive: true });
  });

  /** Changes the `sale` section as its owner would: in the file. The box reads it when it starts. */
  function configure(timings: Readonly<Record<string, number>>): void {
    const config = JSON.parse(readFileSync(configFile, 'utf8'));
    Object.assign(config.sale, timings);
    for (const product of config.sale.products) product.drive = { mode: 'hold', holdMs: 1_200 };
    writeFileSync(configFile, JSON.stringify(config));
  }

  const ref = async <T>(path: string): Promise<T> => (await fetch(`${world.backendUrl}ref/${path}`)).json() as Promise<T>;
  const newestCharge = async () => (await ref<{ charges: Charge[] }>('charges?limit=1')).charges[0];
  const logs = async () => (await ref<{ logs: Log[] }>('logs')).logs.map(({ item }) => item);

  const on = (name: string) => backend.getByRole('region', { name });
  const says = (words: string) => panel.locator('#says', { hasText: words }).waitFor();
  const idle = () => says('Choose:');
  const product = (label: string) => panel.locator('.product', { hasText: label }).click();
  const coin = (label: string) => panel.locator(`#wallet .coin:text-is("${label}")`).click();
  /** Pays the newest charge: one that cash has replaced stays payable, and the customer may have it on the phone still. */
  async function pay(sum: string): Promise<Charge | undefined> {
    const charge = await newestCharge();
    const button = backend.locator(`#pay-${charge?.chargeId}`);
    expect(await button.getAttribute('aria-label')).toBe(`Customer pays: ${sum} on device-0001`);
    await button.click();
    await button.waitFor({ state: 'detached' });
    return charge;
  }
  const relay = (active: boolean) => panel.locator(`[data-output="relay"][data-active="${active}"]`).waitFor();
  const power = (is: 'on' | 'off') => panel.click('#power').then(() => panel.locator(`body[data-power="${is}"]`).waitFor());

  const journal = () => panel.locator('#journal .words').allTextContents();
  const SAID = 'Said aloud';
  /** What the journal on the page says from the opening of the newest sale on. The voice goes at its own pace, and may still be at the sale before. */
  const journalOfSale = async () => {
    const words = (await journal()).filter((line) => line !== SAID);
    return words.slice(0, words.findIndex((line) => line.startsWith('Sale opened')) + 1).reverse();
  };
  const times = async (words: string) => (await journal()).filter((line) => line.startsWith(words)).length;

  /** What a banking app reads off the box's screen. */
  async function scan(): Promise<string | undefined> {
    const { width, height, data } = readPng(await panel.locator('#screen').screenshot());
    return jsqr.default(data, width, height)?.data;
  }

  /** Waits until so many sales have been reported to the backend. */
  const received = (count: number) => backend.locator('#log-total', { hasText: new RegExp(`^${count} received$`) }).waitFor();

  test('claims the box with the PIN on its screen', async () => {
    await says('PIN');
    const drawing = await (await fetch(`${world.panelUrl}v1/screen.svg`)).text();
    const pin = /PIN (\d{4})/.exec(drawing)?.[1] ?? '';
    await backend.getByLabel('PIN on the box').fill(pin);
    await backend.getByRole('button', { name: 'Claim' }).click();
    await on('Devices').getByText('claimed', { exact: true }).waitFor();
  });

  test('sells by QR: the picture on the screen is the charge, and paying it drives the machine', async () => {
    await product('Quick wash');
    await says('Scan the QR to pay ฿20.');
    const charge = await newestCharge();
    expect(charge).toMatchObject({ state: 'open', amountMinor: 2_000 });
    await expect.poll(scan).toBe(charge?.rawData);
    await on('Open charges').getByText('Quick wash').waitFor();
    await pay('฿20.00');
    await relay(true);
    await panel.locator('#speech', { hasText: 'Received twenty baht' }).waitFor();
    await relay(false);
    await idle();
    expect(await journalOfSale()).toEqual([
      'Sale opened by button: Quick wash ฿20',
      'QR over ฿20 asked for',
      'QR over ฿20 received',
      '฿20 paid by QR, told by MQTT',
      'Sale settled: ฿20',
      'Machine to be driven: on for 1.2 s',
      'Report of the sale: succeeded',
      'Machine ran',
    ]);
    await panel.locator('#journal .words', { hasText: SAID }).waitFor();
    await on('Recent charges').getByText('paid', { exact: true }).waitFor();
    await on('Event logs').getByText('QR ฿20.00').waitFor();
    expect(await logs()).toMatchObject([{ status: 'SUCCEEDED', qr: { net_amount: 20, chargeId: charge?.chargeId } }]);
    await panel.locator('#counters tr:has-text("QR") td:nth-of-type(4):text-is("฿20")').waitFor();
    // The PIN has done its work.
    expect(await panel.textContent('#says')).not.toContain('PIN');
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
    await panel.locator('#counters tr:has-text("Cash") td:nth-of-type(4):text-is("฿20")').waitFor();
  });

  test('sells for a bill and a QR over the rest', async () => {
    await idle();
    await product('Standard');
    await says('Scan the QR to pay ฿40.');
    await panel.locator('#wallet .bill:text-is("฿20")').click();
    await says('Scan the QR to pay ฿20 of ฿40. Credit: ฿20.');
    const charge = await newestCharge();
    expect(charge?.amountMinor).toBe(2_000);
    await expect.poll(scan).toBe(charge?.rawData);
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
    await backend.getByRole('button', { name: "Customer's payment fails: ฿60.00" }).click();
    await says('The QR payment failed.');
    await received(4);
    expect((await logs())[0]).toMatchObject({ status: 'FAILED', qr: { net_amount: 0 } });
    expect((await journalOfSale()).slice(3)).toEqual([
      expect.stringContaining('QR payment failed, told by MQTT'),
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
    expect(paid).toEqual([expect.stringMatching(/^฿20 paid by QR, (told by MQTT|on asking after a reconnect)$/)]);
    expect(await times('Machine ran')).toBe(ran + 1);
  });

  test('finds out by asking when the message does not come', async () => {
    await idle();
    await power('off');
    configure({ firstPollMs: 500, pollMinMs: 500, pollMaxMs: 500 });
    await power('on');
    await idle();
    await panel.check('input[name="link-mqtt"][value="down"]');
    await panel.locator('#status', { hasText: 'mqtt down' }).waitFor();
    await product('Standard');
    await says('Scan the QR to pay ฿40.');
    await pay('฿40.00');
    await relay(true);
    await relay(false);
    expect(await journalOfSale()).toContainEqual('฿40 paid by QR, on asking');
    await received(6);
    await panel.check('input[name="link-mqtt"][value="up"]');
    await panel.locator('#status', { hasText: 'mqtt up' }).waitFor();
  });

  test('has balanced books at the end of the day', async () => {
    const { sinceEver } = (await (await fetch(`${world.panelUrl}v1/counters`)).json()) as { sinceEver: Record<string, unknown> };
    const taken = { cashMinor: 4_000, qrMinor: 10_000, qrCount: 4, salesMinor: 14_000, salesCount: 5, refundMinor: 0 };
    expect(sinceEver).toMatchObject({ ...taken, coin: { '500': 2, '1000': 1 }, bill: { '2000': 1 }, unassigned: 0 });
    await panel.locator('#queue', { hasText: '0 waiting' }).waitFor();
    await panel.locator('#queue', { hasText: '0 parked' }).waitFor();
    // That of the broken link goes with the next look at the links.
    await panel.locator('#alarms').waitFor({ state: 'hidden' });
  });
});
