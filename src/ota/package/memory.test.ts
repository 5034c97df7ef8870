import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { POSPARAM } from '../../testkit/ota-package.ts';

const CHILD = fileURLToPath(new URL('../../testkit/ota-memory-child.ts', import.meta.url));
const MIB = 1024 * 1024;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tilld-memory-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Highest resident size after each step with a core file or a tree of resources, MiB. */
async function peaks(what: string): Promise<Record<string, number>> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, what, dir]);
  const steps: { step: string; rssMiB: number }[] = JSON.parse(stdout);
  return Object.fromEntries(steps.map(({ step, rssMiB }) => [step, rssMiB]));
}

const small = expect.toSatisfy((rssMiB: number) => rssMiB < 150, 'less than 150 MiB');

test('a firmware package of 512 MiB is packed, verified and unpacked in less than 150 MiB of memory', async () => {
  const core = join(dir, 'DS50_app_V1.0.0.img');
  writeFileSync(core, '');
  truncateSync(core, 512 * MIB);
  expect(await peaks(core)).toEqual({ pack: small, verify: small, unpack: small });
  expect(statSync(join(dir, 'stage', 'DS50_app_V1.0.0.img')).size).toBe(512 * MIB);
}, 120_000);

test('a resource package of 300 MiB in 900 files, with as many certificates as there may be, takes no more', async () => {
  const tree = join(dir, 'tree');
  for (const folder of ['cust', 'key', 'mp3', 'ui']) mkdirSync(join(tree, folder), { recursive: true });
  writeFileSync(join(tree, 'cust', 'posparam.ini'), POSPARAM);
  writeFileSync(join(tree, 'cust', 'words.txt'), 'a word '.repeat((20 * MIB) / 7));
  for (let i = 0; i < 16; i++) writeFileSync(join(tree, 'key', `${i}.pem`), rootCertificates.slice(0, 7).join('\n'));
  for (let i = 0; i < 900; i++) {
    const file = join(tree, i % 2 === 0 ? 'mp3' : 'ui', `${i}.bin`);
    writeFileSync(file, String(i));
    truncateSync(file, Math.floor((300 * MIB) / 900));
  }
  expect(await peaks(tree)).toEqual({ tree: small, pack: small, verify: small, unpack: small });
  expect(readdirSync(join(dir, 'stage', 'mp3'))).toHaveLength(450);
}, 120_000);
