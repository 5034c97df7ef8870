import { createHash } from 'node:crypto';
import { checkPlace, POSPARAM_PATH, RESOURCE_FOLDERS } from '../../domain/ota/entry-name.ts';
import { MAX_SMALL_FILE_BYTES } from '../../domain/ota/limits.ts';
import type { PackedFile } from '../../domain/ota/manifest.ts';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { quoted } from '../../domain/ota/quoted.ts';
import { readPosparam } from '../../domain/posparam/read.ts';
import { checkKeyFolder, isInKeyFolder } from './certificates.ts';
import { ParameterText } from './parameter-text.ts';
import { PrivateKeyScan } from './private-key.ts';
import type { FileWindow } from './window.ts';
import { entryData } from './zip-data.ts';
import { readLayout, type ZipEntry } from './zip-layout.ts';

/** What is inside a resource archive, every byte read. */
export interface Contents {
  /** Sorted by path. */
  readonly files: readonly PackedFile[];
  readonly unpackedSize: number;
  /** Entries, folders included. */
  readonly entries: number;
  /** `cust/posparam.ini`, or null when there is none. */
  readonly posparam: Uint8Array | null;
  /** The files in `key/`, by path. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
}

/** The entries of a resource archive: strict profile, nothing outside its folders. @throws OtaFault `zip-…` */
export async function readResourceLayout(archive: FileWindow): Promise<readonly ZipEntry[]> {
  const entries = await readLayout(archive);
  for (const { name } of entries) checkPlace(name);
  return entries;
}

/** Reads every file of a resource archive. @throws OtaFault `zip-…`, `ota-private-key`, `ota-small-file`, `ota-certificates-size`, `ota-cust-text` */
export async function readContents(archive: FileWindow, entries: readonly ZipEntry[]): Promise<Contents> {
  checkKeyFolder(entries);
  const files: PackedFile[] = [];
  const small = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (entry.name.endsWith('/')) continue;
    const { sha256, content } = await readFile(archive, entry);
    files.push({ path: entry.name, size: entry.size, sha256 });
    if (content) small.set(entry.name, content);
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    files,
    unpackedSize: files.reduce((sum, { size }) => sum + size, 0),
    entries: entries.length,
    posparam: small.get(POSPARAM_PATH) ?? null,
    keys: new Map([...small].filter(([path]) => path !== POSPARAM_PATH)),
  };
}

/** Parameters and certificates are kept: they are looked into. */
const isKept = (path: string): boolean => path === POSPARAM_PATH || isInKeyFolder(path);

/** The parameters of the box itself are read by their own rules. */
const isText = (path: string): boolean => path.startsWith('cust/') && path !== POSPARAM_PATH;

async function readFile(archive: FileWindow, entry: ZipEntry): Promise<{ sha256: string; content: Uint8Array | null }> {
  const kept: Buffer[] | null = isKept(entry.name) ? [] : null;
  if (kept && entry.size > MAX_SMALL_FILE_BYTES) {
    throw new OtaFault('A parameter or certificate file is too large', {
      code: 'ota-small-file',
      found: `${quoted(entry.name)} with ${entry.size} bytes`,
      expected: `at most ${MAX_SMALL_FILE_BYTES}`,
    });
  }
  const hash = createHash('sha256');
  const scan = new PrivateKeyScan();
  const text = isText(entry.name) ? new ParameterText(entry.name) : null;
  for await (const chunk of entryData(archive, entry)) {
    hash.update(chunk);
    scan.next(chunk, entry.name);
    text?.next(chunk);
    kept?.push(Buffer.from(chunk));
  }
  text?.end();
  return { sha256: hash.digest('hex'), content: kept && Buffer.concat(kept) };
}

/** Holds the parameters against the validator the box itself uses. @throws OtaFault `ota-posparam-missing`, `ota-posparam` with every problem */
export function checkPosparam({ posparam }: Contents): void {
  if (!posparam) {
    throw new OtaFault('The package has no parameters', {
      code: 'ota-posparam-missing',
      expected: POSPARAM_PATH,
      remedy: 'Put the parameters in: without them a box would not know its backend.',
    });
  }
  const reading = readPosparam(posparam);
  if (reading.ok) return;
  throw new OtaFault(`${POSPARAM_PATH} is not usable`, {
    code: 'ota-posparam',
    found: reading.problems.map(({ path, found, expected }) => `${path}: found ${found}, expected ${expected}`).join('; '),
    remedy: 'See `tilld posparam check`.',
  });
}

/** All four folders must be there, as entries or by their files: one that is not was most likely forgotten. @throws OtaFault `ota-folder-missing` */
export function checkFolders(entries: readonly ZipEntry[]): void {
  const missing = RESOURCE_FOLDERS.filter((folder) => !entries.some(({ name }) => name.startsWith(`${folder}/`)));
  if (missing.length === 0) return;
  throw new OtaFault('Folders are missing', {
    code: 'ota-folder-missing',
    found: `no ${missing.map((folder) => `${folder}/`).join(', ')}`,
    expected: RESOURCE_FOLDERS.map((folder) => `${folder}/`).join(', '),
    remedy: 'Make them; they may be empty.',
  });
}
