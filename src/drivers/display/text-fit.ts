import { LEAST_TEXT } from './theme.ts';

/** Advance widths of U+0020 to U+007E in hundredths of the size, as Noto Sans has them. */
const ASCII = {
  400: [
    26, 27, 41, 65, 57, 83, 73, 22, 30, 30, 55, 57, 27, 32, 27, 37, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 27, 27, 57, 57, 57, 43, 90, 64,
    65, 63, 73, 56, 52, 73, 74, 34, 27, 62, 52, 91, 76, 78, 60, 78, 62, 55, 56, 73, 60, 93, 59, 57, 57, 33, 37, 33, 57, 44, 28, 56, 61, 48,
    61, 56, 34, 61, 62, 26, 26, 53, 26, 93, 62, 60, 61, 61, 41, 48, 36, 62, 51, 79, 53, 51, 47, 38, 55, 38, 57,
  ],
  700: [
    26, 29, 47, 65, 57, 90, 75, 27, 34, 34, 54, 57, 28, 32, 28, 41, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 28, 28, 57, 57, 57, 48, 90, 69,
    67, 64, 74, 56, 55, 72, 76, 39, 33, 66, 56, 94, 81, 80, 63, 80, 66, 55, 58, 76, 65, 97, 67, 62, 58, 33, 41, 33, 57, 41, 36, 60, 63, 51,
    63, 59, 39, 63, 66, 30, 30, 62, 30, 98, 66, 62, 63, 63, 45, 50, 43, 66, 57, 86, 58, 57, 49, 39, 55, 39, 57,
  ],
} as const;
/** The same of letters that are none of ASCII with an accent, and of signs. */
const OTHERS: Readonly<Record<Weight, Readonly<Record<string, number>>>> = {
  400: { '฿': 64, '£': 57, '¥': 57, '€': 57, '₫': 62, '…': 85, '−': 84, '·': 28, đ: 62, Đ: 74, ơ: 62, Ơ: 78, ư: 68, Ư: 78 },
  700: { '฿': 64, '£': 57, '¥': 57, '€': 57, '₫': 65, '…': 85, '−': 84, '·': 28, đ: 64, Đ: 75, ơ: 68, Ơ: 83, ư: 76, Ư: 89 },
};
const LONGEST = 300;
/** The space between an amount and its sign, at which no line may break. */
const UNBROKEN = '\u{a0}';
/** Marks one letter may carry: Thai needs two, Vietnamese two. */
const MARKS = /(\p{M}{3})\p{M}+/gu;

export type Weight = keyof typeof ASCII;

/**
 * Text from outside, made fit for a line of a screen: no control or direction characters, no towers of accents, single
 * spaces (one that must not break stays one), at most 300 characters.
 */
export function plain(text: string): string {
  const visible = text
    .slice(0, 8 * LONGEST)
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Z}]+/gu, (gap) => (gap === UNBROKEN ? gap : ' '))
    .replace(/\p{C}/gu, '')
    .replace(MARKS, '$1')
    .trim();
  const characters = Array.from(visible);
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join('')}…` : visible;
}

/** Whether the width of a text is known exactly, so that a display with another face may be held to it. */
export const isMeasured = (text: string): boolean => Array.from(text).every((character) => exact(character, 400) !== undefined);

/** Width of a line in pixels: exact in Noto Sans where `isMeasured`, else estimated from above. */
export const widthOf = (text: string, size: number, weight: Weight): number => emsOf(text, weight) * size;

function emsOf(text: string, weight: Weight): number {
  let hundredths = 0;
  for (const character of text) hundredths += advance(character, weight);
  return hundredths / 100;
}

/** Hundredths of the size, or undefined where nothing exact is known. */
function exact(character: string, weight: Weight): number | undefined {
  const ascii = ASCII[weight][(character === UNBROKEN ? ' ' : character).charCodeAt(0) - 0x20];
  if (ascii !== undefined) return ascii;
  // Accents take no room: take them off one after the other, for ớ is an ơ and no o.
  const letter = character
    .normalize('NFD')
    .replace(/[\u{300}-\u{303}\u{306}\u{309}\u{323}\u{302}\u{308}]/gu, '')
    .normalize('NFC');
  if (letter.length === 1 && letter !== character) return exact(letter, weight);
  // Ideographs and their punctuation are square in every face.
  if (/^[\p{Script=Han}\u{3000}-\u{303f}\u{ff01}-\u{ff5e}]$/u.test(character)) return 100;
  return OTHERS[weight][character];
}

function advance(character: string, weight: Weight): number {
  const known = exact(character, weight);
  if (known !== undefined) return known;
  if (/\p{M}/u.test(character)) return 0;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x0e00 && code <= 0x0e7f) return thaiAdvance(character);
  // An accented letter is as wide as its base; other faces are up to a sixth wider than Noto Sans.
  const base = ASCII[weight][character.normalize('NFD').charCodeAt(0) - 0x20];
  if (base !== undefined) return base * 1.17;
  if ((code >= 0x20a0 && code <= 0x20bf) || (code >= 0xa1 && code <= 0xbf)) return 74;
  if (code >= 0x2010 && code <= 0x2026) return 100;
  return 130;
}

function thaiAdvance(character: string): number {
  if (/[เโใไะ]/.test(character)) return 37;
  return /[ฌญฒณ]/.test(character) ? 96 : 69;
}

export interface Fitted {
  readonly size: number;
  readonly lines: readonly string[];
}

export interface Room {
  readonly width: number;
  readonly lines: number;
  /** Wished and least size of the text, pixels. */
  readonly size: number;
  readonly least?: number;
  readonly weight: Weight;
  /** Makes lines about equally long, so that none is a single word: for lines that are centred. */
  readonly balanced?: boolean;
  /** For where words may be parted: Thai writes no spaces between them. */
  readonly language: string;
}

/** A piece of text between two places where a line may break, and its width in ems. */
interface Piece {
  readonly text: string;
  readonly ems: number;
}

/** Fits a text into a room: first smaller, then cut with an ellipsis. */
export function fitText(text: string, room: Room): Fitted {
  const pieces = piecesOf(plain(text), room);
  const least = Math.min(room.size, room.least ?? LEAST_TEXT);
  for (let size = room.size; size >= least; size--) {
    const lines = wrap(pieces, size, room);
    if (lines && lines.length <= room.lines) return { size, lines: room.balanced ? balanced(pieces, size, room, lines) : lines };
  }
  const lines = wrap(piecesOf(broken(pieces, least, room), room), least, room);
  if (lines === null) return { size: least, lines: [shorten(plain(text), least, room)] };
  if (lines.length <= room.lines) return { size: least, lines };
  const kept = lines.slice(0, room.lines - 1);
  return { size: least, lines: [...kept, shorten(lines[room.lines - 1] ?? '', least, room)] };
}

/** The same number of lines in the narrowest column that holds them. */
function balanced(pieces: readonly Piece[], size: number, room: Room, lines: readonly string[]): readonly string[] {
  let best = lines;
  for (let width = room.width; lines.length > 1 && width > room.width / 3; width -= size / 2) {
    const narrower = wrap(pieces, size, { ...room, width });
    if (narrower === null || narrower.length > lines.length) break;
    best = narrower;
  }
  return best;
}

/** Whether a text goes into a room, at its least size if need be, without a word parted or anything cut. */
export function fitsWhole(text: string, room: Room): boolean {
  const lines = wrap(piecesOf(plain(text), room), Math.min(room.size, room.least ?? LEAST_TEXT), room);
  return lines !== null && lines.length <= room.lines;
}

/** Breaks a text into lines; null when one of its pieces is wider than a line. */
function wrap(pieces: readonly Piece[], size: number, { width }: Room): string[] | null {
  const lines: string[] = [];
  let line = '';
  let ems = 0;
  for (const piece of pieces) {
    if (piece.ems * size > width) return null;
    if ((ems + piece.ems) * size > width && line !== '') {
      lines.push(line.trimEnd());
      [line, ems] = ['', 0];
    }
    if (line === '' && piece.text === ' ') continue;
    line += piece.text;
    ems += piece.ems;
  }
  if (line !== '') lines.push(line.trimEnd());
  return lines;
}

/** The text with a space inside every piece that no line could hold. */
function broken(pieces: readonly Piece[], size: number, { width, weight }: Room): string {
  return pieces
    .map(({ text, ems }) => {
      if (ems * size <= width) return text;
      const parts: string[] = [];
      for (let rest = text; rest !== ''; rest = rest.slice(parts.at(-1)?.length)) parts.push(headOf(rest, width / size, weight));
      return ` ${parts.join(' ')}`;
    })
    .join('')
    .replace(/ +/g, ' ')
    .trim();
}

/** As much of a text as goes into a width in ems, at least one letter with its marks. */
function headOf(text: string, ems: number, weight: Weight): string {
  const letters = text.match(/\P{M}\p{M}*|\p{M}+/gu) ?? [];
  let head = letters[0] ?? '';
  for (const letter of letters.slice(1)) {
    if (emsOf(head + letter, weight) > ems) break;
    head += letter;
  }
  return head;
}

/** A line with an ellipsis at its end, cut so that both fit. */
function shorten(line: string, size: number, { width, weight }: Room): string {
  const head = headOf(line, width / size - 1, weight);
  return `${head.trimEnd()}…`;
}

const segmenters = new Map<string, Intl.Segmenter>();

function segmenterFor(language: string): Intl.Segmenter {
  const known = segmenters.get(language) ?? new Intl.Segmenter(language, { granularity: 'word' });
  segmenters.set(language, known);
  return known;
}

function piecesOf(text: string, { language, weight }: Room): Piece[] {
  const words = /[^ -\u{24f}]/u.test(text) ? segmentsOf(text, language) : text.split(/(?<= )|(?= )/);
  return words.map((word) => ({ text: word, ems: emsOf(word, weight) }));
}

/** Words and single spaces; punctuation stays with the word before it. */
function segmentsOf(text: string, language: string): string[] {
  const words: string[] = [];
  for (const { segment, isWordLike } of segmenterFor(language).segment(text)) {
    const before = words.at(-1);
    const joins = before !== undefined && before !== ' ' && segment !== ' ' && (!isWordLike || /[^\p{L}\p{M}\p{N}]$/u.test(before));
    if (joins) words[words.length - 1] = before + segment;
    else words.push(segment);
  }
  return words;
}
