import type { Words } from './svg-words.ts';
import { columnsOf, wrapColumns } from './terminal-width.ts';

/** Between texts that stand beside one another. */
const GAP = 2;
/** Texts whose baselines are no further apart than this share of the smaller one's size stand on one line. */
const SAME_LINE = 0.35;
/** From one baseline to the next, in sizes of the upper line's text: more than this is a gap to be seen. */
const FAR = 2;

interface Placed {
  readonly words: Words;
  readonly columns: number;
  left: number;
}

/** Texts of a screen as lines of `columns`, each about where it stands on a picture `width` pixels wide; '' for a gap. */
export function placedLines(words: readonly Words[], width: number, columns: number): string[] {
  return spread(words, (line) => lineOf(line, width, columns));
}

/** Texts of a screen as lines of at most `columns` from the left; '' for a gap. */
export function listedLines(words: readonly Words[], columns: number): string[] {
  return spread(words, (line) => wrapColumns(line.map(({ text }) => text).join(' '.repeat(GAP)), columns));
}

function spread(words: readonly Words[], draw: (line: Words[]) => string[]): string[] {
  const lines: string[] = [];
  let before: Words | undefined;
  for (const line of linesOf(words)) {
    const [first] = line;
    if (before && first && first.baseline - before.baseline > FAR * Math.max(before.size, first.size)) lines.push('');
    lines.push(...draw(line));
    before = first;
  }
  return lines;
}

/** Texts on the same line of the picture, from the top, each line from the left. */
function linesOf(words: readonly Words[]): Words[][] {
  const lines: Words[][] = [];
  for (const one of [...words].sort((a, b) => a.baseline - b.baseline)) {
    const line = lines.at(-1);
    const first = line?.[0];
    if (line && first && one.baseline - first.baseline <= SAME_LINE * Math.min(one.size, first.size)) line.push(one);
    else lines.push([one]);
  }
  return lines.map((line) => line.sort((a, b) => a.x - b.x));
}

function lineOf(line: readonly Words[], width: number, columns: number): string[] {
  const needed = line.reduce((sum, { text }) => sum + columnsOf(text) + GAP, -GAP);
  if (needed > columns) return line.flatMap(({ text }) => wrapColumns(text, columns));
  const placed = line.map((words): Placed => {
    const own = columnsOf(words.text);
    const at = (words.x / width) * columns - { start: 0, middle: own / 2, end: own }[words.anchor];
    return { words, columns: own, left: Math.round(at) };
  });
  let least = 0;
  for (const one of placed) {
    one.left = Math.max(least, one.left);
    least = one.left + one.columns + GAP;
  }
  let most = columns;
  for (const one of placed.toReversed()) {
    one.left = Math.min(most - one.columns, one.left);
    most = one.left - GAP;
  }
  let text = '';
  for (const { words, left } of placed) text += ' '.repeat(left - columnsOf(text)) + words.text;
  return [text];
}
