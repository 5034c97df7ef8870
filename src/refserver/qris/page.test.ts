import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeCommandAck, encodeConfigAck, encodeHeartbeat, encodeQrRequest } from '../../protocols/qris-soundbox/codec.ts';
import { needsChromium } from '../../testkit/needs.ts';
import { type QrisWireBox, qrisBox } from '../../testkit/qris-box.ts';
import { REFUSALS, watchedBrowser } from '../../testkit/watched-browser.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

const BEAT = { deviceId: 'sbx_001', atMs: 0, firmwareVersion: '1.0.3', networkStrength: 78, batteryLevel: null };
const browserNeed = needsChromium();

describe.skipIf(browserNeed.missing)(`soundboxes on the page${browserNeed.why}`, () => {
  const browser = watchedBrowser(REFUSALS);
  let backend: ReferenceBackend;
  let box: QrisWireBox;
  let page: Page;

  beforeEach(async () => {
    backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0 });
    box = await qrisBox(backend.mqttUrl);
    page = await browser.open(backend.httpUrl, { viewport: { width: 390, height: 844 } });
    await page.getByText('live', { exact: true }).waitFor();
  });
  afterEach(async () => {
    await page.close();
    await box.stop();
    await backend.stop();
  });

  const section = () => page.getByRole('region', { name: 'QRIS soundboxes' });
  const press = (name: string) => section().getByRole('button', { name, exact: true }).click();
  const field = (label: string) => section().getByLabel(label, { exact: true });
  /** The text of a select's label has its options in it, so only its beginning is asked for. */
  const choose = (label: string, option: string) =>
    section()
      .getByRole('combobox', { name: new RegExp(`^${label}`) })
      .selectOption(option);
  const ask = (request: string, minor: number) =>
    box.say(
      'dynamic-qr/request',
      encodeQrRequest({ request, deviceId: 'sbx_001', terminalId: 'term_001', amount: { minor, currency: 'IDR' }, atMs: Date.now() }),
    );

  test('the customer pays, and the box is told again', async () => {
    await ask('req_1', 50_000);
    const { message } = await box.hear();
    await section().getByText(String(message.transaction_id)).waitFor();
    await section()
      .getByText(/^[45]:\d\d left$/)
      .waitFor();
    await press('Customer pays: Rp50.000 on sbx_001');
    expect((await box.hear()).message).toMatchObject({ transaction_id: message.transaction_id, amount: 50_000 });
    await section().getByText('Pembayaran diterima Rp50.000').waitFor();
    await section().getByText('None. A box asks for a QR').waitFor();
    await press('Tell again: Rp50.000 to sbx_001');
    await box.hear();
    await section().getByText('2 times').waitFor();
  });

  test('a person is the issuer', async () => {
    await section().getByText('Otherwise every request gets its QR.').waitFor();
    await choose('With the next request for a QR', 'Refuses it');
    await press('Line up');
    await section().getByText('Lined up: error').waitFor();
    await ask('req_1', 50_000);
    expect((await box.hear()).message.status).toBe('error');
    await section().getByText('Otherwise every request gets its QR.').waitFor();
    await press('Line up');
    await press('Take back');
    await section().getByText('Lined up').waitFor({ state: 'hidden' });
  });

  test('a payment the box did not ask for', async () => {
    await field('Device').fill('sbx_001');
    await field('Amount in rupiah').fill('1250');
    await field('Text on the screen').fill('Terima <b>kasih</b>');
    await press('Announce');
    expect((await box.hear()).message).toMatchObject({ amount: 1_250, display_text: 'Terima <b>kasih</b>' });
    await section().getByText('Terima <b>kasih</b>').waitFor();
  });

  test('settings are sent, and what the box says of them is shown', async () => {
    const answer = { deviceId: 'sbx_001', reason: '', code: '', atMs: Date.now() };
    await field('Box to set').fill('sbx_001');
    await field('Volume').fill('80');
    await choose('Language', 'Indonesian (id-ID)');
    await field('Seconds between heartbeats').fill('60');
    await press('Send settings');
    const settings = { volume: 80, language: 'id-ID', heartbeat_interval_seconds: 60 };
    expect((await box.hear()).message).toEqual({ message_type: 'config_push', config_version: 1, settings });
    await section().getByText('no answer yet').waitFor();
    const reason = 'volume is not an integer from 0 to 100';
    await box.say('config/ack', encodeConfigAck({ ...answer, version: 1, status: 'rejected', code: 'settings-invalid', reason }));
    await section().getByText('rejected', { exact: true }).waitFor();
    await section().getByText(`settings-invalid · ${reason}`).waitFor();
  });

  test('a command is sent, and what the box says of it is shown', async () => {
    await field('Box to command').fill('sbx_001');
    await choose('Command', 'set volume');
    expect(await field('Parameters (JSON)').inputValue()).toBe('{"volume": 40}');
    await field('Parameters (JSON)').fill('{"volume": ');
    await press('Send command');
    await page.getByText('The parameters are not JSON').waitFor();
    await field('Parameters (JSON)').fill('{"volume": 30}');
    await press('Send command');
    const { message } = await box.hear();
    expect(message).toMatchObject({ command_name: 'set_volume', parameters: { volume: 30 } });
    const answer = { deviceId: 'sbx_001', command: String(message.command_id), name: 'set_volume', reason: '', code: '' };
    await box.say('command/ack', encodeCommandAck({ ...answer, status: 'accepted', result: {}, atMs: Date.now() }));
    await section().getByText('accepted', { exact: true }).waitFor();
    await box.say('command/ack', encodeCommandAck({ ...answer, status: 'done', result: { before: 60 }, atMs: Date.now() }));
    await section().getByText('done', { exact: true }).waitFor();
    await section().getByText('{"before":60}').waitFor();
    const lines = Array.from({ length: 9 }, (_, i) => `line ${i} of the log`);
    await box.say('command/ack', encodeCommandAck({ ...answer, status: 'done', result: { lines }, atMs: Date.now() }));
    await section().getByText('What it sent').click();
    await section().getByText('line 8 of the log').waitFor();
    await box.say('heartbeat', encodeHeartbeat({ ...BEAT, state: 'updating' }));
    await section().getByText('updating').waitFor();
    expect(await section().getByText('line 8 of the log').isVisible()).toBe(true);
  });

  test('a box is shown by its heartbeat, and nothing is wider than a phone', async () => {
    await box.say('heartbeat', encodeHeartbeat({ ...BEAT, state: 'awaiting_payment' }));
    await section().getByText('awaiting payment').waitFor();
    await section().getByText('version 1.0.3 · signal 78 % · no battery').waitFor();
    for (const label of ['Device', 'Box to set', 'Box to command']) expect(await field(label).inputValue()).toBe('sbx_001');
    await ask('req_1', 1_000_000_000_000);
    await section().getByText('Rp1.000.000.000.000').waitFor();
    const widths = () => page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
    expect(await widths()).toEqual([390, 390]);
  });
});
