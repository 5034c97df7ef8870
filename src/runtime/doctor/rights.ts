import { accessSync, constants } from 'node:fs';

/** `search`: what a folder must allow before anything in it can be looked at. */
const MODES = {
  read: constants.R_OK,
  write: constants.W_OK,
  both: constants.R_OK | constants.W_OK,
  search: constants.X_OK,
} as const;

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'may not be used by this user',
  EPERM: 'may not be used by this user',
  EROFS: 'is on a file system that is mounted read-only',
  ENOENT: 'is not there',
  ENOTDIR: 'is not there',
};

/** Why this process may not read or write a file or folder, as the end of a sentence; null when it may. Nothing is opened. */
export function mayNot(path: string, mode: keyof typeof MODES): string | null {
  try {
    accessSync(path, MODES[mode]);
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    return WORDS[code] ?? `cannot be used (${code})`;
  }
}
