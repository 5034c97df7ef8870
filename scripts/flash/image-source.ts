import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { ConfigurationFault } from '../../src/domain/fault.ts';
import { programFailed, programMissing } from '../debian/fault.ts';

/** What is told of long work: bytes done so far. */
export type Progress = (bytes: number) => void;

/** The card that is in an image. */
export interface CardDigest {
  readonly bytes: number;
  readonly sha256: string;
}

const PACKED = [
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], program: 'xz', from: 'xz-utils' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], program: 'zstd', from: 'zstd' },
] as const;
/** More than any card holds: what unpacks to this is no image. */
const MAX_BYTES = 2 ** 41;

/** The card's bytes from an image, unpacked as its first bytes say. @throws DeviceFault `program-missing`, `program-failed` */
export async function* cardBytes(file: string): AsyncGenerator<Uint8Array> {
  const head = headOf(file);
  const packed = PACKED.find(({ magic }) => magic.every((byte, i) => head[i] === byte));
  if (!packed) yield* createReadStream(file, { highWaterMark: 4 * 1_048_576 });
  else yield* unpacked(file, packed);
}

async function* unpacked(file: string, { program, from }: (typeof PACKED)[number]): AsyncGenerator<Uint8Array> {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(program, ['-dc', '-q', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? programMissing(program, from) : error));
    child.on('close', (code) => (code === 0 ? resolve() : reject(programFailed(program, code, said))));
  });
  // Whoever stops reading has a reason of their own to tell.
  ended.catch(() => undefined);
  try {
    yield* child.stdout;
    await ended;
  } finally {
    child.kill();
  }
}

/**
 * Reads an image to its end: whether it is whole is known before a card is touched.
 * @throws ConfigurationFault `image-damaged` when the sha256 beside it is another's, or it is no image of a card
 */
export async function digestOfImage(file: string, progress: Progress): Promise<CardDigest> {
  requireFile(file);
  await requireChecksum(file);
  const hash = createHash('sha256');
  let bytes = 0;
  let head = Buffer.alloc(0);
  for await (const chunk of cardBytes(file)) {
    hash.update(chunk);
    bytes += chunk.length;
    if (head.length < 512) head = Buffer.concat([head, chunk]).subarray(0, 512);
    if (bytes > MAX_BYTES) throw damaged(file, 'more than any card holds', 'an image of a card');
    progress(bytes);
  }
  if (head.length < 512 || head.readUInt16LE(510) !== 0xaa55) throw damaged(file, 'no partition table', 'an image of a card');
  if (bytes < endOfPartitions(head)) throw damaged(file, `${bytes} bytes`, `${endOfPartitions(head)}, up to the end of its last partition`);
  return { bytes, sha256: hash.digest('hex') };
}

/** One that is not packed says only so that a part of it is missing. Bytes (https://en.wikipedia.org/wiki/Master_boot_record). */
function endOfPartitions(head: Buffer): number {
  const ends = [446, 462, 478, 494].map((at) => (head.readUInt32LE(at + 8) + head.readUInt32LE(at + 12)) * 512);
  return Math.max(...ends);
}

async function requireChecksum(file: string): Promise<void> {
  let line: string;
  try {
    line = readFileSync(`${file}.sha256`, 'utf8');
  } catch {
    // One that was copied alone is checked by what it is packed with, and by the read-back.
    return;
  }
  const expected = /^([0-9a-f]{64}) [ *](.+)$/m.exec(line);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1_048_576 })) hash.update(chunk);
  const found = hash.digest('hex');
  if (expected?.[1] !== found || expected[2] !== basename(file))
    throw damaged(file, `sha256 ${found}`, `what ${basename(file)}.sha256 says`);
}

function requireFile(file: string): void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isFile()) return;
  throw new ConfigurationFault(`The image ${file} cannot be read`, {
    code: 'image-unreadable',
    found: stat ? 'no regular file' : 'nothing',
    expected: 'a file',
    remedy: 'Make one with `npm run image`.',
  });
}

function headOf(file: string): Uint8Array {
  const head = new Uint8Array(8);
  const fd = openSync(file, 'r');
  try {
    readSync(fd, head);
    return head;
  } finally {
    closeSync(fd);
  }
}

const damaged = (file: string, found: string, expected: string): ConfigurationFault =>
  new ConfigurationFault(`The image ${file} is damaged`, {
    code: 'image-damaged',
    found,
    expected,
    remedy: 'Copy or make it again. Nothing was written.',
  });
