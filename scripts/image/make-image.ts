import { mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseSystem, requireEmulation } from './base-system.ts';
import type { ImageBoard } from './boards.ts';
import { makeBootPartition } from './boot-partition.ts';
import { type Kernel, kernelFor } from './kernel.ts';
import { BOOT, CARD_MIB, DATA, PARTITION_TABLE, ROOT_PARTITION } from './layout.ts';
import { checksumLine, osList } from './os-list.ts';
import { digestOf, type Packing, pack } from './packed.ts';
import { requirePrograms, run } from './programs.ts';

export interface ImageOptions {
  readonly board: ImageBoard;
  /** Package of tilld for arm64. */
  readonly deb: string;
  readonly version: string;
  /** Seconds since 1970. */
  readonly builtAt: number;
  /** The folder it goes into; it is made when it is missing. */
  readonly out: string;
  readonly packing: Packing;
  /** Take Debian's newest packages, and not those of the last time. */
  readonly fresh: boolean;
  /** Told what is being done, in a few words. */
  readonly step: (what: string) => void;
}

export interface Image {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Of the card that is in it. */
  readonly cardBytes: number;
  readonly cardSha256: string;
  readonly checksumFile: string;
  readonly osList: string;
}

/**
 * Makes the image of a card. Root is not needed where users may have namespaces; no loop device is. Nothing has its name
 * in the folder before it is whole.
 * @throws DeviceFault `programs-missing`, `program-failed`, `emulation-missing`, `module-missing`
 */
export async function makeImage({ board, deb, version, builtAt, out, packing, fresh, step }: ImageOptions): Promise<Image> {
  requirePrograms([
    'mmdebstrap',
    'unshare',
    'mkfs.ext4',
    'mkfs.vfat',
    'mcopy',
    'sfdisk',
    'cpio',
    'depmod',
    'fdtput',
    'gzip',
    'xz',
    'zstd',
    'dd',
  ]);
  requireEmulation();
  const base = await baseSystem(builtAt, fresh, step);
  step('fetching kernel and firmware');
  const kernel = await kernelFor(board);
  mkdirSync(out, { recursive: true });
  const work = mkdtempSync(join(out, '.making-'));
  try {
    step('installing tilld');
    await makeRoot(base, deb, kernel, work, builtAt);
    step('making the partitions');
    const boot = await makeBootPartition(board, kernel, work, builtAt);
    const card = join(work, 'card.img');
    await assemble(card, boot, join(work, 'root.ext4'), await makeData(work));
    step(packing === 'none' ? 'reading it' : `packing (${packing})`);
    const cardDigest = await digestOf(card);
    const packed = await pack(card, packing);
    const file = join(out, `tilld-${version}-${board.name}${packed.slice(card.length - '.img'.length)}`);
    const digest = await digestOf(packed);
    writeFileSync(`${file}.sha256`, checksumLine(file, digest));
    const list = osList({ board, version, builtAt, file, packed: digest, card: cardDigest });
    writeFileSync(join(out, 'os_list.json'), `${JSON.stringify(list, null, 2)}\n`);
    renameSync(packed, file);
    return {
      file,
      ...digest,
      cardBytes: cardDigest.bytes,
      cardSha256: cardDigest.sha256,
      checksumFile: `${file}.sha256`,
      osList: join(out, 'os_list.json'),
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** As root, or as one whom a namespace takes for root: files of others must be theirs in the file system. */
async function makeRoot(base: string, deb: string, kernel: Kernel, work: string, builtAt: number): Promise<void> {
  const script = join(import.meta.dirname, 'make-root.sh');
  const files = join(import.meta.dirname, 'files');
  const args = [script, base, deb, kernel.root, files, work, String(ROOT_PARTITION.sizeMiB), String(builtAt)];
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user', '--map-auto'];
  await run('unshare', ['--mount', ...asRoot, 'sh', ...args]);
}

async function makeData(work: string): Promise<string> {
  const file = join(work, 'data.ext4');
  const identity = [
    '-L',
    'tilld-data',
    '-U',
    '7111d003-0000-4000-8000-000000000003',
    '-E',
    'hash_seed=7111d003-0000-4000-8000-0000000000aa',
  ];
  await run('mkfs.ext4', ['-q', '-F', ...identity, '-O', '^metadata_csum_seed,^orphan_file', '-m', '0', file, `${DATA.sizeMiB}M`]);
  return file;
}

async function assemble(card: string, boot: string, root: string, data: string): Promise<void> {
  writeFileSync(card, '');
  truncateSync(card, CARD_MIB * 1_048_576);
  await run('sfdisk', ['-q', card], { input: PARTITION_TABLE });
  for (const [file, { startMiB }] of [
    [boot, BOOT],
    [root, ROOT_PARTITION],
    [data, DATA],
  ] as const) {
    await run('dd', [`if=${file}`, `of=${card}`, 'bs=1M', `seek=${startMiB}`, 'conv=notrunc,sparse', 'status=none']);
    rmSync(file);
  }
}
