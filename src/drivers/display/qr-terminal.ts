import { isDark, type QrMatrix, QUIET_ZONE } from './qr-matrix.ts';

// Colours 16 and 231 of the 256 are black and white in every theme, unlike the first sixteen.
const BLACK_ON_WHITE = '\u{1b}[38;5;16;48;5;231m';
const RESET = '\u{1b}[0m';

/**
 * A symbol for a terminal, two modules a character, the quiet zone included. With `colours` it is black on white
 * whatever the terminal's theme; without, it is plain text in which a block is a dark module.
 */
export function qrTerminal(matrix: QrMatrix, colours: boolean): string {
  const lines: string[] = [];
  for (let row = -QUIET_ZONE; row < matrix.size + QUIET_ZONE; row += 2) {
    let line = '';
    for (let column = -QUIET_ZONE; column < matrix.size + QUIET_ZONE; column++) {
      line += halves(isDark(matrix, row, column), isDark(matrix, row + 1, column));
    }
    lines.push(colours ? `${BLACK_ON_WHITE}${line}${RESET}` : line);
  }
  return `${lines.join('\n')}\n`;
}

function halves(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}
