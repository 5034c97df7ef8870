import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CallerFault, ConfigurationFault } from '../../src/domain/fault.ts';

/** What an image may be written to. */
export interface Target {
  readonly path: string;
  readonly kind: 'file' | 'device';
  /** What fits on it; null for a file that is yet to be made. */
  readonly bytes: number | null;
  /** For people: `SanDisk Ultra, 31.9 GB`. */
  readonly title: string;
  /** What they type to say that they mean it. */
  readonly name: string;
  /** Another one under the same path has another; empty for what is yet to be made. */
  readonly identity: string;
}

/** Where the kernel tells of its devices; `/` but in tests. */
interface Places {
  readonly sys: string;
  readonly proc: string;
}
const KERNEL: Places = { sys: '/sys', proc: '/proc' };
const SECTOR = 512;

/**
 * Looks at what is to be overwritten. Only a whole disk that can be taken out and that nothing uses, or a regular file.
 * @throws CallerFault `target-refused`; ConfigurationFault `target-missing`
 */
export function flashTarget(path: string, places = KERNEL): Target {
  if (!existsSync(path)) {
    if (path.startsWith('/dev/')) throw missing(path);
    if (lstatSync(path, { throwIfNoEntry: false })) throw refused(path, 'a link that leads nowhere', 'a card like /dev/sdX, or a file');
    return { path, kind: 'file', bytes: null, title: 'a new file', name: basename(path), identity: '' };
  }
  const stat = statSync(path);
  if (stat.isFile()) {
    const bytes = stat.size === 0 ? null : stat.size;
    const title = `a file${bytes === null ? '' : ` of ${gigabytes(bytes)}`}`;
    return { path, kind: 'file', bytes, title, name: basename(path), identity: `${stat.dev}:${stat.ino}` };
  }
  if (!stat.isBlockDevice()) throw refused(path, 'neither a disk nor a file', 'a card like /dev/sdX, or a file');
  return diskTarget(realpathSync(path), places);
}

/** As `flashTarget`, for a block device. */
export function diskTarget(path: string, places: Places): Target {
  const name = basename(path);
  const folder = join(places.sys, 'class/block', name);
  const read = (file: string): string | null => (existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : null);
  if (read('partition') !== null) throw refused(path, 'one partition', 'the whole disk: the image brings its own partitions');
  const parts = [name, ...readdirSync(folder).filter((part) => existsSync(join(folder, part, 'partition')))];
  requireUnused(path, parts, places);
  // A slot on the machine's own board says 0 although its card can be taken out; so does many a USB reader.
  const where = realpathSync(folder);
  const removable = read('removable') === '1' || /\/usb\d/.test(where) || (name.startsWith('mmcblk') && read('device/type') === 'SD');
  if (!removable) throw refused(path, 'a disk that is built in', 'a card or stick that can be taken out');
  const bytes = Number(read('size')) * SECTOR;
  if (!(bytes > 0)) throw refused(path, 'no card in it', 'a reader with a card');
  const model = [read('device/vendor'), read('device/model') ?? read('device/name')]
    .filter((word) => word !== null && word !== '')
    .join(' ');
  const title = `${model === '' ? 'a card' : model}, ${gigabytes(bytes)}`;
  // The kernel counts what is put in (https://docs.kernel.org/admin-guide/abi-stable.html, diskseq).
  return { path, kind: 'device', bytes, title, name, identity: [where, bytes, read('dev'), read('diskseq')].join(' ') };
}

/** Neither mounted, nor swap, nor a part of something bigger. */
function requireUnused(path: string, parts: readonly string[], { sys, proc }: Places): void {
  const numbers = new Map(parts.map((part) => [readFileSync(join(sys, 'class/block', part, 'dev'), 'utf8').trim(), part]));
  // https://docs.kernel.org/filesystems/proc.html: ID, parent, major:minor, root, mount point … - type, source
  const mounts = readFileSync(join(proc, 'self/mountinfo'), 'utf8').split('\n');
  const mounted = mounts.flatMap((line) => {
    const [, , number = '', , point = ''] = line.split(' ');
    // btrfs has numbers of its own, and is known by its source.
    const [, source = ''] = line.slice(line.indexOf(' - ') + 3).split(' ');
    return numbers.has(number) || parts.some((part) => source === `/dev/${part}`) ? [point.replaceAll('\\040', ' ')] : [];
  });
  const system = mounted.find((point) => /^\/(?:boot(?:\/.*)?|usr|var|home)?$/.test(point));
  if (system !== undefined) throw refused(path, `the disk of this very system (${system})`, 'another one');
  if (mounted.length > 0)
    throw refused(path, `mounted at ${mounted.join(', ')}`, `it unmounted: umount ${mounted.map((point) => `'${point}'`).join(' ')}`);
  const swaps = readFileSync(join(proc, 'swaps'), 'utf8');
  for (const part of parts) {
    if (swaps.includes(`/dev/${part} `)) throw refused(path, 'swap space in use', 'a card that nothing uses');
    const holders = join(sys, 'class/block', part, 'holders');
    if (existsSync(holders) && readdirSync(holders).length > 0)
      throw refused(path, 'a part of a RAID, LVM or encrypted disk', 'a card that nothing uses');
  }
}

/** @throws CallerFault `target-refused` */
export function requireRoom({ path, bytes }: Target, needed: number): void {
  if (bytes === null || bytes >= needed) return;
  // In full: cards of one name differ by less than a tenth of a gigabyte.
  throw refused(path, `${bytes} bytes`, `at least ${needed} bytes`);
}

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Nothing was written yet. */
export const refused = (path: string, found: string, expected: string): CallerFault =>
  new CallerFault(`${path} is not written to`, {
    code: 'target-refused',
    found,
    expected,
    remedy: 'lsblk shows what there is. Nothing was changed.',
  });

const missing = (path: string): ConfigurationFault =>
  new ConfigurationFault(`There is no ${path}`, {
    code: 'target-missing',
    found: 'nothing',
    expected: 'a card',
    remedy: 'lsblk shows what there is.',
  });
