import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigurationFault } from '../../src/domain/fault.ts';
import { buildTime } from './build-time.ts';

test('SOURCE_DATE_EPOCH decides; without it the last commit', async () => {
  expect(await buildTime({ SOURCE_DATE_EPOCH: '1700000000' })).toBe(1_700_000_000);
  expect(await buildTime({})).toBeGreaterThan(1_700_000_000);
});

test.each(['', '-1', '1.5', 'yesterday', '99999999999', '4294967296'])('%j is refused', async (text) => {
  await expect(buildTime({ SOURCE_DATE_EPOCH: text })).rejects.toThrow(ConfigurationFault);
});

test('sources without history say what to set', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-no-git-'));
  try {
    await expect(buildTime({}, folder)).rejects.toMatchObject({ code: 'build-time', remedy: expect.stringContaining('SOURCE_DATE_EPOCH') });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
