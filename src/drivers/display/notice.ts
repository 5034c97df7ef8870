import { type Block, chip, disc, firstWithin, NOTHING, row, space, stack, text } from './blocks.ts';
import type { IconName } from './icons.ts';
import type { Scene } from './palette.ts';
import { LEAST_AMOUNT, LEAST_TEXT } from './theme.ts';
import { boxOf, type Picture, type View, withPlainText } from './view.ts';

export interface Notice {
  readonly icon: IconName;
  readonly title: string;
  readonly hint: string;
  /** Large text between title and hint: an amount. */
  readonly figure?: string;
  /** What stands below, in the sizes of the view it is given. */
  readonly more?: (view: View) => readonly Block[];
}

/** One message in the middle of the screen: a sign, what it is, and what to do. */
export function notice(view: View, scene: Scene, message: Notice): Picture {
  const { sizes } = view;
  const { pad } = sizes;
  const width = sizes.width - 2 * pad;
  const gap = Math.round(sizes.gap / 2);
  const words = wordsOf(view, scene, message, width);
  const withSign = (size: number) => stack([disc(message.icon, size, scene.sign), space(gap), ...words], width, gap, 'middle');
  const plain = wordsOf(withPlainText(view), scene, message, width);
  const whole = firstWithin(sizes.height - 2 * pad, [
    withSign(sizes.icon),
    withSign(Math.round(sizes.icon * 0.7)),
    withSign(Math.round(sizes.icon * 0.5)),
    besideSign(view, scene, message, width),
    stack(words, width, gap, 'middle'),
    stack(plain, width, Math.round(gap / 2), 'middle'),
  ]);
  return { ground: scene.ground, bar: scene.bar, content: whole.draw(pad, Math.round((sizes.height - whole.height) / 2)) };
}

function wordsOf(view: View, scene: Scene, message: Notice, width: number, align: 'start' | 'middle' = 'middle'): Block[] {
  const { sizes, language } = view;
  const { title, hint, figure, more } = message;
  const line = { width, align, language } as const;
  return [
    text(title, { ...line, size: sizes.title, least: 16, lines: 2, fill: scene.ink, weight: 700 }),
    figure === undefined ? NOTHING : text(figure, { ...line, size: sizes.hero, least: LEAST_AMOUNT, fill: scene.ink, weight: 700 }),
    hint === '' ? NOTHING : text(hint, { ...line, size: sizes.body, lines: 2, fill: scene.quiet }),
    ...(more?.(view) ?? []),
  ];
}

/** The sign beside the title, where it has no room above: it is half of what tells one state from another. */
function besideSign(view: View, scene: Scene, message: Notice, width: number): Block {
  const { sizes, language } = view;
  const size = Math.round(sizes.title * 1.5);
  const room = width - size - sizes.gap;
  const title = text(message.title, { width: room, size: sizes.title, least: 16, lines: 2, fill: scene.ink, weight: 700, language });
  const heading = row([disc(message.icon, size, scene.sign), title], sizes.gap);
  return stack([heading, ...wordsOf(view, scene, message, width).slice(1)], width, Math.round(sizes.gap / 2), 'middle');
}

/** Small lines below a message, such as the words of a service; nothing without any. */
export function detail({ sizes, language }: View, words: string, fill: string, lines = 3): Block {
  if (words.trim() === '') return NOTHING;
  const least = leastOf(sizes.small);
  return text(words, { width: sizes.width - 2 * sizes.pad, size: sizes.small, least, lines, fill, align: 'middle', language });
}

/** How small the words of others may become before they are cut: a long story is no reason for letters nobody can read. */
export const leastOf = (size: number): number => Math.max(LEAST_TEXT, Math.round(size * 0.8));

/** Lines on a ground of their own, in the width of the screen; nothing without any. */
export function panel(view: View, lines: readonly Block[], fill: string): Block {
  const { sizes, colours } = view;
  if (lines.length === 0) return NOTHING;
  const inner = stack(lines, Math.max(...lines.map(({ width }) => width)), 0, 'middle');
  return chip(inner, sizes.pad * 0.7, boxOf(view, { ink: colours.ink, fill, line: colours.line }, sizes.radius));
}
