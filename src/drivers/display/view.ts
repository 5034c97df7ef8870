import type { Money } from '../../domain/money.ts';
import { moneyText } from '../../domain/money-text.ts';
import type { Language } from '../../domain/speech/language.ts';
import { type Block, chip, iconBlock, NOTHING, row, text } from './blocks.ts';
import { widthOf } from './text-fit.ts';
import type { ScreenTexts } from './texts/screen-texts.ts';
import { COLOURS, LEAST_AMOUNT, type Sizes } from './theme.ts';

/** What every view needs to draw itself. */
export interface View {
  readonly sizes: Sizes;
  readonly texts: ScreenTexts;
  readonly language: Language;
}

/** A view's picture: the colour behind everything, and what is drawn on it. */
export interface Picture {
  readonly ground: string;
  /** Colour of the bar along the upper edge, or null. */
  readonly bar: string | null;
  readonly content: string;
}

/** "Credit ฿5.00" as a small pill, with a note and the word only where they have room; nothing without credit. */
export function creditPill({ sizes, texts, language }: View, credit: Money, width: number, note = ''): Block {
  if (credit.minor === 0) return NOTHING;
  const size = sizes.small;
  const sign = Math.round(size * 1.2);
  const room = width - 1.2 * size - sign - Math.round(sizes.gap * 0.6);
  const amount = moneyText(credit);
  const words = [`${texts.credit} ${amount}`, amount];
  if (note !== '') words.unshift(`${texts.credit} ${amount} · ${note}`);
  const label = words.find((one) => widthOf(one, size, 700) <= room) ?? amount;
  const inner = row(
    [
      iconBlock('coin', sign, COLOURS.good),
      text(label, { width: room, size, least: LEAST_AMOUNT, fill: COLOURS.good, weight: 700, language }),
    ],
    Math.round(sizes.gap * 0.6),
  );
  return chip(inner, size * 0.5, { fill: COLOURS.goodGround, radius: size });
}
