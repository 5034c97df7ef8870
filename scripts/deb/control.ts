import type { Arch } from './arch.ts';

const MAINTAINER = 'The tilld maintainers <maintainers@tilld.example>';

/** The libraries are those Node 26 is linked with, in the versions whose symbols it uses; the programs those tilld starts. */
const DEPENDS = ['libc6 (>= 2.28)', 'libstdc++6 (>= 5.2)', 'libgcc-s1', 'libatomic1', 'gpiod (>= 1.6)', 'systemd', 'udev'];

interface About {
  readonly arch: Arch;
  readonly version: string;
  /** Of what is installed, KiB. */
  readonly installedKiB: number;
}

/** https://www.debian.org/doc/debian-policy/ch-controlfields.html#debian-binary-package-control-files-debian-control */
export const controlFile = ({ arch, version, installedKiB }: About): string =>
  `Package: tilld
Version: ${version}
Architecture: ${arch}
Maintainer: ${MAINTAINER}
Installed-Size: ${installedKiB}
Pre-Depends: init-system-helpers (>= 1.54~)
Depends: ${DEPENDS.join(', ')}
Recommends: alsa-utils
Section: misc
Priority: optional
Description: runtime of a payment box
 tilld is the software on the small Linux board in a car wash, a washing
 machine, a vending machine or a shop counter. It pairs with a backend, shows
 a QR, hears that it was paid, counts coins and bills, says the amount aloud
 and drives the machine.
 .
 Every entry of its journal is on the disk before anything happens because of
 it, so that no money is lost or doubled when the power or the network goes.
 The package brings one executable, a hardened service that starts it, and the
 rights it needs on the pins and ports of the board.
`;

/** One entry: what has changed since is told by the project's history. `seconds`: its date, since 1970. */
export const changelog = (version: string, seconds: number): string =>
  `tilld (${version}) stable; urgency=medium

  * Release ${version}.

 -- ${MAINTAINER}  ${new Date(seconds * 1_000).toUTCString().replace('GMT', '+0000')}
`;

/** https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/ */
export const COPYRIGHT = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: tilld
Upstream-Contact: ${MAINTAINER}
Comment: The executable holds Node.js, packages and fonts by others. The terms of
 each, with its text, are in /usr/share/doc/tilld/THIRD-PARTY.txt.gz; the list of
 them for programs is /usr/share/doc/tilld/tilld.cdx.json (CycloneDX).

Files: *
Copyright: 2026 the tilld authors
License: tilld
 This package grants no rights beyond those its authors have agreed with you.
`;
