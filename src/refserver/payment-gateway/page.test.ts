import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CHROMIUM, needsChromium } from '../../testkit/needs.ts';
import { EXAMPLE_CARD, EXAMPLE_CHECKOUT, GATEWAY_KEY } from '../../testkit/payment-gateway.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

const browserNeed = needsChromium();

describe.skipIf(browserNeed.missing)(`the payment gateway on the page${browserNeed.why}`, () => {
  let browser: Browser;
  let backend: ReferenceBackend;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  });
  afterAll(() => browser.close());

  const open = async (gatewayPort?: number) => {
    backend = await startReferenceBackend({
      httpPort: 0,
      mqttPort: 0,
      gateway: { decideMs: null },
      ...(gatewayPort === undefined ? {} : { gatewayPort }),
    });
    page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
    await page.goto(backend.httpUrl);
    await page.getByText('live', { exact: true }).waitFor();
  };
  beforeEach(() => void complaints.splice(0));
  afterEach(async () => {
    await page.close();
    await backend.stop();
    expect(complaints).toEqual([]);
  });

  const section = () => page.getByRole('region', { name: 'Payment gateway' });
  const press = (name: string) => section().getByRole('button', { name, exact: true }).click();
  const shown = (text: string) => section().getByText(text, { exact: true }).first().waitFor();
  const post = async (path: string, body: object) => {
    const headers = { ...GATEWAY_KEY, 'content-type': 'application/json' };
    return (await fetch(`${backend.gatewayUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json() as Promise<{
      data: { transaction_id: string };
    }>;
  };

  test('a customer pays a part, then the rest', async () => {
    await open(0);
    await post('/api/payos/checkout', EXAMPLE_CHECKOUT);
    await section().getByLabel('Amount to pay on order 123456').fill('20000');
    await press('Customer pays: order 123456');
    await shown('underpaid');
    expect(await section().getByLabel('Amount to pay on order 123456').inputValue()).toBe('30000');
    await press('Customer pays: order 123456');
    await shown('paid');
    await section().getByText('50.000 ₫ paid').waitFor();
  });

  test('a customer cancels, and pays all the same', async () => {
    await open(0);
    await post('/api/payos/checkout', EXAMPLE_CHECKOUT);
    await press('Cancels: order 123456');
    await shown('cancelled');
    await press('Customer pays: order 123456');
    await shown('paid');
  });

  test('an operator decides on cards', async () => {
    await open(0);
    const first = await post('/api/thesieutoc', EXAMPLE_CARD);
    await press(`Good: ${first.data.transaction_id}`);
    await shown('credited 43.750 ₫');
    const second = await post('/api/thesieutoc', { ...EXAMPLE_CARD, serial: '999912345678' });
    await press(`Bad: ${second.data.transaction_id}`);
    await shown('failed');
    const third = await post('/api/thesieutoc', { ...EXAMPLE_CARD, serial: '888812345678' });
    await press(`Is of 10.000 ₫: ${third.data.transaction_id}`);
    await shown('wrong amount');
    expect(await section().textContent()).not.toContain(EXAMPLE_CARD.pin);
    expect(await section().textContent()).toContain('1234****0123');
  });

  test('without a gateway there is no such part', async () => {
    await open();
    await page.getByRole('region', { name: 'Kiosks' }).getByText('away', { exact: true }).waitFor();
    expect(await section().count()).toBe(0);
  });
});
