// Installs the package in a Debian of its own, boots that, upgrades, removes and purges. Needs root; a minute.
import { AssertionError } from 'node:assert';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceFault } from '../../src/domain/fault.ts';
import { runScript, typedPath } from '../build/command-line.ts';
import { programMissing } from '../debian/fault.ts';
import { makeExecutable } from '../executable/make-executable.ts';
import { targetOf } from './arch.ts';
import { ARCH, type Test, testPackage } from './package-test.ts';

const HELP = `Tests the package in a Debian of its own: install, boot, upgrade, remove, purge. Needs root.

Usage: npm run test:deb [-- --executable FILE] [--json]

  --executable FILE what is packed, for amd64; without it, npm run executable makes it first
  --json            say what was tested, and how long it took, as JSON
`;

const step = (what: string): void => {
  if (process.stderr.isTTY) process.stderr.write(what === '' ? '\r\u001B[K' : `\r${what} …\u001B[K`);
};

await runScript({
  name: 'test:deb',
  help: HELP,
  options: { executable: { type: 'string' } },
  async run({ executable }) {
    requireMeans();
    const work = mkdtempSync(join(tmpdir(), 'tilld-test-deb-'));
    const times: { readonly what: string; readonly ms: number }[] = [];
    const test: Test = async (what, act) => {
      step(what);
      const began = performance.now();
      const value = await act().catch((error: unknown) => {
        throw error instanceof AssertionError ? failed(what, error) : error;
      });
      times.push({ what, ms: Math.round(performance.now() - began) });
      return value;
    };
    try {
      const make = async () => (await makeExecutable(targetOf(ARCH), work, () => undefined)).file;
      await testPackage(test, work, typeof executable === 'string' ? typedPath(executable) : await test('the executable is made', make));
    } finally {
      step('');
      rmSync(work, { recursive: true, force: true });
    }
    const rows = times.map(({ what, ms }) => `${(ms / 1_000).toFixed(1).padStart(6)} s  ${what}`);
    return { value: { tested: times }, text: rows.join('\n') };
  },
});

function requireMeans(): void {
  if (process.getuid?.() !== 0) {
    throw new DeviceFault('A root file system can only be entered by root', {
      code: 'not-root',
      found: `user ${process.getuid?.()}`,
      expected: 'root',
      remedy: 'Run `sudo npm run test:deb`.',
    });
  }
  if (process.arch !== 'x64')
    throw new DeviceFault('It is tested on amd64 only', { code: 'other-arch', found: process.arch, expected: 'x64' });
  for (const [program, from] of [
    ['mmdebstrap', 'mmdebstrap'],
    ['systemd-nspawn', 'systemd-container'],
  ] as const) {
    if (!existsSync(join('/usr/bin', program))) throw programMissing(program, from);
  }
}

function failed(what: string, { message }: Error): DeviceFault {
  return new DeviceFault('The package does not do what it should', { code: 'test-failed', found: message, expected: what });
}
