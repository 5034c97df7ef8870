import type { Rasterise } from '../drivers/display/raster.ts';
import type { Words } from '../drivers/display/svg-words.ts';
import { widthOf } from '../drivers/display/text-fit.ts';

/** The pixels a line of text really covers, relative to its anchor and baseline; `right` and `bottom` are just outside. */
export interface Ink {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const keyOf = ({ text, anchor, size, bold }: Words): string => JSON.stringify([text, anchor, size, bold]);
const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Lines that are drawn on one sheet. */
const SHEET = 40;

/** Measures lines of text by drawing each of them alone, black on white, on sheets of many bands. Null for one that leaves no ink. */
export async function measureInk(lines: readonly Words[], rasterise: Rasterise): Promise<(line: Words) => Ink | null> {
  const unique = [...new Map(lines.map((line) => [keyOf(line), line])).values()].sort((a, b) => roomOf(a) - roomOf(b));
  const inks = new Map<string, Ink | null>();
  for (let i = 0; i < unique.length; i += SHEET) {
    const sheet = unique.slice(i, i + SHEET);
    const band = Math.ceil(3 * Math.max(...sheet.map(({ size }) => size)));
    const width = Math.max(...sheet.map(roomOf));
    const height = band * sheet.length;
    const anchorOf = ({ anchor, size }: Words) => ({ start: size, middle: Math.round(width / 2), end: width - size })[anchor];
    const texts = sheet.map(
      (line, row) =>
        `<text x="${anchorOf(line)}" y="${row * band + Math.round(band * 0.6)}" font-size="${line.size}" ` +
        `font-weight="${line.bold ? 700 : 400}" text-anchor="${line.anchor}">${escapeXml(line.text)}</text>`,
    );
    const ground = `<rect width="${width}" height="${height}" fill="#fff"/>`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${ground}${texts.join('')}</svg>`;
    const { rgba } = await rasterise(svg, width, height);
    for (const [row, line] of sheet.entries()) inks.set(keyOf(line), inkOf(rgba, width, row * band, band, anchorOf(line)));
  }
  return (line) => inks.get(keyOf(line)) ?? null;
}

/** A width with room to spare: a line that is wider than it should be must be seen to be. */
const roomOf = ({ text, size, bold }: Words): number => Math.ceil(1.3 * widthOf(text, size, bold ? 700 : 400) + 4 * size);

/** Ink is what is darker than a faint edge of a letter. */
function inkOf(rgba: Uint8Array, width: number, first: number, rows: number, anchor: number): Ink | null {
  let [left, right, top, bottom] = [width, 0, rows, 0];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; x++) {
      if ((rgba[4 * ((first + y) * width + x) + 1] ?? 255) > 160) continue;
      [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x + 1), Math.min(top, y), Math.max(bottom, y + 1)];
    }
  }
  if (right === 0) return null;
  const baseline = Math.round(rows * 0.6);
  return { left: left - anchor, right: right - anchor, top: top - baseline, bottom: bottom - baseline };
}
