import { shortMoneyText } from '../../domain/money-text.ts';
import type { Screen } from '../../domain/screen.ts';
import { text } from './blocks.ts';
import { fitsWhole, fitText } from './text-fit.ts';
import { LEAST_AMOUNT, LEAST_TEXT } from './theme.ts';
import { onButton } from './touch-button.ts';
import { gridBlock, gridFor, nearProportions } from './touch-grid.ts';
import type { Area, Picture, View } from './view.ts';

type AmountSelect = Extract<Screen, { kind: 'amount-select' }>;

/** How much larger amounts must become for the heading and the edges to be narrowed. */
const MUCH_BETTER = 1.15;

/** What to pay: a button for each amount, all amounts in one size, and one for an amount of one's own. */
export function amountSelectView(view: View, screen: AmountSelect): Picture {
  const { colours } = view;
  const { pad, gap, title, body } = view.sizes;
  const roomy = arrange(view, screen, { pad, gap, title });
  const dense = arrange(view, screen, { pad: gap, gap: Math.round(gap / 2), title: Math.min(body, title) });
  const content = dense.size > roomy.size * MUCH_BETTER ? dense.draw() : roomy.draw();
  return { ground: colours.ground, bar: colours.accent.ink, content };
}

interface Spacing {
  readonly pad: number;
  readonly gap: number;
  /** Size of the heading. */
  readonly title: number;
}

/** The screen with a spacing: in which size its amounts are written, 0 where one would be cut, and its drawing. */
function arrange(view: View, { amounts, other }: AmountSelect, { pad, gap, title }: Spacing) {
  const { sizes, colours, texts, language } = view;
  const width = sizes.width - 2 * pad;
  const bold = { weight: 700, language } as const;
  const heading = text(texts.amountSelect.title, { ...bold, width, size: title, least: LEAST_TEXT, fill: colours.ink, align: 'middle' });
  const top = pad + heading.height + gap;
  const room = { width, height: sizes.height - top - pad, gap, mostHeight: sizes.touch * 3 };
  const labels = amounts.map(shortMoneyText);
  const figureIn = (cell: Area) => {
    const size = Math.min(Math.round(sizes.hero * 0.75), Math.round(cell.height * 0.5));
    return { ...bold, width: cell.width - 2 * Math.round(gap * 0.6), lines: 1, size, least: LEAST_AMOUNT };
  };
  const sizeIn = (cell: Area) => {
    const figure = figureIn(cell);
    const whole = labels.every((label) => fitsWhole(label, figure));
    return whole ? Math.min(figure.size, ...labels.map((label) => fitText(label, figure).size)) : 0;
  };
  const worth = (cell: Area) => sizeIn(cell) * (0.8 + 0.2 * nearProportions(cell, 2));
  const grid = gridFor(Math.max(1, amounts.length + (other ? 1 : 0)), room, worth);
  const size = sizeIn(grid);
  const figure = { ...figureIn(grid), size: Math.max(LEAST_AMOUNT, size), fill: colours.accent.ink, align: 'middle' } as const;
  const cells = labels.map((label, i) => onButton(view, `amount-${i + 1}`, grid, colours.button, text(label, figure)));
  if (other) {
    const most = Math.min(Math.max(sizes.body, Math.round(size * 0.8)), sizes.title);
    const style = {
      ...bold,
      width: figure.width,
      size: most,
      least: LEAST_TEXT,
      lines: 2,
      fill: colours.primary.ink,
      align: 'middle',
    } as const;
    cells.push(onButton(view, 'amount-other', grid, colours.primary, text(texts.amountSelect.other, style)));
  }
  const block = gridBlock(cells, grid);
  const left = pad + Math.round((width - block.width) / 2);
  return {
    size,
    draw: () => heading.draw(pad, pad) + block.draw(left, top + Math.round((room.height - block.height) / 2)),
  };
}
