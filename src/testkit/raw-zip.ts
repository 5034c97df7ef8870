import { crc32, deflateRawSync } from 'node:zlib';
import { type CentralHeader, type CommonHeader, centralBytes, DEFLATED, endBytes, localBytes, STORED } from '../ota/package/zip-format.ts';

/** An entry, good unless something in it says otherwise. */
export interface RawEntry {
  readonly name: string | Uint8Array;
  readonly data?: Uint8Array;
  readonly deflate?: boolean;
  /** What lies in the archive in place of the data. */
  readonly packed?: Uint8Array;
  /** In both headers. */
  readonly both?: Partial<CommonHeader>;
  readonly local?: Partial<CommonHeader>;
  readonly central?: Partial<CentralHeader>;
  readonly extra?: Uint8Array;
  readonly localExtra?: Uint8Array;
  /** Bytes that no header speaks of, before the local header. */
  readonly gap?: Uint8Array;
  readonly comment?: Uint8Array;
}

interface Around {
  /** Before everything, without any offset knowing of it. */
  readonly prefix?: Uint8Array;
  /** Between the entries and the directory. */
  readonly beforeDirectory?: Uint8Array;
  readonly beforeEnd?: Uint8Array;
  readonly trailing?: Uint8Array;
  /** Last word on the end record. */
  readonly end?: (bytes: Buffer) => void;
}

const NOTHING = new Uint8Array();
/** 2026-01-31 12:00:00, Unix, a regular file. */
const USUAL = {
  versionNeeded: 20,
  time: 0x6000,
  date: 0x5c3f,
  disk: 0,
  internalAttributes: 0,
  madeBy: 0x031e,
  externalAttributes: 0o100644 * 0x10000,
};

/** A zip file byte by byte, as good or as bad as a test wants it. */
export function rawZip(entries: readonly RawEntry[], around: Around = {}): Buffer {
  const pieces: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const put = (bytes: Uint8Array) => {
    pieces.push(bytes);
    at += bytes.length;
  };
  for (const entry of entries) {
    const { data = NOTHING, extra = NOTHING, comment = NOTHING, localExtra = extra } = entry;
    const name = Buffer.from(entry.name as string);
    const packed = entry.packed ?? (entry.deflate ? deflateRawSync(data) : data);
    put(entry.gap ?? NOTHING);
    const header: CentralHeader = {
      ...USUAL,
      flags: /^[\x20-\x7e]*$/.test(name.toString('latin1')) ? 0 : 0x0800,
      method: entry.deflate ? DEFLATED : STORED,
      crc: crc32(data),
      compressedSize: packed.length,
      size: data.length,
      nameLength: name.length,
      extraLength: extra.length,
      commentLength: comment.length,
      localOffset: at,
      ...entry.both,
    };
    directory.push(centralBytes({ ...header, ...entry.central }, name), extra, comment);
    put(localBytes({ ...header, extraLength: localExtra.length, ...entry.local }, name));
    put(localExtra);
    put(packed);
  }
  put(around.beforeDirectory ?? NOTHING);
  const central = Buffer.concat(directory);
  const end = endBytes({ entries: entries.length, directorySize: central.length, directoryOffset: at });
  around.end?.(end);
  return Buffer.concat([around.prefix ?? NOTHING, ...pieces, central, around.beforeEnd ?? NOTHING, end, around.trailing ?? NOTHING]);
}
