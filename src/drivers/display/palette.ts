import type { Theme } from '../../domain/theme.ts';

/** An ink and the ground it stands on, as signs, pills and buttons have them; the ink is legible on the screen's ground too. */
export interface Tone {
  readonly ink: string;
  readonly fill: string;
  /** An outline, where the ground alone does not stand out. */
  readonly line?: string;
}

/** The colours of a whole screen with one message. */
export interface Scene {
  readonly ground: string;
  /** Of the bar along the upper edge, or null. */
  readonly bar: string | null;
  readonly ink: string;
  readonly quiet: string;
  readonly sign: Tone;
}

/** The colours of one theme. What a state is, its words and its sign say as well. */
export interface Palette {
  readonly ground: string;
  readonly surface: string;
  readonly line: string;
  readonly ink: string;
  readonly quiet: string;
  readonly accent: Tone;
  readonly good: Tone;
  readonly warn: Tone;
  readonly bad: Tone;
  /** A button, and the one button that goes on. */
  readonly button: Tone;
  readonly primary: Tone;
  readonly calm: Scene;
  readonly warning: Scene;
  readonly trouble: Scene;
  readonly paid: Scene;
  readonly closed: Scene;
  /** Ground of what is written on a closed box. */
  readonly closedPanel: string;
  /** The two phases of a box that is looked for. */
  readonly called: readonly [Scene, Scene];
  readonly card: { readonly face: string; readonly band: string; readonly chip: string; readonly marks: string };
  /** How much thicker outlines are. */
  readonly outline: number;
}

type Base = Pick<Palette, 'ground' | 'surface' | 'line' | 'ink' | 'quiet' | 'accent' | 'good' | 'warn' | 'bad'>;

const LIGHT: Base = {
  ground: '#f3f6f9',
  surface: '#ffffff',
  line: '#cfd8e3',
  ink: '#0e1a2b',
  quiet: '#44546a',
  accent: { ink: '#12449b', fill: '#e6eefb' },
  good: { ink: '#0b5d3d', fill: '#dff3e8' },
  warn: { ink: '#7a4100', fill: '#fff0d2' },
  bad: { ink: '#9b1c17', fill: '#fde8e6' },
};

const outlined = (ink: string): Tone => ({ ink, fill: '#000000', line: ink });

const DARK: Base = {
  ground: '#000000',
  surface: '#000000',
  line: '#ffffff',
  ink: '#ffffff',
  quiet: '#ffffff',
  accent: outlined('#ffe600'),
  good: outlined('#7dffb0'),
  warn: outlined('#ffe600'),
  bad: outlined('#ffb4ab'),
};

const scenes = ({ ground, ink, quiet, accent, warn, bad }: Base) => ({
  calm: { ground, bar: accent.ink, ink, quiet, sign: accent },
  warning: { ground, bar: warn.ink, ink, quiet, sign: warn },
  trouble: { ground, bar: bad.ink, ink, quiet, sign: bad },
});

/** Every text has at least 7:1 contrast on its ground, quiet text 4.5:1; with high contrast every text has 7:1. */
const PALETTES: Readonly<Record<Theme['contrast'], Palette>> = {
  normal: {
    ...LIGHT,
    ...scenes(LIGHT),
    button: { ink: LIGHT.ink, fill: LIGHT.surface, line: '#8695a9' },
    primary: { ink: '#ffffff', fill: LIGHT.accent.ink, line: LIGHT.accent.ink },
    paid: { ground: LIGHT.good.ink, bar: null, ink: '#ffffff', quiet: '#e4f5ec', sign: { ink: LIGHT.good.ink, fill: '#ffffff' } },
    closed: { ground: '#101c2e', bar: null, ink: '#ffffff', quiet: '#c5d1e0', sign: { ink: '#ffffff', fill: '#1f2f47' } },
    closedPanel: '#1f2f47',
    called: [
      { ground: LIGHT.accent.ink, bar: null, ink: '#ffffff', quiet: '#e6eefb', sign: { ink: LIGHT.accent.ink, fill: '#ffffff' } },
      { ground: '#ffffff', bar: null, ink: LIGHT.ink, quiet: LIGHT.quiet, sign: { ink: '#ffffff', fill: LIGHT.accent.ink } },
    ],
    card: { face: LIGHT.accent.ink, band: '#0c3374', chip: '#f2c14e', marks: '#ffffff' },
    outline: 1,
  },
  high: {
    ...DARK,
    ...scenes(DARK),
    button: { ink: '#ffffff', fill: '#000000', line: '#ffffff' },
    primary: { ink: '#000000', fill: '#ffe600', line: '#ffe600' },
    paid: { ground: '#ffe600', bar: null, ink: '#000000', quiet: '#000000', sign: { ink: '#ffe600', fill: '#000000' } },
    closed: { ground: '#000000', bar: null, ink: '#ffffff', quiet: '#ffffff', sign: { ink: '#000000', fill: '#ffffff' } },
    closedPanel: '#000000',
    called: [
      { ground: '#000000', bar: null, ink: '#ffe600', quiet: '#ffffff', sign: { ink: '#000000', fill: '#ffe600' } },
      { ground: '#ffe600', bar: null, ink: '#000000', quiet: '#000000', sign: { ink: '#ffe600', fill: '#000000' } },
    ],
    card: { face: '#ffe600', band: '#000000', chip: '#000000', marks: '#000000' },
    outline: 2,
  },
};

export const paletteFor = ({ contrast }: Theme): Palette => PALETTES[contrast];
