import fs from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, PackedFile } from '../domain/ota/manifest.ts';
import type { Release } from '../domain/ota/update.ts';
import { replaceFile, syncDirectory } from './disk.ts';
import { hashOf } from './part-file.ts';
import { seal, unseal } from './sealed.ts';

/** Beside what was in the package; written last, so that a release that has it is whole. */
const NAME = 'contents.json';

/**
 * What a release consists of. Kept besides its resource.json because that of a vendor's own script lists nothing, and
 * because this one carries a checksum of its own.
 */
interface Contents {
  readonly schema: 'tilld.ota-contents/1';
  /** SHA-256 of the package. */
  readonly sha256: string;
  readonly files: readonly PackedFile[];
}

/** Notes down what a folder must hold, durably. */
export function writeContents(folder: string, sha256: string, { type, core: [core], files }: Manifest): void {
  const image = { path: core.name, size: core.size, sha256: core.sha256 };
  const contents: Contents = { schema: 'tilld.ota-contents/1', sha256, files: type === 'AP' ? [image] : files };
  replaceFile(join(folder, NAME), seal(contents));
  syncDirectory(folder);
}

/** What is wrong with a release on the disk, in words; or its files. */
type ReleaseCheck = { readonly files: readonly PackedFile[]; readonly damage: null } | { readonly files: null; readonly damage: string };

/** Reads a release from its first byte to its last and compares it with what was unpacked. Never throws: what cannot be read is damaged. */
export async function checkRelease(folder: string, { sha256 }: Pick<Release, 'sha256'>): Promise<ReleaseCheck> {
  const contents = await readContents(folder);
  if (contents?.sha256 !== sha256) return { files: null, damage: `${NAME} is damaged` };
  for (const file of contents.files) {
    const damage = await damageOf(join(folder, file.path), file);
    if (damage !== null) return { files: null, damage: `${file.path} ${damage}` };
  }
  return { files: contents.files, damage: null };
}

async function readContents(folder: string): Promise<Contents | null> {
  try {
    const contents = unseal(await readFile(join(folder, NAME))) as Contents | undefined;
    return contents?.schema === 'tilld.ota-contents/1' ? contents : null;
  } catch {
    // Missing or unreadable: nothing says what the release should hold, as when it is damaged.
    return null;
  }
}

async function damageOf(file: string, { size, sha256 }: PackedFile): Promise<string | null> {
  try {
    const found = await lstat(file);
    if (!found.isFile()) return 'is not a file';
    if (found.size !== size) return `has ${found.size} bytes instead of ${size}`;
    return (await hashOf(file)).sha256 === sha256 ? null : 'is not as it was unpacked';
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
}

/** Points a link at a release, or removes it. Only people and scripts follow it, so it need not be durable. */
export function pointTo(link: string, id: string | null): void {
  if (id === null) {
    fs.rmSync(link, { force: true });
    return;
  }
  if (linkTarget(link) === id) return;
  fs.rmSync(`${link}.tmp`, { force: true });
  fs.symlinkSync(id, `${link}.tmp`);
  fs.renameSync(`${link}.tmp`, link);
}

function linkTarget(link: string): string | null {
  try {
    return fs.readlinkSync(link);
  } catch {
    return null;
  }
}
