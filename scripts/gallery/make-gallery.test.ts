import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { Screen } from '../../src/domain/screen.ts';
import { needsChromium } from '../../src/testkit/needs.ts';
import { readPng } from '../../src/testkit/png.ts';
import { SAMPLE_SCREENS } from '../../src/testkit/sample-screens.ts';
import { watchedBrowser } from '../../src/testkit/watched-browser.ts';
import { makeGallery, picturesOf } from './make-gallery.ts';
import { titleOf } from './screens.ts';

const SCREENS: readonly Screen[] = [
  { kind: 'thank-you' },
  { kind: 'amount-select', amounts: [{ minor: 2_000, currency: 'GBP' }], other: true },
  { kind: 'device-error', message: '</script><b>', code: '' },
];

let out: string;
let drawn = 0;
beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), 'tilld-gallery-'));
  await makeGallery({ out, width: 320, height: 240, screens: SCREENS, onPicture: () => drawn++ });
});
afterAll(() => rmSync(out, { recursive: true }));

test('there is a picture of every screen in every language and theme', () => {
  expect(drawn).toBe(3 * 5 * 4);
  expect(picturesOf(SCREENS)).toBe(drawn);
  expect(readdirSync(out).sort()).toEqual(['contrast', 'contrast-large', 'index.html', 'large', 'normal']);
  const pngs = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.png'));
  expect(pngs).toHaveLength(drawn);
  for (const file of pngs) expect(readPng(readFileSync(join(out, file)))).toMatchObject({ width: 320, height: 240 });
});

test('titles say what a sample shows', () => {
  expect(titleOf({ kind: 'keypad', typed: gbp(7), min: gbp(10), max: gbp(30), problem: 'too-low', cancel: true })).toBe(
    'keypad · too-low · cancel',
  );
  expect(titleOf({ kind: 'failed', reason: 'timeout', credit: gbp(1) })).toBe('failed · timeout · credit');
  for (const screen of SAMPLE_SCREENS) expect(titleOf(screen)).not.toMatch(/undefined|object/);
});
const gbp = (pounds: number) => ({ minor: pounds * 100, currency: 'GBP' }) as const;

test.each([
  [['--help'], 0, /Usage: npm run gallery/],
  [['--size', 'large'], 2, /--size is a width and a height/],
  [['--colour'], 2, /Unknown option '--colour'/],
  [['--out', '/dev/null/never'], 1, /^gallery: .*ENOTDIR.*\/dev\/null\/never.*\n$/],
] as const)('the command takes %j', (options, status, expected) => {
  const script = fileURLToPath(new URL('../gallery.ts', import.meta.url));
  let said = '';
  let code = 0;
  try {
    said = execFileSync(process.execPath, [script, ...options], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const failed = error as { status: number; stderr: string };
    [code, said] = [failed.status, failed.stderr];
  }
  expect(said).toMatch(expected);
  expect(code).toBe(status);
});

const chromium = needsChromium();
describe.skipIf(chromium.missing)(`the page${chromium.why}`, () => {
  const browser = watchedBrowser();

  it('shows the screens that are chosen, in a language, a theme, and with what can be touched', async () => {
    const page = await browser.open(pathToFileURL(join(out, 'index.html')).href);
    const sources = () => page.locator('.glass img').evaluateAll((all) => all.map((one) => one.getAttribute('src')));
    expect(await sources()).toEqual(['normal/en/00.png', 'normal/en/01.png', 'normal/en/02.png']);
    await page.getByRole('radio', { name: 'Chinese' }).check();
    await page.getByRole('radio', { name: 'Both' }).check();
    await page.getByRole('checkbox', { name: 'Touch areas' }).check();
    await page.getByRole('searchbox', { name: 'Screen' }).fill('amount');
    expect(await sources()).toEqual(['contrast-large/zh/01.png']);
    expect(await page.locator('.area').allTextContents()).toEqual(['amount-1', 'amount-other']);
    await page.waitForFunction("document.querySelector('.glass img').naturalWidth === 320");
    await page.getByRole('radio', { name: 'All', exact: true }).check();
    expect((await sources()).map((source) => source?.split('/')[1])).toEqual(['th', 'id', 'vi', 'en', 'zh']);
    await page.reload();
    expect(await sources()).toHaveLength(5);
  });
});
