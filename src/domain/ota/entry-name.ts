import { withoutCardData } from '../card-data.ts';
import { MAX_NAME_BYTES } from './limits.ts';
import { OtaFault } from './ota-fault.ts';
import { quoted } from './quoted.ts';

/** The folders of a resource package; nothing lies beside them. */
export const RESOURCE_FOLDERS = ['cust', 'key', 'mp3', 'ui'] as const;
/** The one file every resource package has. */
export const POSPARAM_PATH = 'cust/posparam.ini';

const SAFE = /^[\p{L}\p{N}\p{M} ._+@()=,/-]+$/u;

interface Rule {
  readonly code: string;
  readonly expected: string;
  broken(name: string): boolean;
}

/** In this order: the first that is broken names the fault. */
const RULES: readonly Rule[] = [
  { code: 'zip-name-length', expected: `1 to ${MAX_NAME_BYTES} bytes`, broken: (name) => name === '' || utf8Bytes(name) > MAX_NAME_BYTES },
  { code: 'zip-name-backslash', expected: 'slashes between folders', broken: (name) => name.includes('\\') },
  { code: 'zip-name-absolute', expected: 'a path inside the package', broken: (name) => /^(?:\/|[A-Za-z]:)/.test(name) },
  { code: 'zip-name-traversal', expected: 'a path without ..', broken: (name) => name.split('/').includes('..') },
  {
    code: 'zip-name-segment',
    expected: 'names between the slashes that do not begin or end with a blank',
    broken: (name) => segments(name).some((one) => /^\.?$|^ | $/.test(one)),
  },
  { code: 'zip-name-character', expected: 'letters, digits, blanks and ._+@()=,-', broken: (name) => !SAFE.test(name) },
  { code: 'zip-name-encoding', expected: 'a name in Unicode normal form C', broken: (name) => name !== name.normalize('NFC') },
  // Names are kept, listed and logged; a number so long that it may be a card's is not worth telling from one that is.
  {
    code: 'zip-name-card-number',
    expected: 'a name without what could be a card number',
    broken: (name) => withoutCardData(name) !== name,
  },
];

/**
 * Holds a path inside an archive (a folder ends with a slash) against the rules for names.
 * @throws OtaFault `zip-name-length`, `zip-name-backslash`, `zip-name-absolute`, `zip-name-traversal`, `zip-name-segment`,
 * `zip-name-character`, `zip-name-encoding`, `zip-name-card-number`
 */
export function checkEntryName(name: string): void {
  const rule = RULES.find(({ broken }) => broken(name));
  if (!rule) return;
  throw new OtaFault('A name in the archive is not allowed', { code: rule.code, found: quoted(name), expected: rule.expected });
}

/**
 * Names that one file system could take for the same, or for a file and a folder at once.
 * @throws OtaFault `zip-name-duplicate`, `zip-name-conflict`
 */
export function checkDistinct(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const folded = fold(name.replace(/\/$/, ''));
    const other = seen.get(folded);
    if (other !== undefined) {
      throw new OtaFault('Two names in the archive are the same', {
        code: 'zip-name-duplicate',
        found: `${quoted(other)} and ${quoted(name)}`,
      });
    }
    seen.set(folded, name);
  }
  const files = new Set(names.filter((name) => !name.endsWith('/')).map(fold));
  for (const name of names) {
    const parent = parents(fold(name)).find((folder) => files.has(folder));
    if (parent === undefined) continue;
    throw new OtaFault('A name in the archive is a file and a folder', { code: 'zip-name-conflict', found: quoted(name) });
  }
}

/** Whether a path lies in one of the folders of a resource package, or is one. @throws OtaFault `zip-name-place` */
export function checkPlace(name: string): void {
  if (RESOURCE_FOLDERS.some((folder) => name.startsWith(`${folder}/`))) return;
  throw new OtaFault('A file lies outside the folders of a resource package', {
    code: 'zip-name-place',
    found: quoted(name),
    expected: `a path in ${RESOURCE_FOLDERS.map((folder) => `${folder}/`).join(', ')}`,
  });
}

/** A slash at the end makes a folder, not an empty name. */
const segments = (name: string): string[] => name.replace(/\/$/, '').split('/');

/** `a/b/c` -> `a`, `a/b` */
const parents = (name: string): string[] => Array.from(name.matchAll(/(?<=[^/])\/(?=.)/g), ({ index }) => name.slice(0, index));

/** Upper case first: it takes apart what lower case alone keeps (ß, ſ). */
const fold = (name: string): string => name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');

const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length;
