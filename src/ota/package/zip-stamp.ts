import { type CentralHeader, STORED } from './zip-format.ts';

/** What tilld's own archives say in every header: byte-identical wherever and whenever they are made. */
export const STAMP = {
  /** Unix, specification 6.3. */
  madeBy: 0x033f,
  versionNeeded: 20,
  method: STORED,
  /** 1980-01-01 00:00:00, the beginning of time in a zip. */
  time: 0,
  date: 0x21,
  disk: 0,
  internalAttributes: 0,
  extraLength: 0,
  commentLength: 0,
} as const;

/** A regular file, mode 0644; a folder, mode 0755 with the DOS flag. */
export const FILE_ATTRIBUTES = 0o100644 * 0x10000;
export const FOLDER_ATTRIBUTES = 0o040755 * 0x10000 + 0x10;
/** The name is UTF-8; set only where it is not ASCII. */
export const UTF8_FLAG = 0x0800;

/** Whether an entry looks as tilld's own packer writes it. */
export function isStamped(header: CentralHeader, name: string): boolean {
  const attributes = name.endsWith('/') ? FOLDER_ATTRIBUTES : FILE_ATTRIBUTES;
  return (
    header.externalAttributes === attributes && Object.entries(STAMP).every(([key, value]) => header[key as keyof typeof STAMP] === value)
  );
}
