import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CardSecret } from '../../domain/card.ts';
import { encodeSaleRequest } from '../../protocols/ds50/codec.ts';
import { needsChromium } from '../../testkit/needs.ts';
import { control, type Listener, listenTo } from '../../testkit/promptpay-box.ts';
import { REFUSALS, watchedBrowser } from '../../testkit/watched-browser.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';
import { REFERENCE_DS50 } from './api-key.ts';

const SN = 'S20A1012574P0002';
const browserNeed = needsChromium();

describe.skipIf(browserNeed.missing)(`payment speakers on the page${browserNeed.why}`, () => {
  const browser = watchedBrowser(REFUSALS);
  let backend: ReferenceBackend;
  let box: Listener;
  let page: Page;

  beforeEach(async () => {
    backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0 });
    box = await listenTo(backend.mqttUrl, `pos/message/${SN}`);
    page = await browser.open(backend.httpUrl, { viewport: { width: 390, height: 844 } });
    await page.getByText('live', { exact: true }).waitFor();
  });
  afterEach(async () => {
    await page.close();
    await box.stop();
    await backend.stop();
  });

  const section = () => page.getByRole('region', { name: 'Payment speakers' });
  const push = async (fields: Readonly<Record<string, string>>) => {
    for (const [label, text] of Object.entries(fields)) await section().getByLabel(label, { exact: true }).fill(text);
    await section().getByRole('button', { name: 'Push', exact: true }).click();
  };
  const sell = async (trace: string, minor: number) => {
    const card = {
      org: 'VISA',
      maskedPan: '411111******1111',
      track2: new CardSecret('4111111111111111D271220100000000'),
      emvData: new CardSecret(''),
      pinBlock: new CardSecret('0000000000000000'),
    };
    const identity = { deviceSn: SN, model: 'DS50', appVersion: 'V1.0.0', batch: '000001', date: '2026-11-20', time: '10:11:12' };
    const body = encodeSaleRequest({ ...identity, trace, amount: { minor, currency: 'THB' }, card }) as Uint8Array<ArrayBuffer>;
    const response = await fetch(`${backend.httpUrl}/functions/v1/request-online-result-pos`, {
      method: 'POST',
      body,
      headers: { 'x-api-key': REFERENCE_DS50.apiKey },
    });
    return (await response.json()) as { readonly transStatus: string };
  };

  test('a person pushes a sale and an announcement', async () => {
    await push({ 'Serial number': SN, Amount: '123.4', 'Order number': '12394555425', 'Message on the screen': 'Table <b>4</b>' });
    const first = '{"message":"Table <b>4</b>","amount":"12340","transType":"00","orderId":"12394555425"}';
    expect((await box.next()).text).toBe(first);
    await section().getByText('Table <b>4</b>').waitFor();
    await section().getByText('123.40', { exact: true }).waitFor();

    await section().getByLabel('What it asks for').selectOption('Announcement: say an amount');
    await section().getByLabel('Delivery').selectOption('twice');
    await push({ Amount: '0.05', 'Order number': '', 'Message on the screen': '' });
    const [heard, again] = [await box.next(), await box.next()];
    expect(heard).toEqual(again);
    expect(JSON.parse(heard.text)).toMatchObject({ amount: '5', transType: '99' });
    await section().getByText('2 times').waitFor();
  });

  test('an order nobody would take is explained', async () => {
    await push({ 'Serial number': SN, Amount: '0' });
    await page.getByText('The field amount is not usable').waitFor();
    // A browser complains of every refused request, and of nothing else here.
    expect(box.unread).toEqual([]);
  });

  test('a person is the issuer, and sees what was sold', async () => {
    await section().getByText('declined over amounts that end in .05').waitFor();
    await section().getByLabel('With the next card').selectOption('Declines: not enough money (51)');
    await section().getByRole('button', { name: 'Line up' }).click();
    await section().getByText('Lined up: decline 51').waitFor();
    expect(await sell('000001', 2_000)).toMatchObject({ transStatus: 'DECLINE' });
    await section().getByText('declined', { exact: true }).waitFor();
    await section().getByText('declined over amounts that end in .05').waitFor();
    expect(await sell('000002', 6_666)).toMatchObject({ transStatus: 'APPROVE' });
    await section().getByText('411111******1111').first().waitFor();
    await section().getByText('approved', { exact: true }).waitFor();

    await section().getByLabel('With the next card').selectOption('Never gets the request');
    await section().getByRole('button', { name: 'Line up' }).click();
    await section().getByRole('button', { name: 'Take back' }).click();
    await section().getByText('Lined up').waitFor({ state: 'hidden' });
  });

  test('a box that repeats a sale is shown as one', async () => {
    await sell('000001', 2_000);
    await sell('000001', 2_000);
    await section().getByText('sent 2 times').waitFor();
    await section().getByText('a box must never repeat one').waitFor();
    expect(JSON.parse((await control(backend.httpUrl, 'GET', 'ds50/sales')).text).duplicates).toBe(1);
    const widths = () => page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
    expect(await widths()).toEqual([390, 390]);
  });
});
