import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
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
    return { path, kind: 'file', bytes: null, title: 'a new file', name: basename(path) };
  }
  const stat = statSync(path);
  if (stat.isFile()) {
    const bytes = stat.size === 0 ? null : stat.size;
    return { path, kind: 'file', bytes, title: `a file${bytes === null ? '' : ` of ${gigabytes(bytes)}`}`, name: basename(path) };
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
  return { path, kind: 'device', bytes, title: `${model === '' ? 'a card' : model}, ${gigabytes(bytes)}`, name };
}

/** Neither mounted, nor swap, nor a part of something bigger. */
function requireUnused(path: string, parts: readonly string[], { sys, proc }: Places): void {
  const numbers = new Map(parts.map((part) => [readFileSync(join(sys, 'class/block', part, 'dev'), 'utf8').trim(), part]));
  // https://docs.kernel.org/filesystems/proc.html: ID, parent, major:minor, root, mount point
  const mounts = readFileSync(join(proc, 'self/mountinfo'), 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  const mounted = mounts.flatMap(([, , number = '', , point = '']) => (numbers.has(number) ? [point] : []));
  const system = mounted.find((point) => /^\/(?:boot(?:\/.*)?|usr|var|home)?$/.test(point));
  if (system !== undefined) throw refused(path, `the disk of this very system (${system})`, 'another one');
  if (mounted.length > 0) throw refused(path, `mounted at ${mounted.join(', ')}`, `it unmounted: umount ${mounted.join(' ')}`);
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
  throw refused(path, gigabytes(bytes), `at least ${gigabytes(needed)}`);
}

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

const refused = (path: string, found: string, expected: string): CallerFault =>
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
