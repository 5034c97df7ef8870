import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../debian/cache.ts';
import { mirror } from '../debian/packages.ts';
import { runProgram } from '../debian/run-program.ts';

const SUITE = 'trixie';
/** What the package depends on, and man. */
const PACKAGES = ['systemd', 'udev', 'gpiod', 'libatomic1', 'libstdc++6', 'man-db'];

/** A root file system of Debian for amd64 as a tar file, made once (a minute) and kept in the cache. @throws DeviceFault */
export async function testRoot(): Promise<string> {
  const file = join(cacheFolder('debian'), `root-${SUITE}-amd64-for-deb.tar`);
  if (existsSync(file)) return file;
  const made = `${file}.new.tar`;
  await runProgram('mmdebstrap', ['--variant=minbase', `--include=${PACKAGES.join(',')}`, SUITE, made, await mirror()], {
    from: 'mmdebstrap',
  });
  renameSync(made, file);
  return file;
}

const CLEAN = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive'];

/** Runs a program in a root file system, with a /proc and processes of its own, and nothing of this machine's environment. @throws DeviceFault */
export const inRoot = (root: string, ...command: readonly string[]): Promise<string> =>
  runProgram(
    'unshare',
    [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      'sh',
      '-c',
      'mount -t proc proc "$0/proc" && exec "$@"',
      root,
      ...CLEAN,
      'chroot',
      root,
      ...command,
    ],
    { from: 'util-linux' },
  );

/** Boots it as a container without a network, and waits until it has switched itself off. @throws DeviceFault */
export const boot = (root: string): Promise<string> =>
  runProgram(
    'timeout',
    [
      '--kill-after=5',
      '180',
      'systemd-nspawn',
      '--quiet',
      '--register=no',
      '--keep-unit',
      '--private-network',
      `--machine=tilld-${process.pid}`,
      '-D',
      root,
      '--boot',
    ],
    { from: 'systemd-container', env: { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' } },
  );
