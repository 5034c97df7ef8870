import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationFault, DeviceFault } from '../../src/domain/fault.ts';
import { ROOT } from '../build/bundle.ts';
import { cacheFolder } from '../debian/cache.ts';
import { runProgram } from '../debian/run-program.ts';
import { stripFor, type Target } from './target.ts';

/** Node's own, with those of all that is built into it. */
const LICENCE = 'LICENSE';

/** A package as the lockfile has it. */
interface Locked {
  readonly version: string;
  /** `sha512-` and its base64. */
  readonly integrity: string;
}

/**
 * The Node that the lockfile pins for a target, without its symbols: 117 instead of 151 MB. Fetched through npm, checked
 * against the lockfile, and kept in the cache.
 * @throws DeviceFault, ConfigurationFault `node-differs` when the Node that runs this is another version: what it prepares
 *   would crash inside the target's
 */
export async function strippedNode(target: Target, step: (what: string) => void): Promise<string> {
  const locked = lockedNode(target);
  const own = process.versions.node;
  if (locked.version !== own) {
    throw new ConfigurationFault('This is not the Node that goes into the executable', {
      code: 'node-differs',
      found: own,
      expected: locked.version,
      remedy: 'Run `npm ci`, and build with `npm run executable`.',
    });
  }
  const folder = folderOf(target, locked);
  const stripped = join(folder, 'node');
  if (existsSync(stripped)) return stripped;
  const work = mkdtempSync(join(folder, 'making-'));
  try {
    const node = installedNode(target, locked) ?? (await fetchNode(target, locked, work, step));
    step('taking the symbols out of Node');
    const { program, from } = stripFor(target);
    const made = join(work, 'node');
    await runProgram(program, ['-o', made, join(node, 'bin', 'node')], { from });
    copyFileSync(join(node, LICENCE), join(folder, LICENCE));
    // Last: its being there says that all is.
    renameSync(made, stripped);
    return stripped;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @throws ConfigurationFault `lockfile` */
export function lockedNode(target: Target): Locked {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const { version, integrity } = packages[`node_modules/${packageOf(target)}`] ?? {};
  if (typeof version === 'string' && /^sha512-[\w+/]{86}==$/.test(integrity)) return { version, integrity };
  throw new ConfigurationFault('The lockfile does not pin the Node of the target', {
    code: 'lockfile',
    found: `no version and sha512 of ${packageOf(target)}`,
    expected: 'both in package-lock.json',
    remedy: 'Restore package-lock.json.',
  });
}

/** Where npm has put it, which checked it against the lockfile: there for this machine only, or null. */
function installedNode(target: Target, { version }: Locked): string | null {
  const folder = join(ROOT, 'node_modules', packageOf(target));
  if (!existsSync(join(folder, 'bin', 'node'))) return null;
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version === version ? folder : null;
}

/** The package as it came, unpacked below `work`, and checked before anything of it is used. */
async function fetchNode(target: Target, { version, integrity }: Locked, work: string, step: (what: string) => void): Promise<string> {
  step(`fetching Node ${version} for ${target}`);
  await runProgram('npm', ['pack', '--silent', '--pack-destination', work, `${packageOf(target)}@${version}`], { from: 'npm', cwd: work });
  const archive = join(work, `${packageOf(target)}-${version}.tgz`);
  requireIntegrity(readFileSync(archive), integrity, `${packageOf(target)} ${version}`);
  await runProgram('tar', ['-xzf', archive, '-C', work, 'package/bin/node', `package/${LICENCE}`], { from: 'tar' });
  return join(work, 'package');
}

/** @throws DeviceFault `integrity` */
export function requireIntegrity(bytes: Uint8Array, expected: string, what: string): void {
  const found = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (found === expected) return;
  throw new DeviceFault(`What came as ${what} is something else`, {
    code: 'integrity',
    found,
    expected,
    remedy: 'Check the npm registry setting. Nothing of it was used.',
  });
}

/** The licences of a Node that `strippedNode` has brought. */
export const nodeLicence = (target: Target): string => readFileSync(join(folderOf(target, lockedNode(target)), LICENCE), 'utf8');

const folderOf = (target: Target, locked: Locked): string => cacheFolder('node', `${target}-${locked.version}-${digestName(locked)}`);
const packageOf = (target: Target): string => `node-${target}`;
const digestName = ({ integrity }: Locked): string => Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex').slice(0, 12);
