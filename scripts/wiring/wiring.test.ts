import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Resvg } from '@resvg/resvg-wasm';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { Board } from '../../src/domain/board.ts';
import { BOARDS_DIR, loadBoard } from '../../src/runtime/board.ts';
import { needsChromium } from '../../src/testkit/needs.ts';
import { watchedBrowser } from '../../src/testkit/watched-browser.ts';
import { headerPicture } from './header.ts';
import { HEADER, pinOf } from './header-pins.ts';
import { DS50_TAKEN, wiringPictures } from './pictures.ts';

const FOLDER = new URL('../../docs/wiring/', import.meta.url);
const OUT = mkdtempSync(join(tmpdir(), 'tilld-wiring-'));
afterAll(() => rmSync(OUT, { recursive: true }));
const PI_4 = loadBoard('raspberry-pi-4', BOARDS_DIR);
const pictures = wiringPictures();
const FILES = Object.keys(pictures);
const stored = (file: string): string => readFileSync(new URL(file, FOLDER), 'utf8');
const textsOf = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, words]) => words ?? '');

/** The board with another line for one of its names. */
const moved = (board: Board, input: string, line: string): Board => {
  const pin = board.inputs[input];
  if (!pin) throw new RangeError(`no input ${input}`);
  return { ...board, inputs: { ...board.inputs, [input]: { ...pin, line } } };
};

test('the header has 28 lines and 12 pins of supply, as every Raspberry Pi has', () => {
  expect(HEADER).toHaveLength(40);
  const lines = HEADER.filter((line) => line.startsWith('GPIO'));
  expect(lines.map((line) => Number(line.slice(4))).sort((a, b) => a - b)).toEqual(Array.from({ length: 28 }, (_, i) => i));
  expect(HEADER.filter((line) => line === 'GND')).toHaveLength(8);
  expect([pinOf(PI_4, 'coin'), pinOf(PI_4, 'relay')]).toEqual([
    { name: 'coin', line: 'GPIO17', pin: 11 },
    { name: 'relay', line: 'GPIO27', pin: 13 },
  ]);
  expect(() => pinOf(PI_4, 'horn')).toThrow(/no pin for horn/);
  expect(() => pinOf(moved(PI_4, 'coin', 'GPIO45'), 'coin')).toThrow(/no pin for coin \(GPIO45\)/);
});

test('the pictures in docs are those of the board files: `npm run wiring` makes them', () => {
  expect(readdirSync(FOLDER).sort()).toEqual([...FILES].sort());
  for (const file of FILES) expect(stored(file), file).toBe(pictures[file]);
});

test('a picture follows its board file', () => {
  const other = wiringPictures(moved(PI_4, 'coin', 'GPIO12'));
  for (const file of ['coin.svg', 'coin-opto.svg']) expect(textsOf(other[file] ?? '')).toContain('GPIO12 · pin 32');
  expect(textsOf(other['header.svg'] ?? '')).toContain('GPIO12 · coin');
});

test('every input and output of the board is in a picture of its own, beside its line', () => {
  const names = [...Object.keys(PI_4.inputs), ...Object.keys(PI_4.outputs)];
  const circuits = FILES.filter((file) => !file.startsWith('header')).flatMap((file) => textsOf(stored(file)));
  for (const name of names) {
    const { line, pin } = pinOf(PI_4, name);
    expect(circuits[circuits.indexOf(name) + 1], name).toBe(`${line} · pin ${pin}`);
  }
});

test.each(['raspberry-pi-3', 'raspberry-pi-5', 'raspberry-pi-zero-2w'])('the board %s has the pins of the pictures', (name) => {
  const board = loadBoard(name, BOARDS_DIR);
  const linesOf = ({ inputs, outputs }: Board) => Object.entries({ ...inputs, ...outputs }).map(([key, { line }]) => [key, line]);
  expect(linesOf(board)).toEqual(linesOf(PI_4));
});

describe('the ds50 board', () => {
  const board = loadBoard('ds50', BOARDS_DIR);

  it('is the simulated one on real pins', () => {
    const sim = loadBoard('ds50-sim', BOARDS_DIR);
    expect(board).toMatchObject({ hardware: 'libgpiod', outputs: {}, acceptors: [], delivery: null, display: sim.display });
    expect(board.buttons).toEqual(sim.buttons);
    expect(Object.keys(board.inputs)).toEqual(Object.keys(sim.inputs));
    expect(new Set(Object.values(board.inputs).map(({ chip, idle }) => `${chip} ${idle}`))).toEqual(new Set(['pinctrl-bcm2835 high']));
  });

  it('leaves screen, sound and I2C their pins', () => {
    for (const { line } of Object.values(board.inputs)) {
      expect(HEADER).toContain(line);
      expect(Object.keys(DS50_TAKEN)).not.toContain(line);
    }
    expect(() => headerPicture(moved(board, 'key-0', 'GPIO10'), DS50_TAKEN)).toThrow(/GPIO10 is key-0 .* taken for screen MOSI/);
  });
});

test.each([
  [['--out', OUT], 0, /^10 pictures in .*tilld-wiring/],
  [['--help'], 0, /Usage: npm run wiring/],
  [['--colour'], 2, /^wiring: Unknown option '--colour'/],
  [['--out', '/dev/null/never'], 1, /^wiring: .*ENOTDIR.*\/dev\/null\/never/],
] as const)('the command takes %j', (options, status, expected) => {
  const script = fileURLToPath(new URL('../wiring.ts', import.meta.url));
  const ended = spawnSync(process.execPath, [script, ...options], { encoding: 'utf8' });
  expect(ended.stdout + ended.stderr).toMatch(expected);
  expect(ended.status).toBe(status);
  if (options[1] === OUT) expect(FILES.map((file) => readFileSync(join(OUT, file), 'utf8'))).toEqual(FILES.map(stored));
});

describe('every picture', () => {
  beforeAll(async () => {
    const { rasterise } = await import('../../src/drivers/display/raster.ts');
    // Loads resvg, whose parser takes only well-formed XML.
    await rasterise('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>', 8, 8);
  });

  it.each(FILES)('is well-formed: %s', (file) => {
    const svg = stored(file);
    expect(new Resvg(svg).width).toBeGreaterThan(0);
    expect(() => new Resvg(svg.replace('</title>', ''))).toThrow();
    expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 560 \d+" [^>]*role="img">\n<title>[^<]+<\/title>/);
    expect(svg).not.toMatch(/href|<script|@import|url\(/);
  });
});

const chromium = needsChromium();
describe.skipIf(chromium.missing)(`on a page${chromium.why}`, () => {
  const browser = watchedBrowser();

  it.each(FILES)('keeps its texts apart: %s', async (file) => {
    const page = await browser.open(new URL(file, FOLDER).href);
    // The second is as wide as fonts get.
    for (const font of ['', 'DejaVu Sans']) expect(await page.evaluate(`(${FAULTS})('${font}')`), font).toEqual([]);
  });

  it('would see texts that are not', async () => {
    const page = await browser.open(new URL('relay.svg', FOLDER).href);
    const move = (words: string, x: number, y: number) =>
      page.evaluate(
        `for (const t of document.querySelectorAll('text')) if (t.textContent === '${words}') t.setAttribute('x', ${x}), t.setAttribute('y', ${y})`,
      );
    await move('Raspberry Pi', 20, 44);
    await move('COM', 402, 248);
    await move('10 kΩ', 250, 216);
    const found = (await page.evaluate(`(${FAULTS})('')`)) as string[];
    expect([...new Set(found.map((fault) => fault.replace(/ at .*/, '')))]).toEqual([
      'Raspberry Pi is outside',
      'NO is on COM',
      '10 kΩ is on a line',
      'Raspberry Pi is on the edge of a box',
    ]);
  });
});

/** Runs in the browser: texts outside the picture, on one another, or on a wire. Given as text, for it sees no module here. */
const FAULTS = `(font) => {
  const svg = document.documentElement;
  const { width, height } = svg.viewBox.baseVal;
  const boxOf = (text) => {
    if (font) text.style.fontFamily = '"' + font + '"';
    const { x, y, width, height } = text.getBBox();
    // Without the room above and below the letters.
    return { words: text.textContent, left: x, right: x + width, top: y + height * 0.22, bottom: y + height * 0.86 };
  };
  const texts = [...svg.querySelectorAll('text')].map(boxOf);
  const faults = [];
  for (const t of texts) {
    if (t.left < 4 || t.top < 4 || t.right > width - 4 || t.bottom > height - 4) faults.push(t.words + ' is outside');
  }
  texts.forEach((a, i) => {
    for (const b of texts.slice(i + 1)) {
      if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) faults.push(a.words + ' is on ' + b.words);
    }
  });
  for (const line of svg.querySelectorAll('path')) {
    const place = line.getCTM();
    for (let at = 0; at <= line.getTotalLength(); at += 2) {
      const { x, y } = line.getPointAtLength(at).matrixTransform(place);
      const hit = texts.find((t) => x > t.left - 2 && x < t.right + 2 && y > t.top - 1 && y < t.bottom + 1);
      if (hit) { faults.push(hit.words + ' is on a line at ' + x + ' ' + y); break; }
    }
  }
  for (const edge of svg.querySelectorAll('rect.box')) {
    const { x, y, width, height } = edge.getBBox();
    for (const t of texts) {
      const inside = t.left > x && t.right < x + width && t.top > y && t.bottom < y + height;
      const outside = t.right < x || t.left > x + width || t.bottom < y || t.top > y + height;
      if (!inside && !outside && !edge.closest('g')) faults.push(t.words + ' is on the edge of a box');
    }
  }
  return faults;
}`;
