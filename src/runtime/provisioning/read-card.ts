import { readFileSync, statSync } from 'node:fs';
import { CARD_FILE, CardFileInvalid } from './card-file.ts';

const MAX_BYTES = 1024 * 1024;
/** What a card writes whole or not at all. A card file is wiped from its first one on. */
export const SECTOR_BYTES = 512;
export const BLANK = ' ';

/** The bytes of a card file. @throws CardFileInvalid for what is no readable file of 1 byte to 1 MiB */
export function readCardFile(file: string): Buffer {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw unusable(stat?.isDirectory() ? 'a folder' : 'no file', 'a text file');
  if (stat.size > MAX_BYTES) throw unusable(`${stat.size} bytes`, `at most ${MAX_BYTES}`);
  if (stat.size === 0) throw unusable('an empty file', 'what is to be set up; a card that is taken out of a PC too early loses it');
  try {
    return readFileSync(file);
  } catch (error) {
    throw unusable((error as NodeJS.ErrnoException).code ?? String(error), 'a file that can be read');
  }
}

/** Whether it was applied before, and a cut fell into wiping it: then what is left of it says nothing. */
export const isWiped = (bytes: Buffer): boolean =>
  bytes.length > 0 && bytes.subarray(0, SECTOR_BYTES).every((byte) => byte === BLANK.charCodeAt(0));

/**
 * Its text. Old editors of Windows write other codes than UTF-8, in which the name of a network or a product would become
 * another. @throws CardFileInvalid
 */
export function cardText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unusable('text in another code (UTF-16 or one of a single language)', 'UTF-8: an editor offers it when it saves');
  }
}

const unusable = (found: string, expected: string): CardFileInvalid => new CardFileInvalid([{ path: CARD_FILE, found, expected }]);
