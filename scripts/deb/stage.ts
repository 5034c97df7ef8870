import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, lutimesSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackageFile } from './tree.ts';

/** A file in the folder, and how much it takes there. */
interface Staged {
  readonly path: string;
  readonly md5: string;
  readonly bytes: number;
}

/** Writes the files below a folder, with the modes they are installed with, whatever the umask. */
export function stageFiles(root: string, files: readonly PackageFile[]): readonly Staged[] {
  return files.map(({ path, mode, content }) => {
    const target = join(root, path);
    makeFolders(root, dirname(path));
    if (typeof content === 'object' && 'copyOf' in content) copyFileSync(content.copyOf, target);
    else writeFileSync(target, content);
    chmodSync(target, mode);
    return { path, md5: createHash('md5').update(readFileSync(target)).digest('hex'), bytes: statSync(target).size };
  });
}

function makeFolders(root: string, path: string): void {
  if (path === '.') return;
  makeFolders(root, dirname(path));
  mkdirSync(join(root, path), { recursive: true });
  chmodSync(join(root, path), 0o755);
}

/** Gives everything below a folder, and the folder, one time. `seconds`: since 1970. */
export function setTimes(path: string, seconds: number): void {
  if (statSync(path).isDirectory()) for (const name of readdirSync(path)) setTimes(join(path, name), seconds);
  lutimesSync(path, seconds, seconds);
}

/** As dpkg keeps them for `dpkg --verify`. */
export const md5sums = (staged: readonly Staged[]): string =>
  [...staged]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ md5, path }) => `${md5}  ${path}\n`)
    .join('');

/** Each file in whole KiB, as Debian counts (deb-substvars(5), Installed-Size), with one for each folder. */
export function installedKiB(staged: readonly Staged[]): number {
  const folders = new Set(staged.flatMap(({ path }) => parents(path)));
  return staged.reduce((sum, { bytes }) => sum + Math.ceil(bytes / 1_024), folders.size);
}

const parents = (path: string): string[] => {
  const parent = dirname(path);
  return parent === '.' ? [parent] : [parent, ...parents(parent)];
};
