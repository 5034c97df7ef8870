import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Screen } from '../domain/screen.ts';
import { keyAt } from '../domain/touch.ts';
import { rasterise } from '../drivers/display/raster.ts';
import { KIOSK_PATH, REFERENCE_KIOSK } from '../refserver/kiosk/tokens.ts';
import { startReferenceBackend } from '../refserver/server.ts';
import { memoryLog } from '../testkit/log.ts';
import { readPng } from '../testkit/png.ts';
import { systemClock } from './clock.ts';
import { type DisplaySettings, displayOf } from './display.ts';
import { runBox } from './run-box.ts';

const AMOUNTS: Screen = { kind: 'amount-select', amounts: [{ minor: 2_000, currency: 'GBP' }], other: true };
const PATIENT = { timeout: 10_000 };

let folder: string;
let log: ReturnType<typeof memoryLog>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-display-'));
  log = memoryLog();
});
afterEach(() => rmSync(folder, { recursive: true }));

const displayAs = (wanted: DisplaySettings | undefined) =>
  displayOf(wanted, {
    board: { display: { width: 480, height: 320, touch: true } },
    look: async () => ({ language: 'en', touch: true }),
    language: () => 'en',
    press: () => undefined,
    clock: systemClock(),
    log,
  });

test.each([[undefined], [{ driver: 'none' } as const]])('no display is none: %j', async (wanted) => {
  expect(await displayAs(wanted)).toBeNull();
});

test('a picture file has the size of the board, and knows what can be touched', async () => {
  const file = join(folder, 'screen.png');
  const display = await displayAs({ driver: 'png', file });
  display?.show(AMOUNTS);
  expect([existsSync(file), display?.picture()]).toEqual([false, null]);
  display?.start();
  await expect.poll(() => display?.picture() ?? null, PATIENT).toMatchObject({ width: 480, height: 320 });
  const { width, height } = readPng(readFileSync(file));
  expect([width, height]).toEqual([480, 320]);
  const touch = display?.picture()?.touch ?? [];
  expect(touch.map(({ key }) => key)).toEqual(['amount-1', 'amount-other']);
  for (const { key, left, top } of touch) expect(keyAt(touch, left, top)).toBe(key);
  await display?.stop();
  expect(log.lines).toEqual([]);
});

test('a panel that is not there is logged, and stops nothing', async () => {
  const touch = { device: 'no-such-event', x: [0, 4_095], y: [0, 4_095] } as const;
  const display = await displayAs({ driver: 'framebuffer', device: 'fb99', rotation: 90, touch });
  display?.start();
  display?.show(AMOUNTS);
  const warned = () => log.lines.filter(({ level }) => level !== 'debug').map(({ fields }) => (fields.error as { code?: string }).code);
  await expect.poll(() => warned().sort(), PATIENT).toEqual(['display-missing', 'touch-missing']);
  expect(display?.picture()).toBeNull();
  await display?.stop();
});

test('a whole box keeps the picture at its screen, and a touch on what is seen there counts', async () => {
  const backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0 });
  const configFile = join(folder, 'box.json');
  const file = join(folder, 'screen.png');
  const config = {
    device: { serial: 'TEST-KIOSK', mac: '02:00:00:00:00:0c', chipId: 'TEST-CHIP', model: 'test' },
    board: 'kiosk-sim',
    protocol: 'kiosk',
    kiosk: { url: `${backend.httpUrl.replace('http', 'ws')}${KIOSK_PATH}`, token: REFERENCE_KIOSK.token },
    display: { driver: 'png', file },
    theme: { contrast: 'high', text: 'large' },
    api: { port: 0 },
    sale: { currency: 'GBP', maxMinor: 100_000 },
    log: { level: 'error' },
  };
  writeFileSync(configFile, JSON.stringify(config));
  const box = await runBox({ configFile, stateDir: join(folder, 'state'), restart: () => undefined });
  const screen = async () => ((await (await fetch(`${box.url}/v1/screen`)).json()) as Screen).kind;
  const svg = async () => (await fetch(`${box.url}/v1/screen.svg`)).text();
  /** Whether the file shows what the box does, dot by dot. */
  const same = async () => {
    const { rgba } = await rasterise(await svg(), 800, 480);
    return existsSync(file) && Buffer.from(readPng(readFileSync(file)).data).equals(rgba);
  };
  const touch = async (x: number, y: number) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${box.url}/v1/touch`, { method: 'POST', headers, body: JSON.stringify({ x, y }) })).json();
  };
  try {
    await expect.poll(screen, PATIENT).toBe('amount-select');
    await expect.poll(same, PATIENT).toBe(true);
    const before = readFileSync(file);
    const [, x, y] = /<text x="([\d.]+)" y="([\d.]+)"[^>]*>£60</.exec(await svg()) ?? [];
    expect(await touch(2, 2)).toMatchObject({ key: null });
    expect(await touch(Math.round(Number(x)), Math.round(Number(y)) - 4)).toMatchObject({ key: 'amount-3' });
    await expect.poll(screen, PATIENT).toBe('payment-method');
    await expect.poll(same, PATIENT).toBe(true);
    expect(readFileSync(file).equals(before)).toBe(false);
  } finally {
    await box.stop();
    await backend.stop();
  }
});
