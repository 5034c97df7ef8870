import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DeviceFault } from '../../src/domain/fault.ts';
import type { Kernel } from './kernel.ts';
import { run } from './programs.ts';

/** What it takes to reach the card (the SD controllers of the boards, and those of emulated machines), and the watchdog. */
const MODULES = [
  ...['gpio-regulator', 'fixed', 'sdhci-iproc', 'bcm2835', 'sdhci-brcmstb', 'virtio_mmio', 'virtio_blk'],
  ...['crc32c_generic', 'ext4', 'bcm2835_wdt'],
];
/** Not in every kernel: the Pi 5's controller came later, and the checksum went into another module. */
const OPTIONAL = new Set(['sdhci-brcmstb', 'crc32c_generic']);

/** A ramdisk that finds the system on the card. `builtAt`: seconds since 1970. @throws DeviceFault `module-missing` */
export async function makeRamdisk(kernel: Kernel, file: string, builtAt: number): Promise<void> {
  const work = `${file}.work`;
  rmSync(work, { recursive: true, force: true });
  const from = join(kernel.root, 'usr/lib/modules', kernel.version);
  const to = join(work, 'lib/modules', kernel.version);
  for (const folder of ['bin', 'proc', 'sys', 'dev', 'new']) mkdirSync(join(work, folder), { recursive: true });
  const [list, builtIn] = ['modules.dep', 'modules.builtin'].map((name) => readFileSync(join(from, name), 'utf8'));
  for (const path of modulePaths(MODULES, list ?? '', builtIn ?? '')) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    copyFileSync(join(from, path), join(to, path));
    if (path.endsWith('.xz')) await run('xz', ['--decompress', join(to, path)]);
  }
  for (const name of ['modules.order', 'modules.builtin', 'modules.builtin.modinfo']) copyFileSync(join(from, name), join(to, name));
  await run('depmod', ['-b', work, kernel.version]);
  writeFileSync(join(work, 'modules'), `${MODULES.join('\n')}\n`);
  copyFileSync(kernel.busybox, join(work, 'bin/busybox'));
  copyFileSync(join(import.meta.dirname, 'ramdisk-init.sh'), join(work, 'init'));
  for (const program of ['bin/busybox', 'init']) chmodSync(join(work, program), 0o755);
  const script =
    'cd "$1" && find . -exec touch -h -d "@$3" {} + && find . | LC_ALL=C sort | cpio -o -H newc --quiet --reproducible -R 0:0 | gzip -9n > "$2"';
  await run('sh', ['-c', script, 'sh', work, file, String(builtAt)]);
  rmSync(work, { recursive: true });
}

/**
 * The files of the modules and of what they need, by the kernel's own lists (modules.dep, modules.builtin).
 * @throws DeviceFault `module-missing` when one is neither a file nor built in: the box would not find its card
 */
export function modulePaths(names: readonly string[], list: string, builtIn: string): readonly string[] {
  const lines = list.split('\n');
  const paths = names.flatMap((name) => {
    const file = new RegExp(`/${name.replaceAll(/[-_]/g, '[-_]')}\\.ko(?:\\.xz)?(?::|$)`);
    const line = lines.find((line) => file.test(line.slice(0, line.indexOf(':') + 1)));
    if (line !== undefined) return line.split(/[: ]+/).filter((path) => path !== '');
    if (OPTIONAL.has(name) || builtIn.split('\n').some((line) => file.test(line))) return [];
    throw new DeviceFault(`The kernel has no module ${name}`, {
      code: 'module-missing',
      found: 'neither a file nor built in',
      expected: `${name}.ko`,
    });
  });
  return [...new Set(paths)];
}
