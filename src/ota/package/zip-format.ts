/** The records of a zip file (PKWARE APPNOTE 6.3), as far as tilld takes part in them: no zip64, no encryption. */
export const LOCAL_BYTES = 30;
export const CENTRAL_BYTES = 46;
export const END_BYTES = 22;
const LOCAL_SIGNATURE = 0x04034b50;
export const CENTRAL_SIGNATURE = 0x02014b50;
export const END_SIGNATURE = 0x06054b50;
export const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
export const ZIP64_LOCATOR_BYTES = 20;
export const STORED = 0;
export const DEFLATED = 8;

/** What both headers of an entry say. */
export interface CommonHeader {
  readonly versionNeeded: number;
  readonly flags: number;
  readonly method: number;
  readonly time: number;
  readonly date: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly nameLength: number;
  readonly extraLength: number;
}

/** What only the central one says. */
export interface CentralHeader extends CommonHeader {
  readonly madeBy: number;
  readonly commentLength: number;
  readonly disk: number;
  readonly internalAttributes: number;
  readonly externalAttributes: number;
  readonly localOffset: number;
}

export interface EndRecord {
  readonly disk: number;
  readonly directoryDisk: number;
  readonly entriesHere: number;
  readonly entries: number;
  readonly directorySize: number;
  readonly directoryOffset: number;
  readonly commentLength: number;
}

/** The ten fields both headers share, which lie in one row in each. */
const common = (bytes: Buffer, at: number): CommonHeader => ({
  versionNeeded: bytes.readUInt16LE(at),
  flags: bytes.readUInt16LE(at + 2),
  method: bytes.readUInt16LE(at + 4),
  time: bytes.readUInt16LE(at + 6),
  date: bytes.readUInt16LE(at + 8),
  crc: bytes.readUInt32LE(at + 10),
  compressedSize: bytes.readUInt32LE(at + 14),
  size: bytes.readUInt32LE(at + 18),
  nameLength: bytes.readUInt16LE(at + 22),
  extraLength: bytes.readUInt16LE(at + 24),
});

/** The 30 fixed bytes at `at`, or null when they are no local header. */
export const localHeader = (bytes: Buffer, at = 0): CommonHeader | null =>
  bytes.length - at >= LOCAL_BYTES && bytes.readUInt32LE(at) === LOCAL_SIGNATURE ? common(bytes, at + 4) : null;

/** The 46 fixed bytes at `at`, or null when they are no central header. */
export const centralHeader = (bytes: Buffer, at: number): CentralHeader | null =>
  bytes.length - at >= CENTRAL_BYTES && bytes.readUInt32LE(at) === CENTRAL_SIGNATURE
    ? {
        ...common(bytes, at + 6),
        madeBy: bytes.readUInt16LE(at + 4),
        commentLength: bytes.readUInt16LE(at + 32),
        disk: bytes.readUInt16LE(at + 34),
        internalAttributes: bytes.readUInt16LE(at + 36),
        externalAttributes: bytes.readUInt32LE(at + 38),
        localOffset: bytes.readUInt32LE(at + 42),
      }
    : null;

/** The 22 fixed bytes at `at`, or null when they are no end record. */
export const endRecord = (bytes: Buffer, at: number): EndRecord | null =>
  bytes.length - at >= END_BYTES && bytes.readUInt32LE(at) === END_SIGNATURE
    ? {
        disk: bytes.readUInt16LE(at + 4),
        directoryDisk: bytes.readUInt16LE(at + 6),
        entriesHere: bytes.readUInt16LE(at + 8),
        entries: bytes.readUInt16LE(at + 10),
        directorySize: bytes.readUInt32LE(at + 12),
        directoryOffset: bytes.readUInt32LE(at + 16),
        commentLength: bytes.readUInt16LE(at + 20),
      }
    : null;

function writeCommon(bytes: Buffer, at: number, header: CommonHeader): void {
  bytes.writeUInt16LE(header.versionNeeded, at);
  bytes.writeUInt16LE(header.flags, at + 2);
  bytes.writeUInt16LE(header.method, at + 4);
  bytes.writeUInt16LE(header.time, at + 6);
  bytes.writeUInt16LE(header.date, at + 8);
  bytes.writeUInt32LE(header.crc, at + 10);
  bytes.writeUInt32LE(header.compressedSize, at + 14);
  bytes.writeUInt32LE(header.size, at + 18);
  bytes.writeUInt16LE(header.nameLength, at + 22);
  bytes.writeUInt16LE(header.extraLength, at + 24);
}

export function localBytes(header: CommonHeader, name: Uint8Array): Buffer {
  const bytes = Buffer.alloc(LOCAL_BYTES);
  bytes.writeUInt32LE(LOCAL_SIGNATURE, 0);
  writeCommon(bytes, 4, header);
  return Buffer.concat([bytes, name]);
}

export function centralBytes(header: CentralHeader, name: Uint8Array): Buffer {
  const bytes = Buffer.alloc(CENTRAL_BYTES);
  bytes.writeUInt32LE(CENTRAL_SIGNATURE, 0);
  bytes.writeUInt16LE(header.madeBy, 4);
  writeCommon(bytes, 6, header);
  bytes.writeUInt16LE(header.commentLength, 32);
  bytes.writeUInt16LE(header.disk, 34);
  bytes.writeUInt16LE(header.internalAttributes, 36);
  bytes.writeUInt32LE(header.externalAttributes, 38);
  bytes.writeUInt32LE(header.localOffset, 42);
  return Buffer.concat([bytes, name]);
}

export function endBytes({
  entries,
  directorySize,
  directoryOffset,
}: Pick<EndRecord, 'entries' | 'directorySize' | 'directoryOffset'>): Buffer {
  const bytes = Buffer.alloc(END_BYTES);
  bytes.writeUInt32LE(END_SIGNATURE, 0);
  bytes.writeUInt16LE(entries, 8);
  bytes.writeUInt16LE(entries, 10);
  bytes.writeUInt32LE(directorySize, 12);
  bytes.writeUInt32LE(directoryOffset, 16);
  return bytes;
}
