import type { Block } from './blocks.ts';
import { LEAST_TOUCH } from './theme.ts';
import type { Area } from './view.ts';

/** Equal cells in rows and columns. */
export interface Grid extends Area {
  readonly columns: number;
  readonly gap: number;
}

export interface GridRoom extends Area {
  /** Pixels between cells; halved where fingers need the room. */
  readonly gap: number;
  /** Cells are no higher than this. */
  readonly mostHeight: number;
}

/** How much better a grid must be to be worth its narrower gaps. */
const TIGHT_IS_BETTER = 1.2;

/**
 * The grid for so many cells that can be hit with a finger and in which `worth` (more than 0) is greatest; where so many
 * cannot be that large, the one with the largest cells.
 */
export function gridFor(count: number, room: GridRoom, worth: (cell: Area) => number): Grid {
  const airy = best(candidates(count, room, room.gap), worth);
  const tight = best(candidates(count, room, Math.round(room.gap / 2)), worth);
  if (isTouchable(airy) !== isTouchable(tight)) return isTouchable(airy) ? airy : tight;
  return worth(tight) > worth(airy) * TIGHT_IS_BETTER ? tight : airy;
}

function best(grids: readonly [Grid, ...Grid[]], worth: (cell: Area) => number): Grid {
  return grids.reduce((one, other) => {
    if (isTouchable(one) !== isTouchable(other)) return isTouchable(one) ? one : other;
    const measure = isTouchable(one) ? worth : ({ width, height }: Area) => Math.min(width, height);
    return measure(other) > measure(one) ? other : one;
  });
}

/** From 1 for cells of just these proportions towards 0, as a factor of a grid's worth. */
export const nearProportions = ({ width, height }: Area, wished: number): number =>
  1 / (1 + Math.abs(Math.log(width / height / wished)) / 2);

const isTouchable = ({ width, height }: Area): boolean => width >= LEAST_TOUCH && height >= LEAST_TOUCH;

function candidates(count: number, room: GridRoom, gap: number): [Grid, ...Grid[]] {
  const of = (columns: number): Grid => {
    const rows = Math.ceil(count / columns);
    const height = Math.floor((room.height - (rows - 1) * gap) / rows);
    return { columns, gap, width: Math.floor((room.width - (columns - 1) * gap) / columns), height: Math.min(height, room.mostHeight) };
  };
  const more = Array.from({ length: count - 1 }, (_, i) => i + 2);
  // A grid with a row that stays empty is one with fewer columns.
  return [of(1), ...more.filter((columns) => Math.ceil(count / columns) < Math.ceil(count / (columns - 1)) || columns === count).map(of)];
}

/** Cells of a grid's size in their places, row by row. */
export function gridBlock(cells: readonly Block[], { columns, gap, width, height }: Grid): Block {
  const rows = Math.ceil(cells.length / columns);
  return {
    width: columns * (width + gap) - gap,
    height: rows * (height + gap) - gap,
    draw: (left, top) =>
      cells
        .map((cell, i) =>
          cell.draw(Math.round(left) + (i % columns) * (width + gap), Math.round(top) + Math.floor(i / columns) * (height + gap)),
        )
        .join(''),
  };
}
