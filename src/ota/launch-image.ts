import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Release } from '../domain/ota/update.ts';
import { otaPaths } from './paths.ts';
import { checkRelease } from './release-files.ts';

/** What a firmware release is started by. */
export const imagePath = (stateDir: string, release: Release): string => join(otaPaths(stateDir).release('AP', release.id), release.core);

/**
 * What has become of a firmware release since it was unpacked, in words, or null when it is whole: its image is there,
 * executable, and byte for byte the one that was unpacked. Reads the whole image. Never throws.
 */
export async function imageDamage(stateDir: string, release: Release): Promise<string | null> {
  const { damage } = await checkRelease(otaPaths(stateDir).release('AP', release.id), release);
  if (damage !== null) return damage;
  return access(imagePath(stateDir, release), constants.R_OK | constants.X_OK).then(
    () => null,
    (error: NodeJS.ErrnoException) => `${release.core} cannot be executed (${error.code})`,
  );
}
