import { type Block, rect } from './blocks.ts';
import type { Palette } from './palette.ts';

/** A payment card with its chip, and the waves of a contactless reader beside it: `width` pixels wide in all. */
export function cardSymbol({ card: colours }: Palette, width: number): Block {
  const waves = Math.round(width * 0.24);
  const card = { width: width - waves, height: Math.round((width - waves) * 0.63) };
  const at = (share: number) => Math.round(card.width * share);
  return {
    width,
    height: card.height,
    draw(left, top) {
      const digits = [0, 1, 2, 3].map((group) =>
        rect(left + at(0.1) + group * at(0.2), top + card.height - at(0.21), at(0.15), at(0.05), { fill: colours.marks, radius: at(0.02) }),
      );
      return (
        rect(left, top, card.width, card.height, { fill: colours.face, radius: at(0.07) }) +
        rect(left + at(0.62), top + at(0.1), at(0.28), at(0.06), { fill: colours.band, radius: at(0.03) }) +
        rect(left + at(0.1), top + at(0.14), at(0.19), at(0.15), { fill: colours.chip, radius: at(0.03) }) +
        digits.join('') +
        readerWaves(left + card.width, top + card.height / 2, waves, colours.face)
      );
    },
  };
}

/** Three arcs that open to the right, centred on a height. */
function readerWaves(left: number, middle: number, width: number, colour: string): string {
  return [0.45, 0.85, 1.25]
    .map((share, i) => {
      const reach = Math.round(width * share);
      const x = Math.round(left + width * (0.2 + 0.24 * i));
      const from = Math.round(middle - reach / 2);
      return (
        `<path d="M${x} ${from}a${reach} ${reach} 0 0 1 0 ${reach}" fill="none" stroke="${colour}" ` +
        `stroke-width="${Math.max(2, Math.round(width * 0.09))}" stroke-linecap="round"/>`
      );
    })
    .join('');
}
