import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { checkEntryName, RESOURCE_FOLDERS } from '../../domain/ota/entry-name.ts';
import { coreName } from '../../domain/ota/names.ts';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { quoted } from '../../domain/ota/quoted.ts';
import { parseVersion } from '../../domain/ota/version.ts';
import { openInput } from './file.ts';
import { checkResources } from './pack.ts';
import { FileWindow } from './window.ts';
import { type Archive, sourceOf, writeArchive, type ZipSource } from './zip-writer.ts';

/** Keeps an empty folder in git; never packed. */
const KEEPER = '.gitkeep';

/** An archive of resources that was made. */
export interface PackedTree extends Archive {
  readonly file: string;
  readonly name: string;
  /** Paths inside, sorted. */
  readonly files: readonly string[];
}

/**
 * Makes `resource_<version>.zip` in `outDir` from a folder with `cust/ mp3/ ui/ key/`, checked as `packPackage` and
 * the box will check it. The four folders are entries of their own, so that an empty one is seen; `.gitkeep` files
 * stay behind.
 * @throws OtaFault for what is wrong with the tree: `ota-folder-missing`, `zip-symlink`, `zip-special-file`, `zip-name-…`,
 * `ota-posparam`, `ota-certificate`, `ota-private-key` and the like; DeviceFault `ota-no-space`, `ota-io`
 */
export async function packTree(dir: string, version: string, outDir: string): Promise<PackedTree> {
  const name = coreName('CUST', parseVersion(version).text);
  const folders = await checkTop(dir);
  const files: ZipSource[] = [];
  for (const folder of folders) for await (const path of filesBelow(dir, folder)) files.push(await sourceAt(dir, path));
  const file = join(outDir, name);
  const all = [...folders.map((folder) => sourceOf(`${folder}/`, new Uint8Array())), ...files];
  const archive = await writeArchive(file, all, (handle, size) => checkResources(new FileWindow(handle, 0, size, () => {})));
  return { ...archive, file, name, files: files.map((source) => source.name).sort() };
}

/** The four folders, and nothing beside them. */
async function checkTop(dir: string): Promise<readonly string[]> {
  const there = (await list(dir)).filter(({ name }) => name !== KEEPER);
  const known: readonly string[] = RESOURCE_FOLDERS;
  const missing = known.filter((folder) => !there.some(({ name }) => name === folder));
  if (missing.length > 0) {
    throw new OtaFault(`Folders are missing in ${quoted(dir)}`, {
      code: 'ota-folder-missing',
      found: `no ${missing.map((folder) => `${folder}/`).join(', ')}`,
      expected: known.map((folder) => `${folder}/`).join(', '),
      remedy: 'Make them; they may be empty.',
    });
  }
  const other = there.find(({ name }) => !known.includes(name));
  if (other) {
    throw new OtaFault('A file lies outside the folders of a resource package', {
      code: 'zip-name-place',
      found: quoted(other.name),
      expected: `everything in ${known.map((folder) => `${folder}/`).join(', ')}`,
    });
  }
  for (const entry of there) checkKind(entry, entry.name, entry.isDirectory());
  return known;
}

async function* filesBelow(dir: string, folder: string): AsyncGenerator<string> {
  for (const entry of await list(join(dir, folder))) {
    const path = `${folder}/${entry.name}`;
    if (entry.name === KEEPER) continue;
    checkKind(entry, path, entry.isDirectory() || entry.isFile());
    checkEntryName(path);
    if (entry.isDirectory()) yield* filesBelow(dir, path);
    else yield path;
  }
}

function checkKind(entry: Dirent, path: string, fine: boolean): void {
  if (fine) return;
  const link = entry.isSymbolicLink();
  throw new OtaFault(link ? 'A symbolic link cannot be packed' : 'Something that is no file cannot be packed', {
    code: link ? 'zip-symlink' : 'zip-special-file',
    found: quoted(path),
    expected: 'regular files and folders',
  });
}

async function list(dir: string): Promise<Dirent[]> {
  try {
    return await readdir(dir, { withFileTypes: true });
  } catch (cause) {
    const found = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new OtaFault(`The folder ${quoted(dir)} cannot be read`, { code: 'ota-folder-missing', found, expected: 'a folder', cause });
  }
}

/** The first pass over a file; it is opened again when it is packed. */
async function sourceAt(dir: string, name: string): Promise<ZipSource> {
  const path = join(dir, name);
  let crc = 0;
  let size = 0;
  for await (const chunk of contentOf(path)) {
    crc = crc32(chunk, crc);
    size += chunk.length;
  }
  return { name, size, crc, chunks: () => contentOf(path) };
}

async function* contentOf(path: string): AsyncGenerator<Uint8Array> {
  const { handle, size } = await openInput(path);
  try {
    yield* new FileWindow(handle, 0, size, () => {}).chunks();
  } finally {
    await handle.close();
  }
}
