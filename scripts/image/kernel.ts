import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheFolder } from '../debian/cache.ts';
import { DebianPackages, unpack } from '../debian/packages.ts';
import type { ImageBoard } from './boards.ts';
import { run } from './programs.ts';

/** A kernel and the firmware that starts it, unpacked. */
export interface Kernel {
  /** Holds usr/lib/modules. */
  readonly root: string;
  readonly version: string;
  readonly image: string;
  /** The descriptions of boards' hardware. */
  readonly trees: string;
  /** What the boot ROM loads. */
  readonly firmware: string;
  /** A shell of one file, for the ramdisk. */
  readonly busybox: string;
}

/** Drivers of what no such board has; half of what is in the package. */
const LEFT_OUT = [
  ...['gpu/drm/amd', 'gpu/drm/nouveau', 'gpu/drm/radeon', 'gpu/drm/i915', 'gpu/drm/xe', 'gpu/drm/msm', 'infiniband', 'scsi', 'media'],
  ...['net/ethernet/mellanox', 'net/ethernet/intel', 'net/ethernet/chelsio', 'net/ethernet/broadcom/bnx2x', 'net/wireless/ath'],
  ...['net/wireless/intel', 'net/wireless/mediatek', 'net/wireless/realtek', 'accel', 'crypto/intel', 'iio', 'nvme', 'target'],
].map((folder) => `kernel/drivers/${folder}`);

/** What of the folders above nothing else needs, by the kernel's own list (modules.dep): the screen of a Raspberry Pi takes a part of `media`. */
export function unneeded(list: string): readonly string[] {
  const modules = list.split('\n').map((line) => line.split(/[: ]+/).filter((path) => path !== ''));
  const leftOut = ([path = '']: readonly string[]) => LEFT_OUT.some((folder) => path.startsWith(`${folder}/`));
  const needed = new Set(modules.filter((paths) => !leftOut(paths)).flat());
  return modules.filter(leftOut).flatMap(([path = '']) => (needed.has(path) ? [] : [path]));
}

/** Kernels after 6.12 come in parts: the program, its modules, and the rest. @throws DeviceFault `package-unknown` */
async function kernelPackages(debian: DebianPackages): Promise<string[]> {
  const image = (await debian.dependsOn('linux-image-arm64')).find((name) => name.startsWith('linux-image-'));
  const kernel = image ?? (await debian.behind('linux-image-arm64'));
  return [kernel, ...(await debian.dependsOn(kernel)).filter((name) => /^linux-(?:base|binary|modules)-\d/.test(name))];
}

/** Changes when what is done with the packages does. */
const MANNER = 'without what nothing needs';

/** From Debian's packages, or from the cache while they are the same. @throws DeviceFault */
export async function kernelFor({ suite }: ImageBoard): Promise<Kernel> {
  const debian = new DebianPackages({ suite, arch: 'arm64' });
  const main = new DebianPackages({ suite: 'trixie', arch: 'arm64', firmware: true });
  const files = [...(await debian.fetch(await kernelPackages(debian))), ...(await main.fetch(['raspi-firmware', 'busybox-static']))];
  const root = cacheFolder('image', `kernel-${suite}`);
  const made = join(root, 'made-of');
  const recipe = `${[MANNER, ...files.map((file) => basename(file)), ...LEFT_OUT].join('\n')}\n`;
  const version = () => readdirSync(join(root, 'usr/lib/modules'))[0] ?? '';
  if (!existsSync(made) || readFileSync(made, 'utf8') !== recipe) {
    rmSync(root, { recursive: true, force: true });
    await unpack(files, root);
    const modules = join(root, 'usr/lib/modules', version());
    await run('depmod', ['-b', join(root, 'usr'), version()]);
    for (const path of unneeded(readFileSync(join(modules, 'modules.dep'), 'utf8'))) rmSync(join(modules, path));
    await run('depmod', ['-b', join(root, 'usr'), version()]);
    writeFileSync(made, recipe);
  }
  return {
    root,
    version: version(),
    image: [join(root, 'boot', `vmlinuz-${version()}`), join(root, 'usr/lib/modules', version(), 'vmlinuz')].find(existsSync) ?? '',
    trees: join(root, 'usr/lib', `linux-image-${version()}`, 'broadcom'),
    firmware: join(root, 'usr/lib/raspi-firmware'),
    busybox: join(root, 'usr/bin/busybox'),
  };
}
