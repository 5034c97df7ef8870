import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { quoted } from '../../domain/ota/quoted.ts';
import type { FileWindow } from './window.ts';
import { STORED } from './zip-format.ts';
import type { ZipEntry } from './zip-layout.ts';

/**
 * The content of an entry, piece by piece; a piece is overwritten when the next one is asked for. More bytes than the
 * header says never come out, and the last piece comes before the sum is checked: believe none of them until it ends.
 * @throws OtaFault `zip-deflate`, `zip-size`, `zip-crc`
 */
export async function* entryData(archive: FileWindow, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const raw = archive.chunks(entry.dataAt, entry.compressedSize);
  let size = 0;
  let crc = 0;
  for await (const chunk of entry.method === STORED ? raw : inflate(raw, entry)) {
    size += chunk.length;
    if (size > entry.size) break;
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (size !== entry.size)
    throw new OtaFault('An entry has another size than its header says', {
      code: 'zip-size',
      found: quoted(entry.name),
      expected: `${entry.size} bytes`,
    });
  if (crc !== entry.crc) throw new OtaFault('The content of an entry is damaged', { code: 'zip-crc', found: quoted(entry.name) });
}

async function* inflate(raw: AsyncIterable<Uint8Array>, { name, compressedSize }: ZipEntry): AsyncGenerator<Uint8Array> {
  const inflater = createInflateRaw({ chunkSize: 64 * 1024 });
  const input = Readable.from(copies(raw)).on('error', (error) => inflater.destroy(error));
  input.pipe(inflater);
  try {
    yield* inflater;
  } catch (cause) {
    if (cause instanceof OtaFault || !String((cause as NodeJS.ErrnoException).code).startsWith('Z_')) throw cause;
    throw new OtaFault('The content of an entry cannot be inflated', { code: 'zip-deflate', found: quoted(name), cause });
  } finally {
    input.destroy();
    inflater.destroy();
  }
  if (inflater.bytesWritten !== compressedSize)
    throw new OtaFault('An entry holds more than its content', { code: 'zip-deflate', found: quoted(name) });
}

/** The inflater works while the next piece is read. */
async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

/** The whole content of a small entry. @throws OtaFault as `entryData`, and `code` when it is larger than `most` */
export async function smallEntry(archive: FileWindow, entry: ZipEntry, most: number, code: string): Promise<Buffer> {
  if (entry.size > most) {
    throw new OtaFault('A file in the archive is too large', {
      code,
      found: `${quoted(entry.name)} with ${entry.size} bytes`,
      expected: `at most ${most}`,
    });
  }
  const pieces: Buffer[] = [];
  for await (const chunk of entryData(archive, entry)) pieces.push(Buffer.from(chunk));
  return Buffer.concat(pieces);
}
