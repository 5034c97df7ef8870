import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { DeviceFault } from '../../src/domain/fault.ts';
import { type CardDigest, cardBytes, type Progress } from './image-source.ts';
import type { Target } from './target.ts';

/** A card is written in its own big blocks, however small the pieces come. */
const BLOCK = 4 * 1_048_576;
const DIRECT_READER = 'dd';

/**
 * Writes the card of an image, to its last byte on the disk. Its beginning, with the partition table, comes last and is
 * blank until then: a card that was cut short starts no board. @throws DeviceFault `card-write`
 */
export async function writeCard(image: string, { path, kind }: Target, progress: Progress): Promise<void> {
  // A disk opened so is refused to whoever would mount it, and by whom it is mounted.
  const flags = kind === 'device' ? constants.O_WRONLY | constants.O_EXCL : constants.O_WRONLY | constants.O_CREAT;
  const handle = await open(path, flags, 0o644).catch((cause) => Promise.reject(failed(path, cause)));
  try {
    await requireKind(handle, path, kind);
    let at = 0;
    let first = new Uint8Array();
    for await (const block of blocks(cardBytes(image))) {
      if (at === 0) first = new Uint8Array(block);
      await writeAll(handle, path, at === 0 ? new Uint8Array(block.length) : block, at);
      at += block.length;
      progress(at);
    }
    await sync(handle, path);
    await writeAll(handle, path, first, 0);
    await sync(handle, path);
  } finally {
    await handle.close();
  }
}

/** What is opened may be another thing than what was looked at. */
async function requireKind(handle: FileHandle, path: string, kind: Target['kind']): Promise<void> {
  const stat = await handle.stat();
  if (kind === 'device' ? stat.isBlockDevice() : stat.isFile()) return;
  throw failed(path, new Error('another thing under the same name'));
}

const sync = (handle: FileHandle, path: string): Promise<void> => handle.sync().catch((cause) => Promise.reject(failed(path, cause)));

async function writeAll(handle: FileHandle, path: string, block: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < block.length; ) {
    const { bytesWritten } = await handle
      .write(block, done, block.length - done, at + done)
      .catch((cause) => Promise.reject(failed(path, cause)));
    done += bytesWritten;
  }
}

async function* blocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of source) {
    waiting.push(piece);
    bytes += piece.length;
    if (bytes < BLOCK) continue;
    yield Buffer.concat(waiting);
    [waiting, bytes] = [[], 0];
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}

/** Reads back what was written and compares it. @throws DeviceFault `card-differs`, `card-write` */
export async function verifyCard({ path, kind }: Target, { bytes, sha256 }: CardDigest, progress: Progress): Promise<void> {
  const hash = createHash('sha256');
  let at = 0;
  for await (const piece of kind === 'device' ? fromDisk(path, bytes) : createReadStream(path, { end: bytes - 1, highWaterMark: BLOCK })) {
    hash.update(piece);
    at += piece.length;
    progress(at);
  }
  const found = hash.digest('hex');
  if (at === bytes && found === sha256) return;
  throw new DeviceFault('What is on the card is not what was written', {
    code: 'card-differs',
    found: `${at} bytes, sha256 ${found}`,
    expected: `${bytes} bytes, sha256 ${sha256}`,
    remedy: 'The card is worn out or says it is bigger than it is: take another one.',
  });
}

/** Past the kernel's memory of what it has just written; Node has no memory of the alignment that takes. */
async function* fromDisk(path: string, bytes: number): AsyncGenerator<Uint8Array> {
  const args = [`if=${path}`, 'bs=4M', `count=${bytes}`, 'iflag=direct,count_bytes,fullblock', 'status=none'];
  const child = spawn(DIRECT_READER, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', (cause) => reject(failed(path, cause)));
    child.on('close', (code) => (code === 0 ? resolve() : reject(failed(path, new Error(`${DIRECT_READER} ended with ${code}`)))));
  });
  ended.catch(() => undefined);
  yield* child.stdout;
  await ended;
}

const failed = (path: string, cause: unknown): DeviceFault => {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new DeviceFault(`${path} cannot be written or read`, {
    code: 'card-write',
    found: code ?? message,
    remedy:
      code === 'EACCES' || code === 'EPERM'
        ? 'Writing to a disk takes root: sudo.'
        : code === 'EBUSY'
          ? 'Something uses it: unmount it.'
          : 'Take the card out and in, or take another one.',
    cause,
  });
};
