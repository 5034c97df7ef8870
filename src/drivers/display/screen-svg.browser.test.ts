import jsqr from 'jsqr';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Screen } from '../../domain/screen.ts';
import { LANGUAGES } from '../../domain/speech/language.ts';
import { DISPLAY_SIZES } from '../../testkit/display-cases.ts';
import { CHROMIUM, needsChromium } from '../../testkit/needs.ts';
import { SAMPLE_SCREENS } from '../../testkit/sample-screens.ts';
import { type RenderOptions, renderScreen } from './screen-svg.ts';

const browserNeed = needsChromium();

// What runs in the page is text, for the page's globals are not this program's.
const ASTRAY = `(() => {
  const found = [];
  for (const svg of document.querySelectorAll('svg')) {
    const frame = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll('text')].map((text) => ({ words: text.textContent, box: text.getBoundingClientRect() }));
    for (const [i, { words, box }] of boxes.entries()) {
      const inside = box.left >= frame.left && box.right <= frame.right && box.top >= frame.top - 3 && box.bottom <= frame.bottom + 3;
      if (!inside) found.push(frame.width + ' ' + svg.getAttribute('lang') + ': ' + words + ' leaves');
      for (const other of boxes.slice(i + 1)) {
        const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        // Boxes include the room above and below letters; that may touch.
        if (wide > 1 && high > Math.min(box.height, other.box.height) * 0.35) found.push(frame.width + ' ' + svg.getAttribute('lang') + ': ' + words + ' meets ' + other.words);
      }
    }
  }
  return found;
})()`;

const PIXELS = `async (source, width, height) => {
  const image = new Image();
  image.src = 'data:image/svg+xml,' + encodeURIComponent(source);
  await image.decode();
  const canvas = new OffscreenCanvas(width, height).getContext('2d');
  canvas.drawImage(image, 0, 0);
  return [...canvas.getImageData(0, 0, width, height).data];
}`;

/** The barest screens, and the fullest. */
const LOOKS: readonly Partial<RenderOptions>[] = [{}, { theme: { contrast: 'high', text: 'large' }, touch: true }];

const svgOf = async (screen: Screen, options: RenderOptions): Promise<string> => (await renderScreen(screen, options)).svg;

describe.skipIf(browserNeed.missing)(`in a real browser${browserNeed.why}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
    browser = await chromium.launch({ executablePath: CHROMIUM, args });
  }, 60_000);
  afterAll(() => browser.close());

  /** Fonts differ between machines: a text must stay inside with each of them. */
  test.each(['as installed', "'DejaVu Sans'", 'monospace'])(
    'no text leaves the screen, nor meets another (font %s)',
    async (font) => {
      const page = await browser.newPage();
      const pictures: string[] = [];
      for (const [width, height] of DISPLAY_SIZES) {
        for (const language of LANGUAGES) {
          for (const look of LOOKS) {
            for (const screen of SAMPLE_SCREENS)
              pictures.push(await svgOf(screen, { width, height, language, nowMonotonicMs: 0, ...look }));
          }
        }
      }
      const html = pictures.join('');
      await page.setContent(font === 'as installed' ? html : html.replace(/font-family="[^"]*"/g, `font-family="${font}"`));
      const astray = await page.evaluate(ASTRAY);
      await page.close();
      expect(astray).toEqual([]);
    },
    60_000,
  );

  test.each([
    [320, 240],
    [480, 320],
    [800, 480],
  ])(
    'the QR can be read from the painted screen at %ix%i',
    async (width, height) => {
      const screen = SAMPLE_SCREENS.find(({ kind }) => kind === 'qr') as Extract<Screen, { kind: 'qr' }>;
      const svg = await svgOf(screen, { width, height, language: 'en', nowMonotonicMs: 0 });
      const page = await browser.newPage();
      const pixels = await page.evaluate<number[]>(`(${PIXELS})(${JSON.stringify(svg)}, ${width}, ${height})`);
      await page.close();
      expect(jsqr.default(new Uint8ClampedArray(pixels), width, height)?.data).toBe(screen.qr);
    },
    60_000,
  );
});
