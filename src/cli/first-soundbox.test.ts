import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsqr from 'jsqr';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { BoxStatus } from '../app/box.ts';
import type { KnownAck } from '../refserver/qris/reports.ts';
import type { Transaction } from '../refserver/qris/transactions.ts';
import { runTilld } from '../testkit/command-line.ts';
import { needsChromium } from '../testkit/needs.ts';
import { readPng } from '../testkit/png.ts';
import { type WatchedBrowser, watchedBrowser } from '../testkit/watched-browser.ts';

const browserNeed = needsChromium();
const DEVICE = 'sbx_001';
/** Beside what happens by itself there is what is said aloud, one line after the other. */
const PATIENT = { timeout: 15_000 };
const FREE = ['--port', '0', '--api-port', '0', '--http-port', '0', '--mqtt-port', '0'];
const money = (minor: number) => `Rp ${minor.toLocaleString('en')}`;
const FIFTY_THOUSAND = 'Pembayaran diterima lima puluh ribu rupiah';

/** The chapters of one story: each goes on where the one before ended. */
describe.skipIf(browserNeed.missing)(`the first day of a soundbox, in a browser${browserNeed.why}`, { timeout: 60_000 }, () => {
  const stop = new AbortController();
  let folder: string;
  let world: { panelUrl: string; backendUrl: string };
  let ended: ReturnType<typeof runTilld>;
  let browser: WatchedBrowser;
  let panel: Page;
  let backend: Page;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tilld-soundbox-'));
    const started = Promise.withResolvers<string>();
    const simulate = ['simulate', '--json', '--protocol', 'qris-soundbox', '--state', folder, ...FREE];
    ended = runTilld(simulate, { stop: stop.signal, onOut: started.resolve });
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

  const json = async <T>(url: string): Promise<T> => (await fetch(url)).json() as Promise<T>;
  const status = () => json<BoxStatus>(`${world.panelUrl}v1/status`);
  const transcript = async () =>
    (await json<{ transcript: { text: string; sound: number | null }[] }>(`${world.panelUrl}sim/speaker`)).transcript;
  const newestTransaction = async () =>
    (await json<{ transactions: Transaction[] }>(`${world.backendUrl}ref/qris/transactions?limit=1`)).transactions[0];
  const acks = async () => (await json<{ acks: KnownAck[] }>(`${world.backendUrl}ref/qris/acks`)).acks.map(({ ack }) => ack);

  const soundboxes = () => backend.getByRole('region', { name: 'QRIS soundboxes' });
  const says = (words: string) => panel.locator('#says', { hasText: words }).waitFor();
  const idle = () => says('Ready.');
  const power = (is: 'on' | 'off') => panel.click('#power').then(() => panel.locator(`body[data-power="${is}"]`).waitFor());
  const said = (text: string) => panel.locator('#speech li', { hasText: text }).first().waitFor();
  async function sell(amount: string): Promise<Transaction | undefined> {
    await panel.focus('#box');
    // One key after the other, as a finger does: a key that is still down cannot be pressed again.
    for (const [i, key] of [...amount].entries()) {
      await panel.keyboard.press(key);
      await says(`Amount ${money(Number(amount.slice(0, i + 1)))}.`);
    }
    await panel.keyboard.press('Enter');
    await says('Scan the QR to pay');
    return newestTransaction();
  }
  const pay = () => soundboxes().getByRole('button', { name: 'Customer pays: Rp50.000 on sbx_001' }).first().click();
  const configure = async (fields: { volume?: string; language?: string }) => {
    await soundboxes().getByLabel('Box to set').fill(DEVICE);
    await soundboxes()
      .getByRole('textbox', { name: 'Volume' })
      .fill(fields.volume ?? '');
    await soundboxes()
      .getByLabel('Language')
      .selectOption(fields.language ?? '');
    await soundboxes().getByRole('button', { name: 'Send settings' }).click();
  };
  const command = async (name: string) => {
    await soundboxes().getByLabel('Box to command').fill(DEVICE);
    await soundboxes().locator('#qris-command-name').selectOption(name);
    await soundboxes().getByRole('button', { name: 'Send command' }).click();
  };
  const answered = (order: string, badge: string) =>
    soundboxes().locator('#qris-orders li', { hasText: order }).first().getByText(badge, { exact: true }).waitFor();

  test('sells by QR: what is on the screen is the transaction, and the sum is spoken', async () => {
    await idle();
    const transaction = await sell('50000');
    expect(transaction).toMatchObject({ deviceId: DEVICE, terminalId: 'term_001', amountMinor: 50_000, requests: 1, state: 'open' });
    const scan = async () => {
      const { width, height, data } = readPng(await panel.locator('#screen').screenshot());
      return jsqr.default(data, width, height)?.data;
    };
    await expect.poll(scan).toBe(transaction?.qrPayload);
    await pay();
    await says('paid.');
    await said(FIFTY_THOUSAND);
    const line = (await transcript()).find(({ text }) => text === FIFTY_THOUSAND);
    const wav = Buffer.from(await (await fetch(`${world.panelUrl}sim/voice/${line?.sound}.wav`)).arrayBuffer());
    expect(wav.subarray(0, 4).toString('latin1')).toBe('RIFF');
    // Half of it is louder than a whisper: it is not silence.
    expect(wav.subarray(44).some((byte, i) => i % 2 === 1 && byte > 8 && byte < 248)).toBe(true);
    await idle();
  });

  test('announces what the shop was paid besides, once', async () => {
    await soundboxes().getByLabel('Device', { exact: true }).fill(DEVICE);
    await soundboxes().getByLabel('Amount in rupiah').fill('12500');
    await soundboxes().getByLabel('Text on the screen').fill('Table 7 has paid');
    await soundboxes().getByRole('button', { name: 'Announce', exact: true }).click();
    await says('Table 7 has paid');
    await said('Pembayaran diterima dua belas ribu lima ratus rupiah');
    await soundboxes().getByRole('button', { name: 'Tell again: Rp12.500 to sbx_001' }).click();
    await soundboxes().getByText('2 times', { exact: true }).waitFor();
    await idle();
    // The command is answered after what came before it.
    await command('test_speaker');
    await answered('test speaker', 'done');
    expect((await transcript()).filter(({ text }) => text.includes('dua belas ribu lima ratus'))).toHaveLength(1);
    expect((await status()).orders).toBe(0);
  });

  test('takes settings from afar, whole or not at all', async () => {
    await configure({ volume: '40', language: 'en-GB' });
    await answered('Settings 1', 'applied');
    await configure({ volume: '400' });
    await answered('Settings 2', 'rejected');
    expect(await status()).toMatchObject({ volume: 40, language: 'en' });
    expect(await acks()).toContainEqual(expect.objectContaining({ kind: 'config', version: 2, code: 'settings-invalid' }));
    await sell('50000');
    await pay();
    await said('Received fifty thousand rupiah');
    await idle();
  });

  test('starts again when it is told to, and says so before and after', async () => {
    const { boot } = await status();
    await command('restart');
    await answered('restart', 'done');
    expect((await status()).boot).not.toBe(boot);
    const ofRestart = (await acks()).flatMap((ack) => (ack.kind === 'command' && ack.name === 'restart' ? [ack.status] : []));
    expect(ofRestart).toEqual(['done', 'accepted']);
    expect(await status()).toMatchObject({ volume: 40, language: 'en' });
  });

  test('hears on its return of what was paid while it was off', async () => {
    await idle();
    await sell('50000');
    await power('off');
    await pay();
    await power('on');
    await said('Received fifty thousand rupiah');
    await idle();
    const { sinceEver } = await json<{ sinceEver: Record<string, unknown> }>(`${world.panelUrl}v1/counters`);
    expect(sinceEver).toMatchObject({ qrMinor: 150_000, qrCount: 3, salesMinor: 150_000, salesCount: 3, refundMinor: 0 });
    await expect.poll(async () => (await status()).alarms, PATIENT).toEqual([]);
  });
});
