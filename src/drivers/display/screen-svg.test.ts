import fc from 'fast-check';
import jsqr from 'jsqr';
import { describe, expect, test } from 'vitest';
import type { Screen } from '../../domain/screen.ts';
import { LANGUAGES } from '../../domain/speech/language.ts';
import { QR_VECTORS } from '../../testkit/qr-vectors.ts';
import { offers, SAMPLE_SCREENS } from '../../testkit/sample-screens.ts';
import { readLogo } from './logo.ts';
import { type RenderOptions, renderScreen } from './screen-svg.ts';
import { minutesText } from './view-payment.ts';

const SIZES = [
  [320, 240],
  [480, 320],
  [800, 480],
  [1024, 600],
  [240, 320],
  [480, 800],
] as const;
const options = (width = 480, height = 320, language: RenderOptions['language'] = 'en'): RenderOptions => ({
  width,
  height,
  language,
  nowMonotonicMs: 0,
});

/** The words of a picture, entities resolved. */
function wordsOf(svg: string): string[] {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, words = '']) =>
    words.replace(/&(#?\w+);/g, (_, name) => entities[name] ?? '?'),
  );
}

/** Well-formed, of known elements only, without anything that loads or runs. A picture of the operator's own is data. */
function expectSound(whole: string): void {
  const svg = whole.replace(/<image x="\d+" y="\d+" width="\d+" height="\d+" href="data:image\/(png|svg\+xml);base64,[\w+/]+=*"\/>/g, '');
  const open: string[] = [];
  for (const [tag, closing, name = '', attributes = '', empty] of svg.matchAll(/<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<]*")*)(\/?)>/g)) {
    expect(['svg', 'rect', 'circle', 'path', 'text'], tag).toContain(name);
    expect(attributes).not.toMatch(/\b(on\w+|href|style|src)=|url\(/);
    if (closing) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name);
  }
  expect(open).toEqual([]);
  // What is no tag is text without markup.
  expect(svg.replace(/<\/?[a-z]+(?: [a-zA-Z-]+="[^"<]*")*\/?>/g, '')).not.toMatch(/[<>]|&(?!(amp|lt|gt|quot|#39);)/);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
}

describe.each(SIZES)('at %ix%i', (width, height) => {
  test.each(LANGUAGES)('every screen is sound and legible (%s)', async (language) => {
    for (const screen of SAMPLE_SCREENS) {
      const svg = await renderScreen(screen, options(width, height, language));
      expectSound(svg);
      for (const [, x, y, size, words = ''] of svg.matchAll(/<text x="(-?\d+)" y="(-?\d+)" font-size="(\d+)"[^>]*>([^<]*)</g)) {
        expect(Number(size), words).toBeGreaterThanOrEqual(/[฿₫]|Rp\d/.test(words) ? 8 : 12);
        expect(Number(x) >= 0 && Number(x) <= width && Number(y) >= Number(size) * 0.7 && Number(y) <= height - 1, words).toBe(true);
      }
    }
  });

  test.each([
    ['qr', QR_VECTORS.promptPayBill],
    ['show-qr', QR_VECTORS.qrisPercentTip],
  ])('a scanner reads the QR of %s, whose modules are whole pixels in a quiet zone of four', async (wanted, qr) => {
    const screen = SAMPLE_SCREENS.find(({ kind }) => kind === wanted) as Screen;
    const svg = await renderScreen(screen, options(width, height));
    expect(scan(svg, width, height)).toBe(qr);
    const card = /<rect x="(\d+)" y="(\d+)" width="(\d+)" height="\3"[^>]*fill="#ffffff"[^>]*\/><path d="M(\d+) (\d+)h(\d+)v(\d+)/.exec(
      svg,
    );
    const [left = 0, top = 0, side = 0, x = 0, y = 0, finder = 0, unit = 0] = (card ?? []).slice(1).map(Number);
    expect(finder).toBe(7 * unit);
    expect({ x: x - left, y: y - top }).toEqual({ x: 4 * unit, y: 4 * unit });
    expect(side % unit).toBe(0);
    expect(unit).toBeGreaterThanOrEqual(2);
  });
});

test.each([
  ['qr', ['Scan to pay', '฿30.00', 'Price', '฿50.00', 'Credit', '−฿20.00', '4:32 left']],
  ['requesting', ['Preparing your QR', '฿30.00', 'Price', '฿50.00', '−฿20.00']],
  ['insert-cash', ['Insert coins or bills', '฿30.00', 'or wait for the QR']],
  ['present-card', ['Present your card', 'Hold it to the reader', '฿123.44', '2:00 left']],
  ['authorising', ['Asking your bank', '฿123.44', 'Please wait, and do not pay again']],
  ['announcement', ['Amount paid', '฿123.44']],
  ['identify', ['Here I am', 'S20A1012574P0002', 'Somebody is looking for this box']],
  ['show-qr', ['Scan to pay', 'with your banking app', '4:32 left']],
  ['updating', ['Installing an update', 'Please do not switch off']],
  ['success', ['Paid', '฿50.00', 'Thank you!']],
  ['checking', ['Checking your payment', 'Please do not pay again']],
  ['out-of-service', ['Out of service', 'Records cannot be saved: disk full', 'Coin or bill acceptor: coin', 'Not paired yet']],
] as const)('%s says what matters', async (kind, expected) => {
  const screen = SAMPLE_SCREENS.find((one) => one.kind === kind && (kind !== 'qr' || (one.kind === 'qr' && one.credit.minor > 0)));
  expect(wordsOf(await renderScreen(screen as Screen, options(800, 480)))).toEqual(expect.arrayContaining([...expected]));
});

const UNLIKE = ['failed', 'success', 'checking', 'delivering', 'out-of-service', 'present-card', 'authorising', 'announcement', 'identify'];

test('every state has words of its own, so that colour is not needed', async () => {
  const failed = SAMPLE_SCREENS.filter(({ kind }) => UNLIKE.includes(kind));
  const titles = await Promise.all(failed.map(async (screen) => wordsOf(await renderScreen(screen, options()))[0]));
  expect(new Set(titles).size).toBe(new Set(failed.map((screen) => (screen.kind === 'failed' ? screen.reason : screen.kind))).size);
});

test('a card is asked for with its picture, the message of the order, and what is left to pay', async () => {
  const cards = SAMPLE_SCREENS.filter((screen) => screen.kind === 'present-card');
  for (const [width, height] of SIZES) {
    for (const screen of cards) {
      const svg = await renderScreen(screen, options(width, height));
      const words = wordsOf(svg);
      // The chip of the card, which nothing else has.
      expect(svg).toContain('fill="#f2c14e"');
      const figure = screen.rest.currency === 'IDR' ? 'Rp125.000.000' : screen.credit.minor > 0 ? '฿103.44' : '฿123.44';
      expect(words).toContain(figure);
      if (screen.credit.minor > 0) expect(words).toEqual(expect.arrayContaining(['ค่าบริการล้างรถ', '฿123.44', '−฿20.00', '0:20 left']));
    }
  }
});

/** Screens whose names and messages are short enough for every display. */
const SHORT = SAMPLE_SCREENS.filter((screen) => !/"offers":\[\{|very|W{9}|x{9}|VERY|answered 403/.test(JSON.stringify(screen)));

test.each(LANGUAGES)('no words of the box itself are cut (%s)', async (language) => {
  expect(SHORT.length).toBeGreaterThan(30);
  for (const [width, height] of SIZES) {
    for (const screen of SHORT) {
      const cut = wordsOf(await renderScreen(screen, options(width, height, language))).filter((words) => words.endsWith('…'));
      expect(cut, `${width}x${height} ${screen.kind}`).toEqual([]);
    }
  }
});

test('a box that is looked for changes its tones, its sign and its frame each half second, and never its words', async () => {
  const screen: Screen = { kind: 'identify', serial: 'S-1' };
  const at = (nowMonotonicMs: number) => renderScreen(screen, { ...options(), nowMonotonicMs });
  const [dark, light] = [await at(0), await at(500)];
  for (const ms of [499, 1_000, 60_499]) expect(await at(ms)).toBe(dark);
  for (const ms of [999, 1_500, 60_500]) expect(await at(ms)).toBe(light);
  expect(wordsOf(dark)).toEqual(wordsOf(light));
  const framed = (svg: string) => (svg.match(/<rect [^>]*stroke=/g) ?? []).length;
  expect([framed(dark), framed(light)]).toEqual([0, 1]);
  const grounds = [dark, light].map((svg) => /<rect width="480" height="320" fill="(#\w+)"/.exec(svg)?.[1]);
  expect(new Set(grounds).size).toBe(2);
});

test('a QR without a sale shows no amount', async () => {
  const screen = SAMPLE_SCREENS.find(({ kind }) => kind === 'show-qr') as Screen;
  for (const [width, height] of SIZES)
    expect((await wordsOf(await renderScreen(screen, options(width, height)))).join()).not.toMatch(/Rp|฿/);
});

test('every language has its own words on every screen', async () => {
  for (const screen of SAMPLE_SCREENS) {
    const words = await Promise.all(
      LANGUAGES.map(async (language) => wordsOf(await renderScreen(screen, options(800, 480, language))).join()),
    );
    expect(new Set(words).size, JSON.stringify(screen)).toBe(LANGUAGES.length);
  }
});

test('an announcement carries the message that came with it', async () => {
  const screen: Screen = { kind: 'announcement', amount: { minor: 5, currency: 'CNY' }, message: 'Table 7' };
  expect(wordsOf(await renderScreen(screen, options()))).toEqual(['Amount paid', '¥0.05', 'Table 7']);
});

test('a box with a card reader shows cards, and the other ways only while they are possible', async () => {
  const [base] = SAMPLE_SCREENS.filter((screen) => screen.kind === 'idle');
  const ways = async (change: object) => wordsOf(await renderScreen({ ...base, ...change } as Screen, options(800, 480))).slice(2);
  expect(await ways({ card: true, qr: false, cash: false })).toEqual(['Card']);
  expect(await ways({ card: true, qr: false, cash: true })).toEqual(['Card', 'Cash']);
  expect(await ways({ card: false, qr: false, cash: false })).toEqual(['Card: not now']);
  expect(await ways({ qr: false, cash: true })).toEqual(['QR: not now', 'Cash']);
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
      const plain = await renderScreen(screen, options(width, height));
      const svg = await renderScreen(screen, { ...options(width, height), logo });
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

test('what cannot be shown is counted', async () => {
  const screen: Screen = {
    kind: 'idle',
    offers: offers(30),
    credit: { minor: 0, currency: 'THB' },
    cash: true,
    qr: true,
    typed: null,
    pin: null,
  };
  const words = wordsOf(await renderScreen(screen, options(320, 240)));
  const shown = words.filter((word) => word.startsWith('฿')).length;
  expect(words).toContain(`+ ${30 - shown} more`);
});

test.each([
  [0, '0:00'],
  [1, '0:01'],
  [59_999, '1:00'],
  [272_000, '4:32'],
  [3_600_000, '60:00'],
])('%i ms are %s', (ms, text) => {
  expect(minutesText(ms)).toBe(text);
});

test.each(['qr', 'present-card', 'show-qr'] as const)('a %s that has run out counts no further', async (wanted) => {
  const screen = SAMPLE_SCREENS.find(({ kind }) => kind === wanted) as Screen;
  expect(wordsOf(await renderScreen(screen, { ...options(), nowMonotonicMs: 9_999_999 }))).toContain('0:00 left');
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
        { kind: 'out-of-service', reasons: [text, `ledger: ${text}`] },
        { kind: 'idle', offers: [{ button: text, label: text, price }], credit: price, cash: true, qr: true, typed: null, pin: text },
      ];
      for (const screen of screens) expectSound(await renderScreen(screen, options(width, height)));
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
