import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runTilld } from '../testkit/command-line.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilld-refserver-'));
});
afterEach(() => rm(folder, { recursive: true }));

const PORTS = ['--http-port', '0', '--mqtt-port', '0', '--gateway-port', '0'];

test('prints the addresses, serves until it is stopped, and leaves its state behind', async () => {
  const stop = new AbortController();
  const state = join(folder, 'new', 'state');
  let status: Promise<number> | undefined;
  const onOut = (text: string) => {
    status = fetch(`${JSON.parse(text).httpUrl}/ref/devices`).then((reply) => reply.status);
    void status.finally(() => stop.abort());
  };
  const { code, out } = await runTilld(['refserver', ...PORTS, '--state', state, '--json'], { stop: stop.signal, onOut });
  expect(code).toBe(0);
  expect(await status).toBe(200);
  const said = JSON.parse(out);
  expect(said).toEqual({
    httpUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    mqttUrl: expect.stringMatching(/^mqtt:\/\/127\.0\.0\.1:\d+$/),
    gatewayUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    gatewayUpstreams: { payos: 'simulated', thesieutoc: 'simulated' },
    stateFile: join(state, 'refserver.sqlite'),
  });
  await expect(fetch(said.httpUrl)).rejects.toThrow('fetch failed');
  expect((await stat(said.stateFile)).size).toBeGreaterThan(0);
});

test('says the same to people', async () => {
  const { code, out, err } = await runTilld(['refserver', ...PORTS, '--state', folder], { stop: AbortSignal.abort() });
  expect(code).toBe(0);
  expect(out).toMatch(
    /Reference backend {2}http:\/\/127\.0\.0\.1:\d+\nMQTT broker {8}mqtt:\/\/127\.0\.0\.1:\d+\nPayment gateway {4}http:\/\/127\.0\.0\.1:\d+ {3}PayOS: simulated, TheSieuToc: simulated\n/,
  );
  expect(err).toContain('has stopped');
});

test.each([
  ['--http-port', '70000'],
  ['--mqtt-port', '-1'],
  ['--mqtt-port', 'x'],
  ['--gateway-port', '65536'],
])('%s %s is a usage fault', async (option, value) => {
  const { code, err } = await runTilld(['refserver', `${option}=${value}`, '--state', folder]);
  expect(code).toBe(2);
  expect(err).toContain(`${option} is not usable`);
});

test('a state folder that cannot be made is said so', async () => {
  await writeFile(join(folder, 'file'), '');
  const { code, err } = await runTilld(['refserver', ...PORTS, '--state', join(folder, 'file', 'deeper')]);
  expect(code).toBe(1);
  expect(err).toContain('--state');
});
