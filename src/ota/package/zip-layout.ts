import { checkDistinct, checkEntryName } from '../../domain/ota/entry-name.ts';
import { MAX_NAME_BYTES, MAX_UNPACKED_BYTES } from '../../domain/ota/limits.ts';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { quoted } from '../../domain/ota/quoted.ts';
import type { FileWindow } from './window.ts';
import { findEnd, type ZipEnd } from './zip-end.ts';
import { CENTRAL_BYTES, type CentralHeader, type CommonHeader, centralHeader, LOCAL_BYTES, localHeader } from './zip-format.ts';
import { checkExtra, checkHeader } from './zip-rules.ts';
import { isStamped, UTF8_FLAG } from './zip-stamp.ts';

/** An entry whose headers were checked. */
export interface ZipEntry {
  /** Its path; of a folder with a slash at the end. */
  readonly name: string;
  readonly method: number;
  readonly size: number;
  readonly compressedSize: number;
  readonly crc: number;
  /** Where its data begins in the archive. */
  readonly dataAt: number;
}

const EXTRA_MAX_BYTES = 256;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the headers of an archive and holds them against the strict profile: one end record at the very end, entries
 * that fill the file from its first byte to the directory without a gap or an overlap, local headers that say what the
 * central ones say, and for each entry the rules of zip-rules.ts and of names.
 * @throws OtaFault `zip-…`
 */
export async function readLayout(archive: FileWindow): Promise<readonly ZipEntry[]> {
  const end = await findEnd(archive);
  const headers = readDirectory(await archive.read(end.directoryOffset, end.directorySize), end);
  for (const { header, name, extra } of headers) {
    checkEntryName(name);
    checkHeader(header, name);
    checkExtra(extra, name);
  }
  checkDistinct(headers.map(({ name }) => name));
  checkTotal(headers);
  checkStamps(headers);
  return checkTiles(archive, headers, end.directoryOffset);
}

interface Listed {
  readonly header: CentralHeader;
  readonly name: string;
  readonly rawName: Buffer;
  readonly extra: Buffer;
}

function readDirectory(bytes: Buffer, { entries }: ZipEnd): Listed[] {
  const listed: Listed[] = [];
  let at = 0;
  for (; listed.length < entries; ) {
    const header = centralHeader(bytes, at);
    if (!header)
      throw malformed('The directory of the archive is malformed', 'zip-directory', `at entry ${listed.length + 1} of ${entries}`);
    const nameAt = at + CENTRAL_BYTES;
    const extraAt = nameAt + header.nameLength;
    at = extraAt + header.extraLength + header.commentLength;
    if (at > bytes.length)
      throw malformed('The directory of the archive is malformed', 'zip-directory', `at entry ${listed.length + 1} of ${entries}`);
    const rawName = bytes.subarray(nameAt, extraAt);
    listed.push({ header, rawName, name: decodeName(rawName, header.flags), extra: bytes.subarray(extraAt, extraAt + header.extraLength) });
  }
  if (at !== bytes.length) throw malformed('The directory holds more than its entries', 'zip-directory', `${bytes.length - at} bytes`);
  return listed;
}

/** Without the UTF-8 flag a name is in whatever code page the packer had: only ASCII is the same in all of them. */
function decodeName(raw: Buffer, flags: number): string {
  if (raw.length > MAX_NAME_BYTES || raw.length === 0)
    throw malformed('A name in the archive is not allowed', 'zip-name-length', `${raw.length} bytes`, `1 to ${MAX_NAME_BYTES} bytes`);
  const encoding = (flags & UTF8_FLAG) === 0 ? 'ASCII' : 'UTF-8';
  try {
    if (encoding === 'UTF-8' || raw.every((byte) => byte < 0x80)) return utf8.decode(raw);
  } catch {
    // Said below.
  }
  throw malformed('A name in the archive is not in its encoding', 'zip-name-encoding', quoted(raw.toString('latin1')), encoding);
}

function checkTotal(listed: readonly Listed[]): void {
  const total = listed.reduce((sum, { header }) => sum + header.size, 0);
  if (total > MAX_UNPACKED_BYTES)
    throw malformed('The archive unpacks to too much', 'zip-too-large', `${total} bytes`, `at most ${MAX_UNPACKED_BYTES}`);
}

/**
 * Attributes are in no hash of the manifest. In an archive of tilld's own they have one value only, so that not one
 * bit of it can change unseen; other packers' are their own affair.
 */
function checkStamps(listed: readonly Listed[]): void {
  const stamped = listed.filter(({ header, name }) => isStamped(header, name));
  if (stamped.length === 0 || stamped.length === listed.length) return;
  const other = listed.find(({ header, name }) => !isStamped(header, name));
  throw malformed('An entry has other attributes than its neighbours', 'zip-attributes', quoted(other?.name ?? ''));
}

/** The entries must fill the file up to the directory. */
async function checkTiles(archive: FileWindow, listed: readonly Listed[], directoryOffset: number): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [];
  let filled = 0;
  for (const one of [...listed].sort((a, b) => a.header.localOffset - b.header.localOffset)) {
    const { localOffset } = one.header;
    if (localOffset < filled) throw malformed('Two entries of the archive overlap', 'zip-overlap', quoted(one.name));
    if (localOffset > filled) throw gap(filled);
    const dataAt = await readLocal(archive, one, directoryOffset);
    filled = dataAt + one.header.compressedSize;
    if (filled > directoryOffset) throw malformed('An entry runs into the directory of the archive', 'zip-overlap', quoted(one.name));
    const { method, size, compressedSize, crc } = one.header;
    entries.push({ name: one.name, method, size, compressedSize, crc, dataAt });
  }
  if (filled < directoryOffset) throw gap(filled);
  return entries;
}

const gap = (at: number) =>
  at === 0
    ? malformed('There is something before the archive', 'zip-prefix-bytes', 'no entry at the first byte')
    : malformed('There is something between the entries of the archive', 'zip-gap', `at byte ${at}`);

/** Checks the local header against the central one; resolves to where the data begins. */
async function readLocal(archive: FileWindow, { header, name, rawName }: Listed, limit: number): Promise<number> {
  const at = header.localOffset;
  const most = LOCAL_BYTES + rawName.length + EXTRA_MAX_BYTES;
  const bytes = await archive.read(at, Math.min(most, limit - at));
  const local = localHeader(bytes);
  if (!local) throw malformed('There is no local header where the directory has one', 'zip-local-header', quoted(name));
  const differs = SHARED.find((field) => local[field] !== header[field]);
  const nameEnd = LOCAL_BYTES + rawName.length;
  if (differs !== undefined || !bytes.subarray(LOCAL_BYTES, nameEnd).equals(rawName))
    throw malformed('The two headers of an entry differ', 'zip-local-mismatch', `${differs ?? 'name'} of ${quoted(name)}`);
  if (nameEnd + local.extraLength > bytes.length) throw malformed('The extra fields of an entry are malformed', 'zip-extra', quoted(name));
  checkExtra(bytes.subarray(nameEnd, nameEnd + local.extraLength), name);
  // Other packers write longer times into the local header; without any in the directory there is no reason to.
  if (header.extraLength === 0 && local.extraLength !== 0)
    throw malformed('The two headers of an entry differ', 'zip-local-mismatch', `extraLength of ${quoted(name)}`);
  return at + nameEnd + local.extraLength;
}

const SHARED: readonly (keyof CommonHeader)[] = [
  'versionNeeded',
  'flags',
  'method',
  'time',
  'date',
  'crc',
  'compressedSize',
  'size',
  'nameLength',
];

const malformed = (message: string, code: string, found: string, expected?: string) =>
  new OtaFault(message, { code, found, ...(expected === undefined ? {} : { expected }) });
