import fc from 'fast-check';
import jsqr from 'jsqr';
import { describe, expect, it, test } from 'vitest';
import { CURRENCY_CODES } from '../../domain/money.ts';
import { LANGUAGES } from '../../domain/speech/language.ts';
import type { Ticket, TicketLine } from '../../domain/ticket.ts';
import type { TicketImage } from '../../ports/printer.ts';
import { rasterise } from '../display/raster.ts';
import { wordsOf } from '../display/svg-words.ts';
import { TICKET_TEXTS } from './texts.ts';
import { inkOf, ticketImage, ticketRaster } from './ticket-image.ts';
import { ticketSvg } from './ticket-svg.ts';

const WIDTHS = [256, 384, 576, 1_024];

const TITLES = {
  th: ['คาร์วอชตัวอย่าง สาขาสุขุมวิท', 'ขอบคุณที่ใช้บริการ น้ำ จำนวน ทำ'],
  id: ['Cuci Mobil Contoh', 'Terima kasih'],
  vi: ['Rửa xe Mẫu', 'Cảm ơn quý khách! Đường Nguyễn Huệ'],
  en: ['Example Car Wash', 'Thank you & come again'],
  zh: ['示例洗车', '谢谢惠顾'],
} as const;

const baht = (minor: number) => ({ minor, currency: 'THB' }) as const;
const LINES: readonly TicketLine[] = [
  { line: 'unsure-time', text: '2026-01-31 14:05' },
  { line: 'time', text: '2026-01-31 14:05' },
  { line: 'item', text: 'Quick wash' },
  { line: 'sale', text: '0f8b7c2e-5a9d-4c1e-9b3f-2a6d8e4c7b10' },
  { line: 'transaction', text: 'T123456' },
  { line: 'method', text: 'DEBIT_CARD' },
  { line: 'card', text: 'VISA 411111******1111' },
  { line: 'due', amount: baht(600_000) },
  { line: 'paid', amount: baht(700_000) },
  { line: 'from-credit', amount: baht(1) },
  { line: 'credit', amount: baht(100_000) },
  { line: 'refund', amount: baht(1_000_000_000_000) },
];

const ticket = (language: keyof typeof TITLES, change: Partial<Ticket> = {}): Ticket => ({
  language,
  title: TITLES[language][0],
  notes: [TITLES[language][1], '', '1 Example Road'],
  copy: true,
  lines: LINES,
  qr: 'https://shop.example/t/0f8b7c2e-5a9d-4c1e-9b3f-2a6d8e4c7b10',
  ...change,
});

function scan(image: TicketImage): string | undefined {
  const { rgba, width, height } = ticketRaster(image);
  return jsqr.default(new Uint8ClampedArray(rgba), width, height, { inversionAttempts: 'dontInvert' })?.data;
}

const isBlack = ({ width, bits }: TicketImage, x: number, y: number): boolean =>
  ((bits[(y * width + x) >> 3] ?? 0) & (0x80 >> (x & 7))) !== 0;

/** Rows and columns with ink. */
function inked(image: TicketImage) {
  const columns = Array.from({ length: image.width }, (_, x) => x).filter((x) => {
    for (let y = 0; y < image.height; y++) if (isBlack(image, x, y)) return true;
    return false;
  });
  return { left: columns[0] ?? 0, right: columns.at(-1) ?? 0 };
}

describe.each(LANGUAGES)('a ticket in %s', (language) => {
  it.each(WIDTHS)('is %i dots wide, with everything on it and its QR readable', async (dots) => {
    const image = await ticketImage(ticket(language), dots);
    expect(image.width).toBe(dots);
    expect(image.bits).toHaveLength((dots / 8) * image.height);
    const { left, right } = inked(image);
    expect(left).toBeGreaterThanOrEqual(6);
    expect(right).toBeLessThan(dots - 4);
    expect(scan(image)).toBe(ticket(language).qr);
  });

  it('says every line, in words of its own, none of them cut', async () => {
    const words = wordsOf((await ticketSvg(ticket(language), 384)).svg).map(({ text }) => text);
    const { copy, lines } = TICKET_TEXTS[language];
    expect(words).toEqual(
      expect.arrayContaining([copy, ...Object.values(lines), '2026-01-31 14:05', '฿6,000.00', '฿0.01', 'VISA 411111******1111']),
    );
    expect(words.join('')).toContain('0f8b7c2e-5a9d-4c1e-9b3f-2a6d8e4c7b10');
    expect(words.join(' ')).not.toMatch(/…|DEBIT_CARD|null|undefined/);
    expect(new Set(Object.values(lines)).size).toBe(Object.keys(lines).length);
  });

  it('is no copy unless it says so', async () => {
    const words = wordsOf((await ticketSvg(ticket(language, { copy: false }), 384)).svg).map(({ text }) => text);
    expect(words).not.toContain(TICKET_TEXTS[language].copy);
  });

  it('is written with letters that the fonts have', async () => {
    const written = [TICKET_TEXTS[language].copy, ...Object.values(TICKET_TEXTS[language].lines), '฿₫Rp¥£€$−…'].join('');
    const letters = [...new Set(written)].filter((letter) => /[^\p{M}\p{Z}\u{e33}]/u.test(letter));
    for (const weight of [400, 700]) expect(await blankOf(letters, weight)).toEqual([]);
  });
});

/** Letters that leave no ink where each is drawn in a cell of its own. */
async function blankOf(letters: readonly string[], weight: number): Promise<string[]> {
  const cell = 40;
  const texts = letters.map(
    (letter, i) => `<text x="8" y="${i * cell + 28}" font-size="24" font-weight="${weight}" font-family="Noto Sans">${letter}</text>`,
  );
  const height = letters.length * cell;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="${height}"><rect width="80" height="${height}" fill="#fff"/>${texts.join('')}</svg>`;
  const { bits } = inkOf(await rasterise(svg, 80, height));
  return letters.filter((_, i) => bits.subarray(i * cell * 10, (i + 1) * cell * 10).every((byte) => byte === 0));
}

test('the modules of the QR are whole dots inside a quiet zone', async () => {
  for (const qr of ['7', 'x'.repeat(60), 'ก'.repeat(512)]) {
    for (const dots of WIDTHS) {
      const { svg } = await ticketSvg(ticket('en', { qr }), dots);
      const path = /<path d="([^"]*)"[^>]* shape-rendering="crispEdges"\/>/.exec(svg)?.[1] ?? '';
      const bars = [...path.matchAll(/M(\d+) (\d+)h(\d+)v(\d+)h/g)].map(([, x, y, width, height]) => [x, y, width, height].map(Number));
      const unit = bars[0]?.[3] ?? 0;
      expect(unit).toBeGreaterThanOrEqual(qr.length <= 60 ? 3 : dots < 384 ? 1 : 2);
      expect(path).not.toMatch(/\./);
      const [left, right] = [Math.min(...bars.map(([x = 0]) => x)), Math.max(...bars.map(([x = 0, , width = 0]) => x + width))];
      expect(left).toBeGreaterThanOrEqual(4 * unit);
      expect(dots - right).toBeGreaterThanOrEqual(4 * unit);
    }
  }
});

test('every currency is written out, also the largest amount on the narrowest paper', async () => {
  for (const currency of CURRENCY_CODES) {
    const lines: TicketLine[] = [{ line: 'due', amount: { minor: 1_000_000_000_000, currency } }];
    const words = wordsOf((await ticketSvg(ticket('en', { lines }), 256)).svg).map(({ text }) => text);
    expect(words.join(' ').replace(/\D/g, '')).toMatch(/1000000000000/);
    expect(words.join('')).not.toContain('…');
  }
});

test('whatever texts it carries stay texts, on the paper', async () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.constantFrom('', '<script>', ']]>&#0;', 'W'.repeat(5_000), '\u{202e}x'),
  );
  await fc.assert(
    fc.asyncProperty(hostile, fc.constantFrom(...WIDTHS), async (text, dots) => {
      const lines: TicketLine[] = [
        { line: 'item', text },
        { line: 'method', text },
        { line: 'sale', text },
      ];
      const { svg, height } = await ticketSvg(ticket('th', { title: text, notes: [text], lines }), dots);
      const image = inkOf(await rasterise(svg, dots, height));
      expect(inked(image).right).toBeLessThan(dots);
      expect(svg).not.toContain('<script');
    }),
    { numRuns: 25 },
  );
});

test('a ticket of the longest texts is a ticket still', async () => {
  const long = 'Wq '.repeat(400);
  const notes = Array.from({ length: 32 }, () => long);
  const image = await ticketImage(
    ticket('en', { title: long, notes, lines: LINES.map((line) => ('text' in line ? { ...line, text: long } : line)) }),
    256,
  );
  expect(image.height).toBeLessThan(8_000);
  expect(scan(image)).toBe(ticket('en').qr);
});

test.each([0, 100, 255, 380, 383.5, 1_032, Number.NaN])('paper of %d dots is refused', async (dots) => {
  await expect(ticketImage(ticket('en'), dots)).rejects.toMatchObject({ code: 'paper-width', blame: 'caller' });
});

test('a QR text that no symbol holds is refused', async () => {
  await expect(ticketImage(ticket('en', { qr: 'x'.repeat(513) }), 384)).rejects.toMatchObject({ code: 'qr-not-drawable' });
});

test('ink is what is darker than paper, and comes back as it was', () => {
  const greys = [0, 60, 159, 160, 200, 255, 0, 255];
  const image = inkOf({ width: 8, height: 1, rgba: Uint8Array.from(greys.flatMap((grey) => [grey, grey, grey, 255])) });
  expect([...image.bits]).toEqual([0b1110_0010]);
  expect(inkOf(ticketRaster(image))).toEqual(image);
});
