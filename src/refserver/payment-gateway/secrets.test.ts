import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { settle } from '../../testkit/clock.ts';
import { EXAMPLE_CARD, GATEWAY_KEY, type TestGateway, testGateway } from '../../testkit/payment-gateway.ts';

/** PINs and serials are planted wherever a client or a service can put them, and looked for wherever they must not be. */

let folder: string;
let box: TestGateway;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilld-secrets-'));
  box = testGateway({ stateFile: join(folder, 'state.sqlite') });
});
afterEach(async () => {
  await box.stop();
  await rm(folder, { recursive: true });
});

/** None of them is a real one. Those with letters are looked for in capitals and small letters too. */
const PLANTED = [
  { pin: '90817263540918', serial: '55443322110099' },
  { pin: 'ZQXJKV7319', serial: 'WYPLMN8264RTDF' },
  { pin: 'QWERTY98765432A', serial: '31415926535897932384' },
] as const;
const SECRETS = PLANTED.flatMap(({ pin, serial }) => [pin, serial]);

/** What shows that a secret is somewhere: all of it, as it is written in several ways, or more of it than a mask leaves. */
const traces = (secret: string): string[] => {
  const whole = [secret, secret.toLowerCase(), [...secret].reverse().join(''), [...secret].join(' ')];
  const coded = [Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64').replaceAll('=', '')];
  return [...whole, ...coded, secret.slice(0, 7), secret.slice(-7), secret.slice(2, 9)];
};
const filesHold = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('latin1')] as const);
const searched = (where: string, text: string) => {
  for (const secret of SECRETS) {
    for (const trace of traces(secret)) if (text.includes(trace)) expect.fail(`${where} holds ${trace} of ${secret}`);
  }
};

const callbackOf = (content: string, { pin, serial }: { pin: string; serial: string }) =>
  box.form('/api/thesieutoc/callback', { status: 'thanhcong', serial, pin, card_type: 'Viettel', amount: '1', noidung: pin, content });

test('no PIN and no serial is in the database, the log or a reply', async () => {
  for (const [i, { pin, serial }] of PLANTED.entries()) {
    const body = { ...EXAMPLE_CARD, pin, serial, request_id: `r${i}` };
    // Mistyped ones are as good as right ones to whoever reads them.
    await box.post('/api/thesieutoc', { ...body, pin: `${pin} ` });
    await box.post('/api/thesieutoc', { ...body, serial: `${serial}-${serial}` });
    await box.post('/api/thesieutoc', { ...body, pin: [pin], serial: { serial } });
    await box.post('/api/thesieutoc', { ...body, pin: Number(pin) || 1 });
    await box.post('/api/thesieutoc', `{"pin":"${pin}","serial":"${serial}"`);
    await box.post('/api/thesieutoc', `{"pin":"${pin}","pin":"${serial}"}`);
    await box.post('/api/thesieutoc', `"${pin}"`);
    await box.post('/api/thesieutoc', { ...body, [pin]: serial, card_type: 'Garena' });
    if (i === 1) box.thesieutoc.script.next('submit', 'unreachable');
    if (i === 2) box.thesieutoc.script.next('submit', 'refused');
    const { transaction_id: id } = (await box.post('/api/thesieutoc', body)).body.data;
    await box.post('/api/thesieutoc', body);
    await box.post('/api/thesieutoc', { ...body, request_id: 'other' });
    await callbackOf(id, { pin, serial });
    await callbackOf(id, { pin: serial, serial: pin });
    await callbackOf(pin, { pin, serial });
    await box.post('/api/thesieutoc/callback', { pin, serial });
    await box.get(`/api/transaction/search?serial=${serial}&pin=${pin}`);
    await box.get(`/api/transaction/search?serial=${serial}x${serial}`);
    await box.get(`/api/transaction/search?pin=${pin}!`);
    await box.get(`/api/transaction/${pin}/logs`);
    await box.get(`/api/transaction/${id}/logs`);
    await box.get(`/nope/${pin}?${serial}`);
    await box.send(`/api/thesieutoc/${serial}`, { method: 'PUT', headers: GATEWAY_KEY });
    // TheSieuToc says them itself.
    box.thesieutoc.says(id, { status: 2, receivedAmount: 0, message: `Thẻ ${pin} seri ${serial.toLowerCase()} đã dùng` });
    await box.post('/api/thesieutoc/status', { transaction_id: id });
    await box.post('/api/thesieutoc/status', { transaction_id: pin });
    await box.get('/api/transaction/history');
    await box.get('/api/system/info');
  }
  box.db.exec('ALTER TABLE gateway_serial_beginnings RENAME TO gone');
  expect((await box.post('/api/thesieutoc', { ...EXAMPLE_CARD, ...PLANTED[0], pin: '11111111111' })).status).toBe(500);
  await settle();

  // The gateway had them, and passed them on as they were.
  expect([...new Set(box.thesieutoc.submitted.map(({ pin }) => pin))]).toEqual(PLANTED.map(({ pin }) => pin));
  expect(box.logged.length).toBeGreaterThan(10);
  expect(box.replied.length).toBeGreaterThan(70);
  for (const line of box.logged) searched('a log line', line);
  for (const reply of box.replied) searched('a reply', reply);
  const files = filesHold();
  expect(files.map(([name]) => name)).toContain('state.sqlite-wal');
  expect(files.some(([, bytes]) => bytes.includes('user123'))).toBe(true);
  for (const [name, bytes] of files) searched(name, bytes);
  box.db.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
  for (const [name, bytes] of filesHold()) searched(name, bytes);
});

test('the search itself finds what is planted', () => {
  expect(() => searched('here', `x${SECRETS[0]}`)).toThrow('holds');
  expect(() => searched('here', Buffer.from(SECRETS[1] ?? '').toString('base64'))).toThrow('holds');
});

test('no key is in the log, a reply or the database', async () => {
  await box.get('/api/system/info');
  await box.get('/api/transaction/history', { 'x-api-key': 'pk_guessed' });
  await box.get('/rest');
  await box.post('/api/thesieutoc', EXAMPLE_CARD);
  const everywhere = [...box.logged, ...box.replied, ...filesHold().map(([, bytes]) => bytes)].join('\n');
  for (const key of [GATEWAY_KEY['x-api-key'], 'pk_guessed', '\u0007'.repeat(32), folder]) expect(everywhere).not.toContain(key);
});

test('a card is sealed anew every time, and bound to its transaction', async () => {
  await box.post('/api/thesieutoc', EXAMPLE_CARD);
  await box.post('/api/thesieutoc', { ...EXAMPLE_CARD, serial: '999912345678' });
  const [one, two] = box.db.prepare('SELECT id, pin FROM gateway_cards ORDER BY id').all();
  expect(Buffer.from(one?.pin as Uint8Array).equals(Buffer.from(two?.pin as Uint8Array))).toBe(false);
  box.db.prepare('UPDATE gateway_cards SET pin = ? WHERE id = ?').run(one?.pin ?? null, two?.id ?? null);
  expect((await box.get(`/api/transaction/${two?.id}/logs`)).status).toBe(500);
  expect(box.logged.at(-1)).toContain('cannot be read again');
});
