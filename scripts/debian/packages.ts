import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceFault } from '../../src/domain/fault.ts';
import { cacheFolder } from './cache.ts';
import { runProgram } from './run-program.ts';

export interface Release {
  /** Such as `trixie`. */
  readonly suite: string;
  readonly arch: 'arm64' | 'amd64';
  /** Where Debian keeps firmware; packages of it come beside those of main. */
  readonly firmware?: true;
}

export const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const APT = 'apt';
/** Of /usr/share, what no program reads. */
const UNREAD = ['bash-completion', 'doc', 'info', 'lintian', 'locale', 'man'];

/**
 * Another release's packages than this machine's, by an apt of their own that leaves this machine's alone. Signatures
 * are checked by apt against Debian's keyring.
 */
export class DebianPackages {
  readonly #folder: string;
  readonly #release: Release;
  #updated: Promise<void> | null = null;

  constructor(release: Release) {
    this.#release = release;
    this.#folder = cacheFolder('debian', `${release.suite}-${release.arch}${release.firmware ? '-firmware' : ''}`);
  }

  /** The packages themselves, without what they depend on; those in the cache that are still the newest are not fetched again. @throws DeviceFault */
  async fetch(names: readonly string[]): Promise<string[]> {
    await this.#update();
    const folder = join(this.#folder, 'packages');
    mkdirSync(folder, { recursive: true });
    // Of files that lie where it stands, apt says nothing.
    const printed = await this.#apt('apt-get', ['download', '--print-uris', ...names], this.#folder);
    const wanted = [...printed.matchAll(/^'\S+' (\S+\.deb) /gm)].map((match) => match[1] ?? '');
    if (wanted.length !== names.length) throw unknownPackages(names, wanted);
    const there = new Set(readdirSync(folder));
    if (wanted.some((file) => !there.has(file))) await this.#apt('apt-get', ['download', ...names], folder);
    return wanted.map((file) => join(folder, file));
  }

  /** What a package always needs, by name; packages that only do the same are left out. @throws DeviceFault */
  async dependsOn(name: string): Promise<string[]> {
    await this.#update();
    const printed = await this.#apt('apt-cache', ['depends', name], this.#folder);
    return [...printed.matchAll(/^ {2}Depends: ([^<\s]+)$/gm)].map((match) => match[1] ?? '');
  }

  /** The package a metapackage stands for, such as the kernel behind `linux-image-arm64`. @throws DeviceFault */
  async behind(metapackage: string): Promise<string> {
    await this.#update();
    const printed = await this.#apt('apt-cache', ['depends', metapackage], this.#folder);
    const name = /Depends: (\S+)/.exec(printed)?.[1];
    if (name === undefined) throw unknownPackages([metapackage], []);
    return name;
  }

  #update(): Promise<void> {
    this.#updated ??= this.#refresh();
    return this.#updated;
  }

  async #refresh(): Promise<void> {
    const { suite, arch, firmware } = this.#release;
    const components = firmware ? 'main non-free-firmware' : 'main';
    const folder = this.#folder;
    for (const name of ['lists/partial', 'archives/partial', 'packages']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'sources.list'), `deb [arch=${arch} signed-by=${KEYRING}] ${await mirror()} ${suite} ${components}\n`);
    writeFileSync(join(folder, 'status'), '');
    const settings = {
      'Dir::Etc::sourcelist': join(folder, 'sources.list'),
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::State::lists': join(folder, 'lists'),
      'Dir::State::status': join(folder, 'status'),
      'Dir::Cache': folder,
      'APT::Architecture': arch,
      'APT::Architectures': arch,
      'APT::Install-Recommends': 'false',
      // As root, apt would fetch as a user who may not write here.
      'APT::Sandbox::User': 'root',
    };
    writeFileSync(
      join(folder, 'apt.conf'),
      Object.entries(settings)
        .map(([name, value]) => `${name} "${value}";\n`)
        .join(''),
    );
    await this.#apt('apt-get', ['update'], folder);
  }

  #apt(program: string, args: readonly string[], cwd: string): Promise<string> {
    return runProgram(program, ['-q', ...args], { from: APT, cwd, env: { APT_CONFIG: join(this.#folder, 'apt.conf') } });
  }
}

/** The mirror from which this machine itself has its packages. @throws DeviceFault `mirror-unknown` */
export async function mirror(): Promise<string> {
  const format = '$(LABEL) $(COMPONENT) $(REPO_URI)';
  const printed = await runProgram('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], { from: APT });
  const uri = /^Debian main (\S+)$/m.exec(printed)?.[1];
  if (uri !== undefined) return uri.replace(/\/$/, '');
  throw new DeviceFault('This machine knows no Debian mirror', {
    code: 'mirror-unknown',
    found: 'no Debian source in its apt',
    expected: 'a Debian machine',
    remedy: 'Run this on Debian, after `apt-get update`.',
  });
}

/** Unpacks packages over each other, without their documentation; nothing of them is run. @throws DeviceFault */
export async function unpack(files: readonly string[], root: string): Promise<void> {
  mkdirSync(root, { recursive: true });
  for (const file of files) {
    const script = `dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" ${UNREAD.map((folder) => `--exclude=./usr/share/${folder}`).join(' ')}`;
    await runProgram('sh', ['-c', script, 'sh', file, root], { from: 'dpkg' });
  }
}

const unknownPackages = (wanted: readonly string[], found: readonly string[]): DeviceFault =>
  new DeviceFault('Debian does not have all the packages', {
    code: 'package-unknown',
    found: found.join(', ') || 'none',
    expected: wanted.join(', '),
    remedy: 'Look for the package at packages.debian.org: its name may have changed.',
  });
