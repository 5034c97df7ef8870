import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** How a configuration names a text it does not hold itself. */
export type SecretRef = string | { readonly file: string } | { readonly env: string };

/** Where such names lead: relative files from the configuration's folder, and the process's environment. */
export interface SecretSources {
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type SecretReading = { readonly text: string } | { readonly found: string; readonly expected: string };

const MAX_BYTES = 64 * 1024;

/** Reads a secret; one line end at the end of a file is not part of it. What is found wrong never tells the text. */
export function readSecret(ref: SecretRef, { folder, env }: SecretSources): SecretReading {
  if (typeof ref === 'string') return { text: ref };
  if ('env' in ref) {
    const text = env[ref.env];
    return text ? { text } : { found: `no environment variable ${ref.env}`, expected: 'one that is set and not empty' };
  }
  const path = isAbsolute(ref.file) ? ref.file : join(folder, ref.file);
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (text === '' || text.length > MAX_BYTES)
      return { found: `${path} with ${text.length} characters`, expected: `1 to ${MAX_BYTES} characters` };
    return { text };
  } catch (error) {
    return { found: `${path}: ${(error as NodeJS.ErrnoException).code ?? 'unreadable'}`, expected: 'a file that tilld may read' };
  }
}
