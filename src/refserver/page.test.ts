import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { needsChromium } from '../testkit/needs.ts';
import {
  control,
  PAYMENTS_PATH,
  paymentBody,
  REGISTER_PATH,
  registerBody,
  UPLOADS_PATH,
  type WireBox,
  wireBox,
} from '../testkit/promptpay-box.ts';
import { REFUSALS, watchedBrowser } from '../testkit/watched-browser.ts';
import { type ReferenceBackend, startReferenceBackend } from './server.ts';

const browserNeed = needsChromium();

describe.skipIf(browserNeed.missing)(`the page in a browser${browserNeed.why}`, () => {
  const browser = watchedBrowser(REFUSALS);
  let backend: ReferenceBackend;
  let box: WireBox;
  let page: Page;

  beforeEach(async () => {
    backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0 });
    box = wireBox(backend.httpUrl, () => Date.now());
    page = await browser.open(backend.httpUrl, { viewport: { width: 390, height: 844 } });
    await page.getByText('live', { exact: true }).waitFor();
  });
  afterEach(async () => {
    await page.close();
    await backend.stop();
  });

  const section = (name: string) => page.getByRole('region', { name });
  const charges = async () => JSON.parse((await control(backend.httpUrl, 'GET', 'charges')).text).charges;

  test('a person claims a box and pays its charge', async () => {
    const { pin, device_id } = JSON.parse((await box.post(REGISTER_PATH, registerBody())).text).data;
    await section('Devices').getByText('not claimed').waitFor();
    await page.getByLabel('PIN on the box').fill(pin);
    await page.getByRole('button', { name: 'Claim' }).click();
    await section('Devices').getByText('claimed', { exact: true }).waitFor();

    await box.post(PAYMENTS_PATH, paymentBody(device_id, 2050, 'ล้างรถ <b>bold</b>'));
    await section('Open charges').getByText('฿20.50').waitFor();
    await section('Open charges').getByText('ล้างรถ <b>bold</b>').waitFor();
    await page.getByRole('button', { name: 'Customer pays: ฿20.50 on device-0001' }).click();
    await section('Recent charges').getByText('paid', { exact: true }).waitFor();
    await section('Open charges').getByText('No charge is open').waitFor();
    expect(await charges()).toMatchObject([{ state: 'paid', amountMinor: 2050 }]);
  });

  test('a payment fails, another expires and is paid late', async () => {
    const deviceId = await box.pair();
    await box.post(PAYMENTS_PATH, paymentBody(deviceId, 1000));
    await page.getByRole('button', { name: "Customer's payment fails" }).click();
    await section('Recent charges').getByText('failed').waitFor();
    await box.post(PAYMENTS_PATH, paymentBody(deviceId, 3000));
    await page.getByRole('button', { name: 'Let it expire' }).click();
    await page.getByRole('button', { name: 'Pays late' }).click();
    await section('Recent charges').getByText('paid late').waitFor();
    expect((await charges()).map(({ state }: { state: string }) => state)).toEqual(['paid', 'failed']);
  });

  test('a wrong PIN is explained, and what is being typed survives an update', async () => {
    const { pin } = JSON.parse((await box.post(REGISTER_PATH, registerBody())).text).data;
    const field = page.getByLabel('PIN on the box');
    await field.fill(pin === '0000' ? '0001' : '0000');
    await page.getByRole('button', { name: 'Claim' }).click();
    await page.getByText('That is not the PIN of this device').waitFor();
    await field.fill('12');
    const second = wireBox(backend.httpUrl, () => Date.now(), { mac: '02:00:5E:00:53:02' });
    await second.pair();
    await section('Devices').getByText('device-0002').waitFor();
    // The second box is shown as soon as it has registered, and has a field of its own until it is claimed.
    await expect.poll(() => field.count()).toBe(1);
    expect(await field.inputValue()).toBe('12');
    expect(await field.evaluate((element) => element.matches(':focus'))).toBe(true);
  });

  test('logs appear, and faults are switched on, strike and are switched off', async () => {
    const deviceId = await box.pair();
    const bank = { '20': 1, '50': 0, '300': 0, '500': 0, '1000': 0 };
    const coin = { '1': 6, '2': 0, '5': 0, '10': 0 };
    const sold = { qr: { net_amount: 0, chargeId: '' }, bank, coin, type: 'PAYMENT', status: 'SUCCEEDED', timestamp: 1759854682992 };
    await box.post(UPLOADS_PATH, JSON.stringify({ items: [sold] }));
    await section('Event logs').getByText('coins 6 × 1 · bills 1 × 20').waitFor();

    const fault = page.getByRole('switch', { name: 'Requests are answered with an error status' });
    await page.getByLabel('Only HTTP paths with').fill('payments');
    await page.locator('#http-status-status').fill('500');
    await fault.click();
    await page.locator('#fault-http-status[aria-checked=true]').waitFor();
    expect((await box.post(PAYMENTS_PATH, paymentBody(deviceId, 1000))).status).toBe(500);
    await page.locator('#fault-http-status[aria-checked=false]').waitFor();

    await page.getByLabel('Strikes').selectOption('until switched off');
    await page.getByRole('switch', { name: 'The payment message is never sent' }).click();
    await page.getByRole('button', { name: 'Switch all off' }).click();
    await page.locator('#fault-drop-mqtt[aria-checked=false]').waitFor();
    expect(JSON.parse((await control(backend.httpUrl, 'GET', 'faults')).text).faults).toEqual([]);
  });

  test('nothing is wider than a phone, in light or dark', async () => {
    await box.pair();
    await section('Devices').getByText('device-0001').waitFor();
    const widths = () => page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
    expect(await widths()).toEqual([390, 390]);
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await background()).toBe('rgb(246, 247, 249)');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await background()).toBe('rgb(20, 22, 26)');
  });
});
