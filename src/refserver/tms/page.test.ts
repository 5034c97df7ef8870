import type { Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MAX_PACKAGE_BYTES } from '../../domain/ota/limits.ts';
import { needsChromium } from '../../testkit/needs.ts';
import { firmwareBytes, type PackageBytes } from '../../testkit/package-bytes.ts';
import { tmsCall, tmsUpload } from '../../testkit/tms-control.ts';
import { type TmsDevice, tmsDevice } from '../../testkit/tms-device.ts';
import { REFUSALS, watchedBrowser } from '../../testkit/watched-browser.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

const browserNeed = needsChromium();

describe.skipIf(browserNeed.missing)(`the page of the roll-outs in a browser${browserNeed.why}`, () => {
  const browser = watchedBrowser(REFUSALS);
  let backend: ReferenceBackend;
  let page: Page;
  let sample: PackageBytes;
  const devices: TmsDevice[] = [];

  beforeAll(async () => {
    sample = await firmwareBytes();
  });

  beforeEach(async () => {
    backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0 });
    page = await browser.open(backend.httpUrl, { viewport: { width: 390, height: 844 } });
    await page.getByRole('link', { name: 'Package roll-outs' }).click();
    await page.getByText('live', { exact: true }).waitFor();
  });
  afterEach(async () => {
    for (const device of devices.splice(0)) await device.stop();
    await page.close();
    await backend.stop();
  });

  const section = (name: string) => page.getByRole('region', { name, exact: true });
  const rollOut = (group: string) => page.getByRole('article', { name: `${sample.name} to ${group}` });
  const deviceOf = (group: string, sn: string) => rollOut(group).getByRole('listitem').filter({ hasText: sn });
  const device = async (sn: string) => {
    const made = await tmsDevice(backend, sn);
    devices.push(made);
    return made;
  };
  /** A roll-out that has told its first device. */
  const running = async (sns: readonly string[], wish = {}) => {
    await tmsUpload(backend.httpUrl, sample);
    await tmsCall(backend.httpUrl, 'PUT', 'groups/Shops', { devices: sns });
    const plan = { package: sample.sha256, group: 'Shops', batchSize: 1, pauseAfterFailures: 1, ...wish };
    return (await tmsCall(backend.httpUrl, 'POST', 'deployments', plan)).deployment?.id ?? '';
  };

  test('a person uploads a package, makes a group, starts a roll-out and watches it to its end', async () => {
    const box = await device('SN-1');
    await expect.poll(() => page.getByRole('button', { name: 'Start' }).isDisabled()).toBe(true);
    const file = { name: sample.name, mimeType: 'application/zip', buffer: Buffer.from(sample.bytes) };
    await page.getByLabel('Choose a package').setInputFiles(file);
    await section('Packages').getByText('signed, key unknown').waitFor();
    await section('Packages').getByText('Firmware V1.0.0 for ACME').waitFor();
    await page.getByLabel('Choose a package').setInputFiles(file);
    await page.getByText(`${sample.name} was there already.`).waitFor();

    await page.getByLabel('Name').fill('Shops <b>north</b>');
    await page.getByLabel('Serial numbers').fill('SN-1, SN-2\nSN-1');
    await page.getByRole('button', { name: 'Save group' }).click();
    await page.getByText('The field name is not usable').waitFor();
    await page.getByLabel('Name').fill('Shops');
    await page.getByRole('button', { name: 'Save group' }).click();
    await section('Groups').getByText('2 devices').waitFor();

    await page.getByLabel('Devices at a time').fill('1');
    await page.getByLabel('Deadline').selectOption('in a day');
    await page.getByLabel('An older version may replace a newer one').check();
    await page.getByRole('button', { name: 'Start' }).click();
    await rollOut('Shops').getByText('running', { exact: true }).waitFor();
    await rollOut('Shops').getByText('downgrade permitted').waitFor();
    const offer = await box.offer();
    expect(offer).toMatchObject({ sha256: sample.sha256, permitDowngrade: true, deadlineMs: expect.any(Number) });

    await box.report(offer.deployment, 'PROGRESS', { progress: 42 });
    await deviceOf('Shops', 'SN-1').getByText('PROGRESS 42 %').waitFor();
    const bar = page.getByRole('progressbar', { name: 'SN-1: progress' });
    expect(await bar.getAttribute('value')).toBe('42');
    await box.report(offer.deployment, 'UPGRADE_SUCCESS', { progress: 100 });
    await deviceOf('Shops', 'SN-1').getByText('updated').waitFor();
    await deviceOf('Shops', 'SN-1').getByText('History').click();
    await deviceOf('Shops', 'SN-1')
      .getByText(/· PROGRESS · 42 %/)
      .waitFor();
    await deviceOf('Shops', 'SN-2').getByText('under way').waitFor();
    await (await device('SN-2')).report(offer.deployment, 'DOWNLOAD_FAIL', { reason: 'ota-io' });
    await deviceOf('Shops', 'SN-2').getByText('DOWNLOAD_FAIL (ota-io)').waitFor();
    await rollOut('Shops').getByText('completed', { exact: true }).waitFor();
    await rollOut('Shops').getByText('2 devices: 1 updated, 1 failed').waitFor();
    // The one refusal above is an answer with status 400, which the browser says by itself.
  });

  test('a person pauses, resumes and cancels, and what is being looked at stays where it is', async () => {
    const id = await running(['A', 'B', 'C']);
    const box = await device('A');
    await rollOut('Shops').getByRole('button', { name: 'Pause' }).click();
    await rollOut('Shops').getByText('paused', { exact: true }).waitFor();
    const resume = rollOut('Shops').getByRole('button', { name: 'Resume' });
    await resume.focus();
    for (let progress = 10; progress < 60; progress += 10) await box.report(id, 'PROGRESS', { progress });
    await deviceOf('Shops', 'A').getByText('PROGRESS 50 %').waitFor();
    expect(await resume.evaluate((element) => element.matches(':focus'))).toBe(true);
    await resume.press('Enter');
    await rollOut('Shops').getByText('running', { exact: true }).waitFor();

    await box.report(id, 'VERIFY_FAIL', { reason: 'ota-signature' });
    await rollOut('Shops').getByText('paused', { exact: true }).waitFor();
    await deviceOf('Shops', 'A').getByText('VERIFY_FAIL (ota-signature)').waitFor();
    page.once('dialog', (dialog) => void dialog.dismiss());
    await rollOut('Shops').getByRole('button', { name: 'Cancel' }).click();
    page.once('dialog', (dialog) => void dialog.accept());
    await rollOut('Shops').getByRole('button', { name: 'Cancel' }).click();
    await rollOut('Shops').getByText('cancelled', { exact: true }).first().waitFor();
    await rollOut('Shops').getByText('3 devices: 1 failed, 2 cancelled').waitFor();
    expect(await rollOut('Shops').getByRole('button').count()).toBe(0);
  });

  test('what is no package is explained; what is in use is not removed; groups change', async () => {
    const file = { name: 'holiday.zip', mimeType: 'application/zip', buffer: Buffer.from('PK') };
    await page.getByLabel('Choose a package').setInputFiles(file);
    await page.getByText('holiday.zip: The name of the package is not usable').waitFor();
    await running(['A']);
    await section('Packages')
      .getByRole('button', { name: `Remove ${sample.name}` })
      .click();
    await page.getByText('The package belongs to a roll-out').waitFor();
    await section('Groups').getByRole('button', { name: 'Change Shops' }).click();
    await page.getByLabel('Serial numbers').press('End');
    await page.getByLabel('Serial numbers').pressSequentially('\nB');
    await page.getByRole('button', { name: 'Save group' }).click();
    await section('Groups').getByText('2 devices').waitFor();
    await section('Groups').getByRole('button', { name: 'Remove Shops' }).click();
    await section('Groups').getByText('None yet.').waitFor();
    await rollOut('Shops').waitFor();
    await page.getByRole('link', { name: 'Reference backend' }).click();
    await page.getByRole('heading', { name: 'Open charges' }).waitFor();
  });

  test('a file larger than any package is not sent', async () => {
    const seen = new Set<unknown>();
    await page.route('**/ref/tms/packages', async (route) => {
      const response = await route.fetch();
      const { maxBytes, ...rest } = await response.json();
      seen.add(maxBytes);
      await route.fulfill({ response, json: { ...rest, maxBytes: 10 * 1024 } });
    });
    await page.reload();
    // The list has come, and with it how large a package may be.
    await section('Packages').getByText('None yet.').waitFor();
    const file = { name: sample.name, mimeType: 'application/zip', buffer: Buffer.alloc(10 * 1024 + 1) };
    await page.getByLabel('Choose a package').setInputFiles(file);
    await page.getByText(`${sample.name} is larger than 10 KiB`).waitFor();
    expect([...seen]).toEqual([MAX_PACKAGE_BYTES]);
  });

  test('a package may be dropped', async () => {
    const file = JSON.stringify([sample.name, Buffer.from(sample.bytes).toString('base64')]);
    const transfer = await page.evaluateHandle(`(([name, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.fromBase64(text)], name));
      return data;
    })(${file})`);
    await page.dispatchEvent('#drop', 'dragover', { dataTransfer: transfer });
    await page.dispatchEvent('#drop', 'drop', { dataTransfer: transfer });
    await section('Packages').getByText('signed, key unknown').waitFor();
  });

  test('nothing is wider than a phone', async () => {
    await running(['S'.repeat(64), 'B']);
    await rollOut('Shops').getByText('running', { exact: true }).waitFor();
    expect(await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')).toEqual([390, 390]);
  });
});
