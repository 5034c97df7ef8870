import { existsSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Check, type Finding, fault, findingOf, ok, skipped, warning } from './finding.ts';
import { type Mount, mountOf, worthOf } from './mounts.ts';
import { mayNot } from './rights.ts';
import { place, textOf, userName, type World } from './world.ts';

const MIB = 1024 * 1024;
/** What the journal holds back for a sale in flight, with the room it must find beside it (store/reserve.ts). */
const NEEDED_MIB = 10;
/** Below this somebody should look after the disk. */
const COMFORT_MIB = 200;
const NEEDED_INODES = 100;
const COMFORT_INODES = 1_000;
const FREE_ROOM =
  'Free some: `sudo apt-get clean; sudo journalctl --vacuum-size=50M`; `sudo du -xh / | sort -h | tail` shows what is large.';

/** The state directory and the disk below it. */
export function stateChecks(world: World, directory: string): Check[] {
  const path = resolve(directory);
  const there = existsSync(path);
  const lies = there ? path : nearestFolder(path);
  const absent = async () => skipped('there is no state directory yet');
  return [
    { code: 'state-directory', title: 'State directory', run: async () => (there ? ownership(world, path) : unmade(path, lies)) },
    { code: 'state-writable', title: 'State directory can be written', run: there ? async () => writable(world, path) : absent },
    { code: 'state-space', title: 'Free space', run: async () => space(path, lies) },
    { code: 'state-inodes', title: 'Free inodes', run: async () => inodes(lies) },
    { code: 'state-filesystem', title: 'File system', run: async () => fileSystem(mountAt(world, lies)) },
    { code: 'disk-wear', title: 'Wear of the card or disk', run: async () => wear(world, lies) },
  ];
}

/** Where a folder that is not made yet will lie. */
function nearestFolder(path: string): string {
  const above = dirname(path);
  return existsSync(above) || above === path ? above : nearestFolder(above);
}

function unmade(path: string, lies: string): Finding {
  const why = mayNot(lies, 'write');
  if (why === null) return ok(`${path} is not there yet; the box makes it at its first start`);
  return fault('state-unwritable', `${path} is not there, and cannot be made: ${lies} ${why}`, {
    remedy: `Make it for the user of the box: sudo install -d -m 700 -o tilld ${path}`,
  });
}

function ownership(world: World, path: string): Finding {
  const stat = statSync(path);
  if (!stat.isDirectory()) {
    return fault('state-not-a-directory', `${path} is a file`, { expected: 'a directory', remedy: 'Name another one with --state.' });
  }
  const owner = userName(world, stat.uid);
  const { uid } = world.person;
  const mode = (stat.mode & 0o777).toString(8).padStart(3, '0');
  const found = `${path}, of ${owner}, mode ${mode}`;
  if (uid !== 0 && stat.uid !== uid) {
    return fault('state-of-another', `${found}; this is ${userName(world, uid)}`, {
      expected: 'a directory of the user that runs the box',
      remedy: `If ${owner} runs the box, ask as that user: sudo -u ${owner} tilld doctor …; else give it away: sudo chown -R ${userName(world, uid)} ${path}`,
    });
  }
  if ((stat.mode & 0o077) === 0) return ok(found);
  return warning('state-open', found, {
    expected: 'mode 700: nobody else reads what customers paid',
    remedy: `sudo chmod 700 ${path} (the box does so at its next start)`,
  });
}

function writable(world: World, path: string): Finding {
  if (mountAt(world, path)?.readOnly) {
    return fault('state-read-only', `${path} lies on a file system that is mounted read-only`, {
      remedy:
        '`dmesg | grep -i -e ext4 -e mmc` says whether the kernel has made it so after an error of the card: then replace the card. Else: sudo mount -o remount,rw /',
    });
  }
  const why = mayNot(path, 'write');
  if (why === null) return ok('yes');
  const { uid } = world.person;
  // To give it to whoever asks would take it from the box.
  if (uid !== 0 && statSync(path).uid !== uid) return skipped('it is of another user, see above');
  return fault('state-unwritable', `${path} ${why}`, { remedy: `sudo chown -R ${userName(world, world.person.uid)} ${path}` });
}

function space(path: string, lies: string): Finding {
  const { bavail, bsize } = statfsSync(lies);
  const held = mayNot(path, 'search') === null ? (statSync(join(path, 'reserve'), { throwIfNoEntry: false })?.size ?? 0) : 0;
  const mebibytes = Math.floor((bavail * bsize + held) / MIB);
  const found = `${mebibytes} MiB`;
  if (mebibytes < NEEDED_MIB)
    return fault('disk-full', found, { expected: `at least ${NEEDED_MIB} MiB, or no money is taken`, remedy: FREE_ROOM });
  if (mebibytes < COMFORT_MIB) return warning('disk-scarce', found, { expected: `${COMFORT_MIB} MiB or more`, remedy: FREE_ROOM });
  return ok(found);
}

function inodes(lies: string): Finding {
  const { files, ffree } = statfsSync(lies);
  // Some file systems make them as they are needed.
  if (files === 0) return ok('without a limit');
  const found = `${ffree} of ${files}`;
  const remedy = 'Remove small files that nobody needs: `sudo du --inodes -xS / | sort -n | tail` shows where they are.';
  if (ffree < NEEDED_INODES) return fault('inodes-gone', found, { expected: `at least ${NEEDED_INODES}`, remedy });
  return ffree < COMFORT_INODES ? warning('inodes-scarce', found, { expected: `${COMFORT_INODES} or more`, remedy }) : ok(found);
}

const mountAt = (world: World, path: string): Mount | null => mountOf(textOf(world, 'proc/self/mountinfo'), path);

const FIT = 'a local file system such as ext4';
const ANOTHER = 'Put the state directory on the card or a local disk: --state DIR';

function fileSystem(mount: Mount | null): Finding {
  if (!mount) return skipped('the kernel does not say what it is');
  const found = `${mount.type}, mounted at ${mount.point}`;
  switch (worthOf(mount.type)) {
    case 'lasting':
      return ok(found);
    case 'in-memory':
      return fault('filesystem-in-memory', `${found}: all is lost when the power goes`, { expected: FIT, remedy: ANOTHER });
    case 'unfit':
      return fault('filesystem-unfit', `${found}: it cannot keep a journal over a power cut`, { expected: FIT, remedy: ANOTHER });
    case 'unknown':
      return warning('filesystem-unknown', found, {
        expected: FIT,
        remedy: 'Make sure that it keeps what was synced: a layer over a read-only system (overlay) loses it at the next start.',
      });
  }
}

/** JEDEC's figures of an eMMC, or of an SD card that has them: tenths of the life that are used up, 0x0b for more than all. */
function wear(world: World, lies: string): Finding {
  const { dev } = statSync(lies);
  const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  const link = place(world, `sys/dev/block/${number}`);
  if (!existsSync(link)) return skipped('the disk does not tell it');
  const part = realpathSync(link);
  // A partition lies in the folder of its disk, which has the device.
  const read = (name: string) => [part, dirname(part)].map((at) => textOf({ root: at }, `device/${name}`).trim()).find(Boolean);
  const tenths = (read('life_time') ?? '').split(/\s+/).flatMap((word) => (/^0x[0-9a-f]{2}$/i.test(word) ? [Number(word)] : []));
  const most = Math.max(0, ...tenths);
  if (most === 0) return skipped('the disk does not tell it');
  const found = most > 10 ? 'more than its whole life is used up' : `up to ${most * 10} % of its life is used up`;
  const remedy = 'Copy the card, and put in a new one of an industrial kind.';
  if (most > 10 || read('pre_eol_info') === '0x03') return fault('disk-worn-out', found, { remedy });
  return most >= 8 || read('pre_eol_info') === '0x02' ? warning('disk-worn', found, { remedy }) : ok(found);
}

/** The journal itself. Only while no box works on it: who reads while another writes may see what never was. */
export async function journalFinding(directory: string, lived: (untilMs: number) => void): Promise<Finding> {
  const file = join(directory, 'tilld.db');
  if (existsSync(directory) && mayNot(directory, 'search') !== null) return skipped('it is of another user, see below');
  if (!statSync(file, { throwIfNoEntry: false })) return ok('none yet; the box makes it at its first start');
  if (mayNot(file, 'read') !== null) return skipped('it may not be read by this user');
  const before = stampOf(file);
  const { inspectJournal } = await import('../../store/inspect.ts');
  try {
    const { entries, bytes, version, livedUntilMs } = inspectJournal(file);
    lived(livedUntilMs);
    return ok(`${entries} entries, ${(bytes / MIB).toFixed(1)} MiB, version ${version}; every page and every fact adds up`);
  } catch (error) {
    if (stampOf(file) !== before)
      return warning('journal-changed', 'a box began to write while it was looked at', { remedy: 'Ask again.' });
    const finding = findingOf(error);
    return finding.reason === 'journal-no-room' ? { ...finding, verdict: 'warning' } : finding;
  }
}

/** Changes whenever somebody writes to the journal. */
const stampOf = (file: string): string =>
  [file, `${file}-wal`]
    .map((one) => statSync(one, { throwIfNoEntry: false }))
    .map((stat) => (stat ? `${stat.mtimeMs} ${stat.size}` : 'none'))
    .join(', ');
