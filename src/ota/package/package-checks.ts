import { createHash } from 'node:crypto';
import { MAX_PACKAGE_BYTES } from '../../domain/ota/limits.ts';
import type { Manifest } from '../../domain/ota/manifest.ts';
import { coreName, type PackageName, packageStem } from '../../domain/ota/names.ts';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { quoted } from '../../domain/ota/quoted.ts';
import { signerOf } from './keys.ts';
import { hashCore, type Outer, readSignature } from './outer.ts';
import type { Contents } from './resources.ts';
import type { FileWindow } from './window.ts';

/** What a package must be, to the byte. */
interface Exact {
  readonly size: number;
  readonly sha256: string;
}

/** @throws OtaFault `ota-too-large`, `ota-size` */
export function checkSize(size: number, exact: Exact | undefined): void {
  if (size > MAX_PACKAGE_BYTES)
    throw new OtaFault('The package is too large', {
      code: 'ota-too-large',
      found: `${size} bytes`,
      expected: `at most ${MAX_PACKAGE_BYTES}`,
    });
  if (exact && size !== exact.size)
    throw new OtaFault('The package has another size', { code: 'ota-size', found: `${size} bytes`, expected: `${exact.size}` });
}

/** SHA-256 (hex) of a whole package. @throws OtaFault `ota-hash` */
export async function hashAll(archive: FileWindow, exact: Exact | undefined): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of archive.chunks()) hash.update(chunk);
  const sha256 = hash.digest('hex');
  if (exact && sha256 !== exact.sha256)
    throw new OtaFault('The package is another one', { code: 'ota-hash', found: sha256, expected: exact.sha256 });
  return sha256;
}

/** Stands for the id of a key nobody asked for. */
export const UNCHECKED_SIGNER = 'unknown';

/** Who signed a package; both null: nobody, and that is allowed. */
export interface Signed {
  readonly by: string | null;
  readonly signature: Uint8Array | null;
}

/**
 * Whether the manifest's bytes, not yet looked into, are signed by one of `keys` (null: by whomever).
 * @throws OtaFault `ota-unsigned`, `ota-signature-form`, `ota-no-key`, `ota-signature`, `zip-…`; ConfigurationFault `ota-key`
 */
export async function checkSignature(
  archive: FileWindow,
  outer: Outer,
  manifestBytes: Uint8Array,
  keys: readonly string[] | null,
  mayLack: boolean,
): Promise<Signed> {
  if (outer.signature === null) {
    if (mayLack) return { by: null, signature: null };
    throw new OtaFault('The package is not signed', { code: 'ota-unsigned', remedy: 'Sign it, or allow this one by its size and hash.' });
  }
  const signature = await readSignature(archive, outer.signature);
  if (keys === null) return { by: UNCHECKED_SIGNER, signature };
  if (keys.length === 0)
    throw new OtaFault('There is no public key to check the signature with', { code: 'ota-no-key', remedy: 'Name one with --key.' });
  const by = signerOf(manifestBytes, signature, keys);
  if (by !== null) return { by, signature };
  throw new OtaFault('The signature is by none of the known keys', { code: 'ota-signature', expected: `one of ${keys.length}` });
}

type Guide = Pick<Manifest, 'type' | 'version' | 'customerName'> & Partial<Pick<Manifest, 'package'>>;

/** The vendor's resource.json says nothing of the model: there the file name alone does. @throws OtaFault `ota-disagreement`, `ota-core-name` */
export function checkAgreement({ type, version, customerName, ...told }: Guide, name: PackageName, { core }: Outer): void {
  const stem = told.package ?? packageStem(type, name.model, customerName, version);
  const named = packageStem(name.type, name.model, name.customer, name.version.text);
  if (stem !== named)
    throw new OtaFault('The file name and resource.json disagree', {
      code: 'ota-disagreement',
      found: quoted(named),
      expected: quoted(stem),
    });
  const expected = coreName(type, version);
  if (core.name !== expected)
    throw new OtaFault('The core file and resource.json disagree', { code: 'ota-core-name', found: quoted(core.name), expected });
}

/** Reads the core file; resolves to its SHA-256. @throws OtaFault `ota-core-hash`, `ota-private-key`, `zip-…` */
export async function checkCore(archive: FileWindow, outer: Outer, manifest: Manifest | null): Promise<string> {
  const sha256 = await hashCore(archive, outer);
  const told = manifest?.core[0];
  if (told && (told.size !== outer.core.size || told.sha256 !== sha256))
    throw new OtaFault('The core file is not the one that was signed', { code: 'ota-core-hash', found: sha256, expected: told.sha256 });
  return sha256;
}

/** @throws OtaFault `ota-files` */
export function checkFiles({ core: [core], files }: Manifest, contents: Contents): void {
  const told = new Map(files.map((file) => [file.path, file]));
  const wrong = contents.files.find(({ path, size, sha256 }) => told.get(path)?.sha256 !== sha256 || told.get(path)?.size !== size);
  if (!wrong && contents.files.length === files.length && contents.entries === core.entries) return;
  throw new OtaFault('The files are not the ones that were signed', {
    code: 'ota-files',
    found: wrong ? quoted(wrong.path) : `${contents.files.length} files, ${contents.entries} entries`,
    expected: wrong ? 'a file as the manifest has it' : `${files.length} files, ${core.entries} entries`,
  });
}
