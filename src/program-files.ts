import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { getAsset, getAssetKeys, isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

// The one place that knows what tilld runs as: the checkout, a bundled file with its files beside it, or a single
// executable with its files inside. They have the same relative paths everywhere.

/** This file itself, or what it was bundled into. */
const HERE = fileURLToPath(import.meta.url);
const MODULE = 'program-files.ts';

/** What tilld runs as. */
export type Form = 'checkout' | 'bundle' | 'executable';
export const FORM: Form = isSea() ? 'executable' : basename(HERE) === MODULE ? 'checkout' : 'bundle';

/** Files inside the executable have paths below a folder that is on no disk. */
const INSIDE = `${process.execPath}#`;
const ROOT = { checkout: join(dirname(HERE), '..'), bundle: dirname(HERE), executable: INSIDE }[FORM];

/** Path of a file or folder that comes with tilld, by its path in the checkout. For the functions below, and for messages. */
export const programPath = (relative: string): string => join(ROOT, relative);

/** Reads a file of the program, or any other. @throws the system's error when it is not there */
export async function readFileAt(path: string): Promise<Uint8Array> {
  const inside = assetAt(path);
  return inside ?? readFile(path);
}

/** As `readFileAt`. */
export const readFileAtSync = (path: string): Uint8Array => assetAt(path) ?? readFileSync(path);

/** The names in a folder of the program, or in any other. @throws the system's error when it is not there */
export function namesAt(folder: string): string[] {
  const key = keyOf(folder);
  if (key === null) return readdirSync(folder);
  const below = getAssetKeys().filter((one) => one.startsWith(`${key}/`));
  return [...new Set(below.map((one) => one.slice(key.length + 1).split('/', 1)[0] ?? ''))];
}

/** Whether it is a file inside the executable. */
export function isInside(path: string): boolean {
  const key = keyOf(path);
  return key !== null && getAssetKeys().includes(key);
}

/** The command line that starts this very tilld once more, with other arguments. */
export function ownCommand(args: readonly string[]): { readonly command: string; readonly args: readonly string[] } {
  const main = { checkout: [programPath('src/main.ts')], bundle: [HERE], executable: [] }[FORM];
  return { command: process.execPath, args: [...main, ...args] };
}

/** A copy: what lies in the executable itself cannot be written to, and an attempt ends the process. */
const assetAt = (path: string): Uint8Array | null => (isInside(path) ? new Uint8Array(getAsset(keyOf(path) ?? '')) : null);

const keyOf = (path: string): string | null =>
  FORM === 'executable' && path.startsWith(`${INSIDE}/`) ? path.slice(INSIDE.length + 1).replace(/\/$/, '') : null;
