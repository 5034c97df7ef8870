import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { VERSION } from '../runtime/version.ts';
import { runTilld } from '../testkit/command-line.ts';
import { TilldProcess } from '../testkit/run-process.ts';

const state = mkdtempSync(join(tmpdir(), 'tilld-launch-'));
afterAll(() => rmSync(state, { recursive: true }));

test('without a release starts this very tilld, with what stands behind --', async () => {
  const { code, out } = await new TilldProcess(['launch', '--state', state, '--', '--version']).ended();
  expect([code, out.trim()]).toEqual([0, VERSION]);
});

test('ends as what it started ends', async () => {
  const { code, err } = await new TilldProcess(['launch', '--state', state, '--', 'run']).ended();
  expect([code, err]).toEqual([2, expect.stringContaining('--config is missing')]);
});

test.each([
  ['no state directory', ['--', 'run'], '--state is missing'],
  ['nothing to start', ['--state', state], 'needs -- ARGS'],
  ['no number of tries', ['--state', state, '--tries', 'many', '--', 'run'], '--tries is not usable'],
  ['no time', ['--state', state, '--trial-seconds', '0', '--', 'run'], 'a whole number from 1 to 86400'],
])('%s is wrong usage', async (_, args, said) => {
  const { code, err } = await runTilld(['launch', ...args]);
  expect([code, err]).toEqual([2, expect.stringContaining(said)]);
});
