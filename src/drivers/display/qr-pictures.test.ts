import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsqr from 'jsqr';
import { describe, expect, test } from 'vitest';
import { needs } from '../../testkit/needs.ts';
import { readPng } from '../../testkit/png.ts';
import { QR_OUTSIDE_ASCII, QR_VECTORS } from '../../testkit/qr-vectors.ts';
import { isDark, type QrMatrix, QUIET_ZONE, qrMatrix } from './qr-matrix.ts';
import { qrPng } from './qr-png.ts';
import { qrPath, qrSvg } from './qr-svg.ts';
import { qrTerminal } from './qr-terminal.ts';

const ZBARIMG = '/usr/bin/zbarimg';
const zbar = needs(ZBARIMG, 'zbar-tools');

const texts = Object.entries({ ...QR_VECTORS, 'outside ASCII': QR_OUTSIDE_ASCII });

function decode({ width, height, data }: { width: number; height: number; data: ArrayLike<number> }): string | undefined {
  return jsqr.default(new Uint8ClampedArray(data), width, height, { inversionAttempts: 'dontInvert' })?.data;
}

/** Draws what `dark` says, `unit` pixels a module. */
function raster(columns: number, rows: number, unit: number, dark: (row: number, column: number) => boolean) {
  const [width, height] = [columns * unit, rows * unit];
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      if (dark(Math.floor(y / unit), Math.floor(x / unit))) data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
  }
  return { width, height, data };
}

describe.each(texts)('%s', (_, text) => {
  test('the PNG is read by another decoder', async () => {
    const matrix = await qrMatrix(text);
    const image = readPng(Buffer.from(await qrPng(matrix, 4)));
    expect(image.width).toBe((matrix.size + 2 * QUIET_ZONE) * 4);
    expect(decode(image)).toBe(text);
  });

  test('the terminal picture is read', async () => {
    const lines = qrTerminal(await qrMatrix(text), false)
      .trimEnd()
      .split('\n');
    const columns = Math.max(...lines.map((line) => line.length));
    const dark = (row: number, column: number) => ['█', row % 2 === 0 ? '▀' : '▄'].includes(lines[row >> 1]?.[column] ?? ' ');
    expect(decode(raster(columns, lines.length * 2, 4, dark))).toBe(text);
  });

  test('the path of the SVG covers just the dark modules', async () => {
    const matrix = await qrMatrix(text);
    expect(painted(qrPath(matrix, 0, 0, 1), matrix.size)).toEqual(modulesOf(matrix));
  });
});

test.skipIf(zbar.missing)(`zbarimg reads the PNG${zbar.why}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-qr-'));
  try {
    for (const [name, text] of Object.entries(QR_VECTORS)) {
      const file = join(folder, `${name}.png`);
      writeFileSync(file, await qrPng(await qrMatrix(text), 4));
      expect(
        execFileSync(ZBARIMG, ['--raw', '--quiet', '-Sdisable', '-Sqrcode.enable', file], { encoding: 'utf8', stdio: 'pipe' }).trimEnd(),
      ).toBe(text);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the SVG has whole-unit modules inside a quiet zone of four', async () => {
  const matrix = await qrMatrix('HELLO');
  const svg = qrSvg(matrix, 3);
  expect(svg).toContain(`viewBox="0 0 ${(21 + 8) * 3} ${(21 + 8) * 3}"`);
  expect(svg).toContain('d="M12 12h21v3h-21z');
  expect(svg).not.toMatch(/\d\.\d/);
});

test('in a terminal the colours are set line by line, and reset', async () => {
  const lines = qrTerminal(await qrMatrix('HELLO'), true)
    .trimEnd()
    .split('\n');
  expect(lines).toHaveLength(15);
  for (const line of lines) {
    expect(line.startsWith('\u{1b}[38;5;16;48;5;231m')).toBe(true);
    expect(line.endsWith('\u{1b}[0m')).toBe(true);
    expect(line.replace(/[^ ▀▄█]/g, '')).toHaveLength(29);
  }
});

test.each(['', 'x'.repeat(513), '7'.repeat(1_000_000)])('a text that is empty or too long is refused', async (text) => {
  await expect(qrMatrix(text)).rejects.toMatchObject({ code: 'qr-not-drawable' });
});

test('the longest text can be drawn', async () => {
  expect((await qrMatrix('ก'.repeat(512))).size).toBeLessThanOrEqual(177);
});

const modulesOf = (matrix: QrMatrix): string[] =>
  Array.from({ length: matrix.size }, (_, row) =>
    Array.from({ length: matrix.size }, (_, column) => (isDark(matrix, row, column) ? '#' : ' ')).join(''),
  );

/** Paints a path of bars into rows of characters. */
function painted(path: string, size: number): string[] {
  const rows = Array.from({ length: size }, () => Array<string>(size).fill(' '));
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    rows[Number(y)]?.fill('#', Number(x), Number(x) + Number(width));
  }
  return rows.map((row) => row.join(''));
}
