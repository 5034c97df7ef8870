import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CallerFault } from '../../domain/fault.ts';
import { quoted } from '../../domain/ota/quoted.ts';
import { diskFault, needRoom } from '../disk.ts';

/** An open regular file and its size, bytes. Close it. */
export interface InputFile {
  readonly handle: FileHandle;
  readonly size: number;
}

/** Opens a file for reading. @throws CallerFault `ota-file` when it is not there, is no file or may not be read; DeviceFault `ota-io` */
export async function openInput(file: string): Promise<InputFile> {
  // Without O_NONBLOCK a FIFO would keep us waiting for whoever writes to it.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EIO' ? diskFault(error) : unreadable(file, error.code ?? error.message);
  });
  const stat = await handle.stat();
  if (stat.isFile()) return { handle, size: stat.size };
  await handle.close();
  throw unreadable(file, 'no regular file');
}

/** Where bytes lie for the moment, and what must stay free on that disk. */
export interface Scratch {
  readonly dir: string;
  readonly reserveBytes: number;
}

/**
 * Opens a file for so many bytes that has no name any more: whatever happens, nothing of it stays.
 * @throws DeviceFault `ota-no-space` before the first of them would take what must stay free; `ota-io`
 */
export async function openScratch({ dir, reserveBytes }: Scratch, bytes: number): Promise<FileHandle> {
  const file = join(dir, `tilld-ota-${randomUUID()}.tmp`);
  try {
    needRoom(dir, bytes, reserveBytes);
    const handle = await open(file, 'wx+', 0o600);
    await unlink(file);
    return handle;
  } catch (error) {
    throw diskFault(error);
  }
}

/** Writes all of the bytes. @throws DeviceFault `ota-no-space`, `ota-io` */
export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at).catch((error: unknown) => {
      throw diskFault(error);
    });
    at += bytesWritten;
  }
}

const unreadable = (file: string, found: string) =>
  new CallerFault(`${quoted(basename(file))} cannot be read`, {
    code: 'ota-file',
    found,
    expected: 'a file',
    remedy: 'Check the name and the folder.',
  });
