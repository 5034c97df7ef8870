import { createHash } from 'node:crypto';
import { MAX_MANIFEST_BYTES } from '../../domain/ota/limits.ts';
import { MANIFEST_NAME, SIGNATURE_NAME } from '../../domain/ota/manifest.ts';
import { parseCoreName } from '../../domain/ota/names.ts';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { quoted } from '../../domain/ota/quoted.ts';
import { openScratch, type Scratch, writeAll } from './file.ts';
import { SIGNATURE_BYTES } from './keys.ts';
import { PrivateKeyScan } from './private-key.ts';
import { FileWindow } from './window.ts';
import { entryData, smallEntry } from './zip-data.ts';
import { STORED } from './zip-format.ts';
import { readLayout, type ZipEntry } from './zip-layout.ts';

/** The three entries of a package. */
export interface Outer {
  readonly core: ZipEntry;
  readonly manifest: ZipEntry;
  /** Null: the package is not signed. */
  readonly signature: ZipEntry | null;
}

/** The entries of a package: strict profile, exactly the files it is made of. @throws OtaFault `zip-…`, `ota-missing-file`, `ota-extra-file`, `ota-core-name` */
export async function readOuter(archive: FileWindow): Promise<Outer> {
  const entries = await readLayout(archive);
  const manifest = entries.find(({ name }) => name === MANIFEST_NAME);
  if (!manifest) throw missing(MANIFEST_NAME);
  const signature = entries.find(({ name }) => name === SIGNATURE_NAME) ?? null;
  const [core, ...more] = entries.filter((entry) => entry !== manifest && entry !== signature);
  if (!core) throw missing('the core file');
  if (more.length > 0) {
    const names = [core, ...more].map(({ name }) => quoted(name)).slice(0, 5);
    throw new OtaFault('The package holds files that are not part of it', {
      code: 'ota-extra-file',
      found: names.join(', '),
      expected: 'one core file',
    });
  }
  parseCoreName(core.name);
  return { core, manifest, signature };
}

const missing = (name: string) => new OtaFault('The package lacks a file', { code: 'ota-missing-file', expected: name });

/** @throws OtaFault `zip-…`, `ota-manifest-json` when it is too large */
export const readManifestBytes = (archive: FileWindow, { manifest }: Outer): Promise<Buffer> =>
  smallEntry(archive, manifest, MAX_MANIFEST_BYTES, 'ota-manifest-json');

/** @throws OtaFault `zip-…`, `ota-signature-form` when it is none */
export async function readSignature(archive: FileWindow, entry: ZipEntry): Promise<Buffer> {
  const bytes = await smallEntry(archive, entry, SIGNATURE_BYTES, 'ota-signature-form');
  if (bytes.length === SIGNATURE_BYTES) return bytes;
  throw new OtaFault('The signature is malformed', {
    code: 'ota-signature-form',
    found: `${bytes.length} bytes`,
    expected: `${SIGNATURE_BYTES}`,
  });
}

/** Reads the core file once and resolves to its SHA-256 (hex). @throws OtaFault `zip-…`, `ota-private-key` */
export async function hashCore(archive: FileWindow, { core }: Outer): Promise<string> {
  const hash = createHash('sha256');
  const scan = new PrivateKeyScan();
  for await (const chunk of entryData(archive, core)) {
    hash.update(chunk);
    scan.next(chunk, core.name);
  }
  return hash.digest('hex');
}

/** Bytes that the archive inside a resource package takes beside it while it is read. */
export const scratchBytes = ({ core }: Outer): number => (core.method === STORED ? 0 : core.size);

/**
 * Gives `use` the archive inside a resource package as a file of its own: in place where it is stored, else inflated
 * into a file without a name that is gone afterwards.
 */
export async function withInnerArchive<T>(
  archive: FileWindow,
  { core }: Outer,
  where: Scratch,
  use: (inner: FileWindow) => Promise<T>,
): Promise<T> {
  if (core.method === STORED) return use(archive.part(core.dataAt, core.size));
  const scratch = await openScratch(where, core.size);
  try {
    for await (const chunk of entryData(archive, core)) await writeAll(scratch, chunk);
    return await use(new FileWindow(scratch, 0, core.size, () => {}));
  } finally {
    await scratch.close();
  }
}
