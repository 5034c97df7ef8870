import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { COPYRIGHT, changelog } from './control.ts';
import { type Described, launchPage, tilldPage } from './man-page.ts';

/** A file of the package. */
export interface PackageFile {
  /** Without the first slash. */
  readonly path: string;
  readonly mode: number;
  /** Its bytes, or where to copy them from. */
  readonly content: string | Uint8Array | { readonly copyOf: string };
}

export interface Contents {
  readonly version: string;
  /** Seconds since 1970. */
  readonly builtAt: number;
  /** Path of the executable. */
  readonly executable: string;
  readonly commands: readonly Described[];
  readonly licences: string;
  readonly sbom: string;
}

const FILES = join(import.meta.dirname, 'files');
const file = (name: string): string => readFileSync(join(FILES, name), 'utf8');
const BOARDS = join(import.meta.dirname, '../../boards');
const DOC = 'usr/share/doc/tilld';
const MAN = 'usr/share/man/man8';

/** The files that the owner of a box edits: dpkg asks before it replaces one. */
export const CONFFILES = ['/etc/tilld/tilld.json'];
export const SCRIPTS = ['postinst', 'prerm', 'postrm'] as const;

/** What dpkg runs, by name. */
export const maintainerScript = (name: (typeof SCRIPTS)[number]): string => file(name);

/** Everything the package installs. Nothing in it depends on when, where or by whom it is built. */
export function packageFiles({ version, builtAt, executable, commands, licences, sbom }: Contents): readonly PackageFile[] {
  const launch = commands.filter(({ path }) => path === 'launch');
  return [
    { path: 'usr/bin/tilld', mode: 0o755, content: { copyOf: executable } },
    { path: 'usr/bin/tilld-launch', mode: 0o755, content: file('tilld-launch') },
    text('etc/tilld/tilld.json', file('tilld.json')),
    // What the service compares it with, to see whether it has been edited.
    text('usr/share/tilld/tilld.json', file('tilld.json')),
    ...boardFiles(),
    text('usr/lib/systemd/system/tilld.service', file('tilld.service')),
    text('usr/lib/sysusers.d/tilld.conf', file('sysusers.conf')),
    // Before Raspberry Pi OS's own rules, which say the same and more.
    text('usr/lib/udev/rules.d/60-tilld-gpio.rules', file('gpio.rules')),
    compressed(`${MAN}/tilld.8.gz`, tilldPage(commands, version, builtAt)),
    ...launch.map((described) => compressed(`${MAN}/tilld-launch.8.gz`, launchPage(described, version, builtAt))),
    text(`${DOC}/copyright`, COPYRIGHT),
    compressed(`${DOC}/changelog.gz`, changelog(version, builtAt)),
    text(`${DOC}/README.Debian`, file('README.Debian')),
    compressed(`${DOC}/THIRD-PARTY.txt.gz`, licences),
    text(`${DOC}/tilld.cdx.json`, sbom),
    text('usr/share/lintian/overrides/tilld', file('lintian-overrides')),
  ];
}

/** What to copy for a board of one's own: those with pins, and their form for editors. tilld itself has them built in. */
const boardFiles = (): readonly PackageFile[] =>
  readdirSync(BOARDS)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => text(`usr/share/tilld/boards/${name}`, readFileSync(join(BOARDS, name), 'utf8')))
    .filter(({ content }) => (JSON.parse(String(content)) as { hardware?: string }).hardware !== 'simulated');

const text = (path: string, content: string): PackageFile => ({ path, mode: 0o644, content });
/** Node writes no time into it. */
const compressed = (path: string, content: string): PackageFile => ({ path, mode: 0o644, content: gzipSync(content, { level: 9 }) });
