import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Progress } from '../ports/updates.ts';
import { makeDirectory, syncDirectory } from './disk.ts';
import { FileWindow } from './package/window.ts';

/** Bytes of a file; 0 when there is none. */
export async function lengthOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** SHA-256 of a file, hex, and its length, with no more than a piece of it in memory. */
export async function hashOf(file: string, progress?: Progress): Promise<{ readonly sha256: string; readonly size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const bytes of bytesFrom(file, progress)) {
    hash.update(bytes);
    size += bytes.length;
  }
  return { sha256: hash.digest('hex'), size };
}

/**
 * Appends to what is there of a download, making the file when it is missing; resolves to its length once the bytes
 * are synced. When the disk refuses, the file is as long as before: its length only counts bytes that are durable.
 */
export async function append(file: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
  makeDirectory(dirname(file));
  const handle = await open(file, 'a', 0o600);
  try {
    const before = (await handle.stat()).size;
    // Its name must be as durable as its bytes, or there is nothing to go on with after a power cut.
    if (before === 0) syncDirectory(dirname(file));
    return await addTo(handle, before, chunks).catch(async (error) => {
      // A disk that cannot even do this has its fault told by the first error.
      await handle.truncate(before).catch(() => undefined);
      throw error;
    });
  } finally {
    await handle.close();
  }
}

async function addTo(handle: FileHandle, before: number, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
  let length = before;
  for await (const bytes of chunks) {
    await handle.appendFile(bytes);
    length += bytes.length;
  }
  await handle.sync();
  return length;
}

/** The bytes of a file, piece by piece; a piece is overwritten when the next one is asked for. */
export async function* bytesFrom(file: string, progress?: Progress): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const { size: total } = await handle.stat();
    let done = 0;
    for await (const bytes of new FileWindow(handle, 0, total, () => {}).chunks()) {
      yield bytes;
      done += bytes.length;
      progress?.(done, total);
    }
  } finally {
    await handle.close();
  }
}
