import { moneyText, shortMoneyText } from '../../domain/money-text.ts';
import type { Screen } from '../../domain/screen.ts';
import { type Block, chip, firstWithin, iconBlock, LINE_HEIGHT, NOTHING, rect, row, stack, text } from './blocks.ts';
import { LEAST_AMOUNT, LEAST_TEXT, LEAST_TOUCH } from './theme.ts';
import { cancelButton, onButton, touchButton } from './touch-button.ts';
import { gridBlock } from './touch-grid.ts';
import { type Area, boxOf, type Picture, type View, withPlainText } from './view.ts';

type Keypad = Extract<Screen, { kind: 'keypad' }>;

type FactsIn = (room: Area) => Block;

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'clear', '0', 'ok'] as const;
const KEY_ROWS = 4;

/** An amount being typed: what there is so far and what is allowed, beside the keys or, on a tall display, above them. */
export const keypadView = (view: View, screen: Keypad): Picture => keysWith(view, screen.cancel, (room) => typedFacts(view, screen, room));

/** Keys to type by, with what is typed beside or above them. */
export function keysWith(view: View, cancel: boolean, factsIn: FactsIn): Picture {
  const { sizes, colours } = view;
  const content = sizes.width >= sizes.height ? besideKeys(view, cancel, factsIn) : aboveKeys(view, cancel, factsIn);
  return { ground: colours.ground, bar: colours.accent.ink, content };
}

function besideKeys(view: View, cancel: boolean, factsIn: FactsIn): string {
  const { width, height, pad, gap } = view.sizes;
  const inner = { width: width - 2 * pad, height: height - 2 * pad };
  const keys = keypad(view, { width: Math.round(inner.width * 0.56), height: inner.height });
  const room = inner.width - keys.width - Math.round(gap * 1.4);
  const leave = cancel ? cancelButton(view, { width: room, height: view.sizes.touch }) : NOTHING;
  const left = inner.height - (cancel ? leave.height + gap : 0);
  const facts = factsIn({ width: room, height: left });
  return (
    facts.draw(pad, pad + Math.max(0, Math.round((left - facts.height) / 2))) +
    leave.draw(pad, height - pad - leave.height) +
    keys.draw(width - pad - keys.width, pad + Math.round((inner.height - keys.height) / 2))
  );
}

function aboveKeys(view: View, cancel: boolean, factsIn: FactsIn): string {
  const { pad, gap, height, touch } = view.sizes;
  const keysHeight = Math.round((height - 2 * pad - (cancel ? touch + gap : 0)) * 0.7);
  const leastKeys = KEY_ROWS * LEAST_TOUCH + (KEY_ROWS - 1) * keyGap(view);
  const roomy = aboveWith(view, cancel, factsIn, pad, Math.max(keysHeight, leastKeys));
  return (roomy.fits ? roomy : aboveWith(view, cancel, factsIn, gap, leastKeys)).draw();
}

function aboveWith(view: View, cancel: boolean, factsIn: FactsIn, pad: number, keysHeight: number) {
  const { width, height, gap } = view.sizes;
  const room = width - 2 * pad;
  const leave = cancel ? cancelButton(view, { width: room, height: view.sizes.touch }) : NOTHING;
  const keys = keypad(view, { width: room, height: keysHeight });
  const left = height - 2 * pad - (cancel ? leave.height + gap : 0) - keys.height - gap;
  const facts = factsIn({ width: room, height: left });
  return {
    fits: facts.height <= left,
    draw: () =>
      facts.draw(pad, pad + Math.max(0, Math.round((left - facts.height) / 2))) +
      keys.draw(pad + Math.round((room - keys.width) / 2), pad + left + gap) +
      leave.draw(pad, height - pad - leave.height),
  };
}

const keyGap = ({ sizes }: View): number => Math.floor(sizes.gap * 0.7);

function keypad(view: View, room: Area): Block {
  const { sizes, colours, texts, language } = view;
  const gap = keyGap(view);
  const height = Math.floor((room.height - (KEY_ROWS - 1) * gap) / KEY_ROWS);
  const key = { height, width: Math.min(Math.floor((room.width - 2 * gap) / 3), 2 * height) };
  const size = Math.min(Math.round(height * 0.5), sizes.hero);
  const keys = KEYS.map((name) => {
    if (name === 'ok') return touchButton(view, { key: name, label: texts.keys.ok, tone: colours.primary, ...key });
    if (name === 'clear') return touchButton(view, { key: name, label: texts.keys.clear, tone: colours.button, ...key });
    const digit = text(name, { width: key.width, size, fill: colours.ink, weight: 700, language });
    return onButton(view, name, key, colours.button, digit);
  });
  return gridBlock(keys, { ...key, columns: 3, gap });
}

/** What is typed, from the fullest version to the barest. */
function typedFacts(view: View, screen: Keypad, room: Area): Block {
  const gap = Math.round(view.sizes.gap / 2);
  const version = (inner: View, heading: 'title' | 'body' | null, share: number) => {
    const { sizes, colours, texts, language } = inner;
    const style = { width: room.width, least: LEAST_TEXT, lines: 2, fill: colours.ink, weight: 700, align: 'middle', language } as const;
    const title = heading === null ? NOTHING : text(texts.keypad.title, { ...style, size: sizes[heading] });
    return stack(
      [title, field(inner, screen, room.width, Math.round(sizes.hero * share)), allowed(inner, screen, room.width)],
      room.width,
      gap,
      'middle',
    );
  };
  const plain = withPlainText(view);
  return firstWithin(room.height, [
    version(view, 'title', 0.8),
    version(view, 'body', 0.7),
    version(view, null, 0.6),
    version(plain, null, 0.6),
    version(plain, null, 0.45),
  ]);
}

/** The amount typed so far, in a frame as forms have it. */
function field({ sizes, colours, language }: View, { typed, problem }: Keypad, width: number, size: number): Block {
  const fill = problem ? colours.bad.ink : typed.minor > 0 ? colours.ink : colours.quiet;
  const room = width - 2 * Math.round(sizes.gap * 0.7);
  const amount = text(moneyText(typed), { width: room, size, least: LEAST_AMOUNT, fill, weight: 700, language });
  // As high as a short amount would be, so that nothing moves while more is typed.
  const height = Math.round(size * LINE_HEIGHT) + Math.round(sizes.gap * 0.4);
  const frame = { fill: colours.surface, line: problem ? colours.bad.ink : (colours.button.line ?? colours.line), radius: sizes.radius };
  return {
    width,
    height,
    draw: (left, top) =>
      rect(left, top, width, height, { ...frame, stroke: sizes.stroke }) +
      amount.draw(left + (width - amount.width) / 2, top + Math.round((height - amount.height) / 2)),
  };
}

/** What may be typed, or in words and with a sign why that was not taken. */
function allowed(view: View, { min, max, problem }: Keypad, width: number): Block {
  const { sizes, colours, texts, language } = view;
  const { range, tooLow, tooHigh } = texts.keypad;
  const style = { size: sizes.small, least: LEAST_AMOUNT, lines: 2, language } as const;
  if (problem === null) {
    return text(range(shortMoneyText(min), shortMoneyText(max)), { ...style, width, fill: colours.quiet, align: 'middle' });
  }
  const words = problem === 'too-low' ? tooLow(shortMoneyText(min)) : tooHigh(shortMoneyText(max));
  const sign = iconBlock('alert', Math.round(sizes.small * 1.4), colours.bad.ink, 2.4);
  const pad = sizes.small * 0.35;
  const gap = Math.round(sizes.gap / 3);
  const room = width - sign.width - gap - 2.4 * pad;
  const inner = row([sign, text(words, { ...style, width: room, fill: colours.bad.ink, weight: 700 })], gap);
  return chip(inner, pad, boxOf(view, colours.bad, sizes.radius));
}
