import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BOARDS_DIR, loadBoard } from '../../src/runtime/board.ts';
import { parseCardFile } from '../../src/runtime/provisioning/card-file.ts';
import { IMAGE_BOARDS, imageBoard } from './boards.ts';
import { CMDLINE_TXT, CONFIG_TXT, exampleCardFile, readMe } from './boot-texts.ts';
import { unneeded } from './kernel.ts';
import { BOOT, CARD_MIB, DATA, PARTITION_TABLE, ROOT_PARTITION } from './layout.ts';
import { checksumLine, osList } from './os-list.ts';
import { packingNamed } from './packed.ts';
import { modulePaths } from './ramdisk.ts';

const machine = () => ({ serial: '10000000a1b2c3d4', mac: '02:00:00:00:00:01', model: 'Raspberry Pi' });

describe('the boards', () => {
  it.each(IMAGE_BOARDS)('%s is one that tilld knows, and its example is a file it takes', (name) => {
    const board = imageBoard(name);
    expect(loadBoard(board.name, BOARDS_DIR).hardware).toBe('libgpiod');
    const { config, wifi } = parseCardFile(exampleCardFile(board), machine);
    expect(JSON.parse(config ?? '')).toMatchObject({ board: name, protocol: 'promptpay' });
    expect(wifi?.country).toBe('TH');
    expect(readMe(board)).toContain(board.title);
  });

  it('have names for the pins of their header where the kernel has none, by which their board files find them', () => {
    const unnamed = IMAGE_BOARDS.filter((name) => imageBoard(name).pins);
    expect(unnamed).toEqual(['raspberry-pi-5']);
    const names = imageBoard('raspberry-pi-5').pins?.names ?? [];
    for (const number of [2, 17, 27]) expect(names[number]).toBe(`GPIO${number}`);
    const { inputs, outputs } = loadBoard('raspberry-pi-5', BOARDS_DIR);
    expect(names).toEqual(expect.arrayContaining(Object.values({ ...inputs, ...outputs }).map(({ line }) => line)));
  });

  it('have a short name for the one with the long name', () => {
    expect(imageBoard('zero-2w')).toBe(imageBoard('raspberry-pi-zero-2w'));
  });

  it.each([undefined, 'raspberry-pi-1', ''])('%s is none', (name) => {
    expect(() => imageBoard(name)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

describe('the card', () => {
  it('has its partitions behind each other, up to the end', () => {
    const parts = [BOOT, ROOT_PARTITION, DATA];
    for (const [i, { startMiB, sizeMiB }] of parts.entries()) expect(startMiB + sizeMiB).toBe(parts[i + 1]?.startMiB ?? CARD_MIB);
    // An emulated SD card is a power of two.
    expect(Math.log2(CARD_MIB) % 1).toBe(0);
    expect(PARTITION_TABLE.match(/start=/g)).toHaveLength(3);
    expect(PARTITION_TABLE).toContain('start=8192, size=253952, type=c, bootable');
  });

  it('names no file in config.txt that is not there, and keeps the serial port free', () => {
    expect(CONFIG_TXT).toMatch(/^kernel=vmlinuz$/m);
    expect(CONFIG_TXT).toMatch(/^initramfs initrd\.img$/m);
    expect(CMDLINE_TXT).not.toMatch(/ttyS|ttyAMA|serial/);
    expect(CMDLINE_TXT.trim().split('\n')).toHaveLength(1);
  });
});

describe('the system', () => {
  const files = join(import.meta.dirname, 'files');
  const read = (path: string) => readFileSync(join(files, path), 'utf8');

  it('is read-only, and what is written goes to memory or the last partition', () => {
    const mounts = read('etc/fstab')
      .split('\n')
      .filter((line) => /^\S+\s+\//.test(line))
      .map((line) => line.split(/\s+/));
    const of = (point: string) => mounts.find(([, where]) => where === point);
    expect(of('/')?.[3]?.split(',')).toContain('ro');
    expect(of('/boot/firmware')?.[3]?.split(',')).toContain('ro');
    expect(of('/var/lib/tilld')?.[0]).toBe('LABEL=tilld-data');
    for (const point of ['/tmp', '/var/tmp', '/var/log', '/var/lib/systemd']) expect(of(point)?.[2]).toBe('tmpfs');
  });

  it('starts what it names', () => {
    const units = readdirSync(join(files, 'etc/systemd/system'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(?:service|conf)$/.test(name),
    );
    const started = units.flatMap((name) => read(join('etc/systemd/system', name)).match(/(?<=^Exec\w+=)\S+/gm) ?? []);
    expect(started.length).toBeGreaterThan(1);
    for (const program of started) expect(existsSync(join(files, program))).toBe(true);
  });
});

describe('the ramdisk', () => {
  const list = [
    'kernel/fs/ext4/ext4.ko.xz: kernel/lib/crc16.ko.xz kernel/fs/jbd2/jbd2.ko.xz',
    'kernel/lib/crc16.ko.xz:',
    'kernel/drivers/mmc/sdhci-iproc.ko.xz:',
  ].join('\n');

  it('holds each module once, with what it needs', () => {
    expect(modulePaths(['ext4', 'sdhci_iproc', 'crc16'], list, '')).toEqual([
      'kernel/fs/ext4/ext4.ko.xz',
      'kernel/lib/crc16.ko.xz',
      'kernel/fs/jbd2/jbd2.ko.xz',
      'kernel/drivers/mmc/sdhci-iproc.ko.xz',
    ]);
  });

  it('needs none for what is built in', () => {
    expect(modulePaths(['virtio_blk'], list, 'kernel/drivers/block/virtio_blk.ko\n')).toEqual([]);
  });

  it('is not made without a driver of the card', () => {
    expect(() => modulePaths(['bcm2835'], list, '')).toThrow(expect.objectContaining({ code: 'module-missing' }));
  });
});

describe('the kernel', () => {
  it('keeps of what is left out the parts that others need', () => {
    const list = [
      'kernel/drivers/gpu/drm/vc4/vc4.ko.xz: kernel/drivers/media/cec/core/cec.ko.xz kernel/drivers/media/rc/rc-core.ko.xz',
      'kernel/drivers/media/cec/core/cec.ko.xz: kernel/drivers/media/rc/rc-core.ko.xz',
      'kernel/drivers/media/rc/rc-core.ko.xz:',
      'kernel/drivers/media/usb/em28xx.ko.xz: kernel/drivers/media/tuners/tuner.ko.xz',
      'kernel/drivers/media/tuners/tuner.ko.xz:',
    ];
    expect(unneeded(`${list.join('\n')}\n`)).toEqual(['kernel/drivers/media/usb/em28xx.ko.xz', 'kernel/drivers/media/tuners/tuner.ko.xz']);
  });
});

describe('beside the image', () => {
  const digest = { bytes: 150, sha256: 'a'.repeat(64) };

  it('Raspberry Pi Imager finds what it asks for', () => {
    const described = { board: imageBoard('raspberry-pi-4'), version: '1.2.3', builtAt: 1_763_700_000, file: '/out/tilld.img.xz' };
    expect(osList({ ...described, packed: digest, card: { bytes: 1_000, sha256: 'b'.repeat(64) } })).toMatchObject({
      os_list: [
        {
          name: 'tilld 1.2.3 for Raspberry Pi 4',
          url: 'file:///out/tilld.img.xz',
          release_date: '2025-11-21',
          extract_size: 1_000,
          extract_sha256: 'b'.repeat(64),
          image_download_size: 150,
          devices: ['pi4-64bit'],
        },
      ],
    });
  });

  it('sha256sum finds its line', () => {
    expect(checksumLine('/out/tilld.img.xz', digest)).toBe(`${'a'.repeat(64)}  tilld.img.xz\n`);
  });

  it('nothing is packed in a way nobody knows', () => {
    expect(packingNamed('zstd')).toBe('zstd');
    expect(() => packingNamed('gzip')).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
