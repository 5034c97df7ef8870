import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DeviceFault } from '../../src/domain/fault.ts';
import { runProgram } from '../debian/run-program.ts';

/** Programs that make file systems lie where only root looks by default. */
const PATH = [process.env.PATH ?? '', '/usr/sbin', '/sbin'].join(delimiter);

/** Every program an image is made by, with the Debian package that brings it. */
const PACKAGES = {
  'mkfs.ext4': 'e2fsprogs',
  'mkfs.vfat': 'dosfstools',
  cpio: 'cpio',
  dd: 'coreutils',
  debugfs: 'e2fsprogs',
  depmod: 'kmod',
  fdtget: 'device-tree-compiler',
  fdtput: 'device-tree-compiler',
  gzip: 'gzip',
  mcopy: 'mtools',
  mdir: 'mtools',
  mmdebstrap: 'mmdebstrap',
  mtype: 'mtools',
  sfdisk: 'fdisk',
  unshare: 'util-linux',
  xz: 'xz-utils',
  zstd: 'zstd',
} as const;
type Program = keyof typeof PACKAGES;

interface Options {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs one of them. @throws DeviceFault `program-missing`, `program-failed` */
export const run = (program: Program | 'sh', args: readonly string[], { env, ...options }: Options = {}): Promise<string> =>
  runProgram(program, args, { from: program === 'sh' ? 'dash' : PACKAGES[program], ...options, env: { PATH, ...env } });

/** Says all that is missing at once, before anything long begins. @throws DeviceFault `programs-missing` */
export function requirePrograms(programs: readonly Program[]): void {
  const missing = programs.filter((program) => !PATH.split(delimiter).some((folder) => isProgram(join(folder, program))));
  if (missing.length === 0) return;
  throw new DeviceFault('Programs that it takes are not there', {
    code: 'programs-missing',
    found: `no ${missing.join(', no ')}`,
    expected: 'them in the PATH',
    remedy: `apt-get install ${[...new Set(missing.map((program) => PACKAGES[program]))].join(' ')}`,
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not in this folder.
    return false;
  }
}
