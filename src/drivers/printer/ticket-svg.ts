import { moneyText } from '../../domain/money-text.ts';
import type { Ticket, TicketLine } from '../../domain/ticket.ts';
import { type Block, chip, NOTHING, space, stack, text } from '../display/blocks.ts';
import { QUIET_ZONE, qrMatrix } from '../display/qr-matrix.ts';
import { qrPath } from '../display/qr-svg.ts';
import { widthOf } from '../display/text-fit.ts';
import { methodText, TICKET_TEXTS } from './texts.ts';

const INK = '#000000';
const PAPER = '#ffffff';
/** Sizes in dots, of which printers have 8 a millimetre: 22 are letters of the size of a newspaper's. */
const SIZE = { title: 38, note: 22, copy: 34, label: 22, value: 24, sum: 28 } as const;
const LEAST = 18;
const PAD = 8;
const GAP = 4;
/** Wished width of the QR with its quiet zone, and dots a module: below 3 not every phone reads it. */
const QR_WISHED = 320;
const MODULE = { least: 3, most: 8 } as const;

interface TicketPicture {
  readonly svg: string;
  /** Dots from the top edge to the bottom. */
  readonly height: number;
}

/**
 * A ticket as black on white, `dots` wide, as high as it needs: title, operator's lines, what was sold, sums, QR.
 * @throws CallerFault `qr-not-drawable`
 */
export async function ticketSvg(ticket: Ticket, dots: number): Promise<TicketPicture> {
  const { language, title, notes, copy, lines, qr } = ticket;
  const width = dots - 2 * PAD;
  const centred = { width, align: 'middle', fill: INK, language } as const;
  const words = lines.filter((line) => 'text' in line);
  const sums = lines.filter((line) => 'amount' in line);
  const whole = stack(
    [
      text(title, { ...centred, size: SIZE.title, least: 24, lines: 3, weight: 700 }),
      ...notes.map((note) => (note.trim() === '' ? space(SIZE.note) : text(note, { ...centred, size: SIZE.note, least: LEAST, lines: 3 }))),
      copy ? centre(copyMark(ticket, width), width) : NOTHING,
      rule(width),
      ...words.map((line) => entry(line, ticket, width)),
      rule(width),
      ...sums.map((line) => entry(line, ticket, width)),
      rule(width),
      centre(await qrBlock(qr, dots), width),
    ],
    width,
    GAP,
  );
  const height = whole.height + 2 * PAD;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${dots}" height="${height}" viewBox="0 0 ${dots} ${height}" lang="${language}">` +
    `<rect width="${dots}" height="${height}" fill="${PAPER}"/>${whole.draw(PAD, PAD)}</svg>\n`;
  return { svg, height };
}

/** A label at the left and its text at the right edge; where both have no room on one line, the text below. */
function entry(line: TicketLine, { language }: Ticket, width: number): Block {
  const label = TICKET_TEXTS[language].lines[line.line];
  const value = 'amount' in line ? moneyText(line.amount) : line.line === 'method' ? methodText(line.text, language) : line.text;
  const size = 'amount' in line ? SIZE.sum : SIZE.value;
  const left = text(label, { width, size: SIZE.label, least: LEAST, fill: INK, language });
  const room = width - left.width - 2 * SIZE.label;
  const style = { size, fill: INK, weight: 700, align: 'end', language } as const;
  if (widthOf(value, size, 700) > room) return stack([left, text(value, { ...style, width, least: LEAST, lines: 3 })], width, 0);
  const right = text(value, { ...style, width: room });
  const height = Math.max(left.height, right.height);
  const over = (block: Block) => Math.round((height - block.height) / 2);
  return { width, height, draw: (x, y) => left.draw(x, y + over(left)) + right.draw(x + width - room, y + over(right)) };
}

/** "COPY" in a frame that nobody overlooks. */
function copyMark({ language }: Ticket, width: number): Block {
  const { copy } = TICKET_TEXTS[language];
  const room = Math.min(width - 60, Math.ceil(widthOf(copy, SIZE.copy, 700)));
  const words = text(copy, { width: room, size: SIZE.copy, fill: INK, weight: 700, align: 'middle', language });
  return chip(words, 10, { fill: PAPER, line: INK, radius: 0, stroke: 4 });
}

const rule = (width: number): Block => ({
  width,
  height: 14,
  draw: (left, top) => `<path d="M${left} ${top + 6}h${width}v2h-${width}z" fill="${INK}"/>`,
});

const centre = (block: Block, width: number): Block => ({
  width,
  height: block.height,
  draw: (left, top) => block.draw(left + Math.floor((width - block.width) / 2), top),
});

/** The QR in its quiet zone, whole dots a module: as large as is handy, or as the paper allows. */
async function qrBlock(qr: string, dots: number): Promise<Block> {
  const matrix = await qrMatrix(qr);
  const modules = matrix.size + 2 * QUIET_ZONE;
  const wished = Math.min(MODULE.most, Math.max(MODULE.least, Math.floor(QR_WISHED / modules)));
  const unit = Math.max(1, Math.min(wished, Math.floor(dots / modules)));
  const inset = QUIET_ZONE * unit;
  return {
    width: modules * unit,
    height: modules * unit,
    draw: (left, top) => `<path d="${qrPath(matrix, left + inset, top + inset, unit)}" fill="${INK}" shape-rendering="crispEdges"/>`,
  };
}
