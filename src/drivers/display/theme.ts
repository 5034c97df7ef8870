/** Colours: each text colour has at least 7:1 contrast on its ground (4.5:1 for `quiet`). */
export const COLOURS = {
  ground: '#f3f6f9',
  surface: '#ffffff',
  line: '#cfd8e3',
  ink: '#0e1a2b',
  quiet: '#44546a',
  accent: '#12449b',
  accentGround: '#e6eefb',
  good: '#0b5d3d',
  goodGround: '#dff3e8',
  warn: '#7a4100',
  warnGround: '#fff0d2',
  bad: '#9b1c17',
  badGround: '#fde8e6',
  night: '#101c2e',
  nightSurface: '#1f2f47',
  nightQuiet: '#c5d1e0',
} as const;

export const FONTS = "'Noto Sans','Noto Sans Thai','DejaVu Sans',sans-serif";

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
}

export const LEAST_TEXT = 12;
/** An amount is made smaller still before it is cut: a cut amount would be another amount. */
export const LEAST_AMOUNT = 8;

/** Sizes that grow with the display but keep text legible on the smallest. */
export function sizesFor(width: number, height: number): Sizes {
  const scale = Math.min(Math.max(width, height) / 480, Math.min(width, height) / 320);
  const at = (pixels: number, least: number) => Math.max(least, Math.round(pixels * scale));
  return {
    width,
    height,
    pad: at(18, 10),
    gap: at(10, 6),
    radius: at(14, 8),
    stroke: at(1.5, 1),
    small: at(14, LEAST_TEXT),
    body: at(17, 14),
    title: at(26, 19),
    hero: at(60, 38),
    icon: at(76, 52),
  };
}
