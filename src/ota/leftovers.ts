import fs from 'node:fs';
import { join } from 'node:path';
import type { PackageType, UpdateState } from '../domain/ota/update.ts';
import type { OtaPaths } from './paths.ts';

/**
 * Removes what no state speaks of: downloads of other jobs, half unpacked releases, releases that are neither current
 * nor previous nor staged. Nothing of it is needed again, so nothing is synced: a removal that is lost is made again.
 */
export function removeLeftovers(paths: OtaPaths, state: UpdateState): void {
  const { job } = state;
  const part = job && job.phase !== 'staged' ? [paths.part(job.offer.sha256)] : [];
  keepOnly(paths.downloads, part);
  for (const type of ['AP', 'CUST'] as const) keepOnly(paths.releases(type), [paths.current(type), ...releasesOf(paths, state, type)]);
}

function releasesOf(paths: OtaPaths, { slots, job }: UpdateState, type: PackageType): string[] {
  const staged = job?.phase === 'staged' && job.release?.type === type ? job.release : null;
  return [slots[type].current, slots[type].previous, staged].flatMap((release) => (release ? [paths.release(type, release.id)] : []));
}

function keepOnly(folder: string, keep: readonly string[]): void {
  if (!fs.existsSync(folder)) return;
  for (const name of fs.readdirSync(folder)) {
    const entry = join(folder, name);
    if (!keep.includes(entry)) fs.rmSync(entry, { recursive: true, force: true });
  }
}
