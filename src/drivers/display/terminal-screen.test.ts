import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Screen } from '../../domain/screen.ts';
import { LANGUAGES } from '../../domain/speech/language.ts';
import { SAMPLE_SCREENS } from '../../testkit/sample-screens.ts';
import { scanned } from '../../testkit/scan.ts';
import { renderScreen } from './screen-svg.ts';
import { wordsOf } from './svg-words.ts';
import { type TerminalRoom, terminalScreen } from './terminal-screen.ts';
import { columnsOf, headOf, wrapColumns } from './terminal-width.ts';

const ROOMS: readonly TerminalRoom[] = [
  { columns: 80, rows: 24, drawn: true },
  { columns: 200, rows: 60, drawn: true },
  { columns: 60, rows: 45, drawn: true },
  { columns: 40, rows: 12, drawn: true },
  { columns: 9, rows: 3, drawn: true },
  { columns: 1, rows: 1, drawn: true },
  { columns: 80, rows: Number.POSITIVE_INFINITY, drawn: false },
];
const QR_COLOURS = '\u{1b}[38;5;16;48;5;231m';
const RESET = '\u{1b}[0m';
const bare = (line: string): string => line.replaceAll(QR_COLOURS, '').replaceAll(RESET, '');

/** Reads half blocks back into pixels, as a camera would see them. */
function photographed(lines: readonly string[]) {
  const unit = 4;
  const columns = Math.max(...lines.map((line) => line.length));
  const [width, height] = [columns * unit, lines.length * 2 * unit];
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = Math.floor(y / unit);
      const block = lines[row >> 1]?.[Math.floor(x / unit)] ?? ' ';
      if (['█', row % 2 === 0 ? '▀' : '▄'].includes(block)) rgba.fill(0, 4 * (y * width + x), 4 * (y * width + x) + 3);
    }
  }
  return { width, height, rgba };
}

/** Of a line the part that is drawn in black on white. */
const qrPart = (line: string): string[] => {
  const [, after] = line.split(QR_COLOURS);
  return after === undefined ? [] : [after.split(RESET)[0] ?? ''];
};

const qrScreens = SAMPLE_SCREENS.filter((screen) => screen.kind === 'qr' || screen.kind === 'show-qr');

describe.each(LANGUAGES)('a screen in %s', (language) => {
  it.each(ROOMS)('stays within $columns columns and $rows rows', async (room) => {
    for (const screen of SAMPLE_SCREENS) {
      const lines = await terminalScreen(screen, language, 0, room);
      expect(lines.length, screen.kind).toBeLessThanOrEqual(room.rows);
      for (const line of lines.map(bare)) {
        expect(columnsOf(line), `${screen.kind}: ${line}`).toBeLessThanOrEqual(room.columns);
        expect(line).not.toMatch(/\p{Cc}/u);
      }
    }
  });

  it('says every word of the picture, in a frame whose sides stand above one another', async () => {
    for (const screen of SAMPLE_SCREENS) {
      const lines = (await terminalScreen(screen, language, 0, { columns: 100, rows: 60, drawn: true })).map(bare);
      const { svg } = await renderScreen(screen, { width: 1_600, height: 600, language, nowMonotonicMs: 0 });
      const said = lines.join('').replace(/[│\s▀▄█]/gu, '');
      for (const { text } of wordsOf(svg)) {
        for (const word of text.split(/\s+/)) {
          const one = word.replace(/\p{C}/gu, '');
          // A word that is longer than a line goes on in the next one.
          expect(said, `${screen.kind}: ${one}`).toContain(one.slice(0, 40));
        }
      }
      expect(lines.at(0)).toMatch(/^┌─+┐$/);
      expect(lines.at(-1)).toMatch(/^└─+┘$/);
      expect(new Set(lines.map(columnsOf)).size, screen.kind).toBe(1);
      expect(lines.slice(1, -1).every((line) => line.startsWith('│ ') && line.endsWith(' │'))).toBe(true);
    }
  });

  it('has a QR that is read where it has room, in a terminal and in a pipe', async () => {
    for (const screen of qrScreens) {
      const drawn = (await terminalScreen(screen, language, 0, { columns: 90, rows: 40, drawn: true })).flatMap(qrPart);
      expect(scanned(photographed(drawn))).toBe(screen.qr);
      const piped = await terminalScreen(screen, language, 0, { columns: 80, rows: Number.POSITIVE_INFINITY, drawn: false });
      const side = drawn[0]?.length ?? 0;
      expect(scanned(photographed(piped.slice(0, drawn.length).map((line) => line.slice(0, side))))).toBe(screen.qr);
    }
  });
});

test('a QR has its words beside it or, in a narrow window, below; it goes without a frame before it is left out', async () => {
  const [screen] = qrScreens.filter(({ kind }) => kind === 'qr') as [Extract<Screen, { kind: 'qr' }>];
  const at = async (columns: number, rows: number) => terminalScreen(screen, 'en', 0, { columns, rows, drawn: true });
  const rowOf = (lines: readonly string[], text: string) => lines.findIndex((line) => line.includes(text));
  const wide = await at(80, 30);
  expect(wide[0]).toMatch(/^┌/);
  expect(wide[rowOf(wide, 'Scan to pay')]).toContain(QR_COLOURS);
  const low = await at(80, 24);
  expect(low[0]).not.toMatch(/^┌/);
  expect(scanned(photographed(low.flatMap(qrPart)))).toBe(screen.qr);
  const narrow = await at(50, 40);
  expect(narrow[rowOf(narrow, 'Scan to pay')]).not.toContain(QR_COLOURS);
  expect(scanned(photographed(narrow.flatMap(qrPart)))).toBe(screen.qr);
  const small = await at(44, 40);
  expect(small.flatMap(qrPart)).toEqual([]);
  expect(small.join('\n')).toMatch(/too small[\s\S]*45x23[\s\S]*Scan to pay/);
});

test('half of a QR is never shown', async () => {
  for (const screen of qrScreens) {
    for (let columns = 1; columns <= 80; columns += 3) {
      for (let rows = 1; rows <= 40; rows += 3) {
        const drawn = (await terminalScreen(screen, 'en', 0, { columns, rows, drawn: true })).flatMap(qrPart);
        if (drawn.length > 0) expect(drawn).toHaveLength(Math.ceil((drawn[0]?.length ?? 0) / 2));
      }
    }
  }
});

describe('columns', () => {
  it.each([
    ['', 0],
    ['Pay £10.00', 10],
    ['支付', 4],
    ['（OK）！', 8],
    ['กำลังเริ่มต้น', 9],
    ['น้ำ', 2],
    ['Tiê\u{301}ng Viê\u{323}t', 10],
    ['฿20 · −5…', 9],
    ['😀', 2],
    ['a\u{200b}\u{202e}b', 2],
  ])('of %j are %i', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });

  const texts = fc.string({ unit: fc.constantFrom('a', 'W', ' ', '支', 'ก', 'ั', '้', 'ำ', '…', 'é') });

  it('a head is as long as it fits and leaves no mark behind', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 30 }), (text, columns) => {
        const head = headOf(text, columns);
        expect(text.startsWith(head)).toBe(true);
        expect(columnsOf(head)).toBeLessThanOrEqual(columns);
        expect(text.slice(head.length)).not.toMatch(/^\p{Mn}/u);
      }),
    );
  });

  it('a wrapped text loses nothing but spaces', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 30 }), (text, columns) => {
        const lines = wrapColumns(text, columns);
        for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });
});
