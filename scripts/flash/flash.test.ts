import { createHash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FlashOptions, flash } from './flash.ts';
import { diskTarget, flashTarget } from './target.ts';
import { verifyCard, writeCard } from './write-card.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-flash-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
/** The beginning of a card with a partition table. */
function card(bytes = 5 * 1_048_576 + 7): Buffer {
  const content = Buffer.alloc(bytes, 'tilld');
  content.fill(0, 446, 510).writeUInt16LE(0xaa55, 510);
  // One partition, from 1 MiB to its end.
  content.writeUInt32LE(2_048, 446 + 8);
  content.writeUInt32LE(Math.floor(bytes / 512) - 2_048, 446 + 12);
  return content;
}
const BLANK = Buffer.alloc(8 * 1_048_576, 1);
const path = (name: string) => join(folder, name);
const put = (name: string, content: Uint8Array | string): string => {
  writeFileSync(path(name), content);
  return path(name);
};
const silent: Pick<FlashOptions, 'yes' | 'ask' | 'step'> = { yes: true, ask: null, step: () => undefined };

describe('an image on a card', () => {
  it.each([
    ['plain', (content: Buffer) => content],
    ['zstd', (content: Buffer) => zstdCompressSync(content)],
  ])('%s is written and read back', async (_, packed) => {
    const image = put('image', packed(card()));
    const steps: string[] = [];
    const done = await flash({ ...silent, image, device: path('card'), step: (what) => steps.push(what) });
    expect(readFileSync(path('card')).equals(card())).toBe(true);
    expect(done).toMatchObject({ bytes: card().length, sha256: sha256(card()) });
    expect([...new Set(steps)]).toEqual(['reading the image', 'writing', 'reading it back']);
  });

  it('leaves what is behind it on a bigger card', async () => {
    const image = put('image', card());
    const device = put('card', Buffer.alloc(6 * 1_048_576, 1));
    await flash({ ...silent, image, device });
    const written = readFileSync(device);
    expect(written.subarray(0, card().length).equals(card())).toBe(true);
    expect(written.subarray(card().length).every((byte) => byte === 1)).toBe(true);
    expect(written.length).toBe(6 * 1_048_576);
  });

  it.each([
    ['is too big for it', card(), Buffer.alloc(1_048_576), null, 'target-refused'],
    ['is no image of a card', Buffer.alloc(1_024), BLANK, null, 'image-damaged'],
    ['is cut', zstdCompressSync(card()).subarray(0, 300), BLANK, null, 'program-failed'],
    ['is cut and not packed', card().subarray(0, 4 * 1_048_576), BLANK, null, 'image-damaged'],
    ['is not the one its sha256 is of', card(), BLANK, `${'0'.repeat(64)}  image\n`, 'image-damaged'],
  ])('one that %s is refused before anything is written', async (_, image, before, checksum, code) => {
    put('image', image);
    put('card', before);
    if (checksum !== null) put('image.sha256', checksum);
    await expect(flash({ ...silent, image: path('image'), device: path('card') })).rejects.toMatchObject({ code });
    expect(readFileSync(path('card')).equals(before)).toBe(true);
  });

  it('that is not there is told', async () => {
    await expect(flash({ ...silent, image: path('none'), device: path('card') })).rejects.toMatchObject({ code: 'image-unreadable' });
  });

  it('is a file: a folder or a pipe is not waited for', async () => {
    await expect(flash({ ...silent, image: folder, device: path('card') })).rejects.toMatchObject({ code: 'image-unreadable' });
  });

  it.each(['image', 'link'])('is not written over itself (%s)', async (device) => {
    const image = put('image', zstdCompressSync(card()));
    linkSync(image, path('link'));
    const before = readFileSync(image);
    await expect(flash({ ...silent, image, device: path(device) })).rejects.toMatchObject({
      code: 'target-refused',
      found: 'the image itself',
    });
    expect(readFileSync(image).equals(before)).toBe(true);
  });

  it('leaves a card that starts nothing when it breaks off', async () => {
    const noise = randomBytes(12 * 1_048_576);
    const image = put('image', zstdCompressSync(noise).subarray(0, 9 * 1_048_576));
    const target = flashTarget(put('card', Buffer.alloc(noise.length, 1)));
    await expect(writeCard(image, target, () => undefined)).rejects.toMatchObject({ code: 'program-failed' });
    const written = readFileSync(path('card'));
    expect(written.subarray(0, 512).every((byte) => byte === 0)).toBe(true);
    expect(written.subarray(6_291_456, 6_291_968).equals(noise.subarray(6_291_456, 6_291_968))).toBe(true);
  });

  it('is told when the card keeps something else', async () => {
    const target = flashTarget(put('card', Buffer.alloc(100)));
    const digest = { bytes: 100, sha256: sha256(Buffer.alloc(100, 1)) };
    await expect(verifyCard(target, digest, () => undefined)).rejects.toMatchObject({ code: 'card-differs' });
  });
});

describe('the question', () => {
  const asked = (answer: string, questions: string[] = []) => ({
    ...silent,
    yes: false,
    ask: async (question: string) => {
      questions.push(question);
      return answer;
    },
  });

  it('must be answered with the name', async () => {
    const image = put('image', card());
    const questions: string[] = [];
    const device = put('card', Buffer.alloc(6 * 1_048_576));
    await expect(flash({ ...asked('yes', questions), image, device })).rejects.toMatchObject({ code: 'not-confirmed' });
    expect(readFileSync(device).every((byte) => byte === 0)).toBe(true);
    expect(questions[0]).toContain('will be lost');
    await flash({ ...asked('card\n'), image, device });
    expect(sha256(readFileSync(device).subarray(0, card().length))).toBe(sha256(card()));
  });

  it('is about one card: another that is there when it is answered is left alone', async () => {
    const image = put('image', card());
    const device = put('card', BLANK);
    const ask = async () => {
      renameSync(put('other', BLANK), device);
      return 'card';
    };
    await expect(flash({ ...silent, yes: false, ask, image, device })).rejects.toMatchObject({
      code: 'target-refused',
      found: expect.stringContaining('another'),
    });
    expect(readFileSync(device).equals(BLANK)).toBe(true);
  });

  it('is not passed over where nobody can answer it', async () => {
    const options = { ...silent, yes: false, image: put('image', card()), device: path('card') };
    await expect(flash(options)).rejects.toMatchObject({ code: 'not-confirmed', found: 'nobody at a terminal' });
  });
});

describe('a disk', () => {
  interface Disk {
    readonly removable?: string;
    readonly where?: string;
    readonly sectors?: string;
    readonly mounts?: string;
    readonly swaps?: string;
    readonly partition?: boolean;
    readonly holder?: boolean;
    readonly type?: string;
    readonly name?: string;
  }
  /** What the kernel would say of a disk with one partition. */
  function kernel({ removable = '1', where = 'devices/pci/ata1', sectors = '62333952', name = 'sdb', ...more }: Disk) {
    const sys = path('sys');
    const real = join(sys, where, name);
    mkdirSync(join(real, `${name}1`, 'holders'), { recursive: true });
    mkdirSync(join(real, 'device'));
    mkdirSync(join(sys, 'class/block'), { recursive: true });
    mkdirSync(path('proc/self'), { recursive: true });
    symlinkSync(real, join(sys, 'class/block', name));
    symlinkSync(join(real, `${name}1`), join(sys, 'class/block', `${name}1`));
    const files = {
      size: sectors,
      removable,
      dev: '8:16',
      'device/vendor': 'Maker',
      'device/model': 'Card',
      [`${name}1/dev`]: '8:17',
      [`${name}1/partition`]: '1',
    };
    for (const [file, text] of Object.entries(files)) writeFileSync(join(real, file), `${text}\n`);
    if (more.partition) writeFileSync(join(real, 'partition'), '1\n');
    if (more.type) writeFileSync(join(real, 'device/type'), `${more.type}\n`);
    if (more.holder) mkdirSync(join(real, `${name}1`, 'holders', 'dm-0'));
    writeFileSync(path('proc/self/mountinfo'), `22 1 254:0 / / rw - ext4 /dev/vda rw\n${more.mounts ?? ''}\n`);
    writeFileSync(path('proc/swaps'), `Filename Type Size Used Priority\n${more.swaps ?? ''}\n`);
    return () => diskTarget(`/dev/${name}`, { sys, proc: path('proc') });
  }

  it.each<[string, Disk]>([
    ['removable', {}],
    ['in a USB reader that says it is built in', { removable: '0', where: 'devices/pci/usb1/1-1' }],
    ['an SD card in a slot of the board', { removable: '0', name: 'mmcblk0', type: 'SD' }],
  ])('is taken: %s', (_, disk) => {
    expect(kernel(disk)()).toMatchObject({
      kind: 'device',
      bytes: 62_333_952 * 512,
      name: disk.name ?? 'sdb',
      title: 'Maker Card, 31.9 GB',
    });
  });

  it.each<[string, Disk, string]>([
    ['built in', { removable: '0' }, 'built in'],
    ['soldered to the board', { removable: '0', name: 'mmcblk0', type: 'MMC' }, 'built in'],
    ['a partition', { partition: true }, 'one partition'],
    ['empty', { sectors: '0' }, 'no card in it'],
    ['mounted', { mounts: '90 22 8:17 / /media/card rw - vfat /dev/sdb1 rw' }, 'mounted at /media/card'],
    ['mounted with a blank in its name', { mounts: '90 22 8:17 / /media/my\\040card rw - vfat /dev/sdb1 rw' }, 'at /media/my card'],
    ['mounted as btrfs', { mounts: '90 22 0:41 / /media/card rw - btrfs /dev/sdb1 rw' }, 'mounted at /media/card'],
    ["this system's", { mounts: '90 22 8:17 / / rw - ext4 /dev/sdb1 rw' }, 'the disk of this very system'],
    ['swapped to', { swaps: '/dev/sdb1 partition 1000 0 -2' }, 'swap space'],
    ['part of an LVM', { holder: true }, 'RAID, LVM or encrypted'],
  ])('is refused: %s', (_, disk, found) => {
    expect(kernel(disk)).toThrow(expect.objectContaining({ code: 'target-refused', found: expect.stringContaining(found) }));
  });

  it('that was exchanged for an equal one is another', () => {
    const look = kernel({});
    const { identity } = look();
    expect(look().identity).toBe(identity);
    writeFileSync(path('sys/devices/pci/ata1/sdb/diskseq'), '12\n');
    expect(look().identity).not.toBe(identity);
  });

  it('is not made where a link leads nowhere', () => {
    symlinkSync('/dev/no-such-card', path('link'));
    expect(() => flashTarget(path('link'))).toThrow(
      expect.objectContaining({ code: 'target-refused', found: 'a link that leads nowhere' }),
    );
  });

  it('that is not there is not made as a file', () => {
    expect(() => flashTarget('/dev/no-such-card')).toThrow(expect.objectContaining({ code: 'target-missing' }));
  });

  it('is neither a folder nor a terminal', () => {
    for (const it of [folder, '/dev/null']) expect(() => flashTarget(it)).toThrow(expect.objectContaining({ code: 'target-refused' }));
  });
});
