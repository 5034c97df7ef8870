import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DeviceFault } from '../../domain/fault.ts';
import { MAX_PACKAGE_BYTES } from '../../domain/ota/limits.ts';
import { Refusal } from '../refusal.ts';

/** Bytes that have arrived and are on the disk. Goes away at the end of its scope unless it is kept. */
interface Upload extends AsyncDisposable {
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  /** Puts it in its place, durably. */
  keep(): Promise<void>;
}

/**
 * The folder the packages lie in, as `<sha256>.zip`: beside the state file, or a temporary one that goes when it is
 * closed. It is made when the first package comes. No name from outside is ever part of a path.
 */
export class PackageFolder {
  readonly #stateFile: string;
  #path: Promise<string> | null = null;
  #uploads = 0;

  /** `stateFile`: the backend's, or ':memory:'. */
  constructor(stateFile: string) {
    this.#stateFile = stateFile;
  }

  /** Removes every file that is neither a package in `known` nor an upload that is under way. */
  async sweep(known: ReadonlySet<string>): Promise<void> {
    if (this.#isTemporary) return;
    const names = await readdir(this.#beside).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const name of names) {
      if (!known.has(name.replace(/\.zip$/, ''))) await rm(join(this.#beside, name), { force: true });
    }
  }

  /** Writes what comes to a new file, whatever its size in constant memory. @throws Refusal `package-too-large`, `upload-incomplete`, `disk-full` */
  async receive(bytes: AsyncIterable<Uint8Array>): Promise<Upload> {
    const folder = await this.#folder();
    const file = join(folder, `upload-${process.pid}-${++this.#uploads}.part`);
    const hash = createHash('sha256');
    let size = 0;
    const measured = async function* () {
      for await (const chunk of bytes) {
        size += chunk.length;
        if (size > MAX_PACKAGE_BYTES) throw tooLarge();
        hash.update(chunk);
        yield chunk;
      }
    };
    try {
      await pipeline(measured, createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }));
    } catch (error) {
      await rm(file, { force: true });
      throw uploadRefusal(error);
    }
    const sha256 = hash.digest('hex');
    const keep = async () => {
      await rename(file, join(folder, `${sha256}.zip`));
      await syncFolder(folder);
    };
    return { file, size, sha256, keep, [Symbol.asyncDispose]: () => rm(file, { force: true }) };
  }

  /** @throws DeviceFault `package-lost` */
  async open(sha256: string): Promise<FileHandle> {
    const file = join(await this.#folder(), `${sha256}.zip`);
    try {
      return await open(file, 'r');
    } catch (cause) {
      throw new DeviceFault('The bytes of the package cannot be read', {
        code: 'package-lost',
        found: file,
        remedy: 'Upload it again.',
        cause,
      });
    }
  }

  async remove(sha256: string): Promise<void> {
    await rm(join(await this.#folder(), `${sha256}.zip`), { force: true });
  }

  /** Removes a temporary folder. */
  async close(): Promise<void> {
    if (this.#isTemporary && this.#path) await rm(await this.#path, { recursive: true, force: true });
  }

  get #isTemporary(): boolean {
    return this.#stateFile === ':memory:';
  }

  get #beside(): string {
    return `${this.#stateFile}-packages`;
  }

  #folder(): Promise<string> {
    this.#path ??= this.#isTemporary ? mkdtemp(join(tmpdir(), 'tilld-packages-')) : made(this.#beside);
    return this.#path;
  }
}

async function made(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

export const tooLarge = (): Refusal =>
  new Refusal(413, 'The package is too large', { code: 'package-too-large', expected: `at most ${MAX_PACKAGE_BYTES} bytes` });

/** What a person can do something about, said so; anything else as it is. */
function uploadRefusal(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Refusal(503, 'There is no room for the package', { code: 'disk-full', remedy: 'Make room on the disk of the backend.' });
  }
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return new Refusal(400, 'The upload ended before its last byte', { code: 'upload-incomplete' });
  }
  return error;
}
