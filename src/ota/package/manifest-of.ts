import type { Manifest, VendorManifest } from '../../domain/ota/manifest.ts';
import { MODEL, packageStem } from '../../domain/ota/names.ts';
import { DEFAULT_CREATED } from '../../domain/ota/timestamp.ts';
import { parseVersion } from '../../domain/ota/version.ts';
import type { Contents } from './resources.ts';

/** The oldest tilld that installs packages. */
const FIRST_RUNTIME = '0.1.0';

export interface Made extends VendorManifest {
  readonly core: { readonly name: string; readonly size: number; readonly sha256: string };
  /** What is inside a resource archive; null: a firmware image. */
  readonly contents: Pick<Contents, 'files' | 'unpackedSize' | 'entries'> | null;
  /** Default: the one model there is. */
  readonly model?: string | undefined;
  readonly created?: string;
  readonly epoch?: number;
  readonly minRuntime?: string;
}

/** The manifest of what was found in a core file. */
export function manifestOf({ type, version, customerName, core, contents, model = MODEL, created, epoch, minRuntime }: Made): Manifest {
  return {
    schema: 'tilld.ota/1',
    type,
    version,
    customerName,
    package: packageStem(type, model, customerName, version),
    versionCode: parseVersion(version).code,
    epoch: epoch ?? 1,
    compat: { models: [model], minRuntime: minRuntime ?? FIRST_RUNTIME },
    core: [{ ...core, unpackedSize: contents?.unpackedSize ?? core.size, entries: contents?.entries ?? 0 }],
    files: contents?.files ?? [],
    created: created ?? DEFAULT_CREATED,
  };
}
