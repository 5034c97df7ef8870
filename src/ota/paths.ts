import { join } from 'node:path';
import type { PackageType } from '../domain/ota/update.ts';

/** Where updates lie below a box's state directory. A path here says nothing about whether something is there. */
export interface OtaPaths {
  /** `STATE/ota` */
  readonly root: string;
  /** Downloads: `dl` */
  readonly downloads: string;
  /** What is there of the package with this hash: `dl/<sha256>.part` */
  part(sha256: string): string;
  /** All releases of one type: `firmware`, `resource` */
  releases(type: PackageType): string;
  /** `firmware/<release id>` */
  release(type: PackageType, id: string): string;
  /** A release that is being unpacked: `firmware/<release id>.partial` */
  partial(type: PackageType, id: string): string;
  /** A link to the current release for people and scripts; derived from the state, never read by tilld: `firmware/current` */
  current(type: PackageType): string;
}

const FOLDER: Readonly<Record<PackageType, string>> = { AP: 'firmware', CUST: 'resource' };

/** The layout below `STATE/ota`, by the box's state directory. */
export function otaPaths(stateDir: string): OtaPaths {
  const root = join(stateDir, 'ota');
  const downloads = join(root, 'dl');
  const releases = (type: PackageType) => join(root, FOLDER[type]);
  return {
    root,
    downloads,
    part: (sha256) => join(downloads, `${sha256}.part`),
    releases,
    release: (type, id) => join(releases(type), id),
    partial: (type, id) => join(releases(type), `${id}.partial`),
    current: (type) => join(releases(type), 'current'),
  };
}
