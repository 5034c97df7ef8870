import type { Money } from '../../domain/money.ts';
import { moneyText } from '../../domain/money-text.ts';
import type { Screen } from '../../domain/screen.ts';
import { type Block, chip, disc, firstWithin, iconBlock, NOTHING, row, stack, text } from './blocks.ts';
import type { IconName } from './icons.ts';
import { footOf, hintRow, topUpOffer } from './other-ways.ts';
import { widthOf } from './text-fit.ts';
import { LEAST_AMOUNT, LEAST_TEXT } from './theme.ts';
import { boxOf, type Picture, type View } from './view.ts';

type Of<K extends Screen['kind']> = Extract<Screen, { kind: K }>;

const HURRY_MS = 30_000;

export interface Room {
  readonly width: number;
  readonly height: number;
  readonly align: 'start' | 'middle';
}

/** Minutes and seconds, rounded up so that 0:00 means over. */
export function minutesText(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** How long something may still be paid, as a pill; marked when the end is near. */
export function countdown(view: View, remainingMs: number, width: number): Block {
  const { sizes, colours, texts, language } = view;
  const hurry = remainingMs <= HURRY_MS;
  const tone = hurry ? colours.warn : colours.accent;
  const { ink } = tone;
  const size = sizes.body;
  const pad = size * 0.45;
  const label = { width: width - size * 1.3 - sizes.gap / 2 - 2.4 * pad, size, fill: ink, weight: 700, language } as const;
  const inner = row(
    [iconBlock(hurry ? 'hourglass' : 'clock', Math.round(size * 1.3), ink), text(texts.left(minutesText(remainingMs)), label)],
    Math.round(sizes.gap / 2),
  );
  return chip(inner, pad, boxOf(view, tone, size));
}

/** Price and credit, shown once they differ from what is left to pay. */
export function bill(view: View, due: Money, credit: Money, width: number): Block[] {
  if (credit.minor === 0) return [];
  const lines = [
    [view.texts.price, moneyText(due)],
    [view.texts.credit, moneyText({ ...credit, minor: -credit.minor })],
  ] as const;
  return billLines(view, lines, width, view.sizes.small);
}

/** What amounts are, and at the end of each line the amount: all in the largest size at which every line fits. */
export function billLines(
  view: View,
  lines: readonly (readonly [label: string, amount: string])[],
  width: number,
  wished: number,
): Block[] {
  const { gap } = view.sizes;
  const needed = (size: number) =>
    Math.max(...lines.map(([label, amount]) => widthOf(label, size, 400) + gap + widthOf(amount, size, 700)));
  let size = wished;
  while (size > LEAST_TEXT && needed(size) > width) size--;
  return lines.map(([label, amount]) => billLine(view, label, amount, width, size));
}

function billLine({ sizes, colours, language }: View, label: string, amount: string, width: number, size: number): Block {
  const least = Math.min(width / 2, widthOf(label, LEAST_TEXT, 400) + sizes.gap);
  const figure = text(amount, { width: width - least, size, least: LEAST_AMOUNT, fill: colours.ink, weight: 700, align: 'end', language });
  const room = Math.max(least - sizes.gap, width - widthOf(amount, size, 700) - sizes.gap);
  const name = text(label, { width: room, size, fill: colours.quiet, language });
  const height = Math.max(name.height, figure.height);
  return {
    width,
    height,
    draw: (left, top) =>
      name.draw(left, top + height - name.height) + figure.draw(left + width - figure.width, top + height - figure.height),
  };
}

/** A large amount with what is going on, for the states without a QR; they can be left. */
function amountView(
  view: View,
  icons: readonly IconName[],
  title: string,
  amount: Money,
  below: readonly Block[],
  topUp: boolean,
): Picture {
  const { sizes, colours, language } = view;
  const { pad } = sizes;
  const width = sizes.width - 2 * pad;
  const gap = Math.round(sizes.gap / 2);
  const line = { width, align: 'middle', language } as const;
  const heading = text(title, { ...line, size: sizes.title, least: 16, lines: 2, fill: colours.ink, weight: 700 });
  const figure = (size: number) => text(moneyText(amount), { ...line, size, least: LEAST_AMOUNT, fill: colours.ink, weight: 700 });
  const words = [heading, figure(sizes.hero), ...below];
  const signs = (size: number) =>
    row(
      icons.map((name) => disc(name, size, colours.accent)),
      sizes.gap,
    );
  const cancel = view.buttons ? footOf(view, width, topUp) : NOTHING;
  const height = sizes.height - 2 * pad - (view.buttons ? cancel.height + sizes.gap : 0);
  const whole = firstWithin(height, [
    stack([signs(sizes.icon), ...words], width, gap, 'middle'),
    stack([signs(Math.round(sizes.icon * 0.6)), ...words], width, gap, 'middle'),
    stack(words, width, gap, 'middle'),
    stack([heading, figure(Math.round(sizes.hero * 0.7)), ...below], width, Math.round(gap / 2), 'middle'),
    stack([heading, figure(sizes.title), ...below], width, 0, 'middle'),
  ]);
  const content = whole.draw(pad, pad + Math.round((height - whole.height) / 2));
  const foot = cancel.draw(pad + (width - cancel.width) / 2, sizes.height - pad - cancel.height);
  return { ground: colours.ground, bar: colours.accent.ink, content: content + foot };
}

/** A line under an amount, in the width of the screen. */
const remark = ({ sizes, colours, language }: View, words: string): Block =>
  text(words, { width: sizes.width - 2 * sizes.pad, size: sizes.body, fill: colours.quiet, align: 'middle', language });

const billWidth = ({ sizes }: View): number => Math.min(sizes.width - 2 * sizes.pad, Math.round(sizes.title * 12));

export function requestingView(view: View, { due, credit, cash, topUp = false }: Of<'requesting'>): Picture {
  const { texts } = view;
  const width = billWidth(view);
  const rest = { ...due, minor: Math.max(0, due.minor - credit.minor) };
  const below = [
    remark(view, texts.preparing.hint),
    ...bill(view, due, credit, width),
    cash ? hintRow(view, texts.orCash, width) : NOTHING,
    topUp && !view.buttons ? topUpOffer(view, width) : NOTHING,
  ];
  return amountView(view, ['hourglass'], texts.preparing.title, rest, below, topUp);
}

export function insertCashView(view: View, { due, rest, credit, qrPossible, topUp = false }: Of<'insert-cash'>): Picture {
  const { texts } = view;
  const hint = remark(view, qrPossible ? texts.qrFollows : texts.qrUnavailable);
  const width = billWidth(view);
  const below = [...bill(view, due, credit, width), hint, topUp && !view.buttons ? topUpOffer(view, width) : NOTHING];
  return amountView(view, ['coin', 'bill'], texts.insertCash, rest, below, topUp);
}
