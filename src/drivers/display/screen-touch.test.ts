import { describe, expect, test } from 'vitest';
import type { Screen } from '../../domain/screen.ts';
import { LANGUAGES } from '../../domain/speech/language.ts';
import type { Theme } from '../../domain/theme.ts';
import type { TouchArea } from '../../domain/touch.ts';
import { DISPLAY_SIZES, THEMES } from '../../testkit/display-cases.ts';
import { offers, SAMPLE_SCREENS } from '../../testkit/sample-screens.ts';
import { type Frame, type RenderOptions, renderScreen } from './screen-svg.ts';
import { wordsOf } from './svg-words.ts';
import { widthOf } from './text-fit.ts';

const options = (width: number, height: number, more: Partial<RenderOptions> = {}): RenderOptions => ({
  width,
  height,
  language: 'en',
  nowMonotonicMs: 0,
  touch: true,
  ...more,
});

const meets = (one: TouchArea, other: TouchArea): boolean =>
  one.left < other.left + other.width &&
  other.left < one.left + one.width &&
  one.top < other.top + other.height &&
  other.top < one.top + one.height;

/** Texts and shapes that stand across the edge of a button. */
function acrossEdges({ svg, touch }: Frame): string[] {
  return [...textBoxes(svg), ...shapeBoxes(svg)].flatMap((box) =>
    touch.filter((area) => meets(area, box) && !within(box, area) && !within(area, box)).map(({ key }) => `${box.key} across ${key}`),
  );
}

const textBoxes = (svg: string): TouchArea[] =>
  wordsOf(svg).map(({ text, x, baseline, anchor, size, bold }) => {
    const width = widthOf(text, size, bold ? 700 : 400);
    const left = x - { start: 0, middle: width / 2, end: width }[anchor];
    return { key: text, left, top: baseline - size * 0.7, width, height: size * 0.7 };
  });

const shapeBoxes = (svg: string): TouchArea[] =>
  [...svg.matchAll(/<rect x="(-?\d+)" y="(-?\d+)" width="(\d+)" height="(\d+)"/g)].map(([, ...numbers]) => {
    const [left = 0, top = 0, width = 0, height = 0] = numbers.map(Number);
    return { key: `a shape of ${width}x${height}`, left, top, width, height };
  });

const within = (inner: TouchArea, outer: TouchArea): boolean =>
  inner.left >= outer.left - 1 &&
  inner.top >= outer.top - 1 &&
  inner.left + inner.width <= outer.left + outer.width + 1 &&
  inner.top + inner.height <= outer.top + outer.height + 1;

/** Everything wrong with the places of a frame that can be touched. */
function faultsOf(frame: Frame, width: number, height: number): string[] {
  const found: string[] = acrossEdges(frame);
  for (const [i, area] of frame.touch.entries()) {
    const { key, left, top } = area;
    if (![left, top, area.width, area.height].every(Number.isInteger)) found.push(`${key} is not on whole pixels`);
    if (left < 0 || top < 0 || left + area.width > width || top + area.height > height) found.push(`${key} leaves the screen`);
    if (area.width < 44 || area.height < 44) found.push(`${key} is only ${area.width}x${area.height}`);
    for (const other of frame.touch.slice(i + 1)) {
      if (meets(area, other)) found.push(`${key} meets ${other.key}`);
      if (key === other.key) found.push(`${key} is there twice`);
    }
  }
  return found;
}

describe.each(DISPLAY_SIZES)('at %ix%i', (width, height) => {
  test.each(LANGUAGES)('whatever can be touched is large enough, apart from the rest and on the screen (%s)', async (language) => {
    let count = 0;
    for (const theme of THEMES) {
      for (const screen of SAMPLE_SCREENS) {
        const frame = await renderScreen(screen, options(width, height, { language, theme }));
        count += frame.touch.length;
        expect(faultsOf(frame, width, height), `${JSON.stringify(theme)} ${JSON.stringify(screen)}`).toEqual([]);
      }
    }
    expect(count).toBeGreaterThan(500);
  });
});

const sample = (kind: Screen['kind'], holds: (screen: Screen) => boolean = () => true): Screen => {
  const found = SAMPLE_SCREENS.find((screen) => screen.kind === kind && holds(screen));
  if (!found) throw new Error(`no sample of ${kind}`);
  return found;
};
const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'clear', '0', 'ok'];

test.each<[string, Screen, readonly string[], readonly string[]]>([
  ['offers', { ...(sample('idle') as Extract<Screen, { kind: 'idle' }>), offers: offers(3) }, ['A', 'B', 'C'], ['A', 'B', 'C']],
  ['a typed amount', sample('idle', (screen) => screen.kind === 'idle' && screen.typed !== null), [], ['clear', 'ok']],
  ['a QR', sample('qr'), [], ['cancel']],
  ['a QR without a sale', sample('show-qr'), [], []],
  ['money to insert', sample('insert-cash'), [], ['cancel']],
  ['a card to present', sample('present-card'), [], ['cancel']],
  ['a QR being made', sample('requesting'), [], ['cancel']],
  ['a payment under way', sample('processing'), [], []],
  [
    'amounts',
    sample('amount-select'),
    ['amount-1', 'amount-2', 'amount-3', 'amount-4', 'amount-5', 'amount-other'],
    ['amount-1', 'amount-2', 'amount-3', 'amount-4', 'amount-5', 'amount-other'],
  ],
  ['one amount', sample('amount-select', (screen) => screen.kind === 'amount-select' && !screen.other), ['amount-1'], ['amount-1']],
  ['a keypad', sample('keypad'), DIGITS, DIGITS],
  [
    'a keypad one may leave',
    sample('keypad', (screen) => screen.kind === 'keypad' && screen.cancel),
    [...DIGITS, 'cancel'],
    [...DIGITS, 'cancel'],
  ],
  ['ways to pay', sample('payment-method'), ['method-1', 'method-2', 'cancel'], ['method-1', 'method-2', 'cancel']],
  [
    'a way to pay that one must take',
    sample('payment-method', (screen) => screen.kind === 'payment-method' && !screen.cancel),
    ['method-1'],
    ['method-1'],
  ],
])('%s: the keys that can be touched', async (_, screen, always, touched) => {
  for (const [width, height] of DISPLAY_SIZES) {
    const keysOf = async (touch: boolean) =>
      (await renderScreen(screen, options(width, height, { touch }))).touch.map(({ key }) => key).sort();
    expect(await keysOf(false)).toEqual([...always].sort());
    expect(await keysOf(true)).toEqual([...touched].sort());
  }
});

test('a product that has no room cannot be touched', async () => {
  const screen = sample('idle', (one) => one.kind === 'idle' && one.offers.length === 30);
  const { svg, touch } = await renderScreen(screen, options(320, 240));
  const prices = wordsOf(svg).filter(({ text }) => text.startsWith('฿'));
  expect(touch).toHaveLength(prices.length);
});

test('a display nobody can touch is not told to', async () => {
  const theme: Theme = { contrast: 'high', text: 'large' };
  for (const kind of ['qr', 'insert-cash', 'present-card', 'requesting'] as const) {
    const { svg } = await renderScreen(sample(kind), { width: 480, height: 320, language: 'en', nowMonotonicMs: 0, theme });
    expect(wordsOf(svg).map(({ text }) => text)).not.toContain('Cancel');
  }
});
