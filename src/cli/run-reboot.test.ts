import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { BoxStatus } from '../app/box.ts';
import { type ReferenceBackend, startReferenceBackend } from '../refserver/server.ts';
import { TilldProcess } from '../testkit/run-process.ts';
import { writeBoxConfig } from './simulate-config.ts';

const BOARD = {
  name: 'bare',
  title: 'A board without pins',
  inputs: {},
  outputs: {},
  acceptors: [],
  buttons: {},
  delivery: null,
  display: { width: 320, height: 240 },
};
const DEVICE = 'sbx_001';

let folder: string;
let backend: ReferenceBackend;
let box: TilldProcess | null = null;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-reboot-'));
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0 });
});
afterEach(async () => {
  await box?.end('SIGKILL');
  await backend.stop();
  rmSync(folder, { recursive: true });
});

const post = async (path: string, body: object): Promise<number> => {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return (await fetch(backend.httpUrl + path, init)).status;
};

it.each([
  ['reboot', 'libgpiod', 76],
  ['restart', 'libgpiod', 75],
  ['reboot', 'simulated', 75],
] as const)('a %s from afar ends a box on %s with code %i', async (name, hardware, code) => {
  const config = join(folder, 'box.json');
  writeBoxConfig(config, { apiPort: 0, httpUrl: backend.httpUrl, mqttUrl: backend.mqttUrl }, 'qris-soundbox');
  writeFileSync(join(folder, 'board.json'), JSON.stringify({ ...BOARD, hardware }));
  const made = JSON.parse(readFileSync(config, 'utf8'));
  writeFileSync(
    config,
    JSON.stringify({ ...made, board: 'board.json', sale: { currency: 'IDR' }, display: undefined, log: { level: 'error' } }),
  );
  box = new TilldProcess(['run', '--json', '--config', config, '--state', join(folder, 'state')]);
  const [, url] = await box.says(/"url":"([^"]+)"/);
  const links = async () => ((await (await fetch(`${url}/v1/status`)).json()) as BoxStatus).links;
  await expect.poll(links, { timeout: 10_000 }).toEqual({ mqtt: 'up' });
  expect(await post('/ref/qris/command', { deviceId: DEVICE, commandId: 'order-1', name })).toBe(201);
  const ending = await box.ended();
  expect({ code: ending.code, err: ending.err }).toEqual({ code, err: '' });
});
