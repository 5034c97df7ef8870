import { moneyText } from '../../domain/money-text.ts';
import type { Screen } from '../../domain/screen.ts';
import { type Block, firstWithin, NOTHING, space, stack, text } from './blocks.ts';
import { cardSymbol } from './card-symbol.ts';
import { hintRow } from './other-ways.ts';
import { LEAST_AMOUNT } from './theme.ts';
import { columnCancel } from './touch-button.ts';
import type { Picture, View } from './view.ts';
import { bill, countdown, type Room } from './view-payment.ts';

type PresentCard = Extract<Screen, { kind: 'present-card' }>;

/** A card is asked for: its picture, and beside it (below it on a tall display) the amount and how long there is time. */
export function presentCardView(view: View, screen: PresentCard, nowMonotonicMs: number): Picture {
  const { width, height, pad, gap } = view.sizes;
  const wide = width >= height;
  const symbol = cardSymbol(view.colours, Math.round(wide ? width * 0.36 : width * 0.5));
  const beside = wide ? { left: symbol.width + 2 * pad, top: pad } : { left: pad, top: symbol.height + 2 * pad + gap };
  const column = { width: width - beside.left - pad, height: height - beside.top - pad };
  const { expiresAtMonotonicMs: endsAtMs } = screen;
  const remainingMs = endsAtMs === null ? null : Math.max(0, endsAtMs - nowMonotonicMs);
  const facts = cardFacts(view, screen, remainingMs, { ...column, align: wide ? 'start' : 'middle' });
  const top = beside.top + Math.max(0, Math.round((column.height - facts.height) / 2));
  const drawn = wide
    ? symbol.draw(pad, Math.round((height - symbol.height) / 2))
    : symbol.draw(Math.round((width - symbol.width) / 2), pad + gap);
  return { ground: view.colours.ground, bar: view.colours.accent.ink, content: drawn + facts.draw(beside.left, top) };
}

/** What stands beside the card, from the fullest version to the barest. */
function cardFacts(view: View, { due, rest, credit, message, cash }: PresentCard, remainingMs: number | null, room: Room): Block {
  const { sizes, colours, texts, language } = view;
  const { width, height, align } = room;
  const line = { width, align, language } as const;
  const gap = Math.round(sizes.gap / 2);
  const title = text(texts.presentCard.title, { ...line, size: sizes.title, least: 14, lines: 2, fill: colours.ink, weight: 700 });
  const said = message.trim() === '' ? texts.presentCard.hint : message;
  const hint = (lines: number) => text(said, { ...line, size: sizes.body, lines, fill: colours.quiet });
  const amount = (size: number) => text(moneyText(rest), { ...line, size, least: LEAST_AMOUNT, fill: colours.ink, weight: 700 });
  const time = remainingMs === null ? NOTHING : countdown(view, remainingMs, width);
  const cancel = columnCancel(view, width);
  const owed = bill(view, due, credit, width);
  const below = [...owed, time, cash ? hintRow(view, texts.orCash, width) : NOTHING, cancel];
  const small = Math.round(gap / 2);
  return firstWithin(height, [
    stack([title, hint(3), space(gap), amount(sizes.hero), space(gap), ...below], width, gap, align),
    stack([title, hint(2), amount(sizes.hero), ...below], width, gap, align),
    stack([title, hint(1), amount(Math.round(sizes.hero * 0.7)), ...below], width, small, align),
    stack([title, amount(Math.round(sizes.hero * 0.7)), ...below], width, small, align),
    stack([amount(sizes.title), ...below], width, small, align),
    stack([amount(sizes.title), ...owed, time, cancel], width, small, align),
  ]);
}
