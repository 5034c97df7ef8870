import { request as httpRequest } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadBoard } from '../runtime/board.ts';
import { FakeBoxApi, FakePower } from '../testkit/box-api.ts';
import { memoryLog } from '../testkit/log.ts';
import { panelBoard } from './panel-board.ts';
import { type Panel, startPanel } from './panel-server.ts';
import type { BoxPower } from './supervisor.ts';

const BOARD = panelBoard(loadBoard('sim', fileURLToPath(new URL('../../boards/', import.meta.url))), 'SIM-0001', {
  currency: 'THB',
  products: [{ button: 'p1', label: 'Quick wash', priceMinor: 2000, drive: { mode: 'hold', holdMs: 1 } }],
});

let box: FakeBoxApi;
let power: FakePower;
let panel: Panel;
let base: string;

const options = () => ({
  host: '127.0.0.1',
  port: 0,
  api: { host: '127.0.0.1', port: box.port, token: 'secret-token' },
  refUrl: 'http://localhost:8081/',
  board: BOARD,
  power,
  log: memoryLog(),
});

beforeEach(async () => {
  box = new FakeBoxApi();
  await box.up();
  power = new FakePower(box);
  panel = await startPanel(options());
  base = `http://127.0.0.1:${panel.port}`;
});

afterEach(async () => {
  await panel.stop();
  await box.down();
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** A raw request, for headers that fetch does not let a caller set. */
const raw = (path: string, headers: Record<string, string>) =>
  new Promise<number>((resolve, reject) => {
    httpRequest(base + path, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

test('the panel draws a board by its denominations, products, buttons, delivery output and inhibit lines', () => {
  expect(BOARD).toEqual({
    title: 'Simulated payment box',
    serial: 'SIM-0001',
    currency: 'THB',
    fractionDigits: 2,
    display: { width: 480, height: 320 },
    denominations: { coin: [100, 200, 500, 1_000], bill: [2_000, 5_000, 10_000, 50_000, 100_000] },
    products: [{ button: 'p1', label: 'Quick wash', priceMinor: 2_000 }],
    buttons: expect.arrayContaining(['0', '9', 'ok', 'cancel', 'clear', 'pair', 'p1', 'p2', 'p3']),
    delivery: 'relay',
    inhibits: { 'coin-inhibit': { method: 'coin', whileActive: true }, 'bill-inhibit': { method: 'bill', whileActive: true } },
  });
});

describe('the page', () => {
  test.each([
    ['/', 'text/html; charset=utf-8'],
    ['/panel.css', 'text/css; charset=utf-8'],
    ['/panel.js', 'text/javascript; charset=utf-8'],
    ['/icon.svg', 'image/svg+xml'],
  ])('%s is served under a policy that allows own files only', async (path, type) => {
    const response = await fetch(base + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  });

  test.each(['/panel-server.ts', '/..%2fpanel-server.ts', '/panel/../panel-server.ts', '/nothing'])('%s is not served', async (path) => {
    const response = await fetch(base + path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'not-found' } });
  });

  test('its state carries the power, the backend page and the board', async () => {
    expect(await (await fetch(`${base}/panel/state`)).json()).toEqual({
      power: 'on',
      run: 'running',
      lastDeath: null,
      refUrl: 'http://localhost:8081/',
      board: BOARD,
    });
  });
});

describe('the box behind it', () => {
  test('a request goes through with its query, body, token and answer', async () => {
    box.append({ kind: 'counters.reset' }, { kind: 'counters.reset' });
    const answer = (await (await fetch(`${base}/v1/ledger?after=1&limit=5`)).json()) as { entries: { seq: number }[] };
    expect(answer.entries.map((e) => e.seq)).toEqual([2]);
    expect(box.got.at(-1)).toMatchObject({ path: '/v1/ledger?after=1&limit=5', headers: { authorization: 'Bearer secret-token' } });
    expect((await post('/sim/coin', { denomination: 100 })).status).toBe(200);
    expect(box.posted).toEqual([{ path: '/sim/coin', body: { denomination: 100 } }]);
  });

  test('an answer of the box that is not 200 goes through as it is', async () => {
    const response = await fetch(`${base}/v1/nothing`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { message: 'There is nothing here' } });
  });

  test('the picture of the screen may not run scripts even when it is opened by itself', async () => {
    const response = await fetch(`${base}/v1/screen.svg`);
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
    expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; style-src 'unsafe-inline'; img-src data:");
  });

  test('events stream through as they happen, with Last-Event-ID, and a closed tab closes the stream at the box', async () => {
    const abort = new AbortController();
    const response = await fetch(`${base}/v1/stream`, { headers: { 'last-event-id': '7' }, signal: abort.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(box.got.at(-1)?.headers['last-event-id']).toBe('7');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (wanted: string) => {
      while (!text.includes(wanted)) text += (await reader?.read())?.value ?? '';
    };
    await until(': open');
    box.append({ kind: 'counters.reset' });
    await until('event: entry');
    box.show({ kind: 'starting' });
    await until('data: {"kind":"starting"}');
    expect(box.streams()).toBe(1);
    abort.abort();
    while (box.streams() > 0) await new Promise<void>((resolve) => setImmediate(resolve));
  });

  test('a body that is too long, or not JSON by its type, never reaches the box', async () => {
    expect((await post('/sim/coin', `"${'x'.repeat(70_000)}"`)).status).toBe(413);
    expect((await post('/sim/coin', '{}', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await fetch(`${base}/sim/coin`, { method: 'DELETE' })).status).toBe(405);
    expect(box.posted).toEqual([]);
  });
});

describe('foreign pages', () => {
  test('a page of another site cannot press buttons', async () => {
    const response = await post('/sim/coin', {}, { origin: 'http://evil.example' });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: 'foreign-origin' } });
    expect((await post('/sim/coin', {}, { origin: base })).status).toBe(200);
  });

  test('another name for this machine is not served while the panel is bound to loopback', async () => {
    expect(await raw('/panel/state', { host: 'evil.example' })).toBe(403);
    expect(await raw('/panel/state', { host: `localhost:${panel.port}` })).toBe(200);
  });
});

describe('the mains switch', () => {
  test('a cut takes the box away and 503 says why; switched on, it is back', async () => {
    expect(await (await post('/sim/power', { cut: true })).json()).toEqual({ power: 'off', run: 'off', lastDeath: null });
    const dark = await fetch(`${base}/v1/status`);
    expect(dark.status).toBe(503);
    expect(await dark.json()).toEqual({ error: { code: 'power-off', message: 'The box has no power', remedy: 'Switch the power on.' } });
    expect((await (await fetch(`${base}/panel/state`)).json()) as BoxPower).toMatchObject({ power: 'off' });
    expect((await post('/sim/power', { cut: false })).status).toBe(200);
    expect((await fetch(`${base}/v1/status`)).status).toBe(200);
    expect(box.posted).toEqual([]);
  });

  test('a cut ends the open event streams', async () => {
    const response = await fetch(`${base}/v1/stream`);
    const ended = response.text().catch(() => 'cut');
    await post('/sim/power', { cut: true });
    await ended;
    expect(box.streams()).toBe(0);
  });

  test('a box that has power and does not answer is said to be starting', async () => {
    await box.down();
    expect(await (await fetch(`${base}/v1/status`)).json()).toMatchObject({ error: { code: 'box-starting' } });
  });

  test.each(['{}', '{"cut":"yes"}', 'null', '{'])('a body of %s switches nothing', async (body) => {
    const response = await post('/sim/power', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'power-invalid' } });
    expect(power.power).toBe('on');
  });
});

test('a port in use is said with its number and the option to change it', async () => {
  const again = startPanel({ ...options(), port: panel.port });
  await expect(again).rejects.toMatchObject({ code: 'port-in-use', remedy: expect.stringContaining('--port') });
  await expect(again).rejects.toThrow(String(panel.port));
});
