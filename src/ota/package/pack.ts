import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { MAX_CORE_BYTES } from '../../domain/ota/limits.ts';
import { encodeManifest, encodeVendorManifest, MANIFEST_NAME, type Manifest, SIGNATURE_NAME } from '../../domain/ota/manifest.ts';
import { parseCoreName, parsePackageName } from '../../domain/ota/names.ts';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import type { Progress } from '../../ports/updates.ts';
import { checkCertificates } from './certificates.ts';
import { openInput } from './file.ts';
import { signManifest } from './keys.ts';
import { manifestOf } from './manifest-of.ts';
import { PrivateKeyScan } from './private-key.ts';
import { type Contents, checkFolders, checkPosparam, readContents, readResourceLayout } from './resources.ts';
import { FileWindow } from './window.ts';
import { sourceOf, writeArchive } from './zip-writer.ts';

export interface PackOptions {
  /** The core file: `…/DS50_app_V1.0.0.img` or `…/resource_V1.0.0.zip`. */
  readonly core: string;
  /** Folder the package goes to; an older one of the same name is replaced. */
  readonly outDir: string;
  readonly customer: string;
  /** Private key (PEM) that signs; null: unsigned, with the three fields of the vendor's resource.json. */
  readonly privateKey: string | null;
  /** As `Manifest.created`; default 1980-01-01T00:00:00Z, so that the same input gives the same bytes. */
  readonly created?: string;
  /** 1 to 1,000,000, default 1. */
  readonly epoch?: number;
  /** Oldest tilld it runs on; default 0.1.0. */
  readonly minRuntime?: string;
  /** Bytes read, of all that have to be: a core file is read up to three times. */
  readonly progress?: Progress;
}

export interface PackedPackage {
  /** Where it is. */
  readonly file: string;
  /** File name. */
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly manifest: Manifest;
}

/**
 * Makes a package of a core file: byte for byte the same for the same input and key, on any machine and at any time.
 * @throws OtaFault for what is wrong with the input, with the codes of `verifyPackage`; CallerFault `ota-file`;
 * ConfigurationFault `ota-key`; DeviceFault `ota-no-space`, `ota-io`
 */
export async function packPackage({ core: path, outDir, customer, privateKey, progress, ...more }: PackOptions): Promise<PackedPackage> {
  const name = basename(path);
  const { type, version } = parseCoreName(name);
  const { handle, size } = await openInput(path);
  try {
    checkSize(size);
    const passes = size * (type === 'AP' ? 2 : 3);
    let done = 0;
    const core = new FileWindow(handle, 0, size, (bytes) => {
      done += bytes;
      progress?.(Math.min(done, passes), passes);
    });
    const { crc, sha256 } = await sumsOf(core, name);
    const contents = type === 'AP' ? null : await checkResources(core);
    const manifest = manifestOf({ ...more, type, version: version.text, customerName: customer, core: { name, size, sha256 }, contents });
    const packageName = `${manifest.package}.zip`;
    parsePackageName(packageName);
    const archive = await writeArchive(join(outDir, packageName), [
      { name, size, crc, chunks: () => core.chunks() },
      ...manifestSources(manifest, privateKey),
    ]);
    progress?.(passes, passes);
    return { file: join(outDir, packageName), name: packageName, ...archive, manifest };
  } finally {
    await handle.close();
  }
}

function manifestSources(manifest: Manifest, privateKey: string | null) {
  if (privateKey === null) return [sourceOf(MANIFEST_NAME, encodeVendorManifest(manifest))];
  const bytes = encodeManifest(manifest);
  return [sourceOf(MANIFEST_NAME, bytes), sourceOf(SIGNATURE_NAME, signManifest(bytes, privateKey))];
}

function checkSize(size: number): void {
  if (size > 0 && size <= MAX_CORE_BYTES) return;
  throw new OtaFault(`The core file is ${size === 0 ? 'empty' : 'too large'}`, {
    code: 'ota-core-size',
    found: `${size} bytes`,
    expected: `1 to ${MAX_CORE_BYTES}`,
  });
}

/** The first pass: what has to be known before the first byte is written. */
async function sumsOf(core: FileWindow, name: string): Promise<{ crc: number; sha256: string }> {
  const hash = createHash('sha256');
  const scan = new PrivateKeyScan();
  let crc = 0;
  for await (const chunk of core.chunks()) {
    crc = crc32(chunk, crc);
    hash.update(chunk);
    scan.next(chunk, name);
  }
  return { crc, sha256: hash.digest('hex') };
}

/** Everything a box would find wrong with a resource archive, and folders that were forgotten. @throws OtaFault */
export async function checkResources(archive: FileWindow): Promise<Contents> {
  const entries = await readResourceLayout(archive);
  checkFolders(entries);
  const contents = await readContents(archive, entries);
  checkPosparam(contents);
  await checkCertificates(contents.keys);
  return contents;
}
