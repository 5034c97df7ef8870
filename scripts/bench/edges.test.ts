import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { benchEdges } from './edges.ts';

it('takes every edge to the journal and leaves nothing behind', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));
  const { edges, lost, ...figures } = await benchEdges(dir, 20);
  expect([edges, lost]).toEqual([400, 0]);
  expect(figures.ratio).toBeGreaterThan(0);
  expect(fs.readdirSync(dir)).toEqual([]);
  fs.rmSync(dir, { recursive: true });
});
