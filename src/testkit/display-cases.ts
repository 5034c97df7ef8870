import type { Theme } from '../domain/theme.ts';

/** Displays that screens must be legible on, pixels: from the smallest, lying and standing. */
export const DISPLAY_SIZES = [
  [320, 240],
  [480, 320],
  [800, 480],
  [1024, 600],
  [240, 320],
  [600, 1024],
] as const;

export const THEMES: readonly Theme[] = [
  { contrast: 'normal', text: 'normal' },
  { contrast: 'high', text: 'normal' },
  { contrast: 'normal', text: 'large' },
  { contrast: 'high', text: 'large' },
];

/** Each layout that a screen can have, once: contrast changes colours and outlines only. */
export const LOOKS: readonly { readonly theme: Theme; readonly touch: boolean }[] = [
  { theme: { contrast: 'normal', text: 'normal' }, touch: false },
  { theme: { contrast: 'high', text: 'normal' }, touch: true },
  { theme: { contrast: 'high', text: 'large' }, touch: false },
  { theme: { contrast: 'normal', text: 'large' }, touch: true },
];
