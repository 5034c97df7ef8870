import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { decodeManifest, decodeVendorManifest } from '../../domain/ota/decode-manifest.ts';
import type { Manifest } from '../../domain/ota/manifest.ts';
import { type PackageName, parsePackageName } from '../../domain/ota/names.ts';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import type { Progress } from '../../ports/updates.ts';
import { RESERVE_BYTES } from '../disk.ts';
import { checkCertificates } from './certificates.ts';
import { type Check, Checks } from './check.ts';
import { openInput, type Scratch } from './file.ts';
import { manifestOf } from './manifest-of.ts';
import { type Outer, readManifestBytes, readOuter, scratchBytes, withInnerArchive } from './outer.ts';
import {
  checkAgreement,
  checkCore,
  checkFiles,
  checkSignature,
  checkSize,
  hashAll,
  type Signed,
  UNCHECKED_SIGNER,
} from './package-checks.ts';
import { type Contents, checkPosparam, readContents, readResourceLayout } from './resources.ts';
import { FileWindow } from './window.ts';

export interface VerifyOptions {
  /**
   * Public keys (PEM, SPKI, Ed25519) whose packages are believed. Null: whoever signed it is left unchecked, as for a
   * TMS that only passes packages on to boxes, which check. Such a package cannot be unpacked.
   */
  readonly keys: readonly string[] | null;
  /** Opt-in to one unsigned package of the vendor's own script: its exact size and SHA-256 (hex). */
  readonly unsigned?: { readonly size: number; readonly sha256: string };
  /** What the file must be to the byte, found out before anything in it is looked at. */
  readonly meant?: { readonly size: number; readonly sha256: string };
  /** Where a core file that other tools packed deflated is inflated for the moment; default the system's folder for temporary files. */
  readonly workDir?: string;
  /** Bytes of its disk that stay free then; default 16 MiB. */
  readonly reserveBytes?: number;
  /** The package's file name when the file on disk is called otherwise. */
  readonly name?: string;
  /** Bytes read, of all that have to be: a package is read up to three times. */
  readonly progress?: Progress;
}

/** A package that passed every check, as `unpackPackage` takes it. */
export interface VerifiedPackage {
  /** Where it is on the disk. */
  readonly file: string;
  /** The package's file name. */
  readonly name: string;
  /** Of a package without a signature: made from what the vendor's resource.json says and what is inside. */
  readonly manifest: Manifest;
  /** resource.json as it is in the package. */
  readonly manifestBytes: Uint8Array;
  /** resource.json.sig; null: unsigned. */
  readonly signature: Uint8Array | null;
  /** Of the whole file, hex. */
  readonly sha256: string;
  /** Of the whole file, bytes. */
  readonly size: number;
  /** Id of the key that signed it, `unknown` when `keys` was null; null: unsigned. */
  readonly signedBy: string | null;
  /** Bytes it takes beside itself while it is unpacked: a resource archive that another tool deflated. */
  readonly scratchBytes: number;
  readonly checks: readonly Check[];
}

/** All that could be found out about a package, good or not. What was not reached is null. */
export interface PackageReport {
  readonly ok: boolean;
  readonly name: string;
  readonly size: number | null;
  readonly sha256: string | null;
  readonly signedBy: string | null;
  readonly manifest: Manifest | null;
  readonly checks: readonly Check[];
}

/**
 * Checks a package from its first byte to its last, without writing anything that stays: name, size, zip profile,
 * signature (before anything is parsed), manifest, hashes, parameters, certificates. Whether THIS box takes it is
 * for `judge` to say. Memory does not grow with the package.
 * @throws OtaFault with its own code for every kind of defect; CallerFault `ota-file` when there is no such file;
 * ConfigurationFault `ota-key` for a key that is none; DeviceFault `ota-no-space`, `ota-io` when the disk fails
 */
export async function verifyPackage(file: string, options: VerifyOptions): Promise<VerifiedPackage> {
  const checks = new Checks(false);
  const found = await examine(file, options, checks, {});
  return { ...found, file, checks: checks.list };
}

/**
 * The same checks, for a person: goes on after a fault as far as the package can be read, and throws none that is
 * the package's. @throws CallerFault, ConfigurationFault, DeviceFault as `verifyPackage`
 */
export async function inspectPackage(file: string, options: VerifyOptions): Promise<PackageReport> {
  const checks = new Checks(true);
  const seen: Seen = {};
  try {
    await examine(file, options, checks, seen);
  } catch (error) {
    if (!(error instanceof OtaFault)) throw error;
  }
  const { size = null, sha256 = null, signedBy = null, manifest = null } = seen;
  const ok = checks.list.every((check) => check.ok);
  return { ok, name: options.name ?? basename(file), size, sha256, signedBy, manifest, checks: checks.list };
}

/** What is known so far. */
type Seen = { -readonly [K in keyof Facts]?: Facts[K] };
type Facts = Omit<VerifiedPackage, 'file' | 'checks'>;

async function examine(file: string, options: VerifyOptions, checks: Checks, seen: Seen): Promise<Facts> {
  const { handle, size } = await openInput(file);
  try {
    seen.size = size;
    const fileName = options.name ?? basename(file);
    const exact = options.meant ?? options.unsigned;
    const name = await checks.want(
      'name',
      ({ type }) => `${fileName}, ${KINDS[type]}`,
      () => parsePackageName(fileName),
    );
    await checks.need(
      'size',
      () => `${size} bytes`,
      () => checkSize(size, exact),
    );
    const passes = size * (name?.type === 'AP' ? 2 : 3);
    let done = 0;
    const archive = new FileWindow(handle, 0, size, (bytes) => {
      done += bytes;
      options.progress?.(Math.min(done, passes), passes);
    });
    const sha256 = await checks.need(
      'hash',
      (hash) => `sha256 ${hash}`,
      () => hashAll(archive, exact),
    );
    seen.sha256 = sha256;
    const outer = await checks.need(
      'archive',
      ({ core }) => `${core.name} of ${core.size} bytes; zip profile kept`,
      () => readOuter(archive),
    );
    const manifestBytes = await checks.need(
      'resource.json',
      (bytes) => `${bytes.length} bytes`,
      () => readManifestBytes(archive, outer),
    );
    const signed = await checks.want('signature', signedText, () =>
      checkSignature(archive, outer, manifestBytes, options.keys, options.unsigned !== undefined),
    );
    seen.signedBy = signed?.by ?? null;
    const scratch = { dir: options.workDir ?? tmpdir(), reserveBytes: options.reserveBytes ?? RESERVE_BYTES };
    const content = await examineContent(archive, outer, manifestBytes, { name, scratch }, checks, seen);
    options.progress?.(passes, passes);
    return {
      name: fileName,
      size,
      sha256,
      manifest: content,
      manifestBytes,
      signature: signed?.signature ?? null,
      signedBy: signed?.by ?? null,
      scratchBytes: content.type === 'CUST' ? scratchBytes(outer) : 0,
    };
  } finally {
    await handle.close();
  }
}

const KINDS = { AP: 'a firmware package', CUST: 'a resource package' } as const;

function signedText({ by }: Signed): string {
  if (by === null) return 'none; accepted by its size and hash, as the operator allowed';
  return by === UNCHECKED_SIGNER ? 'there is one; not checked' : `Ed25519, by key ${by}`;
}

/** The manifest and all it speaks of; resolves to the manifest. */
async function examineContent(
  archive: FileWindow,
  outer: Outer,
  manifestBytes: Uint8Array,
  { name, scratch }: { name: PackageName | null; scratch: Scratch },
  checks: Checks,
  seen: Seen,
): Promise<Manifest> {
  const told = outer.signature === null ? null : await checks.need('manifest', describe, () => decodeManifest(manifestBytes));
  if (told) seen.manifest = told;
  const guide = told ?? (await checks.need('manifest', describe, () => decodeVendorManifest(manifestBytes)));
  if (name)
    await checks.want(
      'agreement',
      () => 'file name, package, type, version, customer and core file agree',
      () => checkAgreement(guide, name, outer),
    );
  const coreHash = await checks.need(
    'core',
    (hash) => `sha256 ${hash}`,
    () => checkCore(archive, outer, told),
  );
  const contents = guide.type === 'AP' ? null : await examineResources(archive, outer, scratch, checks);
  const manifest =
    told ??
    manifestOf({ ...guide, model: name?.model, core: { name: outer.core.name, size: outer.core.size, sha256: coreHash }, contents });
  if (contents)
    await checks.want(
      'files',
      () => `${contents.files.length} files as the manifest has them`,
      () => checkFiles(manifest, contents),
    );
  seen.manifest = manifest;
  return manifest;
}

const describe = ({ type, version, customerName }: Pick<Manifest, 'type' | 'version' | 'customerName'>): string =>
  `${KINDS[type]}, ${version}, for ${customerName}`;

const examineResources = (archive: FileWindow, outer: Outer, scratch: Scratch, checks: Checks): Promise<Contents> =>
  withInnerArchive(archive, outer, scratch, async (inner) => {
    const entries = await checks.need(
      'inner archive',
      (all) => `${all.length} entries; zip profile kept`,
      () => readResourceLayout(inner),
    );
    const contents = await checks.need(
      'content',
      ({ unpackedSize }) => `${unpackedSize} bytes unpacked; no private key`,
      () => readContents(inner, entries),
    );
    await checks.want(
      'parameters',
      () => 'posparam.ini is valid',
      () => checkPosparam(contents),
    );
    await checks.want(
      'certificates',
      () => `${contents.keys.size} files in key/`,
      () => checkCertificates(contents.keys),
    );
    return contents;
  });
