import type { Board } from '../../src/domain/board.ts';
import { HEADER } from './header-pins.ts';
import { picture, text } from './pieces.ts';

const ROW = 27;
const TOP = 96;
const COLOURS = { input: '#1f5fa8', output: '#a8480f', taken: '#6b4fa0', '3.3 V': '#b3261e', '5 V': '#b3261e', GND: '#1b1f24' };

/** What a pin is for: in the board file, or taken by something else. */
interface Use {
  readonly kind: 'input' | 'output' | 'taken';
  readonly words: string;
}

/** The 40 pins as one sees them with the USB sockets at the bottom; `taken` are lines that screens and the like use. */
export function headerPicture(board: Board, taken: Readonly<Record<string, string>>): string {
  const uses = new Map<string, Use>(Object.entries(taken).map(([line, words]) => [line, { kind: 'taken', words }]));
  for (const kind of ['input', 'output'] as const) {
    for (const [words, { line }] of Object.entries(board[`${kind}s`])) {
      if (uses.has(line)) throw new RangeError(`${line} is ${words} on the board ${board.name}, and taken for ${uses.get(line)?.words}`);
      uses.set(line, { kind, words });
    }
  }
  const present = new Set([...uses.values()].map(({ kind }) => kind));
  const kinds = (['input', 'output', 'taken'] as const).filter((kind) => present.has(kind));
  return picture(`Header of ${board.name}`, 560, TOP + 20 * ROW + 16, [
    text([280, 32], `Header pins, board ${board.name}`, 'middle', 'bold'),
    ...kinds.flatMap((kind, i) => [
      mark(130 + i * 110, 58, kind, COLOURS[kind]),
      text([148 + i * 110, 63], LEGEND[kind], 'start', 'small'),
    ]),
    ...HEADER.flatMap((line, i) => pin(i, line, uses.get(line))),
  ]);
}

const LEGEND = { input: 'input', output: 'output', taken: 'screen, sound, serial' };

function pin(i: number, line: string, use: Use | undefined): string[] {
  const left = i % 2 === 0;
  const y = TOP + Math.floor(i / 2) * ROW;
  const [x, end] = left ? [258, 'end' as const] : [302, 'start' as const];
  const colour = use ? COLOURS[use.kind] : Object.hasOwn(COLOURS, line) ? COLOURS[line as 'GND'] : null;
  const number = `<text x="${x}" y="${y + 4}" text-anchor="middle" style="font-size:12px${colour ? ';fill:#fff' : ''}">${i + 1}</text>`;
  const names = [line, ...(use ? [use.words] : [])];
  return [
    mark(x, y, use?.kind ?? 'none', colour) + number,
    text(
      [left ? x - 20 : x + 20, y + 5],
      (left ? names.reverse() : names).join(' · '),
      end,
      use && use.kind !== 'taken' ? 'bold' : 'small',
    ),
  ];
}

/** Inputs are round, outputs square, so that they differ in black and white. */
function mark(x: number, y: number, kind: Use['kind'] | 'none', colour: string | null): string {
  const look = colour ? `fill="${colour}"` : 'fill="#fff" stroke="#44505c" stroke-width="1.5"';
  return `<rect x="${x - 11}" y="${y - 11}" width="22" height="22" rx="${kind === 'output' ? 2 : 11}" ${look}/>`;
}
