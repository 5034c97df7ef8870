import { describe, expect, test } from 'vitest';
import type { KnownAck } from '../refserver/qris/reports.ts';
import type { Transaction } from '../refserver/qris/transactions.ts';
import { needsChromium } from '../testkit/needs.ts';
import { simulation } from '../testkit/simulation.ts';

const browserNeed = needsChromium();
const DEVICE = 'sbx_001';
/** Beside what happens by itself there is what is said aloud, one line after the other. */
const PATIENT = { timeout: 15_000 };
const money = (minor: number) => `Rp ${minor.toLocaleString('en')}`;
const FIFTY_THOUSAND = 'Pembayaran diterima lima puluh ribu rupiah';

/** The chapters of one story: each goes on where the one before ended. */
describe.skipIf(browserNeed.missing)(`the first day of a soundbox, in a browser${browserNeed.why}`, { timeout: 60_000 }, () => {
  const sim = simulation('qris-soundbox');
  const { says, power, status } = sim;

  const transcript = async () => (await sim.ofBox<{ transcript: { text: string; sound: number | null }[] }>('sim/speaker')).transcript;
  const newestTransaction = async () => (await sim.ofBackend<{ transactions: Transaction[] }>('qris/transactions?limit=1')).transactions[0];
  const acks = async () => (await sim.ofBackend<{ acks: KnownAck[] }>('qris/acks')).acks.map(({ ack }) => ack);

  const soundboxes = () => sim.backend.getByRole('region', { name: 'QRIS soundboxes' });
  const idle = () => says('Ready.');
  const said = (text: string) => sim.panel.locator('#speech li', { hasText: text }).first().waitFor();
  async function sell(amount: string): Promise<Transaction | undefined> {
    await sim.panel.focus('#box');
    // One key after the other, as a finger does: a key that is still down cannot be pressed again.
    for (const [i, key] of [...amount].entries()) {
      await sim.panel.keyboard.press(key);
      await says(`Amount ${money(Number(amount.slice(0, i + 1)))}.`);
    }
    await sim.panel.keyboard.press('Enter');
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
    await expect.poll(() => sim.scan('#screen')).toBe(transaction?.qrPayload);
    await pay();
    await says('paid.');
    await said(FIFTY_THOUSAND);
    const line = (await transcript()).find(({ text }) => text === FIFTY_THOUSAND);
    const wav = Buffer.from(await (await fetch(`${sim.panelUrl}sim/voice/${line?.sound}.wav`)).arrayBuffer());
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
    expect(await sim.sinceEver()).toMatchObject({ qrMinor: 150_000, qrCount: 3, salesMinor: 150_000, salesCount: 3, refundMinor: 0 });
    await expect.poll(async () => (await status()).alarms, PATIENT).toEqual([]);
  });
});
