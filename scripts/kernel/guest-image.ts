import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cacheFolder } from '../debian/cache.ts';
import { DebianPackages, unpack } from '../debian/packages.ts';
import { runProgram } from '../debian/run-program.ts';

/** A Debian kernel with the few programs a box needs, in memory. */
export interface GuestImage {
  readonly kernel: string;
  readonly ramdisk: string;
}

const PROGRAMS = [
  'gpiod',
  'libgpiod3',
  'libc6',
  'busybox-static',
  'kmod',
  'libkmod2',
  'libzstd1',
  'liblzma5',
  'libssl3t64',
  'zlib1g',
  'libstdc++6',
  'libgcc-s1',
  'libatomic1',
  'util-linux',
  'libcap-ng0',
  'coreutils',
  'libacl1',
  'libattr1',
  'libgmp10',
  'libselinux1',
  'libpcre2-8-0',
  'alsa-utils',
  'libasound2t64',
  'libasound2-data',
];
const MODULES = ['9p', '9pnet_virtio', 'virtio_net', 'virtio-gpu', 'softdog', 'snd-aloop'];
/** What programs read of /usr/share. */
const SHARED = ['alsa'];
/** Parts of libc and OpenSSL that nothing here loads. */
const UNUSED = /^(?:gconv|ossl-modules|engines-3|libssl\.so.*)$/;
const LIBRARIES = 'usr/lib/aarch64-linux-gnu';

/**
 * Builds the kernel and ramdisk from Debian's arm64 packages, or takes those of the last time while the packages are
 * the same. `init` is the script the kernel starts. @throws DeviceFault
 */
export async function guestImage(init: string): Promise<GuestImage> {
  const debian = new DebianPackages({ suite: 'trixie', arch: 'arm64' });
  const kernelPackage = await debian.behind('linux-image-arm64');
  const files = await debian.fetch([kernelPackage, ...PROGRAMS]);
  const folder = cacheFolder('kernel');
  const root = join(folder, 'root');
  const made = join(folder, 'made-of');
  const recipe = `${files.map((file) => basename(file)).join('\n')}\n${MODULES.join(' ')}\n`;
  if (!existsSync(made) || readFileSync(made, 'utf8') !== recipe) {
    rmSync(folder, { recursive: true, force: true });
    await unpack(files, root);
    await runProgram('depmod', ['-b', join(root, 'usr'), release(root)], { from: 'kmod' });
    writeFileSync(made, recipe);
  }
  const ramdisk = join(folder, 'ramdisk.gz');
  await pack(root, init, ramdisk);
  return { kernel: join(root, 'boot', `vmlinuz-${release(root)}`), ramdisk };
}

/** The kernel's version, by the name of its modules' folder. */
const release = (root: string): string => readdirSync(join(root, 'usr/lib/modules'))[0] ?? '';

async function pack(root: string, init: string, ramdisk: string): Promise<void> {
  const work = `${ramdisk}.work`;
  rmSync(work, { recursive: true, force: true });
  for (const name of ['proc', 'sys', 'dev', 'tmp', 'run', 'var/lib', 'etc', 'mnt', 'usr']) mkdirSync(join(work, name), { recursive: true });
  await runProgram('cp', ['-a', join(root, 'usr/bin'), join(root, 'usr/sbin'), join(work, 'usr')], { from: 'coreutils' });
  mkdirSync(join(work, LIBRARIES), { recursive: true });
  const libraries = readdirSync(join(root, LIBRARIES)).filter((name) => !UNUSED.test(name));
  const copied = libraries.map((name) => join(root, LIBRARIES, name));
  await runProgram('cp', ['-a', ...copied, join(work, LIBRARIES)], { from: 'coreutils' });
  await runProgram('cp', ['-a', join(root, 'usr/lib/ld-linux-aarch64.so.1'), join(work, 'usr/lib')], { from: 'coreutils' });
  mkdirSync(join(work, 'usr/share'));
  await runProgram('cp', ['-a', ...SHARED.map((name) => join(root, 'usr/share', name)), join(work, 'usr/share')], { from: 'coreutils' });
  for (const name of ['bin', 'sbin', 'lib']) symlinkSync(`usr/${name}`, join(work, name));
  await copyModules(root, work);
  writeFileSync(join(work, 'init'), init, { mode: 0o755 });
  const script = 'cd "$1" && find . | cpio -o -H newc --quiet -R 0:0 | gzip -1 > "$2"';
  await runProgram('sh', ['-c', script, 'sh', work, `${ramdisk}.new`], { from: 'cpio' });
  renameSync(`${ramdisk}.new`, ramdisk);
  rmSync(work, { recursive: true });
}

/** The modules that are wanted, with those they need. */
async function copyModules(root: string, work: string): Promise<void> {
  const version = release(root);
  const from = join(root, 'usr/lib/modules', version);
  const to = join(work, 'usr/lib/modules', version);
  mkdirSync(to, { recursive: true });
  const lines = readFileSync(join(from, 'modules.dep'), 'utf8').split('\n');
  const lists = ['modules.order', 'modules.builtin', 'modules.builtin.modinfo'];
  const needed = MODULES.flatMap((name) => {
    const file = new RegExp(`/${name.replaceAll(/[-_]/g, '[-_]')}\\.ko(?:\\.xz)?:`);
    return (
      lines
        .find((line) => file.test(line))
        ?.split(/:? +|:$/)
        .filter((path) => path !== '') ?? []
    );
  });
  for (const path of new Set([...lists, ...needed])) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    writeFileSync(join(to, path), readFileSync(join(from, path)));
  }
  await runProgram('depmod', ['-b', join(work, 'usr'), version], { from: 'kmod' });
}
