import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../runtime/config.ts';
import { runTilld } from '../testkit/command-line.ts';
import { TilldProcess } from '../testkit/run-process.ts';
import { portsIn, signingKeys, writeBoxConfig } from './simulate-config.ts';
import type { SimulatedProtocol } from './simulate-new-box.ts';
import { openStateFolder } from './simulate-state.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-simulate-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const ADDRESSES = {
  apiPort: 7070,
  httpUrl: 'http://127.0.0.1:8081',
  mqttUrl: 'mqtt://127.0.0.1:1884',
  gatewayUrl: 'http://127.0.0.1:3000',
};

const edit = (file: string, change: (config: Record<string, Record<string, unknown>>) => void) => {
  const config = JSON.parse(readFileSync(file, 'utf8'));
  change(config);
  writeFileSync(file, JSON.stringify(config));
};

describe('the configuration of the virtual box', () => {
  test('is a valid one, with three products on buttons of the board', () => {
    const { configFile } = openStateFolder(folder, false);
    writeBoxConfig(configFile, ADDRESSES);
    const { device, board, api, backend, sale } = loadConfig(configFile);
    expect(device).toEqual({ serial: 'SIM-0001', mac: '02:00:00:00:00:01', chipId: 'SIM-CHIP-0001', model: 'tilld-sim' });
    expect([board, api.port]).toEqual(['sim', 7070]);
    expect(backend).toMatchObject({ promptpay: { http: { url: ADDRESSES.httpUrl }, mqtt: { url: ADDRESSES.mqttUrl } } });
    expect(sale.policy.products.map((p) => [p.button, p.priceMinor])).toEqual([
      ['p1', 2_000],
      ['p2', 4_000],
      ['p3', 6_000],
    ]);
  });

  test('keeps what its owner changed, its own formatting too, while the addresses stay the same', () => {
    const { configFile } = openStateFolder(folder, false);
    writeBoxConfig(configFile, ADDRESSES);
    edit(configFile, (config) => Object.assign(config, { language: 'th' }));
    const before = readFileSync(configFile, 'utf8');
    openStateFolder(folder, false);
    writeBoxConfig(configFile, ADDRESSES);
    expect(readFileSync(configFile, 'utf8')).toBe(before);
    writeBoxConfig(configFile, { apiPort: 7171, httpUrl: 'http://127.0.0.1:9081', mqttUrl: 'mqtt://127.0.0.1:9884' });
    expect(loadConfig(configFile)).toMatchObject({
      language: 'th',
      api: { port: 7171 },
      backend: { promptpay: { http: { url: 'http://127.0.0.1:9081' } } },
    });
    expect(portsIn(configFile)).toEqual({ api: 7171, http: 9081, mqtt: 9884, gateway: null });
  });

  test('leaves the addresses of a backend on another machine alone', () => {
    const { configFile } = openStateFolder(folder, false);
    writeBoxConfig(configFile, ADDRESSES);
    edit(configFile, ({ promptpay }) => Object.assign(promptpay ?? {}, { http: { url: 'https://pay.example:8443' } }));
    writeBoxConfig(configFile, { ...ADDRESSES, httpUrl: 'http://127.0.0.1:9081', mqttUrl: 'mqtt://127.0.0.1:9884' });
    expect(loadConfig(configFile).backend).toMatchObject({
      promptpay: { http: { url: 'https://pay.example:8443' }, mqtt: { url: 'mqtt://127.0.0.1:9884' } },
    });
    expect(portsIn(configFile)).toEqual({ api: 7070, http: null, mqtt: 9884, gateway: null });
  });

  const OWN = { api: 7070, http: null, mqtt: null, gateway: null };
  test.each<[SimulatedProtocol, { http?: number; mqtt?: number; gateway?: number }]>([
    ['promptpay', { http: 8081, mqtt: 1884 }],
    ['ds50', { http: 8081, mqtt: 1884 }],
    ['qris-soundbox', { mqtt: 1884 }],
    ['kiosk', { http: 8081 }],
    ['payment-gateway', { gateway: 3000 }],
  ])('of a box that speaks %s is a valid one, and follows its backend to other ports', (protocol, ports) => {
    const { configFile } = openStateFolder(folder, false);
    writeBoxConfig(configFile, ADDRESSES, protocol);
    signingKeys(configFile, protocol);
    expect(loadConfig(configFile).backend.protocol).toBe(protocol);
    expect(portsIn(configFile)).toEqual({ ...OWN, ...ports });
    const moved = {
      apiPort: 7070,
      httpUrl: 'http://127.0.0.1:18081',
      mqttUrl: 'mqtt://127.0.0.1:11884',
      gatewayUrl: 'http://127.0.0.1:13000',
    };
    writeBoxConfig(configFile, moved, protocol);
    const there = Object.entries(ports).map(([name, port]) => [name, port + 10_000]);
    expect(portsIn(configFile)).toEqual({ ...OWN, ...Object.fromEntries(there) });
    expect(loadConfig(configFile).backend.protocol).toBe(protocol);
  });

  test('keeps the address of a gateway that it does not speak to, where none runs', () => {
    const { configFile } = openStateFolder(folder, false);
    writeBoxConfig(configFile, ADDRESSES);
    edit(configFile, (config) => Object.assign(config, { 'payment-gateway': { http: { url: ADDRESSES.gatewayUrl }, apiKey: 'pk_0000' } }));
    const before = readFileSync(configFile, 'utf8');
    writeBoxConfig(configFile, { ...ADDRESSES, gatewayUrl: null });
    expect(readFileSync(configFile, 'utf8')).toBe(before);
  });

  test('that is broken is not overwritten', () => {
    const { configFile } = openStateFolder(folder, false);
    writeFileSync(configFile, '{ "device": ');
    writeBoxConfig(configFile, ADDRESSES);
    expect(readFileSync(configFile, 'utf8')).toBe('{ "device": ');
    expect(portsIn(configFile)).toEqual({ api: null, http: null, mqtt: null, gateway: null });
  });
});

describe('the state folder', () => {
  test('started over, loses what tilld made and nothing else', () => {
    const { configFile, boxState, backendState } = openStateFolder(folder, true);
    const own = join(folder, 'notes.txt');
    for (const file of [configFile, join(boxState, 'tilld.db'), backendState, own]) writeFileSync(file, 'x');
    openStateFolder(folder, false);
    expect(statSync(join(boxState, 'tilld.db')).size).toBe(1);
    openStateFolder(folder, true);
    expect(readdirSync(folder).sort()).toEqual(['box', 'notes.txt', 'tilld-simulate.txt']);
    expect(readdirSync(boxState)).toEqual([]);
  });

  test.each([true, false])('of somebody else is not touched (--fresh: %s)', (fresh) => {
    mkdirSync(join(folder, 'box'));
    writeFileSync(join(folder, 'box', 'diary.txt'), 'x');
    expect(() => openStateFolder(folder, fresh)).toThrow(expect.objectContaining({ code: 'state-not-ours' }));
    expect(readdirSync(folder)).toEqual(['box']);
    expect(readdirSync(join(folder, 'box'))).toEqual(['diary.txt']);
  });

  test('that cannot be made is said to be so', () => {
    writeFileSync(join(folder, 'file'), 'x');
    expect(() => openStateFolder(join(folder, 'file'), false)).toThrow(expect.objectContaining({ code: 'state-folder' }));
  });
});

const FREE = ['--port', '0', '--api-port', '0', '--http-port', '0', '--mqtt-port', '0', '--gateway-port', '0'];
const GATEWAY = ['--protocol', 'payment-gateway'];

describe('tilld simulate', () => {
  test.each(['port', 'api-port', 'http-port', 'mqtt-port', 'gateway-port'])(
    'a --%s in use is named with its option, and nothing is left running',
    async (option) => {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      const { port } = taken.address() as AddressInfo;
      const { code, out, err } = await runTilld(['simulate', '--state', folder, ...GATEWAY, ...FREE, `--${option}`, String(port)]);
      await new Promise((resolve) => taken.close(resolve));
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(new RegExp(`Port ${port} for .+ is in use by another program.+take another port with --${option}\\.`));
    },
  );

  test.each([
    ['--port', '70000'],
    ['--api-port', 'x'],
    ['--gateway-port', '-1'],
    ['--protocol', 'x25'],
  ])('%s %s is a wrong command line', async (option, value) => {
    const { code, err } = await runTilld(['simulate', '--state', folder, option, value]);
    expect(code).toBe(2);
    expect(err).toContain(option);
  });

  test('a fault in the edited configuration is told at once', async () => {
    const { configFile } = openStateFolder(folder, false);
    writeBoxConfig(configFile, ADDRESSES);
    edit(configFile, (config) => Object.assign(config, { bord: 'sim' }));
    const { code, out, err } = await runTilld(['simulate', '--state', folder, ...FREE]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('$.bord');
  });

  test('runs box, backend and panel until it is told to stop', async () => {
    const stop = new AbortController();
    let started: (line: string) => void = () => {};
    const line = new Promise<string>((resolve) => {
      started = resolve;
    });
    const ended = runTilld(['simulate', '--json', '--state', folder, ...FREE], { stop: stop.signal, onOut: started });
    const { panelUrl, backendUrl, apiUrl } = JSON.parse(await line);
    const json = async (url: string, init?: RequestInit) => {
      const response = await fetch(url, init);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const power = (cut: boolean) =>
      json(`${panelUrl}sim/power`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ cut }) });
    expect(await json(`${panelUrl}panel/state`)).toMatchObject({ status: 200, body: { power: 'on', run: 'running', refUrl: backendUrl } });
    expect(await json(`${panelUrl}v1/status`)).toMatchObject({ status: 200, body: { device: { serial: 'SIM-0001' }, board: 'sim' } });
    expect((await json(`${backendUrl}ref/devices`)).status).toBe(200);
    expect(await power(true)).toMatchObject({ status: 200, body: { power: 'off' } });
    expect(await json(`${panelUrl}v1/status`)).toMatchObject({ status: 503, body: { error: { code: 'power-off' } } });
    expect(await power(false)).toMatchObject({ status: 200, body: { run: 'running' } });
    await expect.poll(async () => (await json(`${panelUrl}v1/status`)).status, { timeout: 10_000 }).toBe(200);
    stop.abort();
    expect((await ended).code).toBe(0);
    for (const url of [panelUrl, backendUrl, `${apiUrl}/healthz`]) await expect(fetch(url)).rejects.toThrow();
  });

  test('that is killed takes its box with it, and the state can be used again', async () => {
    const killed = new TilldProcess(['simulate', '--json', '--state', folder, ...FREE]);
    const apiUrl = (await killed.says(/"apiUrl":"([^"]+)"/))[1] ?? '';
    expect((await fetch(`${apiUrl}/healthz`)).status).toBe(200);
    expect((await killed.end('SIGKILL')).signal).toBe('SIGKILL');
    await expect
      .poll(
        () =>
          fetch(apiUrl).then(
            () => 'alive',
            () => 'gone',
          ),
        { timeout: 5_000, interval: 50 },
      )
      .toBe('gone');
    const again = new TilldProcess(['simulate', '--json', '--state', folder, ...FREE]);
    await again.says(/"apiUrl"/);
    const { code, err } = await again.end();
    expect({ code, err: err.replace(/^The box is ready.*\n/, '') }).toEqual({ code: 0, err: '' });
  });
});
