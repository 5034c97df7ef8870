import type { Money } from '../../domain/money.ts';
import { moneyText } from '../../domain/money-text.ts';
import type { Language } from '../../domain/speech/language.ts';
import type { Theme } from '../../domain/theme.ts';
import type { TouchArea } from '../../domain/touch.ts';
import { type Block, chip, iconBlock, NOTHING, row, text } from './blocks.ts';
import type { Palette, Scene, Tone } from './palette.ts';
import { widthOf } from './text-fit.ts';
import type { ScreenTexts } from './texts/screen-texts.ts';
import { LEAST_AMOUNT, type Sizes, sizesFor } from './theme.ts';

/** What every view needs to draw itself. */
export interface View {
  readonly sizes: Sizes;
  readonly colours: Palette;
  readonly theme: Theme;
  readonly texts: ScreenTexts;
  readonly language: Language;
  /** Whether the display can be touched, so that keys of the box are shown as buttons. */
  readonly buttons: boolean;
  /** Filled while blocks are drawn, see `touchable`. */
  readonly touch: TouchArea[];
}

/** A view's picture: the colour behind everything, and what is drawn on it. */
export interface Picture extends Pick<Scene, 'ground' | 'bar'> {
  readonly content: string;
}

export interface Area {
  readonly width: number;
  readonly height: number;
}

/** The same view with letters of the usual size, for what would not fit otherwise. */
export function withPlainText(view: View): View {
  const theme: Theme = { ...view.theme, text: 'normal' };
  return { ...view, theme, sizes: sizesFor(view.sizes.width, view.sizes.height, theme) };
}

/** How a pill or a panel in a tone is drawn. */
export const boxOf = ({ sizes }: View, { fill, line }: Tone, radius: number) => ({
  fill,
  radius,
  ...(line === undefined ? {} : { line, stroke: sizes.stroke }),
});

/** "Credit ฿5.00" as a small pill, with a note and the word only where they have room; nothing without credit. */
export function creditPill(view: View, credit: Money, width: number, note = ''): Block {
  if (credit.minor === 0) return NOTHING;
  const { sizes, colours, texts, language } = view;
  const size = sizes.small;
  const sign = Math.round(size * 1.2);
  const room = width - 1.2 * size - sign - Math.round(sizes.gap * 0.6);
  const amount = moneyText(credit);
  const words = [`${texts.credit} ${amount}`, amount];
  if (note !== '') words.unshift(`${texts.credit} ${amount} · ${note}`);
  const label = words.find((one) => widthOf(one, size, 700) <= room) ?? amount;
  const { ink } = colours.good;
  const inner = row(
    [iconBlock('coin', sign, ink), text(label, { width: room, size, least: LEAST_AMOUNT, fill: ink, weight: 700, language })],
    Math.round(sizes.gap * 0.6),
  );
  return chip(inner, size * 0.5, boxOf(view, colours.good, size));
}
