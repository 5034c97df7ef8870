import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { needs } from '../../src/testkit/needs.ts';
import { ROOT } from '../build/bundle.ts';

const dpkg = needs('/usr/bin/dpkg-deb', 'dpkg');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-deb-line-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function deb(...args: string[]) {
  const env = { ...process.env, INIT_CWD: folder, SOURCE_DATE_EPOCH: '1700000000' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts', 'deb.ts'), ...args], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

describe('npm run deb', () => {
  test.each([
    [[], '--arch is not usable; found nothing; expected arm64 or amd64'],
    [['--arch', 'armhf'], '--arch is not usable; found "armhf"; expected arm64 or amd64'],
    [['--arch', 'arm64', '--compression', 'gzip'], '--compression is not usable; found "gzip"; expected xz or zstd'],
  ])('%j is a wrong command line', (args, said) => {
    expect(deb(...args)).toEqual({ status: 2, stdout: '', stderr: `deb: ${said}\n` });
  });

  test('does not pack an executable of which nobody knows the terms', () => {
    const { status, stderr } = deb('--arch', 'amd64', '--executable', '/usr/bin/true', '--out', 'out');
    expect([status, stderr.includes('no /usr/bin/true.LICENCES.txt')]).toEqual([1, true]);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  test.skipIf(dpkg.missing || process.arch !== 'x64')(
    'packs where it is told to, and says what it made, without a word of progress',
    () => {
      writeFileSync(join(folder, 'tilld.LICENCES.txt'), 'Terms of others.\n');
      writeFileSync(join(folder, 'tilld'), new Uint8Array());
      const args = ['--arch', 'amd64', '--out', 'out', '--json'];
      expect(deb(...args, '--executable', 'tilld')).toMatchObject({ status: 1, stderr: expect.stringContaining('no 64-bit ELF program') });
      spawnSync('cp', ['/usr/bin/true', join(folder, 'tilld')]);
      const { status, stdout, stderr } = deb(...args, '--executable', 'tilld');
      expect([status, stderr]).toEqual([0, '']);
      const made = JSON.parse(stdout);
      expect(made).toMatchObject({ file: expect.stringMatching(/_amd64\.deb$/), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
      expect(
        readdirSync(join(folder, 'out'))
          .map((name) => join(folder, 'out', name))
          .sort(),
      ).toEqual([made.licences, made.sbom, made.file].sort());
    },
  );
});
