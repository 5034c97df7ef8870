import { describe, expect, test } from 'vitest';
import { DISPLAY_SIZES, THEMES } from '../../testkit/display-cases.ts';
import { SAMPLE_SCREENS } from '../../testkit/sample-screens.ts';
import { renderScreen } from './screen-svg.ts';

interface Shape {
  readonly fill: string;
  holds(x: number, y: number): boolean;
}

const attribute = (tag: string, name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
const number = (tag: string, name: string): number => Number(attribute(tag, name) || '0');

function shapeOf(tag: string): Shape {
  const fill = attribute(tag, 'fill');
  if (tag.startsWith('<circle')) {
    const [cx, cy, r] = [number(tag, 'cx'), number(tag, 'cy'), number(tag, 'r')];
    return { fill, holds: (x, y) => Math.hypot(x - cx, y - cy) <= r };
  }
  const [left, top, width, height] = [number(tag, 'x'), number(tag, 'y'), number(tag, 'width'), number(tag, 'height')];
  return { fill, holds: (x, y) => x >= left && x < left + width && y >= top && y < top + height };
}

interface Pair {
  readonly what: string;
  readonly ink: string;
  readonly ground: string;
}

/** Every text and every sign of a picture with the colour behind it: of the last shape drawn before it at that place. */
function pairsOf(svg: string): { texts: Pair[]; signs: Pair[] } {
  const [texts, signs, shapes]: [Pair[], Pair[], Shape[]] = [[], [], []];
  const groundAt = (x: number, y: number) => shapes.findLast((shape) => shape.holds(x, y))?.fill ?? 'none';
  for (const [tag, words = ''] of svg.matchAll(/<(?:rect|circle|path)[^>]*>|<text [^>]*>([^<]*)/g)) {
    if (tag.startsWith('<text')) {
      const [size, anchor] = [number(tag, 'font-size'), attribute(tag, 'text-anchor')];
      const x = number(tag, 'x') + (anchor === 'start' ? 2 : anchor === 'end' ? -2 : 0);
      texts.push({ what: words, ink: attribute(tag, 'fill'), ground: groundAt(x, number(tag, 'y') - size * 0.3) });
    } else if (tag.startsWith('<path')) {
      const [, left, top, scale] = /translate\((-?\d+) (-?\d+)\) scale\(([\d.]+)\)/.exec(tag) ?? [];
      if (left === undefined) continue;
      const ground = groundAt(Number(left) + 12 * Number(scale), Number(top) + 12 * Number(scale));
      signs.push({ what: attribute(tag, 'd'), ink: attribute(tag, 'stroke'), ground });
    } else shapes.push(shapeOf(tag));
  }
  return { texts, signs };
}

/** By WCAG 2: 1 for the same colour, 21 for black on white. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test('the measure of contrast is the known one', () => {
  expect(contrast('#000000', '#ffffff')).toBe(21);
  expect(contrast('#ffffff', '#777777')).toBeCloseTo(4.48, 2);
});

describe.each(THEMES)('contrast $contrast, text $text', (theme) => {
  test('everything stands out from what is behind it', async () => {
    const least = theme.contrast === 'high' ? { text: 7, sign: 7 } : { text: 4.5, sign: 3 };
    for (const [width, height] of DISPLAY_SIZES) {
      for (const screen of SAMPLE_SCREENS) {
        for (const nowMonotonicMs of screen.kind === 'identify' ? [0, 500] : [0]) {
          const { svg } = await renderScreen(screen, { width, height, language: 'en', nowMonotonicMs, theme, touch: true });
          const { texts, signs } = pairsOf(svg);
          expect(texts.length).toBeGreaterThan(0);
          expect(texts.filter(({ ink, ground }) => !(contrast(ink, ground) >= least.text))).toEqual([]);
          expect(signs.filter(({ ink, ground }) => !(contrast(ink, ground) >= least.sign))).toEqual([]);
        }
      }
    }
  });
});

describe.each(DISPLAY_SIZES)('at %ix%i', (width, height) => {
  const largestOf = async (screen: (typeof SAMPLE_SCREENS)[number], text: 'normal' | 'large') => {
    const theme = { contrast: 'normal', text } as const;
    const { svg } = await renderScreen(screen, { width, height, language: 'en', nowMonotonicMs: 0, theme });
    return Math.max(...[...svg.matchAll(/font-size="(\d+)"/g)].map(([, size]) => Number(size)));
  };

  test('large text is larger, a quarter where it has room', async () => {
    const sizes = await Promise.all(
      SAMPLE_SCREENS.map(async (screen) => (await largestOf(screen, 'large')) / (await largestOf(screen, 'normal'))),
    );
    expect(Math.max(...sizes)).toBeGreaterThan(1.2);
    expect(sizes.filter((ratio) => ratio > 1.1).length).toBeGreaterThan(SAMPLE_SCREENS.length / 4);
  });
});

test('buttons and pills have thick outlines in high contrast', async () => {
  const screen = SAMPLE_SCREENS.find(({ kind }) => kind === 'payment-method') ?? { kind: 'starting' };
  const widest = async (contrast: 'normal' | 'high') => {
    const { svg } = await renderScreen(screen, {
      width: 480,
      height: 320,
      language: 'en',
      nowMonotonicMs: 0,
      theme: { contrast, text: 'normal' },
    });
    return Math.min(...[...svg.matchAll(/<rect [^>]*stroke-width="([\d.]+)"/g)].map(([, width]) => Number(width)));
  };
  expect(await widest('high')).toBeGreaterThanOrEqual(2 * (await widest('normal')));
});
