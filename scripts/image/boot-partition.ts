import { copyFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageBoard } from './boards.ts';
import { CMDLINE_TXT, CONFIG_TXT, exampleCardFile, readMe } from './boot-texts.ts';
import type { Kernel } from './kernel.ts';
import { BOOT, DISK_ID } from './layout.ts';
import { run } from './programs.ts';
import { makeRamdisk } from './ramdisk.ts';

/** Makes the file system that a board starts from, and that a PC can read. `builtAt`: seconds since 1970. @throws DeviceFault */
export async function makeBootPartition(board: ImageBoard, kernel: Kernel, work: string, builtAt: number): Promise<string> {
  const folder = join(work, 'boot');
  mkdirSync(folder);
  const files: string[] = [];
  const put = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    files.push(name);
  };
  const copy = (from: string, name: string) => {
    copyFileSync(from, join(folder, name));
    files.push(name);
  };
  for (const name of board.firmware) copy(join(kernel.firmware, name), name);
  for (const name of board.trees) {
    copy(join(kernel.trees, name), name);
    const { controller, names } = board.pins ?? { controller: '', names: [] };
    if (names.length > 0) await run('fdtput', ['-t', 's', join(folder, name), controller, 'gpio-line-names', ...names]);
  }
  copy(kernel.image, 'vmlinuz');
  await makeRamdisk(kernel, join(folder, 'initrd.img'), builtAt);
  files.push('initrd.img');
  put('config.txt', CONFIG_TXT);
  put('cmdline.txt', CMDLINE_TXT);
  put('tilld-example.json', exampleCardFile(board));
  put('README.txt', readMe(board));
  for (const name of files) utimesSync(join(folder, name), builtAt, builtAt);

  const image = join(work, 'boot.vfat');
  const env = { SOURCE_DATE_EPOCH: String(builtAt), MTOOLS_SKIP_CHECK: '1', TZ: 'UTC' };
  await run('mkfs.vfat', ['--invariant', '-C', '-F', '32', '-n', 'TILLD-BOOT', '-i', DISK_ID, image, String(BOOT.sizeMiB * 1_024)], {
    env,
  });
  await run('mcopy', ['-m', '-i', image, ...files.sort().map((name) => join(folder, name)), '::'], { env });
  return image;
}
