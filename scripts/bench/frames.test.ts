import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { benchFrames } from './frames.ts';

it('measures every size and leaves nothing behind', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));
  const figures = Object.values(await benchFrames(dir, 2));
  expect(figures.map(({ width, height }) => [width, height])).toEqual([
    [320, 240],
    [480, 320],
    [800, 480],
  ]);
  for (const { renderMs, writeMs, bareWriteMs, ratio } of figures)
    expect(Math.min(renderMs, writeMs, bareWriteMs, ratio)).toBeGreaterThan(0);
  expect(fs.readdirSync(dir)).toEqual([]);
  fs.rmSync(dir, { recursive: true });
});
