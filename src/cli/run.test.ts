import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BoxStatus } from '../app/box.ts';
import type { Recorded } from '../domain/journal.ts';
import { type ReferenceBackend, startReferenceBackend } from '../refserver/server.ts';
import { type Ending, TilldProcess } from '../testkit/run-process.ts';

/** A stop must be over well before whoever asked for it (a supervisor, systemd) loses patience. */
const STOP_MS = 5_000;
const JSON_TYPE = { 'content-type': 'application/json' };

/** Takes connections and never says a word: a broker or backend that hangs. */
class SilentPeer {
  port = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #heard: (() => void)[] = [];
  #bytes = false;

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket.on('error', () => undefined));
      socket.on('data', () => {
        this.#bytes = true;
        for (const wake of this.#heard.splice(0)) wake();
      });
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => void this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    this.port = typeof address === 'object' && address ? address.port : 0;
  }

  /** Resolves when somebody has spoken to it. */
  async spokenTo(): Promise<void> {
    if (!this.#bytes) await new Promise<void>((resolve) => void this.#heard.push(resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let backend: ReferenceBackend;
let silent: SilentPeer;
let folder: string;
const running: TilldProcess[] = [];

beforeAll(async () => {
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0 });
});
afterAll(() => backend.stop());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-run-'));
  silent = new SilentPeer();
  await silent.open();
});
afterEach(async () => {
  for (const box of running.splice(0)) await box.end('SIGKILL');
  await silent.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Urls {
  readonly http?: string;
  readonly mqtt?: string;
}

interface Setting {
  readonly level?: string;
  readonly apiPort?: number;
  readonly options?: readonly string[];
}

function launch({ http = backend.httpUrl, mqtt = backend.mqttUrl }: Urls = {}, setting: Setting = {}): TilldProcess {
  const { level = 'error', apiPort = 0, options = [] } = setting;
  const config = {
    device: { serial: 'STOP-1', mac: '02:00:00:00:00:51', chipId: 'stop', model: 'sim' },
    board: 'sim',
    protocol: 'promptpay',
    promptpay: { http: { url: http }, mqtt: { url: mqtt } },
    api: { port: apiPort },
    sale: { drive: { mode: 'hold', holdMs: 600_000 } },
    log: { level },
  };
  writeFileSync(join(folder, 'box.json'), JSON.stringify(config));
  const box = new TilldProcess(['run', '--json', '--config', join(folder, 'box.json'), '--state', join(folder, 'state'), ...options]);
  running.push(box);
  return box;
}

const ready = async (box: TilldProcess): Promise<string> => (await box.says(/"url":"([^"]+)"/))[1] ?? '';
const post = (url: string, body: unknown) => fetch(url, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) });
const status = async (url: string) => (await (await fetch(`${url}/v1/status`)).json()) as BoxStatus;

/** Waits until the box is in a state. */
async function until(url: string, holds: (status: BoxStatus) => boolean): Promise<BoxStatus> {
  return expect
    .poll(() => status(url), { timeout: 10_000, interval: 20 })
    .toSatisfy(holds)
    .then(() => status(url));
}

/** Gets a new box claimed, so that it may sell by QR. */
async function claimed(url: string): Promise<void> {
  const { pairing } = await until(url, ({ pairing: { pin }, links }) => pin !== null && links.mqtt === 'up');
  await post(`${backend.httpUrl}/ref/devices/${pairing.deviceId}/claim`, { pin: pairing.pin });
}

function expectGoodEnd({ code, signal, err, tookMs }: Ending): void {
  expect({ code, signal, err }).toEqual({ code: 0, signal: null, err: '' });
  expect(tookMs).toBeLessThan(STOP_MS);
}

describe('a box that is told to stop ends with 0 within five seconds', () => {
  test('while nothing happens', async () => {
    const box = launch();
    await until(await ready(box), ({ links }) => links.mqtt === 'up');
    expectGoodEnd(await box.end());
  });

  test('by Ctrl-C and by a terminal that goes away, too', async () => {
    for (const signal of ['SIGINT', 'SIGHUP'] as const) {
      const box = launch();
      await ready(box);
      expectGoodEnd(await box.end(signal));
    }
  });

  test('at every line it writes while it starts', { timeout: 120_000 }, async () => {
    for (let lines = 1; ; lines++) {
      const box = launch({}, { level: 'debug' });
      if (!(await box.logs(lines))) break;
      const { code, signal, tookMs } = await box.end();
      expect({ lines, code, signal }).toEqual({ lines, code: 0, signal: null });
      expect(tookMs).toBeLessThan(STOP_MS);
      if (lines === 15) break;
    }
  });

  test.each<[string, () => Urls]>([
    ['the backend has not answered yet', () => ({ http: `http://127.0.0.1:${silent.port}` })],
    ['the backend has not answered the TLS handshake yet', () => ({ http: `https://127.0.0.1:${silent.port}` })],
    ['the broker has not greeted yet', () => ({ mqtt: `mqtt://127.0.0.1:${silent.port}` })],
    ['the broker has not answered the TLS handshake yet', () => ({ mqtt: `mqtts://127.0.0.1:${silent.port}` })],
  ])('while %s', async (_what, urls) => {
    const box = launch(urls());
    await silent.spokenTo();
    await ready(box);
    expectGoodEnd(await box.end());
  });

  test('while broker and backend are down', async () => {
    const box = launch();
    await until(await ready(box), ({ links }) => links.mqtt === 'up');
    await box.end();
    const again = launch({ http: 'http://127.0.0.1:1', mqtt: 'mqtt://127.0.0.1:1' });
    await until(await ready(again), ({ alarms }) => alarms.some(({ code }) => code === 'mqtt-peer-refused-connection'));
    expectGoodEnd(await again.end());
  });

  test('while a QR is on the screen', async () => {
    const box = launch();
    const url = await ready(box);
    await claimed(url);
    await post(`${url}/v1/sales`, { amountMinor: 2_000 });
    await until(url, ({ sale }) => sale?.state === 'qr');
    expectGoodEnd(await box.end());
  });

  test('while a relay is held and a payment is read out', async () => {
    const box = launch();
    const url = await ready(box);
    await claimed(url);
    await post(`${url}/v1/sales`, { amountMinor: 2_000 });
    const { sale } = await until(url, (now) => now.sale?.state === 'qr');
    await post(`${backend.httpUrl}/ref/charges/${sale?.charge}/pay`, {});
    await until(url, (now) => now.sale?.state === 'delivering');
    const { err, ...ending } = await box.end();
    expectGoodEnd({ ...ending, err: '' });
    // Nobody knows whether the customer was served: that, and nothing else, is told to whoever looks after the box.
    expect(
      err
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).code),
    ).toEqual(['delivery-unknown']);
    const again = await ready(launch());
    const { entries } = (await (await fetch(`${again}/v1/ledger?sale=${sale?.id}`)).json()) as { entries: Recorded[] };
    expect(entries.flatMap(({ entry }) => (entry.kind === 'act.outcome' ? [entry.result] : []))).toEqual(['indeterminate']);
  });

  test('in the middle of a coin', async () => {
    const box = launch();
    const url = await ready(box);
    // Longer than any patience: the line is still being played when the box stops.
    const playing = post(`${url}/sim/pulses`, { line: 'coin', widthsMs: Array(10).fill(50), gapsMs: Array(10).fill(20_000) });
    playing.catch(() => undefined);
    await expect.poll(async () => (await fetch(`${url}/metrics`)).text()).toContain('acceptor');
    expectGoodEnd(await box.end());
  });

  test('with readers of its stream, of whom one does not read', async () => {
    const box = launch();
    const url = await ready(box);
    const reading = await fetch(`${url}/v1/stream?after=0`);
    const idle = await fetch(`${url}/v1/stream?after=0`);
    const read = reading.text();
    expectGoodEnd(await box.end());
    expect(await read).toContain('event: entry');
    await idle.body?.cancel();
  });
});

test('a box whose API port is in use says so and ends', async () => {
  const { code, err, tookMs } = await launch({}, { apiPort: silent.port }).ended();
  expect([code, err]).toEqual([1, expect.stringContaining('port-in-use')]);
  expect(tookMs).toBeLessThan(STOP_MS);
});

describe('--until-parent-ends', () => {
  test('stops the box in order when its standard input ends', async () => {
    const box = launch({}, { options: ['--until-parent-ends'] });
    await ready(box);
    box.child.stdin.end();
    expectGoodEnd(await box.ended());
  });

  test('without it a box does not mind', async () => {
    const box = launch();
    const url = await ready(box);
    box.child.stdin.end();
    await until(url, ({ links }) => links.mqtt === 'up');
    expectGoodEnd(await box.end());
  });
});
