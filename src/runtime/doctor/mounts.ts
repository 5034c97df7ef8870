/** Where a file system hangs in the tree of folders. */
export interface Mount {
  readonly point: string;
  readonly type: string;
  readonly readOnly: boolean;
  /** `major:minor` of what it lies on. */
  readonly device: string;
}

/**
 * The mount that a path lies on, by /proc/self/mountinfo (proc_pid_mountinfo(5)): `36 35 98:0 / /mnt rw,noatime … - ext4
 * /dev/sda1 rw`. Null when it has no line for it.
 */
export function mountOf(mountinfo: string, path: string): Mount | null {
  let best: Mount | null = null;
  for (const line of mountinfo.split('\n')) {
    const [, device, escaped, options, type, superOptions] = /^\d+ \d+ (\d+:\d+) \S+ (\S+) (\S+) .*?- (\S+) \S+ (\S+)/.exec(line) ?? [];
    if (device === undefined || escaped === undefined || options === undefined || type === undefined) continue;
    const point = escaped.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const inside = point === '/' || path === point || path.startsWith(`${point}/`);
    // A later mount at the same place hides the earlier one.
    if (!inside || (best && best.point.length > point.length)) continue;
    const readOnly = [options, superOptions].some((list) => list?.split(',').includes('ro') === true);
    best = { point, type, readOnly, device };
  }
  return best;
}

const LASTING = ['ext4', 'ext3', 'xfs', 'btrfs', 'f2fs', 'zfs'];
const IN_MEMORY = ['tmpfs', 'ramfs'];
const UNFIT = ['nfs', 'nfs4', 'cifs', 'smb3', 'vfat', 'msdos', 'exfat', '9p', 'fuse.sshfs'];

/** What a file system is worth to a journal that must survive a power cut. */
export function worthOf(type: string): 'lasting' | 'in-memory' | 'unfit' | 'unknown' {
  if (LASTING.includes(type)) return 'lasting';
  if (IN_MEMORY.includes(type)) return 'in-memory';
  return UNFIT.includes(type) ? 'unfit' : 'unknown';
}
