import { MAX_ENTRIES } from '../../domain/ota/limits.ts';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import type { FileWindow } from './window.ts';
import {
  CENTRAL_SIGNATURE,
  END_BYTES,
  END_SIGNATURE,
  type EndRecord,
  endRecord,
  ZIP64_LOCATOR_BYTES,
  ZIP64_LOCATOR_SIGNATURE,
} from './zip-format.ts';

export type ZipEnd = Pick<EndRecord, 'entries' | 'directorySize' | 'directoryOffset'>;

/** Longest comment a zip can have, bytes. */
const COMMENT_MAX_BYTES = 0xffff;
/** An end record and what may lie right before it. */
const TAIL_BYTES = END_BYTES + ZIP64_LOCATOR_BYTES;
/** 46 bytes, a name and extra fields for each entry, generously. */
const DIRECTORY_MAX_BYTES = 1024 * 1024;

/**
 * The end record, which is the last 22 bytes of the archive and follows the directory.
 * @throws OtaFault `zip-truncated`, `zip-comment`, `zip-trailing-bytes`, `zip-zip64`, `zip-disk`, `zip-empty`,
 * `zip-too-many-entries`, `zip-directory`, `zip-prefix-bytes`, `zip-gap`
 */
export async function findEnd(archive: FileWindow): Promise<ZipEnd> {
  const endAt = archive.size - END_BYTES;
  const tail = await archive.read(Math.max(0, archive.size - TAIL_BYTES), Math.min(archive.size, TAIL_BYTES));
  const end = tail.length < END_BYTES ? null : endRecord(tail, tail.length - END_BYTES);
  if (end?.commentLength !== 0) throw await whyNoEnd(archive);
  if (tail.length === TAIL_BYTES && tail.readUInt32LE(0) === ZIP64_LOCATOR_SIGNATURE) throw zip64();
  checkCounts(end);
  await checkPlace(archive, end, endAt);
  return end;
}

function checkCounts({ disk, directoryDisk, entriesHere, entries, directorySize, directoryOffset }: EndRecord): void {
  if (entries === 0xffff || directorySize === 0xffffffff || directoryOffset === 0xffffffff) throw zip64();
  if (disk !== 0 || directoryDisk !== 0 || entriesHere !== entries)
    throw new OtaFault('The archive spans several disks', { code: 'zip-disk' });
  if (entries === 0) throw new OtaFault('The archive is empty', { code: 'zip-empty' });
  if (entries > MAX_ENTRIES) {
    throw new OtaFault('The archive has too many entries', {
      code: 'zip-too-many-entries',
      found: String(entries),
      expected: `at most ${MAX_ENTRIES}`,
    });
  }
}

/** The directory must end where the end record begins. */
async function checkPlace(archive: FileWindow, { directoryOffset, directorySize }: EndRecord, endAt: number): Promise<void> {
  const between = endAt - directoryOffset - directorySize;
  if (between < 0 || directorySize > DIRECTORY_MAX_BYTES) {
    throw new OtaFault('The directory of the archive is malformed', {
      code: 'zip-directory',
      found: `${directorySize} bytes at ${directoryOffset} of ${archive.size}`,
    });
  }
  if (between === 0) return;
  const shifted = directorySize >= 4 ? (await archive.read(endAt - directorySize, 4)).readUInt32LE(0) : 0;
  throw shifted === CENTRAL_SIGNATURE
    ? new OtaFault('There is something before the archive', { code: 'zip-prefix-bytes', found: `${between} bytes` })
    : new OtaFault('There is something between the directory and the end of the archive', { code: 'zip-gap', found: `${between} bytes` });
}

/** Looks for an end record further up, for the sake of a better message. */
async function whyNoEnd(archive: FileWindow): Promise<OtaFault> {
  const length = Math.min(archive.size, END_BYTES + COMMENT_MAX_BYTES);
  const bytes = await archive.read(archive.size - length, length);
  const signature = Buffer.alloc(4);
  signature.writeUInt32LE(END_SIGNATURE);
  for (let at = bytes.lastIndexOf(signature); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(signature, at - 1)) {
    const end = endRecord(bytes, at);
    if (!end) continue;
    const after = length - at - END_BYTES;
    if (end.commentLength === after) return new OtaFault('The archive has a comment', { code: 'zip-comment', found: `${after} bytes` });
    if (end.commentLength < after)
      return new OtaFault('There is something behind the archive', {
        code: 'zip-trailing-bytes',
        found: `${after - end.commentLength} bytes`,
      });
  }
  return new OtaFault('The archive has no end', {
    code: 'zip-truncated',
    found: `${archive.size} bytes that do not end as a zip does`,
    remedy: 'Get the file again: it is no zip, or was not copied as a whole.',
  });
}

const zip64 = () => new OtaFault('The archive uses zip64 and has no need to', { code: 'zip-zip64' });
