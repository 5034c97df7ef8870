import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gridBlock, gridFor, nearProportions } from './touch-grid.ts';

const any = () => 1;
const wide = (cell: { width: number; height: number }) => nearProportions(cell, 2);

test('cells come nearest to the proportions that are worth most', () => {
  const room = { width: 400, height: 200, gap: 0, mostHeight: 200 };
  expect(gridFor(4, room, wide)).toEqual({ columns: 2, gap: 0, width: 200, height: 100 });
  expect(gridFor(1, { ...room, mostHeight: 120 }, wide)).toEqual({ columns: 1, gap: 0, width: 400, height: 120 });
});

test('cells that a finger can hit come before cells that are worth more', () => {
  const tall = (cell: { width: number; height: number }) => nearProportions(cell, 0.01);
  const grid = gridFor(8, { width: 200, height: 200, gap: 4, mostHeight: 200 }, tall);
  expect(grid).toMatchObject({ columns: 4, width: 47 });
});

test('gaps become narrower where only that leaves room for a finger', () => {
  expect(gridFor(4, { width: 100, height: 92, gap: 8, mostHeight: 92 }, any)).toMatchObject({ gap: 4, height: 44 });
  expect(gridFor(4, { width: 100, height: 96, gap: 8, mostHeight: 92 }, any)).toMatchObject({ gap: 8, height: 44 });
});

test('where so many cannot be hit, cells are as large as can be', () => {
  expect(gridFor(9, { width: 90, height: 90, gap: 0, mostHeight: 90 }, any)).toMatchObject({ columns: 3, width: 30, height: 30 });
});

test('cells lie on whole pixels inside their room, none over another', () => {
  const room = fc.record({
    width: fc.integer({ min: 100, max: 1_000 }),
    height: fc.integer({ min: 100, max: 1_000 }),
    gap: fc.integer({ min: 0, max: 12 }),
    mostHeight: fc.integer({ min: 44, max: 300 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 13 }), room, (count, within) => {
      const grid = gridFor(count, within, wide);
      const places: [number, number][] = [];
      const cell = { ...grid, draw: (left: number, top: number) => `${places.push([left, top])}` };
      const block = gridBlock(Array(count).fill(cell), grid);
      block.draw(0, 0);
      expect(block.width).toBeLessThanOrEqual(within.width);
      expect(block.height).toBeLessThanOrEqual(within.height);
      for (const [i, [left, top]] of places.entries()) {
        expect(left >= 0 && top >= 0 && left + grid.width <= block.width && top + grid.height <= block.height).toBe(true);
        for (const [x, y] of places.slice(i + 1)) {
          expect(Math.abs(x - left) >= grid.width || Math.abs(y - top) >= grid.height).toBe(true);
        }
      }
    }),
  );
});
