import fc from 'fast-check';
import jsqr from 'jsqr';
import { describe, expect, test } from 'vitest';
import type { Screen } from '../../domain/screen.ts';
import { LANGUAGES } from '../../domain/speech/language.ts';
import { LOOKS, DISPLAY_SIZES as SIZES, THEMES } from '../../testkit/display-cases.ts';
import { QR_VECTORS } from '../../testkit/qr-vectors.ts';
import { SAMPLE_SCREENS } from '../../testkit/sample-screens.ts';
import { readLogo } from './logo.ts';
import { type RenderOptions, renderScreen } from './screen-svg.ts';
import { wordsOf as linesOf } from './svg-words.ts';

const options = (
  width = 480,
  height = 320,
  language: RenderOptions['language'] = 'en',
  more: Partial<RenderOptions> = {},
): RenderOptions => ({ width, height, language, nowMonotonicMs: 0, ...more });

const svgOf = async (screen: Screen, options: RenderOptions): Promise<string> => (await renderScreen(screen, options)).svg;

const wordsOf = (svg: string): string[] => linesOf(svg).map(({ text }) => text);

/** Well-formed, of known elements only, without anything that loads or runs. A picture of the operator's own is data. */
function expectSound(whole: string): void {
  const svg = whole.replace(/<image x="\d+" y="\d+" width="\d+" height="\d+" href="data:image\/(png|svg\+xml);base64,[\w+/]+=*"\/>/g, '');
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [tag, closing, name = '', attributes = '', empty] of svg.matchAll(/<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<]*")*)(\/?)>/g)) {
    if (!['svg', 'rect', 'circle', 'path', 'text'].includes(name)) wrong.push(tag);
    if (/\b(on\w+|href|style|src)=|url\(/.test(attributes)) wrong.push(tag);
    if (closing && open.pop() !== name) wrong.push(tag);
    if (!closing && !empty) open.push(name);
  }
  expect([...wrong, ...open]).toEqual([]);
  // What is no tag is text without markup.
  expect(svg.replace(/<\/?[a-z]+(?: [a-zA-Z-]+="[^"<]*")*\/?>/g, '')).not.toMatch(/[<>]|&(?!(amp|lt|gt|quot|#39);)/);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
}

const LOOKED_AT = SAMPLE_SCREENS.flatMap((screen) => LOOKS.map((look) => [screen, look] as const));

/** A kind of screen that is not here is a type error. */
const KINDS: Readonly<Record<Screen['kind'], true>> = {
  starting: true,
  pairing: true,
  pin: true,
  idle: true,
  requesting: true,
  qr: true,
  'insert-cash': true,
  'present-card': true,
  authorising: true,
  announcement: true,
  identify: true,
  'show-qr': true,
  updating: true,
  checking: true,
  delivering: true,
  success: true,
  'amount-select': true,
  keypad: true,
  'payment-method': true,
  processing: true,
  'limit-error': true,
  'print-ticket': true,
  'collect-ticket': true,
  'thank-you': true,
  'device-error': true,
  'top-up-operator': true,
  'top-up-amount': true,
  'top-up-typing': true,
  'top-up-sent': true,
  'top-up-result': true,
  'top-up-failed': true,
  failed: true,
  'out-of-service': true,
};

test('there is a sample of every kind of screen', () => {
  expect(new Set(SAMPLE_SCREENS.map(({ kind }) => kind))).toEqual(new Set(Object.keys(KINDS)));
});

describe.each(SIZES)('at %ix%i', (width, height) => {
  test.each(LANGUAGES)('every screen is sound and legible (%s)', async (language) => {
    for (const [screen, look] of LOOKED_AT) {
      const svg = await svgOf(screen, options(width, height, language, look));
      expectSound(svg);
      for (const [, x, y, size, words = ''] of svg.matchAll(/<text x="(-?\d+)" y="(-?\d+)" font-size="(\d+)"[^>]*>([^<]*)</g)) {
        expect(Number(size), words).toBeGreaterThanOrEqual(/[฿₫£¥]|Rp\d/.test(words) ? 8 : 12);
        expect(Number(x) >= 0 && Number(x) <= width && Number(y) >= Number(size) * 0.7 && Number(y) <= height - 1, words).toBe(true);
      }
    }
  });

  test.each([
    ['qr', QR_VECTORS.promptPayBill],
    ['show-qr', QR_VECTORS.qrisPercentTip],
  ])('a scanner reads the QR of %s, whose modules are whole pixels in a quiet zone of four', async (wanted, qr) => {
    const screen = SAMPLE_SCREENS.find(({ kind }) => kind === wanted) as Screen;
    for (const theme of THEMES) {
      for (const touch of [false, true]) expectScannable(await svgOf(screen, options(width, height, 'en', { theme, touch })), qr);
    }
  });

  function expectScannable(svg: string, qr: string): void {
    expect(scan(svg, width, height)).toBe(qr);
    const card = /<rect x="(\d+)" y="(\d+)" width="(\d+)" height="\3"[^>]*fill="#ffffff"[^>]*\/><path d="M(\d+) (\d+)h(\d+)v(\d+)/.exec(
      svg,
    );
    const [left = 0, top = 0, side = 0, x = 0, y = 0, finder = 0, unit = 0] = (card ?? []).slice(1).map(Number);
    expect(finder).toBe(7 * unit);
    expect({ x: x - left, y: y - top }).toEqual({ x: 4 * unit, y: 4 * unit });
    expect(side % unit).toBe(0);
    expect(unit).toBeGreaterThanOrEqual(2);
  }
});

test('a box that is looked for changes its tones, its sign and its frame each half second, and never its words', async () => {
  const screen: Screen = { kind: 'identify', serial: 'S-1' };
  const at = (nowMonotonicMs: number) => svgOf(screen, { ...options(), nowMonotonicMs });
  const [dark, light] = [await at(0), await at(500)];
  for (const ms of [499, 1_000, 60_499]) expect(await at(ms)).toBe(dark);
  for (const ms of [999, 1_500, 60_500]) expect(await at(ms)).toBe(light);
  expect(wordsOf(dark)).toEqual(wordsOf(light));
  const framed = (svg: string) => (svg.match(/<rect [^>]*stroke=/g) ?? []).length;
  expect([framed(dark), framed(light)]).toEqual([0, 1]);
  const grounds = [dark, light].map((svg) => /<rect width="480" height="320" fill="(#\w+)"/.exec(svg)?.[1]);
  expect(new Set(grounds).size).toBe(2);
});

describe('a logo', () => {
  const drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 100"><rect width="400" height="100" fill="#800"/></svg>';
  const logo = readLogo(new TextEncoder().encode(drawing));
  const amountsOf = (svg: string) => wordsOf(svg).flatMap((word) => word.match(/฿[\d,.]+/g) ?? []);
  const boxOf = (svg: string) => {
    const [, x, y, width, height] = (/<image x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/.exec(svg) ?? []).map(Number);
    return x === undefined ? null : { x, y: y ?? 0, width: width ?? 0, height: height ?? 0 };
  };

  test.each(SIZES)('stands on the idle screen within its edges at %ix%i, and leaves the words their room', async (width, height) => {
    for (const screen of SAMPLE_SCREENS) {
      const plain = await svgOf(screen, options(width, height));
      const svg = await svgOf(screen, { ...options(width, height), logo });
      expectSound(svg);
      const box = boxOf(svg);
      if (screen.kind !== 'idle' || screen.typed) expect(svg).toBe(plain);
      else {
        expect(amountsOf(svg)).toEqual(amountsOf(plain));
        expect(box).not.toBeNull();
        if (!box) continue;
        expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height).toBe(true);
        expect(Math.abs(box.width / box.height - 4)).toBeLessThan(0.35);
        expect(box.height).toBeGreaterThanOrEqual(12);
      }
    }
  });
});

const CARD = SAMPLE_SCREENS.find(({ kind }) => kind === 'present-card') as Extract<Screen, { kind: 'present-card' }>;

test('hostile texts stay texts', async () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('<script>alert(1)</script>', '"/><image href="http://x/"/>', ']]>&#0;', '&amp;\u{202e}'),
  );
  await fc.assert(
    fc.asyncProperty(hostile, fc.constantFrom(...SIZES), async (text, [width, height]) => {
      const price = { minor: 100, currency: 'THB' } as const;
      const screens: Screen[] = [
        { kind: 'pairing', state: 'refused', reason: text },
        { kind: 'pin', pin: text, deviceId: text },
        { ...CARD, message: text },
        { kind: 'announcement', amount: price, message: text },
        { kind: 'identify', serial: text },
        { kind: 'device-error', message: text, code: text },
        { kind: 'failed', reason: 'terminal-declined', credit: price, message: text },
        { kind: 'payment-method', amount: price, methods: [text, 'CASH'], cancel: true },
        { kind: 'out-of-service', reasons: [text, `ledger: ${text}`] },
        { kind: 'idle', offers: [{ button: text, label: text, price }], credit: price, cash: true, qr: true, typed: null, pin: text },
      ];
      for (const screen of screens) expectSound(await svgOf(screen, options(width, height)));
    }),
    { numRuns: 60 },
  );
});

test.each([
  [100, 320],
  [480, 5_000],
  [480.5, 320],
  [Number.NaN, 320],
])('a display of %dx%d is refused', async (width, height) => {
  await expect(renderScreen({ kind: 'starting' }, options(width, height))).rejects.toMatchObject({ code: 'display-size' });
});

/** Paints the QR's path and lets a decoder that nobody here wrote read it. */
function scan(svg: string, width: number, height: number): string | undefined {
  const path = /<path d="([^"]*)" fill="#000000"/.exec(svg)?.[1] ?? '';
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (const [, x, y, w, h] of path.matchAll(/M(\d+) (\d+)h(\d+)v(\d+)h-\3z/g)) {
    for (let row = Number(y); row < Number(y) + Number(h); row++) {
      for (let column = Number(x); column < Number(x) + Number(w); column++) {
        const at = (row * width + column) * 4;
        pixels.fill(0, at, at + 3);
      }
    }
  }
  return jsqr.default(pixels, width, height, { inversionAttempts: 'dontInvert' })?.data;
}
