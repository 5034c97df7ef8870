import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CallerFault } from '../../domain/fault.ts';
import type { PackedFile } from '../../domain/ota/manifest.ts';
import { MANIFEST_NAME, SIGNATURE_NAME } from '../../domain/ota/manifest.ts';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { quoted } from '../../domain/ota/quoted.ts';
import type { Progress } from '../../ports/updates.ts';
import { diskFault } from '../disk.ts';
import { openInput, type Scratch, writeAll } from './file.ts';
import { readOuter, withInnerArchive } from './outer.ts';
import { UNCHECKED_SIGNER } from './package-checks.ts';
import { readResourceLayout } from './resources.ts';
import type { VerifiedPackage } from './verify.ts';
import { FileWindow } from './window.ts';
import { entryData } from './zip-data.ts';
import type { ZipEntry } from './zip-layout.ts';

const FILE_MODE = 0o644;
const PROGRAM_MODE = 0o755;
const FOLDER_MODE = 0o755;

/**
 * Unpacks a verified package into a folder that does not exist yet: `resource.json`, `resource.json.sig` (of a signed
 * one), and the firmware image (executable) or the files under `cust/ mp3/ ui/ key/`. Every byte is checked again
 * while it is written. When this resolves, every file and then every folder below `into` has been synced; `into` itself,
 * to which the caller may add, and its parent have not. After a fault an unfinished `into` is left for the caller to
 * remove. `progress` counts bytes read; `reserveBytes` of the disk
 * stay free while an archive is inflated beside it.
 * @throws OtaFault; CallerFault `ota-unchecked` when nobody looked at who signed it; DeviceFault `ota-no-space`, `ota-io`
 */
export async function unpackPackage(verified: VerifiedPackage, into: string, progress?: Progress, reserveBytes = 0): Promise<void> {
  if (verified.signedBy === UNCHECKED_SIGNER)
    throw new CallerFault('The signature of the package was not checked', {
      code: 'ota-unchecked',
      remedy: 'Verify it with the keys of its maker.',
    });
  const { handle, size } = await openInput(verified.file);
  try {
    let done = 0;
    const archive = new FileWindow(handle, 0, size, (bytes) => {
      done += bytes;
      progress?.(Math.min(done, size), size);
    });
    const stage = new Stage(into);
    await stage.begin();
    await stage.write(MANIFEST_NAME, [verified.manifestBytes], FILE_MODE);
    if (verified.signature) await stage.write(SIGNATURE_NAME, [verified.signature], FILE_MODE);
    await unpackCore(archive, verified, stage, { dir: dirname(into), reserveBytes });
    await stage.end();
    progress?.(size, size);
  } finally {
    await handle.close();
  }
}

async function unpackCore(archive: FileWindow, { manifest }: VerifiedPackage, stage: Stage, scratch: Scratch): Promise<void> {
  const outer = await readOuter(archive);
  const [core] = manifest.core;
  if (manifest.type === 'AP') {
    if (outer.core.name !== core.name) throw changed(outer.core.name);
    await unpackFile(archive, outer.core, core, stage, PROGRAM_MODE);
    return;
  }
  await withInnerArchive(archive, outer, scratch, async (inner) => {
    const files = new Map(manifest.files.map((file) => [file.path, file]));
    for (const entry of await readResourceLayout(inner)) {
      if (entry.name.endsWith('/')) continue;
      const told = files.get(entry.name);
      if (!told) throw changed(entry.name);
      files.delete(entry.name);
      await unpackFile(inner, entry, told, stage, FILE_MODE);
    }
    for (const path of files.keys()) throw changed(path);
  });
}

async function unpackFile(
  archive: FileWindow,
  entry: ZipEntry,
  told: Pick<PackedFile, 'size' | 'sha256'>,
  stage: Stage,
  mode: number,
): Promise<void> {
  const hash = createHash('sha256');
  await stage.write(
    entry.name,
    (async function* () {
      for await (const chunk of entryData(archive, entry)) {
        hash.update(chunk);
        yield chunk;
      }
    })(),
    mode,
  );
  if (hash.digest('hex') !== told.sha256) throw changed(entry.name);
}

const changed = (name: string) =>
  new OtaFault('The package has changed since it was verified', { code: 'ota-changed', found: quoted(name) });

/** A folder that is being filled. Names were checked before: none leads out of it, and nothing else writes into it. */
class Stage {
  readonly #root: string;
  /** Folders made so far, relative; a parent before its children. */
  readonly #folders: string[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  /** @throws DeviceFault `ota-io` when the folder exists */
  begin(): Promise<void> {
    return onDisk(() => mkdir(this.#root, FOLDER_MODE));
  }

  /** Writes a file that must not be there yet, and syncs it. */
  async write(name: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, mode: number): Promise<void> {
    await this.#makeFolders(dirname(name));
    // wx: never an existing file, never through a link.
    const handle = await onDisk(() => open(join(this.#root, name), 'wx', mode));
    try {
      for await (const chunk of chunks) await writeAll(handle, chunk);
      await onDisk(() => handle.chmod(mode));
      await onDisk(() => handle.sync());
    } finally {
      await handle.close();
    }
  }

  /** Syncs every folder below the root, children before their parents. */
  async end(): Promise<void> {
    for (const folder of [...this.#folders].reverse()) await syncFolder(join(this.#root, folder));
  }

  async #makeFolders(folder: string): Promise<void> {
    if (folder === '.' || this.#folders.includes(folder)) return;
    await this.#makeFolders(dirname(folder));
    await onDisk(() => mkdir(join(this.#root, folder), FOLDER_MODE));
    this.#folders.push(folder);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await onDisk(() => open(folder, 'r'));
  try {
    await onDisk(() => handle.sync());
  } finally {
    await handle.close();
  }
}

async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskFault(error);
  }
}
