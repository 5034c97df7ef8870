import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsqr from 'jsqr';
import type { Raster } from '../drivers/display/raster.ts';

export const ZBARIMG = '/usr/bin/zbarimg';

/** What jsqr reads from a picture, or null. */
export const scanned = ({ width, height, rgba }: Raster): string | null =>
  jsqr.default(new Uint8ClampedArray(rgba), width, height, { inversionAttempts: 'dontInvert' })?.data ?? null;

/** What zbarimg reads from PNG files, each alone on its screen, all in one run; null for a picture without a QR. */
export function scannedByZbar(pngs: readonly Uint8Array[]): (string | null)[] {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-scan-'));
  try {
    const files = pngs.map((png, i) => {
      const file = join(folder, `${i}.png`);
      writeFileSync(file, png);
      return file;
    });
    const xml = execFileSync(ZBARIMG, ['--xml', '--quiet', '-Sdisable', '-Sqrcode.enable', ...files], { encoding: 'utf8', stdio: 'pipe' });
    const read = new Map(
      [...xml.matchAll(/<source href='([^']*)'>.*?<data[^>]*><!\[CDATA\[(.*?)\]\]><\/data>/gs)].map(([, file, text = '']) => [file, text]),
    );
    return files.map((file) => read.get(file) ?? null);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
