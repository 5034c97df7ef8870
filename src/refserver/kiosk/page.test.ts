import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changed, compact, TRANSACTION } from '../../testkit/kiosk-messages.ts';
import { type WireKiosk, wireKiosk } from '../../testkit/kiosk-wire-box.ts';
import { needsChromium } from '../../testkit/needs.ts';
import { REFUSALS, watchedBrowser } from '../../testkit/watched-browser.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

const browserNeed = needsChromium();

describe.skipIf(browserNeed.missing)(`kiosks on the page${browserNeed.why}`, () => {
  const browser = watchedBrowser(REFUSALS);
  let backend: ReferenceBackend;
  let box: WireKiosk;
  let page: Page;

  beforeEach(async () => {
    backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, kiosk: { settings: { showReceipt: false } } });
    page = await browser.open(backend.httpUrl, { viewport: { width: 390, height: 844 } });
    await page.getByText('live', { exact: true }).waitFor();
    await section().getByText('away', { exact: true }).waitFor();
    box = await wireKiosk(backend.httpUrl);
    await box.nextLine();
  });
  afterEach(async () => {
    await page.close();
    await box.stop();
    await backend.stop();
  });

  const section = () => page.getByRole('region', { name: 'Kiosks' });
  const press = (name: string) => section().getByRole('button', { name, exact: true }).click();
  const field = (label: string) => section().getByLabel(label, { exact: true });
  const shown = (text: string) => section().getByText(text, { exact: true }).first().waitFor();
  const paying = async (transactionId = TRANSACTION) => {
    box.sayRaw(changed('amount-chosen', { transactionId }));
    await box.nextLine();
    box.sayRaw(changed('method-chosen', { transactionId }));
    await box.nextLine();
  };

  test('the terminal approves, and what the kiosk shows is shown', async () => {
    await shown('connected');
    await shown('amount select');
    box.sayRaw(compact('amount-chosen'));
    await shown('payment method');
    box.sayRaw(compact('method-chosen'));
    await shown('processing');
    await press('Approve £60.00 on kiosk-001');
    await section().getByText('paid', { exact: true }).waitFor();
    await section().getByText('Nothing. A kiosk comes here').waitFor();
    expect([await box.nextLine(), await box.nextLine(), await box.nextLine()].at(-1)).toBe(`SUCCESS ${TRANSACTION}`);
  });

  test('the terminal declines for the reason that was chosen, whatever comes meanwhile', async () => {
    await paying();
    const reason = section().getByRole('combobox', { name: 'Reason to decline £60.00 on kiosk-001' });
    await reason.selectOption('Not enough money on the account');
    box.sayRaw('no JSON');
    await section().getByText('code JSON_MALFORMED').first().waitFor();
    await press('Decline £60.00 on kiosk-001');
    await section().getByText('failed', { exact: true }).first().waitFor();
    await box.nextLine();
    expect(await box.next()).toMatchObject({ screen: 'FAILED', data: { errorCode: 'INSUFFICIENT_FUNDS' } });
  });

  test('the terminal has an error', async () => {
    await field('Code').fill('TERMINAL_OFFLINE');
    await field('Message on the screen').fill('No <b>line</b>');
    await press('Report error');
    await shown('device error');
    await section().getByText('TERMINAL_OFFLINE · No <b>line</b>').waitFor();
    expect(await box.next()).toMatchObject({ screen: 'DEVICE_ERROR', data: { errorMessage: 'No <b>line</b>' } });
  });

  test('what is offered is changed, and what is being typed is left alone', async () => {
    await expect.poll(() => field('Amounts').inputValue()).toBe('20, 40, 60, 80, 100');
    await field('Amounts').fill('5, 7.5');
    await paying('T0').catch(() => undefined);
    await shown('processing');
    expect(await field('Amounts').inputValue()).toBe('5, 7.5');
    await field('Approve by itself after (seconds)').fill('0.05');
    await field('Other amounts').uncheck();
    await press('Offer this');
    await section().getByText('paid', { exact: true }).waitFor();
    const { settings } = JSON.parse(await (await fetch(`${backend.httpUrl}/ref/kiosk/settings`)).text());
    expect(settings).toMatchObject({ amountsMinor: [500, 750], other: false, autoMs: 50, allowCancel: true, dailyLimitMinor: 100_000 });
    await field('Methods').fill('CANCEL');
    await press('Offer this');
    await page.getByText('The field methods is not usable').waitFor();
  });

  test('nothing is wider than a phone', async () => {
    await paying(`T${'9a'.repeat(31)}`);
    await section().getByRole('button', { name: 'Approve £60.00 on kiosk-001' }).waitFor();
    const widths = () => page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
    expect(await widths()).toEqual([390, 390]);
  });
});
