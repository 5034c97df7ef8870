import { type Block, iconBlock, NOTHING, rect, row, space, stack, text } from './blocks.ts';
import type { IconName } from './icons.ts';
import type { Tone } from './palette.ts';
import { LEAST_TEXT } from './theme.ts';
import type { Area, View } from './view.ts';

/** A block that does what a key does when it is touched: its place is noted as it is drawn. */
export const touchable = ({ touch }: View, key: string, block: Block): Block => ({
  width: block.width,
  height: block.height,
  draw(left, top) {
    touch.push({
      key,
      left: Math.round(left),
      top: Math.round(top),
      width: Math.round(block.width),
      height: Math.round(block.height),
    });
    return block.draw(left, top);
  },
});

/** A block in the middle of a button, in the button's colours. */
export function onButton(view: View, key: string, { width, height }: Area, { fill, line }: Tone, inner: Block): Block {
  const { sizes } = view;
  const style = { fill, radius: Math.min(sizes.radius, height / 2), ...(line === undefined ? {} : { line, stroke: sizes.stroke }) };
  return touchable(view, key, {
    width,
    height,
    draw: (left, top) =>
      rect(left, top, width, height, style) + inner.draw(left + (width - inner.width) / 2, top + Math.round((height - inner.height) / 2)),
  });
}

export interface ButtonLook extends Area {
  readonly key: string;
  readonly label: string;
  readonly icon?: IconName;
  readonly tone: Tone;
}

/** A button with a word on it, and a sign where both have room. */
export function touchButton(view: View, { key, label, icon, tone, width, height }: ButtonLook): Block {
  const { sizes, language } = view;
  const sign = icon === undefined ? null : iconBlock(icon, Math.round(sizes.body * 1.3), tone.ink, 2.4);
  const gap = Math.round(sizes.gap * 0.6);
  const room = width - 2 * Math.round(sizes.gap * 0.7);
  const style = { size: sizes.body, least: LEAST_TEXT, fill: tone.ink, weight: 700, language } as const;
  const alone = text(label, { ...style, width: room });
  const beside = sign ? text(label, { ...style, width: room - sign.width - gap }) : NOTHING;
  const both = sign && beside.width === alone.width ? row([sign, beside], gap) : text(label, { ...style, width: room, align: 'middle' });
  return onButton(view, key, { width, height }, tone, both);
}

/** The button that ends what the customer began. */
export const cancelButton = (view: View, { width, height }: Area): Block =>
  touchButton(view, { key: 'cancel', label: view.texts.keys.cancel, icon: 'cross', tone: view.colours.button, width, height });

/** The same alone on the screen, as wide as a hand finds it. */
export const footCancel = (view: View, width: number): Block =>
  cancelButton(view, { width: Math.min(width, view.sizes.touch * 4), height: view.sizes.touch });

/** The same below other things in a column, with air above; nothing on a display that cannot be touched. */
export const columnCancel = (view: View, width: number): Block =>
  view.buttons
    ? stack([space(1), footCancel(view, width)], Math.min(width, view.sizes.touch * 4), Math.round(view.sizes.gap / 2))
    : NOTHING;
