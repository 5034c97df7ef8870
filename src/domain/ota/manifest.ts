import type { PackageType } from './update.ts';

/** What is signed: resource.json as tilld writes it. `type`, `version` and `customerName` are the guide's own. */
export interface Manifest {
  readonly schema: 'tilld.ota/1';
  readonly type: PackageType;
  readonly version: string;
  readonly customerName: string;
  /** File name of the package without `.zip`. */
  readonly package: string;
  readonly versionCode: number;
  /** Outranks the version code; 1 to 1,000,000. */
  readonly epoch: number;
  readonly compat: { readonly models: readonly string[]; readonly minRuntime: string };
  /** Exactly one. */
  readonly core: readonly [CoreFile];
  /** The files of the resource package, sorted by path; none for firmware. */
  readonly files: readonly PackedFile[];
  /** RFC 3339, UTC, whole seconds: `2026-01-31T12:00:00Z`. */
  readonly created: string;
}

/** The firmware image or the resource archive itself. */
export interface CoreFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  /** Bytes of all files inside; of a firmware image its size. */
  readonly unpackedSize: number;
  /** Entries of the archive, directories included; 0 for a firmware image. */
  readonly entries: number;
}

/** A file of a resource package. */
export interface PackedFile {
  /** `cust/posparam.ini` */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** The three fields of the vendor's own resource.json. */
export interface VendorManifest {
  readonly type: PackageType;
  readonly version: string;
  readonly customerName: string;
}

export const MANIFEST_NAME = 'resource.json';
export const SIGNATURE_NAME = 'resource.json.sig';
export const MAX_EPOCH = 1_000_000;

/** The bytes that are signed: the same for the same manifest, everywhere. */
export const encodeManifest = (manifest: Manifest): Uint8Array => json(inOrder(manifest));

/** The vendor's form, for a package without a signature. */
export const encodeVendorManifest = ({ type, version, customerName }: VendorManifest): Uint8Array => json({ type, version, customerName });

const json = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

/** Keys in the order of the schema, whatever order the manifest was put together in. */
function inOrder({
  schema,
  type,
  version,
  customerName,
  package: stem,
  versionCode,
  epoch,
  compat,
  core,
  files,
  created,
}: Manifest): Manifest {
  const [{ name, size, sha256, unpackedSize, entries }] = core;
  return {
    schema,
    type,
    version,
    customerName,
    package: stem,
    versionCode,
    epoch,
    compat: { models: compat.models, minRuntime: compat.minRuntime },
    core: [{ name, size, sha256, unpackedSize, entries }],
    files: files.map((file) => ({ path: file.path, size: file.size, sha256: file.sha256 })),
    created,
  };
}
