import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Progress } from '../ports/updates.ts';
import { makeDirectory, syncDirectory } from './disk.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Bytes of a file; 0 when there is none. */
export async function lengthOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** SHA-256 of a file, hex, and its length, with no more than a megabyte of it in memory. */
export async function hashOf(file: string, progress?: Progress): Promise<{ readonly sha256: string; readonly size: number }> {
  const total = (await stat(file)).size;
  const hash = createHash('sha256');
  let size = 0;
  for await (const bytes of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    hash.update(bytes);
    size += (bytes as Uint8Array).length;
    progress?.(size, total);
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

/** The bytes of a file, in pieces of at most a megabyte. */
export async function* bytesFrom(file: string, progress?: Progress): AsyncGenerator<Uint8Array> {
  const total = (await stat(file)).size;
  let done = 0;
  for await (const bytes of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    yield bytes as Uint8Array;
    done += (bytes as Uint8Array).length;
    progress?.(done, total);
  }
}
