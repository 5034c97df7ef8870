import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationFault } from '../../src/domain/fault.ts';
import { bundle, ROOT } from '../build/bundle.ts';
import { programFiles } from '../build/program-files.ts';
import { type BuiltIn, type LockedPackage, sbom } from './sbom.ts';

/** The folder of the package a module is of, as the lockfile has it; modules of tilld itself, and of the bundler, are of none. */
export function packageOf(module: string): string | null {
  const found = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(module)?.[0];
  return found?.startsWith(`${ROOT}/`) ? found.slice(ROOT.length + 1) : null;
}

/**
 * The list, for programs, of all that is built into the executable of this checkout (CycloneDX).
 * @param builtAt seconds since 1970
 */
export async function sbomOfCheckout(version: string, builtAt: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-sbom-'));
  try {
    const { modules } = await bundle(folder);
    const { packages: lock }: { packages: Record<string, LockedPackage> } = JSON.parse(
      readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
    );
    const packages = modules.flatMap((module) => packageOf(module) ?? []);
    requireLocked(packages, lock);
    return sbom({ version, builtAt, lock, packages, runtime: process.versions as Record<string, string>, fonts: fonts() });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const fonts = (): BuiltIn['fonts'] =>
  programFiles()
    .filter((path) => path.endsWith('.ttf'))
    .map((path) => ({
      path,
      sha256: createHash('sha256')
        .update(readFileSync(join(ROOT, path)))
        .digest('hex'),
    }));

/** The terms of the fonts that are built in, in one text. */
export function fontLicences(): string {
  const texts = programFiles().filter((path) => /^assets\/fonts\/.*-OFL\.txt$/.test(path));
  return texts
    .map((path) => `The fonts ${path.replace(/^.*\/|-OFL\.txt$/g, '')} (OFL-1.1)\n\n${readFileSync(join(ROOT, path), 'utf8').trim()}\n`)
    .join('\n');
}

function requireLocked(packages: readonly string[], lock: Readonly<Record<string, LockedPackage>>): void {
  const unknown = packages.filter((path) => lock[path]?.version === undefined);
  if (unknown.length === 0) return;
  throw new ConfigurationFault('A package that is built in is not in the lockfile', {
    code: 'lockfile',
    found: [...new Set(unknown)].join(', '),
    expected: 'every package in package-lock.json',
    remedy: 'Run `npm ci`.',
  });
}
