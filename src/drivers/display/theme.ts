import type { Theme } from '../../domain/theme.ts';
import { paletteFor } from './palette.ts';

export const FONTS = "'Noto Sans','Noto Sans Thai','Noto Sans SC','DejaVu Sans',sans-serif";

/** Lengths in whole pixels for one display size. Text is never smaller than 12 pixels. */
export interface Sizes {
  readonly width: number;
  readonly height: number;
  readonly pad: number;
  readonly gap: number;
  readonly radius: number;
  readonly stroke: number;
  readonly small: number;
  readonly body: number;
  readonly title: number;
  readonly hero: number;
  readonly icon: number;
  /** Height of a button. */
  readonly touch: number;
}

export const LEAST_TEXT = 12;
/** An amount is made smaller still before it is cut: a cut amount would be another amount. */
export const LEAST_AMOUNT = 8;
/** Least width and height of what a finger is to hit. */
export const LEAST_TOUCH = 44;

const LARGE = 1.25;

/** Sizes that grow with the display but keep text legible on the smallest. */
export function sizesFor(width: number, height: number, theme: Theme): Sizes {
  const scale = Math.min(Math.max(width, height) / 480, Math.min(width, height) / 320);
  const at = (pixels: number, least: number) => Math.max(least, Math.round(pixels * scale));
  const letters = (pixels: number, least: number) => Math.round(at(pixels, least) * (theme.text === 'large' ? LARGE : 1));
  return {
    width,
    height,
    pad: at(18, 10),
    gap: at(10, 6),
    radius: at(14, 8),
    stroke: at(1.5, 1) * paletteFor(theme).outline,
    small: letters(14, LEAST_TEXT),
    body: letters(17, 14),
    title: letters(26, 19),
    hero: letters(60, 38),
    icon: at(76, 52),
    touch: at(48, LEAST_TOUCH),
  };
}
