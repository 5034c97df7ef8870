import { writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { rolldown } from 'rolldown';
import { ConfigurationFault } from '../../src/domain/fault.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
/** Name of the bundled program in the folder it is built into. */
const BUNDLE = 'tilld.cjs';

/** What a bundle came to. */
export interface Bundled {
  readonly file: string;
  readonly bytes: number;
  /** Files that are in it. */
  readonly modules: readonly string[];
}

/**
 * Makes one file of tilld and all it imports. What is imported when first used stays so: its code is in the file and
 * run only then. Names stay as they are, for the sake of traces.
 * @throws ConfigurationFault `bundle-incomplete` when it would need a module that is not in it, or is no program
 */
export async function bundle(folder: string, entry = join(ROOT, 'src', 'main.ts')): Promise<Bundled> {
  const missing: string[] = [];
  const onLog = (_level: unknown, { code, message }: { readonly code?: string; readonly message: string }) => {
    if (code === 'UNRESOLVED_IMPORT') missing.push(message);
  };
  await using build = await rolldown({ input: entry, cwd: ROOT, platform: 'node', onLog });
  const comments = { legal: true, annotation: false, jsdoc: false };
  const { output } = await build
    .generate({ file: BUNDLE, format: 'cjs', codeSplitting: false, keepNames: true, comments })
    .catch((cause: Error) => Promise.reject(incomplete(stripVTControlCharacters(cause.message), cause)));
  const [{ code, imports, moduleIds }, ...others] = output;
  missing.push(...imports.filter((name) => !isBuiltin(name)), ...others.map(({ fileName }) => fileName));
  if (missing.length > 0) throw incomplete(missing.join(', '));
  const [file, text] = [join(folder, BUNDLE), inAscii(code)];
  writeFileSync(file, text);
  return { file, bytes: text.length, modules: moduleIds };
}

const incomplete = (found: string, cause?: Error): ConfigurationFault =>
  new ConfigurationFault('The bundle would not be whole', {
    code: 'bundle-incomplete',
    found,
    expected: 'one file that needs nothing but Node',
    remedy: 'Import what is missing by its name, without createRequire, so that it can be taken into the bundle.',
    ...(cause ? { cause } : {}),
  });

/**
 * The same program in ASCII: a single other letter would have V8 keep the whole text with two bytes for each, 4 MB more
 * in every process. In strings, templates and patterns an escape is what it stands for; in comments nobody minds.
 */
export const inAscii = (code: string): string =>
  code.replace(/(\\*)(\P{ASCII})/gu, (_, before: string, letter: string) => {
    // A letter that was escaped already, needlessly, is so once and not twice.
    const kept = before.slice(before.length % 2);
    return kept + letter.split('').map(escaped).join('');
  });

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
