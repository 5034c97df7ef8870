import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Whether a test has to be skipped on this machine, and what its title says about that. */
export interface Need {
  /** For `it.skipIf` and `describe.skipIf`. */
  readonly missing: boolean;
  /** To be put behind a title: why it is skipped, or nothing. */
  readonly why: string;
}

/** Nothing is skipped where this is set: what a test needs must be there. */
const NO_SKIP = 'TILLD_NO_SKIP';

/** A program at a path, of a Debian package. @throws when it is missing where nothing may be skipped */
export const needs = (program: string, debianPackage: string): Need =>
  need(existsSync(program), `there is no ${program}; install Debian's ${debianPackage}`);

/** A command that must succeed here, because being installed is not all it takes. @throws as `needs` */
export const needsWorking = (what: string, command: readonly [string, ...string[]]): Need =>
  need(spawnSync(command[0], command.slice(1)).status === 0, what);

/** All of them: the first that is missing. */
export const needsAll = (...all: readonly Need[]): Need => all.find(({ missing }) => missing) ?? { missing: false, why: '' };

function need(there: boolean, why: string): Need {
  if (there) return { missing: false, why: '' };
  if (process.env[NO_SKIP]) throw new RangeError(`${NO_SKIP} is set, and ${why}`);
  return { missing: true, why: ` (skipped: ${why})` };
}

export const CHROMIUM = '/usr/bin/chromium';
export const needsChromium = (): Need => needs(CHROMIUM, 'chromium');
export const needsOpenssl = (): Need => needs('/usr/bin/openssl', 'openssl');
export const needsMosquitto = (): Need =>
  needsAll(needs('/usr/sbin/mosquitto', 'mosquitto'), needs('/usr/bin/mosquitto_passwd', 'mosquitto'));

const OWN_MOUNT = 'd=$(mktemp -d) && mount -t tmpfs none "$d" && umount "$d" && rmdir "$d"';
/** A small disk of a test's own, by a mount in a user namespace. */
export const needsOwnMount = (): Need =>
  needsAll(
    needs('/usr/bin/unshare', 'util-linux'),
    needsWorking('this machine allows no mount in a user namespace (unshare -Urm)', ['unshare', '-Urm', 'sh', '-c', OWN_MOUNT]),
  );
