import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DeviceFault } from '../../domain/fault.ts';
import type { SystemFile } from './system-files.ts';

/**
 * Puts the files below a root folder. All of them lie on the disk under another name before the first one takes its
 * place; a cut in between leaves whole files only, and the card file is still there to do it again.
 * @throws DeviceFault `provisioning-write`
 */
export function writeSystemFiles(root: string, files: readonly SystemFile[]): void {
  const staged: SystemFile[] = [];
  try {
    for (const file of files) {
      stage(root, file);
      staged.push(file);
    }
    for (const { path } of files) renameSync(aside(root, path), join(root, path));
    for (const folder of new Set(files.map(({ path }) => dirname(join(root, path))))) syncFolder(folder);
  } catch (cause) {
    for (const { path } of staged) rmSync(aside(root, path), { force: true });
    throw new DeviceFault('The settings cannot be written', {
      code: 'provisioning-write',
      found: (cause as NodeJS.ErrnoException).code ?? String(cause),
      remedy: 'Start the box once more; if it says so again, write the card anew.',
      cause,
    });
  }
}

const aside = (root: string, path: string): string => join(root, `${path}.new`);

function stage(root: string, file: SystemFile): void {
  const target = aside(root, file.path);
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  rmSync(target, { force: true });
  if ('linkTo' in file) {
    symlinkSync(file.linkTo, target);
    return;
  }
  const fd = openSync(target, 'wx', 0o600);
  try {
    writeFileSync(fd, file.content);
    fsyncSync(fd);
    if (file.group !== undefined) chownSync(target, process.getuid?.() ?? 0, groupId(root, file.group));
    chmodSync(target, file.mode);
  } catch (error) {
    rmSync(target);
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** By the group file of that very system: Node itself knows no groups. */
function groupId(root: string, name: string): number {
  const line = readFileSync(join(root, 'etc/group'), 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`${name}:`));
  const id = Number(line?.split(':')[2] ?? Number.NaN);
  if (Number.isSafeInteger(id)) return id;
  throw new DeviceFault(`There is no group ${name}`, {
    code: 'provisioning-write',
    found: 'no such line',
    expected: `${name} in /etc/group`,
  });
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
