import type { Screen } from '../../domain/screen.ts';
import type { Language } from '../../domain/speech/language.ts';
import { qrMatrix } from './qr-matrix.ts';
import { qrTerminal } from './qr-terminal.ts';
import { renderScreen } from './screen-svg.ts';
import { type Words, wordsOf } from './svg-words.ts';
import { listedLines, placedLines } from './terminal-lines.ts';
import { columnsOf, headOf, wrapColumns } from './terminal-width.ts';

export interface TerminalRoom {
  readonly columns: number;
  /** Infinity where lines go on for ever, as in a pipe. */
  readonly rows: number;
  /** Within a frame, and a QR in black on white; else plain text. */
  readonly drawn: boolean;
}

/** A line and the columns it takes: what sets colours takes none. */
interface Line {
  readonly text: string;
  readonly columns: number;
}

/** The picture whose words are taken: wide, as a terminal is, so that few of them are cut or wrapped. */
const PICTURE = { width: 1600, height: 600 } as const;
/** More are hard to read across. */
const COLUMNS_MOST = 100;
/** What a frame takes: a line and a space on each side, a line above and below. */
const FRAME = { columns: 4, rows: 2 } as const;
/** Between a QR and the words beside it, and the least room for them. */
const BESIDE = { gap: 2, least: 16 } as const;

const TOO_SMALL: Readonly<Record<Language, string>> = {
  th: 'หน้าต่างเล็กเกินไปสำหรับ QR ต้องการอย่างน้อย',
  id: 'Jendela terlalu kecil untuk QR, perlu setidaknya',
  vi: 'Cửa sổ quá nhỏ cho mã QR, cần ít nhất',
  en: 'The window is too small for the QR, which needs at least',
  zh: '窗口太小，无法显示二维码，至少需要',
};

/**
 * A screen as lines of text: none wider than the room, no more of them than it has rows. A QR is drawn whole or, where
 * the room is too small, not at all, and the screen says how large it would have to be.
 */
export async function terminalScreen(screen: Screen, language: Language, nowMonotonicMs: number, room: TerminalRoom): Promise<string[]> {
  const { svg } = await renderScreen(screen, { ...PICTURE, language, nowMonotonicMs });
  const words = wordsOf(svg).map((one) => ({ ...one, text: one.text.replaceAll('\u{a0}', ' ').replace(/\p{C}/gu, '') }));
  const width = Math.max(2, Math.min(room.columns, COLUMNS_MOST));
  const inner = room.drawn ? Math.max(2, width - FRAME.columns) : width;
  const isQr = screen.kind === 'qr' || screen.kind === 'show-qr';
  const lines = isQr
    ? await qrScreen(screen.qr, words, language, room)
    : framed(plain(placedLines(words, PICTURE.width, inner)), width, room);
  return lines.map(({ text }) => text);
}

/** The QR with its words beside it or below, within a frame where that has room. */
async function qrScreen(text: string, words: readonly Words[], language: Language, room: TerminalRoom): Promise<Line[]> {
  const matrix = await qrMatrix(text);
  const drawn = qrTerminal(matrix, room.drawn).trimEnd().split('\n');
  const side = Math.max(...qrTerminal(matrix, false).split('\n').map(columnsOf));
  const qr = drawn.map((line) => ({ text: line, columns: room.drawn ? side : columnsOf(line) }));
  const most = Math.min(room.columns, Math.max(COLUMNS_MOST, side + FRAME.columns));
  const frames = room.drawn ? [FRAME, { columns: 0, rows: 0 }] : [{ columns: 0, rows: 0 }];
  for (const frame of frames) {
    const width = most - frame.columns;
    for (const lines of [beside(qr, side, words, width), below(qr, side, words, width)]) {
      if (lines === null || lines.length + frame.rows > room.rows) continue;
      return frame.rows > 0 ? framed(lines, most, room) : lines;
    }
  }
  const inner = Math.max(2, most - (room.drawn ? FRAME.columns : 0));
  const need = wrapColumns(`${TOO_SMALL[language]} ${side}x${qr.length}`, inner);
  return framed(plain([...need, ...listedLines(words, inner)]), most, room);
}

function beside(qr: readonly Line[], side: number, words: readonly Words[], width: number): Line[] | null {
  const least = side + BESIDE.gap;
  if (width - least < BESIDE.least) return null;
  const lines = listedLines(words, width - least);
  if (lines.length > qr.length) return null;
  const first = Math.floor((qr.length - lines.length) / 2);
  return qr.map(({ text, columns }, i) => {
    const line = lines[i - first] ?? '';
    if (line === '') return { text, columns };
    return { text: `${text}${' '.repeat(least - columns)}${line}`, columns: least + columnsOf(line) };
  });
}

function below(qr: readonly Line[], side: number, words: readonly Words[], width: number): Line[] | null {
  return side > width ? null : [...qr, ...plain(listedLines(words, width).filter((line) => line !== ''))];
}

const plain = (lines: readonly string[]): Line[] => lines.map((text) => ({ text, columns: columnsOf(text) }));

/** Lines within a frame as wide as there is room; gaps and, at last, the lowest lines are left out where rows are few. */
function framed(lines: readonly Line[], width: number, { columns, rows, drawn }: TerminalRoom): Line[] {
  const hasFrame = drawn && rows > FRAME.rows && width > FRAME.columns;
  const most = hasFrame ? rows - FRAME.rows : rows;
  const kept = (lines.length > most ? lines.filter(({ text }) => text !== '') : lines).slice(0, most);
  if (!hasFrame) return kept.map(({ text }) => ({ text: headOf(text, columns), columns }));
  const inner = width - FRAME.columns;
  const bar = '─'.repeat(width - 2);
  const body = kept.map((line) => ({ text: `│ ${line.text}${' '.repeat(Math.max(0, inner - line.columns))} │`, columns: width }));
  return [{ text: `┌${bar}┐`, columns: width }, ...body, { text: `└${bar}┘`, columns: width }];
}
