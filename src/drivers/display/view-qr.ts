import { moneyText } from '../../domain/money-text.ts';
import type { Screen } from '../../domain/screen.ts';
import { type Block, firstWithin, NOTHING, rect, space, stack, text } from './blocks.ts';
import { footOf, hintRow, topUpOffer } from './other-ways.ts';
import { type QrMatrix, QUIET_ZONE, qrMatrix } from './qr-matrix.ts';
import { qrPath } from './qr-svg.ts';
import { LEAST_AMOUNT } from './theme.ts';
import { columnCancel } from './touch-button.ts';
import type { Picture, View } from './view.ts';
import { bill, countdown, type Room } from './view-payment.ts';

type Qr = Extract<Screen, { kind: 'qr' }>;

/** Share of a display's longer side that the QR may take. */
const QR_SHARE = 0.58;
/** Pixels of a module below which a telephone's camera has trouble. */
const LEAST_UNIT = 2;

/** The QR with what is left to pay and how long it may be paid. */
export function qrView(view: View, screen: Qr, nowMonotonicMs: number): Promise<Picture> {
  const remainingMs = Math.max(0, screen.expiresAtMonotonicMs - nowMonotonicMs);
  return besideQr(view, screen.qr, (room) => qrFacts(view, screen, remainingMs, room));
}

/** A QR with something beside it or, on a tall display, below: as large as leaves that its room. */
export async function besideQr(view: View, qrText: string, factsFor: (room: Room) => Block): Promise<Picture> {
  const { width, height, pad } = view.sizes;
  const matrix = await qrMatrix(qrText);
  const wide = width >= height;
  const room = wide ? Math.min(height - 2 * pad, Math.floor(width * QR_SHARE)) : Math.min(width - 2 * pad, Math.floor(height * QR_SHARE));
  for (let unit = Math.floor(room / (matrix.size + 2 * QUIET_ZONE)); ; unit--) {
    const qr = qrCard(view, matrix, Math.max(1, unit));
    const beside = wide ? { left: qr.width + 2 * pad, top: pad } : { left: pad, top: qr.height + 2 * pad };
    const column = { width: width - beside.left - pad, height: height - beside.top - pad };
    const facts = factsFor({ ...column, align: wide ? 'start' : 'middle' });
    if (facts.height > column.height && unit > LEAST_UNIT) continue;
    const qrLeft = wide ? pad : (width - qr.width) / 2;
    const qrTop = wide ? (height - qr.height) / 2 : pad;
    const top = beside.top + Math.max(0, Math.round((column.height - facts.height) / 2));
    const content = qr.draw(Math.round(qrLeft), Math.round(qrTop)) + facts.draw(beside.left, top);
    return { ground: view.colours.ground, bar: null, content };
  }
}

/** What stands beside the QR, from the fullest version to the barest. */
function qrFacts(view: View, { due, rest, credit, cash, topUp = false }: Qr, remainingMs: number, room: Room): Block {
  const { sizes, colours, texts, language } = view;
  const { width, height, align } = room;
  const line = { width, align, language } as const;
  const gap = Math.round(sizes.gap / 2);
  const small = Math.round(gap / 2);
  const title = text(texts.scan.title, { ...line, size: sizes.title, least: 14, lines: 2, fill: colours.ink, weight: 700 });
  const hint = text(texts.scan.hint, { ...line, size: sizes.small, lines: 2, fill: colours.quiet });
  const amount = (size: number) => text(moneyText(rest), { ...line, size, least: LEAST_AMOUNT, fill: colours.ink, weight: 700 });
  const lines = bill(view, due, credit, width);
  const time = countdown(view, remainingMs, width);
  const cancel = columnCancel(view, width);
  const other = topUp ? topUpOffer(view, width) : NOTHING;
  const ends = [time, cash ? hintRow(view, texts.orCash, width) : NOTHING, other, cancel];
  const below = [...lines, ...ends];
  return firstWithin(height, [
    stack([title, hint, space(gap), amount(sizes.hero), ...lines, space(gap), ...ends], width, gap, align),
    stack([title, amount(sizes.hero), ...below], width, gap, align),
    stack([title, amount(Math.round(sizes.hero * 0.7)), ...below], width, small, align),
    stack([amount(sizes.title), ...below], width, small, align),
    stack([amount(sizes.title), ...lines, time, view.buttons ? other : NOTHING, cancel], width, small, align),
    stack([amount(sizes.title), ...lines, time, view.buttons ? footOf(view, width, topUp) : NOTHING], width, small, align),
  ]);
}

/** Modules of whole pixels, black on a white card whatever the theme is; the quiet zone is part of the card. */
function qrCard({ sizes, colours }: View, matrix: QrMatrix, unit: number): Block {
  const side = (matrix.size + 2 * QUIET_ZONE) * unit;
  return {
    width: side,
    height: side,
    draw: (left, top) =>
      rect(left, top, side, side, {
        fill: '#ffffff',
        line: colours.line,
        stroke: sizes.stroke,
        radius: Math.min(sizes.radius, 2 * unit),
      }) +
      `<path d="${qrPath(matrix, left + QUIET_ZONE * unit, top + QUIET_ZONE * unit, unit)}" fill="#000000" shape-rendering="crispEdges"/>`,
  };
}
