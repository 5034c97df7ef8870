import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { MAX_ENTRIES, MAX_PACKAGE_BYTES } from '../../domain/ota/limits.ts';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { quoted } from '../../domain/ota/quoted.ts';
import { diskFault } from '../disk.ts';
import { writeAll } from './file.ts';
import { type CentralHeader, centralBytes, endBytes, localBytes } from './zip-format.ts';
import { FILE_ATTRIBUTES, FOLDER_ATTRIBUTES, STAMP, UTF8_FLAG } from './zip-stamp.ts';

/** A file to be put into an archive, or a folder: a name with a slash at the end and no bytes. */
export interface ZipSource {
  readonly name: string;
  readonly size: number;
  /** CRC-32 of the content, unsigned. */
  readonly crc: number;
  chunks(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** A source that is in memory. */
export const sourceOf = (name: string, bytes: Uint8Array): ZipSource => ({
  name,
  size: bytes.length,
  crc: crc32(bytes),
  chunks: () => [bytes],
});

/** What was written. */
export interface Archive {
  readonly size: number;
  readonly sha256: string;
}

/**
 * Writes an archive of stored entries, sorted by name, with nothing in it that tells when, where or by whom it was
 * made: the same sources give the same bytes. It gets its name when it is whole and `check` has seen it.
 * @throws OtaFault `ota-changed` when a source is not what it says, `zip-too-large`; DeviceFault `ota-no-space`, `ota-io`
 */
export async function writeArchive(
  file: string,
  sources: readonly ZipSource[],
  check: (handle: FileHandle, size: number) => Promise<unknown> = async () => {},
): Promise<Archive> {
  const partial = `${file}.partial`;
  const hash = createHash('sha256');
  let size = 0;
  try {
    const handle = await open(partial, 'w+', 0o644);
    try {
      await writeZip(sources, async (bytes) => {
        hash.update(bytes);
        size += bytes.length;
        await writeAll(handle, bytes);
      });
      await check(handle, size);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw diskFault(error);
  }
  return { size, sha256: hash.digest('hex') };
}

async function writeZip(sources: readonly ZipSource[], write: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  checkRoom(sources);
  const directory: Buffer[] = [];
  let at = 0;
  for (const source of [...sources].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = Buffer.from(source.name);
    const header = headerOf(source, name, at);
    const local = localBytes(header, name);
    await write(local);
    await writeContent(source, write);
    at += local.length + source.size;
    directory.push(centralBytes(header, name));
  }
  const bytes = Buffer.concat(directory);
  await write(bytes);
  await write(endBytes({ entries: sources.length, directorySize: bytes.length, directoryOffset: at }));
}

/** Within these bounds no field overflows: there is never a need for zip64. */
function checkRoom(sources: readonly ZipSource[]): void {
  const total = sources.reduce((sum, { size }) => sum + size, 0);
  if (total <= MAX_PACKAGE_BYTES && sources.length <= MAX_ENTRIES) return;
  throw new OtaFault('There is too much for an archive', {
    code: 'zip-too-large',
    found: `${total} bytes in ${sources.length} entries`,
    expected: `at most ${MAX_PACKAGE_BYTES} bytes in ${MAX_ENTRIES}`,
  });
}

const headerOf = ({ name: text, size, crc }: ZipSource, name: Buffer, localOffset: number): CentralHeader => ({
  ...STAMP,
  flags: name.length === text.length ? 0 : UTF8_FLAG,
  crc,
  size,
  compressedSize: size,
  nameLength: name.length,
  externalAttributes: text.endsWith('/') ? FOLDER_ATTRIBUTES : FILE_ATTRIBUTES,
  localOffset,
});

async function writeContent({ name, size, crc, chunks }: ZipSource, write: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  let written = 0;
  let sum = 0;
  for await (const chunk of chunks()) {
    written += chunk.length;
    sum = crc32(chunk, sum);
    await write(chunk);
  }
  if (written !== size || sum !== crc)
    throw new OtaFault('A file changed while it was packed', { code: 'ota-changed', found: quoted(name) });
}
