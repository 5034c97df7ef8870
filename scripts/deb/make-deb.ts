import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../debian/run-program.ts';
import { type Arch, requireExecutableOf } from './arch.ts';
import { controlFile } from './control.ts';
import { describedCommands } from './man-page.ts';
import { installedKiB, md5sums, setTimes, stageFiles } from './stage.ts';
import { CONFFILES, type Contents, maintainerScript, packageFiles, SCRIPTS } from './tree.ts';

/** xz is smaller (31 MB), zstd quicker (a second instead of a minute). */
export const COMPRESSIONS = ['xz', 'zstd'] as const;

export interface DebOptions extends Omit<Contents, 'commands'> {
  readonly arch: Arch;
  readonly compression: (typeof COMPRESSIONS)[number];
  /** The folder it goes into; it is made when it is missing. */
  readonly out: string;
}

export interface Deb {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Beside it: the list of what is built in, and on what terms. */
  readonly sbom: string;
  readonly licences: string;
}

/**
 * Packs an executable for Debian. The same options make the same bytes, wherever and whenever. Nothing has its name in the
 * folder before it is whole.
 * @throws ConfigurationFault `executable-differs`; DeviceFault `program-missing`, `program-failed`
 */
export async function makeDeb({ arch, compression, out, ...contents }: DebOptions): Promise<Deb> {
  requireExecutableOf(arch, contents.executable);
  const { version, builtAt } = contents;
  mkdirSync(out, { recursive: true });
  // In the very folder, so that the finished package is renamed and not copied.
  const work = mkdtempSync(join(out, '.packing-'));
  try {
    const root = join(work, 'root');
    const staged = stageFiles(root, packageFiles({ ...contents, commands: await describedCommands() }));
    const control = join(root, 'DEBIAN');
    mkdirSync(control);
    chmodSync(control, 0o755);
    const write = (name: string, mode: number, text: string) => {
      writeFileSync(join(control, name), text);
      chmodSync(join(control, name), mode);
    };
    write('control', 0o644, controlFile({ arch, version, installedKiB: installedKiB(staged) }));
    write('conffiles', 0o644, CONFFILES.map((path) => `${path}\n`).join(''));
    write('md5sums', 0o644, md5sums(staged.filter(({ path }) => !CONFFILES.includes(`/${path}`))));
    for (const name of SCRIPTS) write(name, 0o755, maintainerScript(name));
    chmodSync(root, 0o755);
    setTimes(root, builtAt);
    const made = join(work, 'made.deb');
    // zstd makes other bytes by one thread than by several, and machines have more or fewer; xz makes the same.
    const how = ['--root-owner-group', `-Z${compression}`, ...(compression === 'zstd' ? ['--threads-max=1'] : [])];
    await runProgram('dpkg-deb', [...how, '--build', root, made], {
      from: 'dpkg',
      env: { SOURCE_DATE_EPOCH: String(builtAt) },
    });
    return finish(made, join(out, `tilld_${version}_${arch}`), contents);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function finish(made: string, name: string, { sbom, licences }: Pick<Contents, 'sbom' | 'licences'>): Deb {
  const deb = { file: `${name}.deb`, sbom: `${name}.cdx.json`, licences: `${name}.THIRD-PARTY.txt` };
  writeFileSync(deb.sbom, sbom);
  writeFileSync(deb.licences, licences);
  const sha256 = createHash('sha256').update(readFileSync(made)).digest('hex');
  const bytes = statSync(made).size;
  renameSync(made, deb.file);
  return { ...deb, bytes, sha256 };
}
