import { expect, test } from 'vitest';
import type { Screen } from '../../domain/screen.ts';
import { LANGUAGES } from '../../domain/speech/language.ts';
import { LOOKS, DISPLAY_SIZES as SIZES, THEMES } from '../../testkit/display-cases.ts';
import { offers, SAMPLE_SCREENS } from '../../testkit/sample-screens.ts';
import { type RenderOptions, renderScreen } from './screen-svg.ts';
import { wordsOf as linesOf } from './svg-words.ts';
import { minutesText } from './view-payment.ts';

const options = (
  width = 480,
  height = 320,
  language: RenderOptions['language'] = 'en',
  more: Partial<RenderOptions> = {},
): RenderOptions => ({ width, height, language, nowMonotonicMs: 0, ...more });

const svgOf = async (screen: Screen, options: RenderOptions): Promise<string> => (await renderScreen(screen, options)).svg;

const wordsOf = (svg: string): string[] => linesOf(svg).map(({ text }) => text);

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
  ['amount-select', ['Choose an amount', '£20', '£100', 'Other']],
  ['keypad', ['Enter an', 'amount', '£0.00', '£10 to £300', '7', 'Clear', 'OK']],
  ['payment-method', ['Choose how to pay', '£60.00', 'Debit card', 'Pay by bank', 'Cancel']],
  ['processing', ['Processing your payment', '£60.00', 'Please wait, and do not pay again']],
  ['limit-error', ['Over the daily limit', 'Please choose a smaller amount', 'Daily limit', '£300.00', 'Left today', '£200.00']],
  ['print-ticket', ['Printing your ticket']],
  ['collect-ticket', ['Please take your ticket']],
  ['thank-you', ['Thank you!', 'See you again']],
  ['device-error', ['Something is not working', 'Please call the operator', 'Printer out of paper', 'Code', 'PRINTER_ERROR']],
  ['failed', ['Payment declined', 'Nothing was paid. Please try another way', 'Card declined by issuer']],
  ['out-of-service', ['Out of service', 'Records cannot be saved: disk full', 'Coin or bill acceptor: coin', 'Not paired yet']],
] as const)('%s says what matters', async (kind, expected) => {
  const screen = SAMPLE_SCREENS.find((one) => one.kind === kind && (kind !== 'qr' || (one.kind === 'qr' && one.credit.minor > 0)));
  expect(wordsOf(await svgOf(screen as Screen, options(800, 480)))).toEqual(expect.arrayContaining([...expected]));
});

test.each([
  ['too-low', 'At least £10'],
  ['too-high', 'At most £300'],
] as const)('an amount that is %s is refused in words and with a sign', async (problem, words) => {
  const screen = SAMPLE_SCREENS.find((one) => one.kind === 'keypad' && one.problem === problem) as Screen;
  for (const [width, height] of SIZES) {
    for (const theme of THEMES) {
      const svg = await svgOf(screen, options(width, height, 'en', { theme }));
      expect(wordsOf(svg).join(' ')).toContain(words);
      // The exclamation mark, as a drawing.
      expect(svg).toContain('d="M12 4v10M12 18.5v.5"');
    }
  }
});

test('a limit that is used up says so', async () => {
  const screen = SAMPLE_SCREENS.find((one) => one.kind === 'limit-error' && one.remaining.minor === 0) as Screen;
  expect(wordsOf(await svgOf(screen, options()))).toEqual(expect.arrayContaining(['Nothing more can be paid today', '0 ₫']));
});

test('a way to pay that nobody knows keeps its own words', async () => {
  const amount = { minor: 100, currency: 'GBP' } as const;
  const screen: Screen = { kind: 'payment-method', amount, methods: ['LOYALTY_POINTS', 'CASH'], cancel: false };
  const words = await Promise.all(LANGUAGES.map(async (language) => wordsOf(await svgOf(screen, options(800, 480, language)))));
  for (const own of words) expect(own).toContain('Loyalty points');
  expect(words.map((own) => own.at(-1))).toEqual(['เงินสด', 'Tunai', 'Tiền mặt', 'Cash', '现金']);
});

const UNLIKE = [
  'processing',
  'limit-error',
  'print-ticket',
  'collect-ticket',
  'thank-you',
  'device-error',
  'failed',
  'success',
  'checking',
  'delivering',
  'out-of-service',
  'present-card',
  'authorising',
  'announcement',
  'identify',
];

test.each(LANGUAGES)('every state has words of its own, so that colour is not needed (%s)', async (language) => {
  const unlike = SAMPLE_SCREENS.filter(({ kind }) => UNLIKE.includes(kind));
  const titles = await Promise.all(unlike.map(async (screen) => wordsOf(await svgOf(screen, options(1024, 600, language)))[0]));
  expect(new Set(titles).size).toBe(new Set(unlike.map((screen) => (screen.kind === 'failed' ? screen.reason : screen.kind))).size);
});

test('a card is asked for with its picture, the message of the order, and what is left to pay', async () => {
  const cards = SAMPLE_SCREENS.filter((screen) => screen.kind === 'present-card');
  for (const [width, height] of SIZES) {
    for (const screen of cards) {
      const svg = await svgOf(screen, options(width, height));
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
const SHORT = SAMPLE_SCREENS.filter((screen) => !/"offers":\[\{|very|<script>|W{9}|x{9}|VERY|answered 403/.test(JSON.stringify(screen)));

test.each(LANGUAGES)('no words of the box itself are cut (%s)', async (language) => {
  expect(SHORT.length).toBeGreaterThan(30);
  for (const [width, height] of SIZES) {
    for (const look of LOOKS) {
      for (const screen of SHORT) {
        const cut = wordsOf(await svgOf(screen, options(width, height, language, look))).filter((words) => words.endsWith('…'));
        expect(cut, `${width}x${height} ${JSON.stringify(look)} ${JSON.stringify(screen)}`).toEqual([]);
      }
    }
  }
});

test('a QR without a sale shows no amount', async () => {
  const screen = SAMPLE_SCREENS.find(({ kind }) => kind === 'show-qr') as Screen;
  for (const [width, height] of SIZES) expect((await wordsOf(await svgOf(screen, options(width, height)))).join()).not.toMatch(/Rp|฿/);
});

test('every language has its own words on every screen', async () => {
  for (const screen of SAMPLE_SCREENS) {
    const words = await Promise.all(LANGUAGES.map(async (language) => wordsOf(await svgOf(screen, options(800, 480, language))).join()));
    expect(new Set(words).size, JSON.stringify(screen)).toBe(LANGUAGES.length);
  }
});

test('an announcement carries the message that came with it', async () => {
  const screen: Screen = { kind: 'announcement', amount: { minor: 5, currency: 'CNY' }, message: 'Table 7' };
  expect(wordsOf(await svgOf(screen, options()))).toEqual(['Amount paid', '¥0.05', 'Table 7']);
});

test('a box with a card reader shows cards, and the other ways only while they are possible', async () => {
  const [base] = SAMPLE_SCREENS.filter((screen) => screen.kind === 'idle');
  const ways = async (change: object) => wordsOf(await svgOf({ ...base, ...change } as Screen, options(800, 480))).slice(2);
  expect(await ways({ card: true, qr: false, cash: false })).toEqual(['Card']);
  expect(await ways({ card: true, qr: false, cash: true })).toEqual(['Card', 'Cash']);
  expect(await ways({ card: false, qr: false, cash: false })).toEqual(['Card: not now']);
  expect(await ways({ qr: false, cash: true })).toEqual(['QR: not now', 'Cash']);
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
  const words = wordsOf(await svgOf(screen, options(320, 240)));
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
  expect(wordsOf(await svgOf(screen, { ...options(), nowMonotonicMs: 9_999_999 }))).toContain('0:00 left');
});
