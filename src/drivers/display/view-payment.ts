import type { Money } from '../../domain/money.ts';
import { moneyText } from '../../domain/money-text.ts';
import type { Screen } from '../../domain/screen.ts';
import { type Block, chip, disc, firstWithin, iconBlock, NOTHING, rect, row, space, stack, text } from './blocks.ts';
import type { IconName } from './icons.ts';
import { type QrMatrix, QUIET_ZONE, qrMatrix } from './qr-matrix.ts';
import { qrPath } from './qr-svg.ts';
import { widthOf } from './text-fit.ts';
import { COLOURS, LEAST_AMOUNT } from './theme.ts';
import type { Picture, View } from './view.ts';

type Of<K extends Screen['kind']> = Extract<Screen, { kind: K }>;

/** Share of a display's longer side that the QR may take. */
const QR_SHARE = 0.58;
const HURRY_MS = 30_000;

/** The QR with what is left to pay and how long it may be paid. */
export function qrView(view: View, screen: Of<'qr'>, nowMonotonicMs: number): Promise<Picture> {
  const remainingMs = Math.max(0, screen.expiresAtMonotonicMs - nowMonotonicMs);
  return besideQr(view, screen.qr, (room) => qrFacts(view, screen, remainingMs, room));
}

/** A QR with something beside it or, on a tall display, below. */
export async function besideQr(view: View, qrText: string, factsFor: (room: Room) => Block): Promise<Picture> {
  const { width, height, pad } = view.sizes;
  const matrix = await qrMatrix(qrText);
  const wide = width >= height;
  const room = wide ? Math.min(height - 2 * pad, Math.floor(width * QR_SHARE)) : Math.min(width - 2 * pad, Math.floor(height * QR_SHARE));
  const qr = qrCard(view, matrix, room);
  const beside = wide ? { left: qr.width + 2 * pad, top: pad } : { left: pad, top: qr.height + 2 * pad };
  const column = { width: width - beside.left - pad, height: height - beside.top - pad };
  const qrLeft = wide ? pad : (width - qr.width) / 2;
  const qrTop = wide ? (height - qr.height) / 2 : pad;
  const facts = factsFor({ ...column, align: wide ? 'start' : 'middle' });
  const top = beside.top + Math.max(0, Math.round((column.height - facts.height) / 2));
  return { ground: COLOURS.ground, bar: null, content: qr.draw(Math.round(qrLeft), Math.round(qrTop)) + facts.draw(beside.left, top) };
}

/** What stands beside the QR, from the fullest version to the barest. */
function qrFacts(view: View, { due, rest, credit, cash }: Of<'qr'>, remainingMs: number, room: Room): Block {
  const { sizes, texts, language } = view;
  const { width, height, align } = room;
  const line = { width, align, language } as const;
  const gap = Math.round(sizes.gap / 2);
  const title = text(texts.scan.title, { ...line, size: sizes.title, least: 14, lines: 2, fill: COLOURS.ink, weight: 700 });
  const hint = text(texts.scan.hint, { ...line, size: sizes.small, lines: 2, fill: COLOURS.quiet });
  const amount = (size: number) => text(moneyText(rest), { ...line, size, least: LEAST_AMOUNT, fill: COLOURS.ink, weight: 700 });
  const lines = bill(view, due, credit, width);
  const ends = [countdown(view, remainingMs, width), cash ? hintRow(view, texts.orCash, width) : NOTHING];
  const below = [...lines, ...ends];
  return firstWithin(height, [
    stack([title, hint, space(gap), amount(sizes.hero), ...lines, space(gap), ...ends], width, gap, align),
    stack([title, amount(sizes.hero), ...below], width, gap, align),
    stack([title, amount(Math.round(sizes.hero * 0.7)), ...below], width, Math.round(gap / 2), align),
    stack([amount(sizes.title), ...below], width, Math.round(gap / 2), align),
  ]);
}

export interface Room {
  readonly width: number;
  readonly height: number;
  readonly align: 'start' | 'middle';
}

/** Modules of whole pixels on a white card; the quiet zone is part of the card. */
function qrCard({ sizes }: View, matrix: QrMatrix, room: number): Block {
  const modules = matrix.size + 2 * QUIET_ZONE;
  const unit = Math.max(1, Math.floor(room / modules));
  const side = modules * unit;
  return {
    width: side,
    height: side,
    draw: (left, top) =>
      rect(left, top, side, side, {
        fill: COLOURS.surface,
        line: COLOURS.line,
        stroke: sizes.stroke,
        radius: Math.min(sizes.radius, 2 * unit),
      }) +
      `<path d="${qrPath(matrix, left + QUIET_ZONE * unit, top + QUIET_ZONE * unit, unit)}" fill="#000000" shape-rendering="crispEdges"/>`,
  };
}

/** Minutes and seconds, rounded up so that 0:00 means over. */
export function minutesText(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** How long something may still be paid, as a pill; marked when the end is near. */
export function countdown({ sizes, texts, language }: View, remainingMs: number, width: number): Block {
  const hurry = remainingMs <= HURRY_MS;
  const [ink, fill] = hurry ? [COLOURS.warn, COLOURS.warnGround] : [COLOURS.accent, COLOURS.accentGround];
  const size = sizes.body;
  const pad = size * 0.45;
  const label = { width: width - size * 1.3 - sizes.gap / 2 - 2.4 * pad, size, fill: ink, weight: 700, language } as const;
  const inner = row(
    [iconBlock(hurry ? 'hourglass' : 'clock', Math.round(size * 1.3), ink), text(texts.left(minutesText(remainingMs)), label)],
    Math.round(sizes.gap / 2),
  );
  return chip(inner, pad, { fill, radius: size });
}

/** Price and credit, shown once they differ from what is left to pay. */
export function bill(view: View, due: Money, credit: Money, width: number): Block[] {
  if (credit.minor === 0) return [];
  return [
    billLine(view, view.texts.price, moneyText(due), width),
    billLine(view, view.texts.credit, moneyText({ ...credit, minor: -credit.minor }), width),
  ];
}

function billLine({ sizes, language }: View, label: string, value: string, width: number): Block {
  const size = sizes.small;
  const figure = text(value, { width: width * 0.66, size, least: LEAST_AMOUNT, fill: COLOURS.ink, weight: 700, align: 'end', language });
  const room = Math.max(width * 0.34, width - widthOf(value, size, 700) - sizes.gap);
  const name = text(label, { width: room, size, fill: COLOURS.quiet, language });
  return { width, height: name.height, draw: (left, top) => name.draw(left, top) + figure.draw(left + width - figure.width, top) };
}

/** That cash is taken as well. */
export function hintRow({ sizes, language }: View, hint: string, width: number): Block {
  const size = Math.round(sizes.small * 1.4);
  const words = text(hint, { width: width - size - sizes.gap, size: sizes.small, lines: 2, fill: COLOURS.quiet, language });
  return row([iconBlock('coin', size, COLOURS.quiet), words], Math.round(sizes.gap * 0.7));
}

/** A large amount with what is going on, for the states without a QR. */
function amountView(view: View, icons: readonly IconName[], title: string, amount: Money, below: readonly Block[]): Picture {
  const { sizes, language } = view;
  const width = sizes.width - 2 * sizes.pad;
  const gap = Math.round(sizes.gap / 2);
  const line = { width, align: 'middle', language } as const;
  const words = [
    text(title, { ...line, size: sizes.title, least: 16, lines: 2, fill: COLOURS.ink, weight: 700 }),
    text(moneyText(amount), { ...line, size: sizes.hero, least: LEAST_AMOUNT, fill: COLOURS.ink, weight: 700 }),
    ...below,
  ];
  const signs = (size: number) =>
    row(
      icons.map((name) => disc(name, size, COLOURS.accent, COLOURS.accentGround)),
      sizes.gap,
    );
  const whole = firstWithin(sizes.height - 2 * sizes.pad, [
    stack([signs(sizes.icon), ...words], width, gap, 'middle'),
    stack([signs(Math.round(sizes.icon * 0.6)), ...words], width, gap, 'middle'),
    stack(words, width, gap, 'middle'),
  ]);
  return { ground: COLOURS.ground, bar: COLOURS.accent, content: whole.draw(sizes.pad, Math.round((sizes.height - whole.height) / 2)) };
}

export function requestingView(view: View, { due, credit, cash }: Of<'requesting'>): Picture {
  const { sizes, texts, language } = view;
  const width = Math.min(sizes.width - 2 * sizes.pad, Math.round(sizes.title * 12));
  const hint = text(texts.preparing.hint, {
    width: sizes.width - 2 * sizes.pad,
    size: sizes.body,
    fill: COLOURS.quiet,
    align: 'middle',
    language,
  });
  const rest = { ...due, minor: Math.max(0, due.minor - credit.minor) };
  const below = [hint, ...bill(view, due, credit, width), cash ? hintRow(view, texts.orCash, width) : NOTHING];
  return amountView(view, ['hourglass'], texts.preparing.title, rest, below);
}

export function insertCashView(view: View, { due, rest, credit, qrPossible }: Of<'insert-cash'>): Picture {
  const { sizes, texts, language } = view;
  const width = Math.min(sizes.width - 2 * sizes.pad, Math.round(sizes.title * 12));
  const hint = text(qrPossible ? texts.qrFollows : texts.qrUnavailable, {
    width: sizes.width - 2 * sizes.pad,
    size: sizes.body,
    fill: COLOURS.quiet,
    align: 'middle',
    language,
  });
  return amountView(view, ['coin', 'bill'], texts.insertCash, rest, [...bill(view, due, credit, width), hint]);
}
