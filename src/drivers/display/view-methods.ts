import { moneyText } from '../../domain/money-text.ts';
import type { Screen } from '../../domain/screen.ts';
import { type Block, iconBlock, LINE_HEIGHT, NOTHING, row, stack, text } from './blocks.ts';
import { methodName } from './method-name.ts';
import { fitsWhole, fitText } from './text-fit.ts';
import { LEAST_AMOUNT, LEAST_TEXT } from './theme.ts';
import { cancelButton, footCancel, onButton } from './touch-button.ts';
import { gridBlock, gridFor, nearProportions } from './touch-grid.ts';
import { type Area, type Picture, type View, withPlainText } from './view.ts';

/** How much better the cards must become for the button to leave by to stand among them. */
const MUCH_BETTER = 1.25;

type Way = ReturnType<typeof methodName>;
type PaymentMethod = Extract<Screen, { kind: 'payment-method' }>;

/** How to pay: a card for each way with its sign and its name, all names in one size, under what is to be paid. */
export function paymentMethodView(view: View, { amount, methods, cancel }: PaymentMethod): Picture {
  const { sizes, colours, texts } = view;
  const { pad, gap } = sizes;
  const width = sizes.width - 2 * pad;
  const head = heading(view, moneyText(amount), width);
  const ways = methods.map((method) => methodName(method, texts));
  const leave = cancel ? footCancel(view, width) : NOTHING;
  const top = pad + head.height + gap;
  const whole = { width, height: sizes.height - top - pad, gap, mostHeight: Math.round(sizes.touch * 3.5) };
  const above = { ...whole, height: whole.height - (cancel ? leave.height + gap : 0) };
  const worth = (cell: Area) => cardWorth(view, ways, cell);
  const apart = gridFor(ways.length, above, worth);
  // Where the ways are many, the button to leave by is better one more cell among them.
  const among = cancel ? gridFor(ways.length + 1, whole, worth) : apart;
  const inside = worth(among) > worth(apart) * MUCH_BETTER;
  const [grid, room] = inside ? [among, whole] : [apart, above];
  const cells = methodCards(view, ways, grid);
  const block = gridBlock(inside ? [...cells, cancelButton(view, grid)] : cells, grid);
  const content =
    head.draw(pad, pad) +
    block.draw(pad + Math.round((width - block.width) / 2), top + Math.round((room.height - block.height) / 2)) +
    (inside ? '' : leave.draw(pad + Math.round((width - leave.width) / 2), sizes.height - pad - leave.height));
  return { ground: colours.ground, bar: colours.accent.ink, content };
}

/** The question and the amount, beside one another where they have room. */
function heading(view: View, amount: string, width: number): Block {
  const { sizes, colours, texts, language } = view;
  const beside = (size: number) => {
    const style = { size, weight: 700, width, least: size, language } as const;
    const title = text(texts.chooseMethod, { ...style, fill: colours.ink });
    const figure = text(amount, { ...style, fill: colours.accent.ink });
    return {
      width: title.width + sizes.gap + figure.width,
      height: title.height,
      draw: (left: number, top: number) => title.draw(left, top) + figure.draw(left + width - figure.width, top),
    };
  };
  const least = Math.max(15, Math.round(withPlainText(view).sizes.title * 0.75));
  for (let size = sizes.title; size >= least; size--) {
    const line = beside(size);
    if (line.width <= width) return { ...line, width };
  }
  const line = { width, size: Math.round(sizes.title * 0.8), weight: 700, align: 'middle', language } as const;
  return stack(
    [
      text(texts.chooseMethod, { ...line, least: 15, fill: colours.ink }),
      text(amount, { ...line, least: LEAST_AMOUNT, fill: colours.accent.ink }),
    ],
    width,
    0,
  );
}

/** How the cards of a size are filled: all names in one size, all signs in one. */
interface Look {
  readonly size: number;
  /** Of the sign, or 0 where it has no room. */
  readonly side: number;
  /** Whether no name is cut and no word parted. */
  readonly whole: boolean;
}

/** The largest names that leave a sign its room; where none do, the largest names. */
function lookOf(view: View, ways: readonly Way[], cell: Area): Look {
  const room = nameRoom(view, cell);
  const whole = ways.every(({ label }) => fitsWhole(label, room));
  const largest = Math.min(...ways.map(({ label }) => fitText(label, room).size));
  const flat = isFlat(cell);
  for (let size = largest; size >= LEAST_TEXT; size--) {
    const lines = Math.max(...ways.map(({ label }) => fitText(label, { ...room, size }).lines.length));
    const free = cell.height - insetOf(view) - lines * Math.round(size * LINE_HEIGHT);
    if (flat && free >= 0) return { size, side: Math.round(cell.height * 0.55), whole };
    const above = free - Math.round(view.sizes.gap / 2);
    if (above >= 1.3 * size)
      return { size, side: Math.round(Math.min(above, cell.height * 0.42, cell.width * 0.55, view.sizes.icon)), whole };
  }
  return { size: largest, side: 0, whole };
}

/** What cards of a size are worth: little where a word would have to be parted, more with room for a sign. */
function cardWorth(view: View, ways: readonly Way[], cell: Area): number {
  const { size, side, whole } = lookOf(view, ways, cell);
  return (size + side / 4) * (whole ? 2 : 1) * (side > 0 ? 2 : 1) * nearProportions(cell, 1.5);
}

function methodCards(view: View, ways: readonly Way[], grid: Area): Block[] {
  const { sizes, colours } = view;
  const { size, side } = lookOf(view, ways, grid);
  const flat = isFlat(grid);
  return ways.map(({ label, icon }, i) => {
    const name = text(label, { ...nameRoom(view, grid), size, fill: colours.ink, align: flat ? 'start' : 'middle' });
    const sign = side > 0 ? iconBlock(icon, side, colours.accent.ink) : NOTHING;
    const above = () => stack([sign, name], grid.width - 2 * insetOf(view), Math.round(sizes.gap / 2), 'middle');
    return onButton(view, `method-${i + 1}`, grid, colours.button, flat ? row([sign, name], sizes.gap) : above());
  });
}

/** Whether the sign of a card has its place beside the name, not above. */
const isFlat = ({ width, height }: Area): boolean => width > 2.4 * height;

const insetOf = ({ sizes }: View): number => Math.round(sizes.gap * 0.7);

function nameRoom(view: View, cell: Area) {
  const { sizes, language } = view;
  const inset = insetOf(view);
  const sign = isFlat(cell) ? Math.round(cell.height * 0.6) + sizes.gap : 0;
  const size = Math.min(sizes.title, Math.max(sizes.body, Math.round(Math.min(cell.height * 0.2, cell.width * 0.11))));
  return { width: cell.width - 2 * inset - sign, lines: 2, size, least: LEAST_TEXT, weight: 700, language } as const;
}
