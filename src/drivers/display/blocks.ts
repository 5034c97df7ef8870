import { type IconName, icon } from './icons.ts';
import type { Logo } from './logo.ts';
import type { Tone } from './palette.ts';
import { fitText, isMeasured, type Room, type Weight, widthOf } from './text-fit.ts';
import { FONTS } from './theme.ts';

/** A piece of a screen with a size of its own, drawn with its top left corner where it is put. */
export interface Block {
  readonly width: number;
  readonly height: number;
  draw(left: number, top: number): string;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text made safe for XML content and attributes. */
const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** Thai stacks marks above and below a letter: lines need the room. */
export const LINE_HEIGHT = 1.36;

export interface TextStyle extends Omit<Room, 'lines' | 'weight' | 'balanced'> {
  readonly fill: string;
  readonly lines?: number;
  readonly weight?: Weight;
  readonly align?: 'start' | 'middle' | 'end';
}

/** Text in a column of `style.width`, made to fit. */
export function text(value: string, style: TextStyle): Block {
  const { width, fill, lines: most = 1, weight = 400, align = 'start' } = style;
  const { size, lines } = fitText(value, { ...style, lines: most, weight, balanced: align === 'middle' });
  const lineHeight = Math.round(size * LINE_HEIGHT);
  const shift = { start: 0, middle: width / 2, end: width }[align];
  const widest = Math.max(0, ...lines.map((line) => widthOf(line, size, weight)));
  return {
    width: align === 'start' ? Math.min(width, Math.ceil(widest)) : width,
    height: lines.length * lineHeight,
    draw: (left, top) =>
      lines
        .map((line, i) => {
          const baseline = Math.round(top + i * lineHeight + lineHeight / 2 + size * 0.36);
          return (
            `<text x="${Math.round(left + shift)}" y="${baseline}" font-size="${size}" font-weight="${weight}" ` +
            `fill="${fill}" text-anchor="${align}" font-family="${FONTS}"${held(line, size, weight)}>${escapeXml(line.replaceAll('\u{a0}', ' '))}</text>`
          );
        })
        .join(''),
  };
}

/** Holds a display without Noto Sans to the width the layout reckons with. */
function held(line: string, size: number, weight: Weight): string {
  if (!isMeasured(line) || line.length < 2) return '';
  return ` textLength="${Math.round(widthOf(line, size, weight) * 10) / 10}" lengthAdjust="spacingAndGlyphs"`;
}

/** Blocks below one another in a column of `width`. */
export function stack(blocks: readonly Block[], width: number, gap: number, align: 'start' | 'middle' = 'start'): Block {
  const shown = blocks.filter(({ height }) => height > 0);
  const height = shown.reduce((sum, block) => sum + block.height, 0) + gap * Math.max(0, shown.length - 1);
  return {
    width,
    height,
    draw(left, top) {
      let y = top;
      return shown
        .map((block) => {
          const drawn = block.draw(align === 'start' ? left : left + (width - block.width) / 2, y);
          y += block.height + gap;
          return drawn;
        })
        .join('');
    },
  };
}

/** The first of some blocks that is not higher than `height`, else the last: the fullest version that has room. */
export const firstWithin = (height: number, blocks: readonly [Block, ...Block[]]): Block =>
  blocks.find((block) => block.height <= height) ?? blocks[blocks.length - 1] ?? blocks[0];

/** Blocks beside one another, centred on one line. */
export function row(blocks: readonly Block[], gap: number): Block {
  const height = Math.max(0, ...blocks.map((block) => block.height));
  return {
    width: blocks.reduce((sum, block) => sum + block.width, 0) + gap * Math.max(0, blocks.length - 1),
    height,
    draw(left, top) {
      let x = left;
      return blocks
        .map((block) => {
          const drawn = block.draw(x, top + (height - block.height) / 2);
          x += block.width + gap;
          return drawn;
        })
        .join('');
    },
  };
}

export const NOTHING: Block = { width: 0, height: 0, draw: () => '' };

/** An empty block that takes room. */
export const space = (height: number): Block => ({ width: 0, height, draw: () => '' });

export const iconBlock = (name: IconName, size: number, colour: string, weight?: number): Block => ({
  width: size,
  height: size,
  draw: (left, top) => icon(name, left, top, size, colour, weight),
});

/** An icon on a filled disc: the sign of a state, told apart by its shape. */
export function disc(name: IconName, size: number, { ink, fill, line }: Tone): Block {
  const stroke = Math.max(2, Math.round(size * 0.05));
  const edge = line === undefined ? '' : ` stroke="${line}" stroke-width="${stroke}"`;
  const radius = Math.floor((line === undefined ? size : size - stroke) / 2);
  return {
    width: size,
    height: size,
    draw: (left, top) =>
      `<circle cx="${Math.round(left + size / 2)}" cy="${Math.round(top + size / 2)}" r="${radius}" fill="${fill}"${edge}/>` +
      icon(name, left + size * 0.22, top + size * 0.22, size * 0.56, ink, 2.2),
  };
}

export interface BoxStyle {
  readonly fill: string;
  readonly line?: string;
  readonly radius: number;
  readonly stroke?: number;
}

export function rect(left: number, top: number, width: number, height: number, { fill, line, radius, stroke = 1 }: BoxStyle): string {
  const border = line === undefined ? '' : ` stroke="${line}" stroke-width="${stroke}"`;
  return (
    `<rect x="${Math.round(left)}" y="${Math.round(top)}" width="${Math.round(width)}" height="${Math.round(height)}" ` +
    `rx="${radius}" fill="${fill}"${border}/>`
  );
}

/** A block on a rounded ground with `pad` pixels around it. */
export const chip = (inner: Block, pad: number, style: BoxStyle): Block => ({
  width: inner.width + 2.4 * pad,
  height: inner.height + 1.2 * pad,
  draw(left, top) {
    return rect(left, top, this.width, this.height, style) + inner.draw(left + 1.2 * pad, top + 0.6 * pad);
  },
});

/** A picture as large as fits into a frame, in its own proportions (3:1 where it does not say). */
export function logoBlock({ uri, ratio }: Logo, most: { readonly width: number; readonly height: number }): Block {
  const shape = ratio ?? 3;
  const width = Math.max(1, Math.round(Math.min(most.width, most.height * shape)));
  const height = Math.max(1, Math.round(Math.min(most.height, width / shape)));
  return {
    width,
    height,
    draw: (left, top) => `<image x="${Math.round(left)}" y="${Math.round(top)}" width="${width}" height="${height}" href="${uri}"/>`,
  };
}
