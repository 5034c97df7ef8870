import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { quoted } from '../../domain/ota/quoted.ts';
import { type CentralHeader, DEFLATED, STORED } from './zip-format.ts';
import { UTF8_FLAG } from './zip-stamp.ts';

const ENCRYPTED_FLAGS = 0x0001 | 0x0040 | 0x2000;
const DESCRIPTOR_FLAG = 0x0008;
/** How hard a compressor tried; says nothing about the data. Info-ZIP sets them on entries it then stored, too. */
const LEVEL_FLAGS = 0x0006;
/** Extra fields with times and owners only: UT, ux, Ux, UX, NTFS. Others can carry other names, link targets or modes. */
const HARMLESS_EXTRA = new Set([0x5455, 0x7875, 0x7855, 0x5855, 0x000a]);
const ZIP64_EXTRA = 0x0001;
const UNICODE_PATH_EXTRA = 0x7075;
const MAX32 = 0xffffffff;
const MAX_RATIO = 100;
/** Below this, a high ratio does no harm; bytes. */
const RATIO_FREE_BYTES = 64 * 1024;

const FILE_TYPE = 0o170000;
const TYPE_NAMES: Readonly<Record<number, string>> = {
  2401: 'a FIFO',
  4802: 'a character device',
  14406: 'a block device',
  26411: 'a socket',
};

const refuse = (code: string, message: string, name: string, detail: { found?: string; expected?: string } = {}): never => {
  throw new OtaFault(message, { code, ...detail, found: detail.found === undefined ? quoted(name) : `${detail.found} at ${quoted(name)}` });
};

/**
 * Holds one entry against the profile, by its headers alone.
 * @throws OtaFault `zip-encrypted`, `zip-data-descriptor`, `zip-flags`, `zip-method`, `zip-version`, `zip-zip64`, `zip-disk`,
 * `zip-comment`, `zip-symlink`, `zip-special-file`, `zip-folder`, `zip-size`, `zip-ratio`
 */
export function checkHeader(header: CentralHeader, name: string): void {
  checkFlags(header, name);
  if (header.method !== STORED && header.method !== DEFLATED)
    refuse('zip-method', 'The compression method is not allowed', name, { found: `method ${header.method}`, expected: '0 or 8' });
  if (header.size === MAX32 || header.compressedSize === MAX32 || header.localOffset === MAX32)
    refuse('zip-zip64', 'The archive uses zip64 and has no need to', name);
  if (header.versionNeeded !== 10 && header.versionNeeded !== 20)
    refuse('zip-version', 'The entry asks for features that are not allowed', name, {
      found: `version ${header.versionNeeded}`,
      expected: '10 or 20',
    });
  if (header.disk !== 0) refuse('zip-disk', 'The archive spans several disks', name);
  if (header.commentLength !== 0) refuse('zip-comment', 'The archive has a comment', name);
  checkKind(header, name);
  checkSizes(header, name);
}

function checkFlags({ flags }: CentralHeader, name: string): void {
  if ((flags & ENCRYPTED_FLAGS) !== 0) refuse('zip-encrypted', 'The archive is encrypted', name);
  if ((flags & DESCRIPTOR_FLAG) !== 0) refuse('zip-data-descriptor', 'Sizes come after the data instead of before', name);
  if ((flags & ~(UTF8_FLAG | LEVEL_FLAGS)) !== 0)
    refuse('zip-flags', 'The entry has flags that are not allowed', name, { found: `0x${flags.toString(16)}` });
}

/** Regular files and folders only, whatever system the archive says it was made on. */
function checkKind({ externalAttributes, internalAttributes }: CentralHeader, name: string): void {
  const type = (externalAttributes >>> 16) & FILE_TYPE;
  if (type === 0o120000) refuse('zip-symlink', 'The archive holds a symbolic link', name);
  if (type !== 0 && type !== 0o100000 && type !== 0o040000)
    refuse('zip-special-file', 'The archive holds something that is no file', name, {
      found: TYPE_NAMES[type] ?? `type 0${type.toString(8)}`,
    });
  const folder = name.endsWith('/');
  if ((type === 0o040000 && !folder) || (type === 0o100000 && folder) || ((externalAttributes & 0x10) !== 0 && !folder))
    refuse('zip-special-file', 'An entry is a file by its name and a folder by its mode, or the reverse', name);
  // 0x08 is the label of a DOS volume, 0x40 a device; of the internal ones only "this is text" means something.
  if ((externalAttributes & 0xffc8) !== 0 || (internalAttributes & ~1) !== 0)
    refuse('zip-special-file', 'The attributes of an entry are not those of a file', name);
}

function checkSizes({ method, size, compressedSize }: CentralHeader, name: string): void {
  if (name.endsWith('/') && (size !== 0 || compressedSize !== 0)) refuse('zip-folder', 'A folder in the archive has content', name);
  if (method === STORED && size !== compressedSize)
    refuse('zip-size', 'A stored entry has two sizes', name, { found: `${size} and ${compressedSize}` });
  if (size > Math.max(RATIO_FREE_BYTES, compressedSize * MAX_RATIO))
    refuse('zip-ratio', 'An entry would grow too much', name, {
      found: `${compressedSize} to ${size} bytes`,
      expected: `at most ${MAX_RATIO} times`,
    });
}

/** Holds the extra fields of a header against the profile. @throws OtaFault `zip-extra`, `zip-zip64`, `zip-unicode-path` */
export function checkExtra(extra: Buffer, name: string): void {
  for (let at = 0; at < extra.length; ) {
    const left = extra.length - at - 4;
    const length = left < 0 ? 0 : extra.readUInt16LE(at + 2);
    if (left < length) refuse('zip-extra', 'The extra fields of an entry are malformed', name);
    const id = extra.readUInt16LE(at);
    if (id === ZIP64_EXTRA) refuse('zip-zip64', 'The archive uses zip64 and has no need to', name);
    if (id === UNICODE_PATH_EXTRA) refuse('zip-unicode-path', 'An extra field gives an entry another name', name);
    if (!HARMLESS_EXTRA.has(id))
      refuse('zip-extra', 'An extra field is not allowed', name, { found: `0x${id.toString(16).padStart(4, '0')}` });
    at += 4 + length;
  }
}
