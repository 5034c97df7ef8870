import type { Money } from '../../domain/money.ts';
import { moneyText, shortMoneyText } from '../../domain/money-text.ts';
import type { Screen } from '../../domain/screen.ts';
import { type Block, chip, firstWithin, iconBlock, NOTHING, rect, row, space, stack, text } from './blocks.ts';
import { notice, panel } from './notice.ts';
import { fitsWhole, fitText } from './text-fit.ts';
import { LEAST_AMOUNT, LEAST_TEXT } from './theme.ts';
import { cancelButton, onButton } from './touch-button.ts';
import { gridBlock, gridFor, nearProportions } from './touch-grid.ts';
import { type Area, boxOf, type Picture, type View, withPlainText } from './view.ts';
import { keysWith } from './view-keypad.ts';
import { billLines } from './view-payment.ts';

type Of<K extends Screen['kind']> = Extract<Screen, { kind: K }>;

/** Whose card it is. */
export const topUpOperatorView = (view: View, { operators }: Of<'top-up-operator'>): Picture =>
  choiceView(view, view.texts.topUp.operator, operators, 'operator');

/** What is printed on it. */
export const topUpAmountView = (view: View, { amounts }: Of<'top-up-amount'>): Picture =>
  choiceView(view, view.texts.topUp.amount, amounts.map(shortMoneyText), 'amount');

/** Things to choose from, each in a cell of a grid and all in one size, with the digit that chooses them where keys do. */
function choiceView(view: View, title: string, things: readonly string[], kind: 'operator' | 'amount'): Picture {
  const { sizes, colours, language } = view;
  const arranged = (inner: View, pad: number, gap: number, heading: number) => {
    const width = sizes.width - 2 * pad;
    const bold = { weight: 700, language } as const;
    const head = text(title, { ...bold, width, size: heading, least: LEAST_TEXT, lines: 2, fill: colours.ink, align: 'middle' });
    const top = pad + head.height + gap;
    const foot = view.buttons ? NOTHING : keysHint(inner, view.texts.topUp.keys, width);
    const room = { width, gap, height: sizes.height - top - pad - (foot.height > 0 ? foot.height + gap : 0), mostHeight: sizes.touch * 3 };
    const labels = things.map((thing, i) => (view.buttons ? thing : `${i + 1}  ${thing}`));
    const figureIn = (cell: Area) => {
      const size = Math.min(Math.round(inner.sizes.title * 1.2), Math.round(cell.height * 0.5));
      return { ...bold, width: cell.width - 2 * Math.round(gap * 0.6), lines: 1, size, least: LEAST_AMOUNT };
    };
    const sizeIn = (cell: Area) => {
      const figure = figureIn(cell);
      if (!labels.every((label) => fitsWhole(label, figure))) return 0;
      return Math.min(figure.size, ...labels.map((label) => fitText(label, figure).size));
    };
    const cells = labels.length + (view.buttons ? 1 : 0);
    const grid = gridFor(cells, room, (cell) => Math.max(1, sizeIn(cell)) * (0.8 + 0.2 * nearProportions(cell, 2)));
    const size = sizeIn(grid);
    const draw = () => {
      const figure = { ...figureIn(grid), size: Math.max(LEAST_AMOUNT, size), fill: colours.accent.ink, align: 'middle' } as const;
      const buttons = labels.map((label, i) => onButton(view, `${kind}-${i + 1}`, grid, colours.button, text(label, figure)));
      const block = gridBlock(view.buttons ? [...buttons, cancelButton(inner, grid)] : buttons, grid);
      return (
        head.draw(pad, pad) +
        block.draw(pad + Math.round((width - block.width) / 2), top + Math.round((room.height - block.height) / 2)) +
        foot.draw(pad, sizes.height - pad - foot.height)
      );
    };
    return { size, draw };
  };
  const roomy = arranged(view, sizes.pad, sizes.gap, sizes.title);
  const dense = arranged(withPlainText(view), sizes.gap, Math.round(sizes.gap / 2), Math.min(sizes.body, sizes.title));
  const content = roomy.size >= LEAST_TEXT || roomy.size >= dense.size ? roomy.draw() : dense.draw();
  return { ground: colours.ground, bar: colours.accent.ink, content };
}

const keysHint = ({ sizes, colours, language }: View, words: string, width: number): Block =>
  text(words, { width, size: sizes.small, lines: 2, fill: colours.quiet, align: 'middle', language });

/** Serial or PIN: a dot for each character, in groups of four as they are printed, and never the characters. */
export function topUpTypingView(view: View, screen: Of<'top-up-typing'>): Picture {
  const { sizes, colours } = view;
  if (view.buttons) return keysWith(view, true, (room) => typingFacts(view, screen, room));
  const room = { width: sizes.width - 2 * sizes.pad, height: sizes.height - 2 * sizes.pad };
  const facts = typingFacts(view, screen, room);
  const content = facts.draw(sizes.pad, sizes.pad + Math.max(0, Math.round((room.height - facts.height) / 2)));
  return { ground: colours.ground, bar: colours.accent.ink, content };
}

/** What there is to know while somebody types, from the fullest version to the barest. */
function typingFacts(view: View, screen: Of<'top-up-typing'>, room: Area): Block {
  const gap = Math.round(view.sizes.gap / 2);
  const version = (inner: View, heading: 'title' | 'body' | 'small' | null, full: boolean) => {
    const { sizes, colours, texts, language } = inner;
    const line = { width: room.width, least: LEAST_TEXT, lines: 2, align: 'middle', language } as const;
    const title =
      heading === null ? NOTHING : text(texts.topUp[screen.field], { ...line, size: sizes[heading], fill: colours.ink, weight: 700 });
    const which = text(`${screen.operator} ${shortMoneyText(screen.amount)}`, { ...line, size: sizes.small, fill: colours.quiet });
    const keys = view.buttons || !full ? NOTHING : keysHint(inner, texts.topUp.typingKeys, room.width);
    return stack(
      [title, full ? which : NOTHING, dots(inner, screen, room.width), howMany(inner, screen, room.width), keys],
      room.width,
      gap,
      'middle',
    );
  };
  const plain = withPlainText(view);
  return firstWithin(room.height, [
    version(view, 'title', true),
    version(view, 'body', true),
    version(plain, 'body', true),
    version(plain, 'body', false),
    version(plain, 'small', false),
    version(plain, null, false),
  ]);
}

/** In a frame as wide as the longest there is, so that nothing moves while more is typed. */
function dots({ sizes, colours }: View, { typed, most, short }: Of<'top-up-typing'>, width: number): Block {
  const groups = Math.ceil(most / 4) - 1;
  const pad = Math.round(sizes.gap * 0.7);
  // A dot is half of its place, and a gap between groups as wide as one.
  const place = Math.min(Math.floor((width - 2 * pad) / (most + groups * 0.6)), sizes.title);
  const height = Math.max(Math.round(place * 1.8), Math.round(sizes.body * 1.8));
  const ink = short ? colours.bad.ink : colours.ink;
  const edge = short ? colours.bad.ink : (colours.button.line ?? colours.line);
  return {
    width,
    height,
    draw: (left, top) => {
      const first = left + (width - place * (most + groups * 0.6)) / 2;
      const dot = (i: number) => {
        const x = Math.round(first + place * (i + 0.5 + 0.6 * Math.floor(i / 4)));
        return `<circle cx="${x}" cy="${Math.round(top + height / 2)}" r="${Math.max(2, Math.round(place * 0.3))}" fill="${ink}"/>`;
      };
      const frame = rect(left, top, width, height, { fill: colours.surface, line: edge, radius: sizes.radius, stroke: sizes.stroke });
      return frame + Array.from({ length: typed }, (_, i) => dot(i)).join('');
    },
  };
}

/** How many characters there are and may be, or with a sign that they are too few. */
function howMany(view: View, { typed, least, most, short }: Of<'top-up-typing'>, width: number): Block {
  const { sizes, colours, texts, language } = view;
  const style = { size: sizes.small, least: LEAST_TEXT, lines: 2, language } as const;
  if (!short) return text(texts.topUp.typed(String(typed), `${least}-${most}`), { ...style, width, fill: colours.quiet, align: 'middle' });
  const sign = iconBlock('alert', Math.round(sizes.small * 1.4), colours.bad.ink, 2.4);
  const pad = sizes.small * 0.35;
  const gap = Math.round(sizes.gap / 3);
  const words = text(texts.topUp.short(String(least)), {
    ...style,
    width: width - sign.width - gap - 2.4 * pad,
    fill: colours.bad.ink,
    weight: 700,
  });
  return chip(row([sign, words], gap), pad, boxOf(view, colours.bad, sizes.radius));
}

/** The card is with its operator. */
export const topUpSentView = (view: View, { operator, amount }: Of<'top-up-sent'>): Picture =>
  notice(view, view.colours.calm, { icon: 'sync', ...view.texts.topUp.sent, figure: `${operator} ${shortMoneyText(amount)}` });

/** What was credited, why it is less where the card was worth something else, and what is still to pay, if anything. */
export function topUpResultView(view: View, { credited, worth, rest }: Of<'top-up-result'>): Picture {
  const { result, worth: said } = view.texts.topUp;
  return notice(view, worth === null ? view.colours.calm : view.colours.warning, {
    icon: worth === null ? 'check' : 'alert',
    title: result,
    figure: moneyText(credited),
    hint: worth === null ? '' : said(shortMoneyText(worth), shortMoneyText(credited)),
    more: (inner) => (rest.minor > 0 ? stillToPay(inner, rest) : []),
  });
}

/** The card was not taken; the sale goes on. */
export const topUpFailedView = (view: View, { reason, rest }: Of<'top-up-failed'>): Picture =>
  notice(view, view.colours.trouble, {
    icon: reason === 'not-possible' ? 'alert' : 'card-refused',
    ...view.texts.topUp.failed[reason],
    more: (inner) => stillToPay(inner, rest),
  });

function stillToPay(view: View, rest: Money): Block[] {
  const { sizes, colours, texts } = view;
  const width = Math.min(sizes.width - 4 * sizes.pad, Math.round(sizes.body * 17));
  const lines = billLines(view, [[texts.topUp.rest, moneyText(rest)]], width, sizes.body);
  return [space(Math.round(sizes.gap / 2)), panel(view, lines, colours.surface)];
}
