import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  control,
  listenTo,
  PAYMENTS_PATH,
  paymentBody,
  REGISTER_PATH,
  registerBody,
  UPLOADS_PATH,
  wireBox,
} from '../testkit/promptpay-box.ts';
import { type ReferenceBackend, startReferenceBackend } from './server.ts';

let folder: string;
let stateFile: string;
const running: ReferenceBackend[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilld-refserver-'));
  stateFile = join(folder, 'refserver.sqlite');
});
afterEach(async () => {
  for (const backend of running.splice(0)) await backend.stop();
  await rm(folder, { recursive: true });
});

const start = async (options = {}) => {
  const backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, stateFile, ...options });
  running.push(backend);
  return backend;
};
const boxAt = (httpUrl: string) => wireBox(httpUrl, () => Date.now());
const UPLOAD = JSON.stringify({
  items: [
    {
      qr: { net_amount: 20, chargeId: '' },
      bank: { '20': 1, '50': 0, '300': 0, '500': 0, '1000': 0 },
      coin: { '1': 6, '2': 0, '5': 0, '10': 0 },
      type: 'PAYMENT',
      status: 'SUCCEEDED',
      timestamp: 1759854682992,
    },
  ],
});

/** Fills a backend with one of everything and returns what its control API then says. */
async function fill(httpUrl: string, mqttUrl: string) {
  const box = boxAt(httpUrl);
  const deviceId = await box.pair();
  const paid = JSON.parse((await box.post(PAYMENTS_PATH, paymentBody(deviceId, 2000), { 'idempotency-key': 'one' })).text).data;
  await box.post(PAYMENTS_PATH, paymentBody(deviceId, 3000), { 'idempotency-key': 'two' });
  await control(httpUrl, 'POST', `charges/${paid.chargeId}/pay`);
  await box.post(UPLOADS_PATH, UPLOAD);
  const listener = await listenTo(mqttUrl);
  const state = JSON.stringify({ rssi: -60, status: 'normal', uptime: 5, timestamp: 1 });
  await listener.client.publishAsync(`server/${deviceId}/streaming`, state, { qos: 1 });
  await listener.stop();
  return deviceId;
}

async function everything(httpUrl: string) {
  const answers = await Promise.all(['devices', 'charges', 'logs', 'states'].map((path) => control(httpUrl, 'GET', path)));
  return answers.map(({ text }) => ({ ...JSON.parse(text), nowMs: undefined }));
}

test('a restart keeps devices, charges, keys, logs and states', async () => {
  const first = await start();
  const deviceId = await fill(first.httpUrl, first.mqttUrl);
  const before = await everything(first.httpUrl);
  await first.stop();
  await first.stop();

  const second = await start();
  expect(await everything(second.httpUrl)).toEqual(before);
  const box = boxAt(second.httpUrl);
  await box.post(PAYMENTS_PATH, paymentBody(deviceId, 3000), { 'idempotency-key': 'two' });
  await box.post(UPLOADS_PATH, UPLOAD);
  expect(await everything(second.httpUrl)).toEqual(before);
  const { device_id } = JSON.parse((await box.post(REGISTER_PATH, registerBody())).text).data;
  expect(device_id).toBe(deviceId);
});

test('a killed backend has kept all it answered for', async () => {
  const module = JSON.stringify(new URL('server.ts', import.meta.url).href);
  const options = JSON.stringify({ httpPort: 0, mqttPort: 0, stateFile });
  const program = `const { startReferenceBackend } = await import(${module}); console.log(JSON.stringify(await startReferenceBackend(${options})));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const line = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve));
    const { httpUrl, mqttUrl } = JSON.parse(line.toString());
    await fill(httpUrl, mqttUrl);
    const before = await everything(httpUrl);
    child.kill('SIGKILL');
    await ended;
    expect(await everything((await start()).httpUrl)).toEqual(before);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
});

test('state that an earlier tilld wrote gets what it lacks', async () => {
  const first = await start();
  await boxAt(first.httpUrl).pair();
  const before = await everything(first.httpUrl);
  await first.stop();
  const db = new DatabaseSync(stateFile);
  const later = db.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name GLOB 'tms_*' OR name GLOB 'ds50_*' OR name GLOB 'qris_*' OR name GLOB 'kiosk_*' OR name GLOB 'gateway_*' OR name GLOB '*_sim_*')",
  );
  db.exec('PRAGMA foreign_keys=OFF');
  for (const { name } of later.all()) db.exec(`DROP TABLE ${name}`);
  db.exec('PRAGMA user_version=1');
  db.close();
  const second = await start();
  expect(await everything(second.httpUrl)).toEqual(before);
  expect(JSON.parse((await control(second.httpUrl, 'GET', 'tms/deployments')).text).deployments).toEqual([]);
  expect(JSON.parse((await control(second.httpUrl, 'GET', 'ds50/sales')).text).sales).toEqual([]);
  expect(JSON.parse((await control(second.httpUrl, 'GET', 'qris/events')).text).events).toEqual([]);
  expect(JSON.parse((await control(second.httpUrl, 'GET', 'kiosk/transactions')).text).transactions).toEqual([]);
});

test('state that a later tilld wrote is left alone', async () => {
  const db = new DatabaseSync(stateFile);
  db.exec('PRAGMA user_version=99');
  db.close();
  await expect(start()).rejects.toMatchObject({ code: 'state-newer', blame: 'configuration' });
});

test('a state file that cannot be opened is said so', async () => {
  await expect(start({ stateFile: join(folder, 'missing', 'file') })).rejects.toMatchObject({ code: 'state-unreadable', blame: 'device' });
});

test.each(['httpPort', 'mqttPort'])('a taken %s is said so, and nothing is left listening', async (name) => {
  const other = createServer();
  const port = await new Promise<number>((resolve) => {
    other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
  });
  await expect(start({ [name]: port })).rejects.toMatchObject({ code: 'port-in-use', found: expect.stringContaining(`127.0.0.1:${port}`) });
  await new Promise((resolve) => other.close(resolve));
  await start({ [name]: port });
});

test('the state file is a write-ahead log', async () => {
  const backend = await start();
  expect((await stat(`${stateFile}-wal`)).size).toBeGreaterThan(0);
  await backend.stop();
  await expect(stat(`${stateFile}-wal`)).rejects.toMatchObject({ code: 'ENOENT' });
});
