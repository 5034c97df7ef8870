import type { Money } from '../../domain/money.ts';
import { moneyText } from '../../domain/money-text.ts';
import type { Offer } from '../../domain/screen.ts';
import { type Block, LINE_HEIGHT, logoBlock, NOTHING, rect, stack, text } from './blocks.ts';
import type { Logo } from './logo.ts';
import { fitText } from './text-fit.ts';
import { LEAST_AMOUNT, LEAST_TEXT, LEAST_TOUCH } from './theme.ts';
import { touchable } from './touch-button.ts';
import { type Area, boxOf, creditPill, type View, withPlainText } from './view.ts';

interface Heading {
  readonly credit: Money;
  readonly logo: Logo | null;
}

/** Everything there is to choose, as cards under a heading; what has no room is counted on the last card. */
export function catalogue(view: View, offers: readonly Offer[], { credit, logo }: Heading, room: Area): string {
  const { sizes, colours, texts, language } = view;
  const brand = logo ? logoBlock(logo, { width: room.width * 0.25, height: sizes.title * 1.6 }) : NOTHING;
  const indent = brand.width > 0 ? brand.width + sizes.gap : 0;
  const pill = creditPill(view, credit, (room.width - indent) * 0.6);
  const title = text(texts.choose, {
    width: room.width - indent - pill.width - sizes.gap,
    size: sizes.title,
    least: 15,
    fill: colours.ink,
    weight: 700,
    language,
  });
  const headHeight = Math.max(title.height, pill.height, brand.height);
  const head =
    brand.draw(sizes.pad, sizes.pad + (headHeight - brand.height) / 2) +
    title.draw(sizes.pad + indent, sizes.pad + (headHeight - title.height) / 2) +
    pill.draw(sizes.pad + room.width - pill.width, sizes.pad + (headHeight - pill.height) / 2);
  const top = sizes.pad + headHeight + sizes.gap;
  const below = { width: room.width, height: room.height - headHeight - sizes.gap };
  const large = gridFor(offers.length, below, view);
  // Better smaller letters than a product that cannot be seen.
  const inner = large.cells < offers.length ? withPlainText(view) : view;
  const grid = inner === view ? large : gridFor(offers.length, below, inner);
  const hidden = offers.length - grid.cells;
  const shown = hidden > 0 ? offers.slice(0, grid.cells - 1) : offers;
  const style = cardStyle(inner, shown, grid);
  const cards = shown.map((offer) => touchable(view, offer.button, offerCard(inner, offer, style)));
  if (hidden > 0) cards.push(moreCard(inner, offers.length - shown.length, grid));
  const drawn = cards.map((card, i) =>
    card.draw(sizes.pad + (i % grid.columns) * (grid.width + sizes.gap), top + Math.floor(i / grid.columns) * (grid.height + sizes.gap)),
  );
  return head + drawn.join('');
}

interface Grid extends Area {
  readonly columns: number;
  readonly cells: number;
}

/** The grid whose cards come nearest to twice as wide as high, and still hold a name and a price. */
function gridFor(count: number, room: Area, { sizes }: View): Grid {
  const least = { width: sizes.body * 6.5, height: Math.max(LEAST_TOUCH, sizes.small * 1.4 + sizes.body * 1.4 + sizes.gap * 1.2) };
  let best: Grid | null = null;
  let bestScore = -1;
  for (let columns = 1; columns <= 5; columns++) {
    const width = Math.floor((room.width - (columns - 1) * sizes.gap) / columns);
    if (columns > 1 && width < least.width) break;
    const mostRows = Math.max(1, Math.floor((room.height + sizes.gap) / (least.height + sizes.gap)));
    const rows = Math.min(Math.ceil(count / columns), mostRows);
    const height = Math.floor((room.height - (rows - 1) * sizes.gap) / rows);
    const cells = Math.min(count, rows * columns);
    const score = cells * 1_000_000 + Math.min(width / 2, height);
    if (score > bestScore) [best, bestScore] = [{ columns, cells, width, height }, score];
  }
  return best ?? { columns: 1, cells: 1, width: room.width, height: room.height };
}

interface CardStyle extends Area {
  readonly inset: number;
  /** Room for the name, beside the badge. */
  readonly nameWidth: number;
  readonly nameLines: number;
  readonly nameSize: number;
  /** Height of the longest name, so that the prices of a row stand on one line. */
  readonly nameHeight: number;
  readonly priceWidth: number;
  readonly priceSize: number;
}

/** One size of text for all cards: the size at which the longest name and the longest price fit. */
function cardStyle(view: View, offers: readonly Offer[], { width, height }: Area): CardStyle {
  const { sizes, language } = view;
  const inset = Math.round(sizes.gap * 1.2);
  const badge = Math.max(0, ...offers.map(({ button }) => buttonBadge(view, button).width));
  const nameWidth = width - 2 * inset - (badge > 0 ? badge + Math.round(sizes.gap / 2) : 0);
  const wished = Math.min(Math.round(sizes.hero * 0.6), Math.round(height * 0.3));
  const nameLines = height > LINE_HEIGHT * (2 * sizes.small + wished) + sizes.gap ? 2 : 1;
  const nameRoom = {
    width: nameWidth,
    lines: nameLines,
    size: sizes.body,
    least: Math.max(LEAST_TEXT, Math.round(sizes.body * 0.8)),
    weight: 400,
    language,
  } as const;
  const priceWidth = height < sizes.body * 6 ? nameWidth : width - 2 * inset;
  const priceRoom = { width: priceWidth, lines: 1, size: wished, least: LEAST_AMOUNT, weight: 700, language } as const;
  const nameSize = Math.min(...offers.map(({ label }) => fitText(label, nameRoom).size));
  const mostLines = Math.max(...offers.map(({ label }) => fitText(label, { ...nameRoom, size: nameSize }).lines.length));
  return {
    width,
    height,
    inset,
    nameWidth,
    nameLines,
    nameSize,
    nameHeight: mostLines * Math.round(nameSize * LINE_HEIGHT),
    priceWidth,
    priceSize: Math.min(...offers.map(({ price }) => fitText(moneyText(price), priceRoom).size)),
  };
}

function offerCard(view: View, { label, price, button }: Offer, style: CardStyle): Block {
  const { width, height, inset, nameWidth, nameLines, nameSize, nameHeight, priceWidth, priceSize } = style;
  const { colours, language } = view;
  const badge = buttonBadge(view, button);
  const name = text(label, { width: nameWidth, size: nameSize, least: nameSize, lines: nameLines, fill: colours.quiet, language });
  const figure = text(moneyText(price), {
    width: priceWidth,
    size: priceSize,
    least: LEAST_AMOUNT,
    fill: colours.ink,
    weight: 700,
    language,
  });
  const body = stack([{ ...name, height: nameHeight }, figure], width - 2 * inset, 0);
  return {
    width,
    height,
    draw: (left, top) =>
      card(view, left, top, style) +
      body.draw(left + inset, top + Math.max(0, Math.round((height - body.height) / 2))) +
      badge.draw(left + width - inset - badge.width, top + Math.round(Math.min(inset, (height - badge.height) / 2))),
  };
}

function moreCard(view: View, count: number, area: Area): Block {
  const { sizes, colours, texts, language } = view;
  const label = text(texts.more(count), {
    width: area.width - 2 * sizes.gap,
    size: sizes.body,
    lines: 2,
    fill: colours.quiet,
    align: 'middle',
    language,
  });
  return {
    ...area,
    draw: (left, top) => card(view, left, top, area) + label.draw(left + sizes.gap, top + (area.height - label.height) / 2),
  };
}

const card = ({ sizes, colours }: View, left: number, top: number, { width, height }: Area): string =>
  rect(left, top, width, height, { fill: colours.surface, line: colours.line, stroke: sizes.stroke, radius: sizes.radius });

/** The button to press, as it is marked on the machine; a longer name is not a mark. */
function buttonBadge(view: View, button: string): Block {
  const { sizes, colours, language } = view;
  if (Array.from(button).length > 2) return NOTHING;
  const side = Math.round(sizes.body * 1.6);
  const letter = text(button.toUpperCase(), {
    width: side,
    size: sizes.small,
    fill: colours.accent.ink,
    weight: 700,
    align: 'middle',
    language,
  });
  return {
    width: side,
    height: side,
    draw: (left, top) =>
      rect(left, top, side, side, boxOf(view, colours.accent, side / 2)) + letter.draw(left, top + (side - letter.height) / 2),
  };
}
