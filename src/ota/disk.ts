import fs from 'node:fs';
import { dirname } from 'node:path';
import { DeviceFault, Fault } from '../domain/fault.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** An error of the file system as the DeviceFault it means, `ota-no-space` or `ota-io`; everything else as it is. */
export function diskFault(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof Fault || !code?.startsWith('E') || (error as NodeJS.ErrnoException).syscall === undefined) return error;
  if (FULL.has(code)) {
    return new DeviceFault('There is no room for the update on the disk', {
      code: 'ota-no-space',
      found: code,
      remedy: 'Make room on the disk of the state directory; the box goes on as it is.',
      cause: error,
    });
  }
  return new DeviceFault('The disk refused the update', {
    code: 'ota-io',
    found: `${code} at ${(error as NodeJS.ErrnoException).syscall}`,
    remedy: 'Check the disk of the state directory and its permissions.',
    cause: error,
  });
}

/** Runs what touches the disk. @throws DeviceFault as `diskFault` says */
export function onDisk<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw diskFault(error);
  }
}

/** Makes the names in a directory durable. */
export function syncDirectory(directory: string): void {
  const fd = fs.openSync(directory, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Makes a directory with its parents, and their names durable; one that is there is left as it is. */
export function makeDirectory(directory: string): void {
  if (fs.existsSync(directory)) return;
  const parent = dirname(directory);
  makeDirectory(parent);
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  syncDirectory(parent);
}

/** Writes a file beside its place, syncs it and puts it there. Its name is durable after a `syncDirectory`. */
export function replaceFile(file: string, content: string | Uint8Array): void {
  const beside = `${file}.tmp`;
  try {
    const fd = fs.openSync(beside, 'w', 0o600);
    try {
      fs.writeFileSync(fd, content);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(beside, file);
  } catch (error) {
    fs.rmSync(beside, { force: true });
    throw error;
  }
}

/** What an update must leave free for the journal, bytes. */
export const RESERVE_BYTES = 16 * 1024 * 1024;

/** @throws DeviceFault `ota-no-space` unless so many bytes fit on the disk and the reserve stays free */
export function needRoom(directory: string, bytes: number, reserveBytes: number): void {
  const { bavail, bsize } = fs.statfsSync(directory);
  const free = bavail * bsize;
  if (free >= bytes + reserveBytes) return;
  throw new DeviceFault('There is no room for the update on the disk', {
    code: 'ota-no-space',
    found: `${free} bytes free`,
    expected: `${bytes} for the update and ${reserveBytes} kept for the journal`,
    remedy: 'Make room on the disk of the state directory; the box goes on as it is.',
  });
}
