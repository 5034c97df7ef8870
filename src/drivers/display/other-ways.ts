import { type Block, iconBlock, row, text } from './blocks.ts';
import type { IconName } from './icons.ts';
import { cancelButton, footCancel, touchButton } from './touch-button.ts';
import type { View } from './view.ts';

/** That there is another way as well: cash, where nothing else is said. */
export function hintRow({ sizes, colours, language }: View, hint: string, width: number, sign: IconName = 'coin'): Block {
  const size = Math.round(Math.min(sizes.small * 1.4, width * 0.16));
  const words = text(hint, { width: width - size - sizes.gap, size: sizes.small, lines: 2, fill: colours.quiet, language });
  return row([iconBlock(sign, size, colours.quiet), words], Math.round(sizes.gap * 0.7));
}

/** That a top-up card may be given: a button, or on a display that cannot be touched which key it is. */
export function topUpOffer(view: View, width: number): Block {
  const { texts, colours, sizes } = view;
  if (!view.buttons) return hintRow(view, texts.topUp.press, width, 'phone');
  const look = { key: 'top-up', label: texts.topUp.offer, icon: 'phone', tone: colours.button, height: sizes.touch } as const;
  return touchButton(view, { ...look, width: Math.min(width, sizes.touch * 4) });
}

/** What ends the sale, and beside it the offer of a top-up card where there is one. */
export function footOf(view: View, width: number, topUp: boolean): Block {
  if (!topUp) return footCancel(view, width);
  const { sizes, colours, texts } = view;
  const half = { width: Math.floor((Math.min(width, sizes.touch * 9) - sizes.gap) / 2), height: sizes.touch };
  const offer = touchButton(view, { key: 'top-up', label: texts.topUp.offer, icon: 'phone', tone: colours.button, ...half });
  return row([offer, cancelButton(view, half)], sizes.gap);
}
