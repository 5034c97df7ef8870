import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FONT_FOLDER, SCRIPT_FONTS } from './fonts.ts';
import { rasterise, rasteriserWith } from './raster.ts';
import { RasterFault } from './raster-fault.ts';

const svg = (content: string, width = 400, height = 60): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="${width}" height="${height}" fill="#fff"/>${content}</svg>`;

const line = (words: string, more = ''): string =>
  svg(`<text x="10" y="40" font-size="30" font-family="'Noto Sans',sans-serif"${more}>${words}</text>`);

/** How many pixels are dark, and where the first and last of their columns are. */
async function inkOf(picture: string) {
  const { rgba, width, height } = await rasterise(picture, 400, 60);
  let [dark, left, right] = [0, width, 0];
  for (let i = 0; i < width * height; i++) {
    if ((rgba[4 * i] ?? 255) > 128) continue;
    [dark, left, right] = [dark + 1, Math.min(left, i % width), Math.max(right, i % width)];
  }
  return { dark, left, right };
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => (error instanceof RasterFault && error.blame === 'device' ? error.code : error),
  );

describe('a picture', () => {
  it('is the pixels of its SVG, whoever else draws at the same time', async () => {
    const halves = svg('<rect x="1" width="1" height="2" fill="#102030"/>', 2, 2);
    const white = [255, 255, 255, 255];
    const blue = [16, 32, 48, 255];
    const all = await Promise.all(Array.from({ length: 20 }, () => rasterise(halves, 2, 2)));
    for (const { rgba } of all) expect([...rgba]).toEqual([...white, ...blue, ...white, ...blue]);
  });

  it.each([
    ['no SVG', 'words'],
    ['an SVG that breaks off', '<svg xmlns="http://www.w3.org/2000/svg" width="2"'],
    ['an SVG of another size', svg('', 3, 2)],
    ['an SVG without a size', '<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"/>'],
  ])('cannot be made of %s, and the next one can', async (_, text) => {
    expect(await codeOf(rasterise(text, 2, 2))).toBe('svg-not-drawable');
    expect((await rasterise(svg('', 2, 2), 2, 2)).rgba).toHaveLength(16);
  });

  it('takes no more memory the more of them are drawn', async () => {
    const one = line('ชำระ 支付 Pay');
    for (let i = 0; i < 20; i++) await rasterise(one, 400, 60);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 300; i++) await rasterise(one, 400, 60);
    expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(60);
  });
});

describe('text', () => {
  it.each([
    ['Thai', 'ภาษาไทย'],
    ['Chinese', '中文支付'],
    ['the baht sign', '฿'],
    ['Vietnamese', 'Việt Nam ₫'],
    ['English', 'Pay £10'],
  ])('in %s has a bold face of its own', async (_, words) => {
    const [regular, bold] = [await inkOf(line(words)), await inkOf(line(words, ' font-weight="700"'))];
    expect(regular.dark).toBeGreaterThan(50);
    expect(bold.dark).toBeGreaterThan(regular.dark);
  });

  it.each(['กำ', 'น้ำ', 'ซ้ำ'])('%s has room for its SARA AM', async (word) => {
    const [before, after] = ['|', `${word}|`].map(async (words) => (await inkOf(line(words))).right);
    // The vowel and its letter are each about half an em wide.
    expect(((await after) ?? 0) - ((await before) ?? 0)).toBeGreaterThan(25);
    const apart = (await inkOf(line(`${word}|`))).right;
    const spelt = (await inkOf(line(`${word.replace(/(.)([\u{e48}-\u{e4b}]?)ำ/u, '$1\u{e4d}$2า')}|`))).right;
    expect(apart).toBe(spelt);
  });

  it('of more than one script stands as wide as its parts', async () => {
    const whole = await inkOf(line('Pay ชำระ 支付'));
    const held = await inkOf(line('Pay ชำระ 支付', ' textLength="390" lengthAdjust="spacingAndGlyphs"'));
    expect(held).toEqual(whole);
    expect(whole.right).toBeLessThan(260);
  });

  it('without a glyph in any font leaves no mark that could be taken for another', async () => {
    expect(await inkOf(line('\u{10330}\u{1f600}'))).toMatchObject({ dark: 0 });
  });
});

describe('fonts that are missing', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tilld-fonts-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are told with their path, and used once they are there', async () => {
    const draw = rasteriserWith(folder);
    await expect(draw(line('Pay'), 400, 60)).rejects.toMatchObject({
      code: 'font-missing',
      found: 'ENOENT',
      message: expect.stringContaining(join(folder, 'NotoSans-Regular.ttf')),
      remedy: expect.stringContaining('npm run fonts'),
    });
    for (const file of SCRIPT_FONTS.latin.files) cpSync(join(FONT_FOLDER, file), join(folder, file));
    expect((await draw(line('Pay'), 400, 60)).rgba).toEqual((await rasterise(line('Pay'), 400, 60)).rgba);
    expect(await codeOf(draw(line('ไทย'), 400, 60))).toBe('font-missing');
  });
});
