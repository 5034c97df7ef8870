import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const CHILD = fileURLToPath(new URL('../../testkit/ota-memory-child.ts', import.meta.url));
const MIB = 1024 * 1024;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tilld-memory-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

test('a package of 512 MiB is packed, verified and unpacked in less than 150 MiB of memory', async () => {
  const core = join(dir, 'DS50_app_V1.0.0.img');
  writeFileSync(core, '');
  truncateSync(core, 512 * MIB);
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, core, dir]);
  const steps: { step: string; rssMiB: number }[] = JSON.parse(stdout);
  expect(steps.map(({ step }) => step)).toEqual(['pack', 'verify', 'unpack']);
  for (const { rssMiB } of steps) expect(rssMiB).toBeLessThan(150);
  expect(statSync(join(dir, 'stage', 'DS50_app_V1.0.0.img')).size).toBe(512 * MIB);
}, 120_000);
