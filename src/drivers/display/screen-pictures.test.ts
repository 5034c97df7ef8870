import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Screen } from '../../domain/screen.ts';
import { LANGUAGES, type Language } from '../../domain/speech/language.ts';
import { NORMAL_THEME, type Theme } from '../../domain/theme.ts';
import { charactersOfFont } from '../../testkit/font-characters.ts';
import { type Ink, measureInk } from '../../testkit/ink.ts';
import { needs } from '../../testkit/needs.ts';
import { readPng } from '../../testkit/png.ts';
import { SAMPLE_SCREENS } from '../../testkit/sample-screens.ts';
import { scanned, scannedByZbar, ZBARIMG } from '../../testkit/scan.ts';
import { FONT_FOLDER, SCRIPT_FONTS, SCRIPT_RUNS } from './fonts.ts';
import { encodePng } from './png.ts';
import { rasterise } from './raster.ts';
import { renderScreen } from './screen-svg.ts';
import { type Words, wordsOf } from './svg-words.ts';
import { widthOf } from './text-fit.ts';

const STRONG: Theme = { contrast: 'high', text: 'large' };
/** Displays, and how they are set; with large letters the smallest ones are the tightest. */
const VARIANTS = [
  { width: 320, height: 240, theme: NORMAL_THEME, touch: false },
  { width: 480, height: 320, theme: NORMAL_THEME, touch: true },
  { width: 800, height: 480, theme: NORMAL_THEME, touch: false },
  { width: 1024, height: 600, theme: NORMAL_THEME, touch: true },
  { width: 320, height: 240, theme: STRONG, touch: true },
  { width: 480, height: 320, theme: STRONG, touch: false },
] as const;
const NOW_MS = 0;

interface Shown {
  readonly screen: Screen;
  readonly width: number;
  readonly height: number;
  readonly language: Language;
  readonly svg: string;
  readonly words: readonly Words[];
  /** The same for a sixth of all, in which every screen is in every language. */
  readonly turn: number;
  /** For messages. */
  readonly title: string;
}

/** Every screen in every language and variant. */
let shown: readonly Shown[] = [];
let inkOf: (line: Words) => Ink | null = () => null;

beforeAll(async () => {
  const all: Shown[] = [];
  for (const [v, variant] of VARIANTS.entries()) {
    for (const language of LANGUAGES) {
      for (const [i, screen] of SAMPLE_SCREENS.entries()) {
        const { svg } = await renderScreen(screen, { ...variant, language, nowMonotonicMs: NOW_MS });
        const { width, height, theme } = variant;
        const title = `${screen.kind} (sample ${i}) in ${language} at ${width}x${height}, ${theme.text} text`;
        all.push({ screen, width, height, turn: (v + i) % VARIANTS.length, language, svg, words: wordsOf(svg), title });
      }
    }
  }
  shown = all;
  const words = all.flatMap(({ words }) => words);
  inkOf = await measureInk(words, rasterise);
}, 60_000);

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const inkBox = (line: Words): Box | null => {
  const ink = inkOf(line);
  return (
    ink && {
      left: line.x + ink.left,
      right: line.x + ink.right,
      top: line.baseline + ink.top,
      bottom: line.baseline + ink.bottom,
    }
  );
};

const within = (inner: Box, outer: Box): boolean =>
  inner.left >= outer.left && inner.top >= outer.top && inner.right <= outer.right && inner.bottom <= outer.bottom;

function rectsOf(svg: string): Box[] {
  return [...svg.matchAll(/<rect ([^>]*)\/>/g)].map(([, attributes = '']) => {
    const of = (name: string) => Number(new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1] ?? 0);
    return { left: of('x'), top: of('y'), right: of('x') + of('width'), bottom: of('y') + of('height') };
  });
}

const area = ({ left, top, right, bottom }: Box): number => (right - left) * (bottom - top);

/** The smallest ground that a line stands on: a button, a card, the screen. */
function groundOf({ x, baseline }: Words, rects: readonly Box[]): Box {
  const [smallest] = rects
    .filter((rect) => x >= rect.left && x <= rect.right && baseline >= rect.top && baseline <= rect.bottom)
    .sort((a, b) => area(a) - area(b));
  return smallest ?? { left: 0, top: 0, right: 0, bottom: 0 };
}

describe('every text of every screen in every language, as its pixels are', () => {
  it('stays on the button, card or screen that it stands on', () => {
    const outside = shown.flatMap(({ svg, words, title }) => {
      const rects = rectsOf(svg);
      return words
        .filter((line) => !within(inkBox(line) ?? groundOf(line, rects), groundOf(line, rects)))
        .map(({ text }) => `${title}: ${text}`);
    });
    expect(outside).toEqual([]);
  });

  it('is no wider than the layout reckons with', () => {
    const wider = shown.flatMap(({ words, title }) =>
      words
        .filter((line) => {
          const { left, right } = inkOf(line) ?? { left: 0, right: 0 };
          // Letters such as j and ử reach a little beyond their own advance.
          return right - left > widthOf(line.text, line.size, line.bold ? 700 : 400) + 1 + 0.05 * line.size;
        })
        .map(({ text }) => `${title}: ${text}`),
    );
    expect(wider).toEqual([]);
  });

  it('leaves ink, and covers no other text', () => {
    const wrong: string[] = [];
    for (const { words, title } of shown) {
      const boxes = words.map((line) => ({ text: line.text, box: inkBox(line) }));
      for (const [i, { text, box }] of boxes.entries()) {
        if (box === null) wrong.push(`${title}: ${text} leaves no ink`);
        for (const other of boxes.slice(i + 1))
          if (box && other.box && overlap(box, other.box)) wrong.push(`${title}: ${text} | ${other.text}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('is written in letters that the fonts have', () => {
    const [latin, thai, han] = (['latin', 'thai', 'han'] as const).map((script) =>
      SCRIPT_FONTS[script].files.map((file) => charactersOfFont(readFileSync(join(FONT_FOLDER, file)))),
    );
    const missing = new Set<string>();
    for (const { words } of shown) {
      for (const { text, bold } of words) {
        for (const character of text.replaceAll('\u{e33}', '\u{e4d}\u{e32}')) {
          const faces = character.match(SCRIPT_RUNS.thai) ? thai : character.match(SCRIPT_RUNS.han) ? han : latin;
          if (!faces?.[bold ? 1 : 0]?.has(character.codePointAt(0) ?? 0)) missing.add(character);
        }
      }
    }
    expect([...missing]).toEqual([]);
  });
});

const overlap = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

it('every screen in every language becomes a picture, on displays by turns', async () => {
  const byTurns = shown.filter(({ turn }) => turn === 0);
  expect(byTurns).toHaveLength(SAMPLE_SCREENS.length * LANGUAGES.length);
  for (const { svg, width, height, title } of byTurns) {
    const { rgba } = await rasterise(svg, width, height);
    const pixels = new Uint32Array(rgba.buffer, rgba.byteOffset, width * height);
    expect(new Set(pixels).size, title).toBeGreaterThan(20);
    expect(
      pixels.every((pixel) => pixel >>> 24 === 255),
      title,
    ).toBe(true);
  }
}, 60_000);

describe('every QR on a screen', () => {
  const withQr = () => shown.filter(({ screen }) => screen.kind === 'qr' || screen.kind === 'show-qr');
  const textOf = ({ screen }: Shown) => ('qr' in screen ? screen.qr : null);

  it('is read by jsqr from the PNG, on every display, in languages by turns', async () => {
    const byTurns = withQr().filter(({ turn, language }) => turn % LANGUAGES.length === LANGUAGES.indexOf(language));
    expect(byTurns.length).toBeGreaterThanOrEqual(4 * VARIANTS.length);
    for (const one of byTurns) {
      const { width, height, data } = readPng(await encodePng(await rasterise(one.svg, one.width, one.height)));
      expect(scanned({ width, height, rgba: new Uint8Array(data.buffer) }), one.title).toBe(textOf(one));
    }
  }, 60_000);

  const zbar = needs(ZBARIMG, 'zbar-tools');
  it.skipIf(zbar.missing)(
    `is read by zbarimg, on every display and in every language${zbar.why}`,
    async () => {
      const pngs = await Promise.all(withQr().map(async ({ svg, width, height }) => encodePng(await rasterise(svg, width, height))));
      expect(scannedByZbar(pngs)).toEqual(withQr().map(textOf));
    },
    60_000,
  );
});
