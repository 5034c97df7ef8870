import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceFault } from '../../src/domain/fault.ts';
import { cacheFolder } from '../debian/cache.ts';
import { KEYRING, mirror } from '../debian/packages.ts';
import { run } from './programs.ts';

/** What a box is made of, beside what Debian calls essential, the kernel and tilld; and what those need. */
const PACKAGES = [
  ...['systemd', 'systemd-sysv', 'systemd-resolved', 'systemd-timesyncd', 'udev', 'dbus', 'init-system-helpers', 'kmod', 'tzdata'],
  // Wi-Fi and Ethernet with DHCP by systemd's own parts and wpa_supplicant: a third of NetworkManager.
  ...['wpasupplicant', 'wireless-regdb', 'firmware-brcm80211', 'ca-certificates', 'openssh-server', 'iproute2'],
  ...['e2fsprogs', 'dosfstools', 'fdisk', 'util-linux', 'procps'],
  // What tilld starts and is linked with.
  ...['gpiod', 'alsa-utils', 'libatomic1', 'libstdc++6'],
] as const;

/** Documentation and translations, which nobody reads on a box; copyright notices stay, and what tilld's unit names. */
const LEFT_OUT = [
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  'path-include=/usr/share/doc/tilld/*',
  ...['man', 'locale', 'info', 'lintian'].map((name) => `path-exclude=/usr/share/${name}/*`),
];
const BINFMT = '/proc/sys/fs/binfmt_misc/qemu-aarch64';

/**
 * The system without kernel and tilld, as a tar archive: from the cache while the list of packages is the
 * same. Making it takes minutes, because packages set themselves up under emulation.
 * @param builtAt seconds since 1970
 * @param fresh make it anew, with the latest corrections of Debian
 * @throws DeviceFault `emulation-missing`, `program-failed`
 */
export async function baseSystem(builtAt: number, fresh: boolean, step: (what: string) => void): Promise<string> {
  const from = await mirror();
  const sources = [
    `${from} trixie`,
    `${from} trixie-updates`,
    // Debian's own mirrors have this beside the other one.
    `${from.replace(/\/debian$/, '/debian-security')} trixie-security`,
  ].map((source) => `deb [signed-by=${KEYRING}] ${source} main non-free-firmware`);
  const recipe = JSON.stringify([PACKAGES, LEFT_OUT, sources]);
  const name = createHash('sha256').update(recipe).digest('hex').slice(0, 16);
  const archive = join(cacheFolder('image'), `base-${name}.tar`);
  if (existsSync(archive) && !fresh) return archive;
  requireEmulation();
  step('setting up Debian under emulation (four to six minutes)');
  const made = `${archive}.new`;
  rmSync(made, { force: true });
  const options = [...LEFT_OUT.map((option) => `--dpkgopt=${option}`), '--aptopt=APT::Install-Recommends "false"'];
  await run(
    'mmdebstrap',
    [
      ...['--quiet', `--mode=${process.getuid?.() === 0 ? 'root' : 'unshare'}`, '--arch=arm64', '--variant=essential'],
      ...options,
      ...[`--include=${PACKAGES.join(',')}`, '--format=tar', 'trixie', made, ...sources],
    ],
    { env: { SOURCE_DATE_EPOCH: String(builtAt) } },
  );
  renameSync(made, archive);
  return archive;
}

/** @throws DeviceFault `emulation-missing` when this machine's kernel does not know what to do with an arm64 program */
export function requireEmulation(): void {
  if (process.arch === 'arm64' || (existsSync(BINFMT) && readFileSync(BINFMT, 'utf8').startsWith('enabled'))) return;
  throw new DeviceFault('Programs for arm64 do not run on this machine', {
    code: 'emulation-missing',
    found: `no ${BINFMT}`,
    expected: 'QEMU as their interpreter',
    remedy:
      'apt-get install qemu-user-static arch-test. In a container without systemd, also, as root: mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc && grep -v "^#" /usr/lib/binfmt.d/qemu-aarch64.conf >/proc/sys/fs/binfmt_misc/register',
  });
}
