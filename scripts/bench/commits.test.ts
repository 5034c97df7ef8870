import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { benchCommits } from './commits.ts';

it('measures every kind of write and leaves nothing behind', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));
  const { commits, appending, overwriting, ...figures } = benchCommits(dir, 2, 5);
  expect(commits).toBe(10);
  for (const figure of Object.values({ ...figures, ...appending })) expect(figure).toBeGreaterThan(0);
  for (const figure of Object.values(overwriting)) expect(figure).toBeGreaterThan(0);
  expect(fs.readdirSync(dir)).toEqual([]);
  fs.rmSync(dir, { recursive: true });
});
