import fs from 'node:fs';
import type { Progress } from '../ports/updates.ts';
import { releaseOf } from './check.ts';
import { makeDirectory, needRoom, syncDirectory } from './disk.ts';
import { unpackPackage } from './package/unpack.ts';
import type { VerifiedPackage } from './package/verify.ts';
import type { OtaPaths } from './paths.ts';
import { checkRelease, writeContents } from './release-files.ts';

/** A folder and a file take a block at the least, whatever they hold. */
const BLOCK_BYTES = 4096;

/**
 * Puts a package beside the other releases: unpacked under another name first, every file and folder synced, then
 * renamed into its place, and the place synced. One that is there already and whole is left as it is.
 * @throws OtaFault, DeviceFault; then nothing of it is left
 */
export async function unpackRelease(paths: OtaPaths, verified: VerifiedPackage, reserveBytes: number, progress?: Progress): Promise<void> {
  const release = releaseOf(verified);
  const folder = paths.release(release.type, release.id);
  const parent = paths.releases(release.type);
  makeDirectory(parent);
  if (!fs.existsSync(folder) || (await checkRelease(folder, release)).damage !== null) {
    const partial = paths.partial(release.type, release.id);
    const remove = (what: string) => fs.rmSync(what, { recursive: true, force: true });
    remove(partial);
    const [{ unpackedSize, entries }] = verified.manifest.core;
    needRoom(parent, unpackedSize + (entries + 4) * BLOCK_BYTES + verified.scratchBytes, reserveBytes);
    try {
      await unpackPackage(verified, partial, progress, reserveBytes);
      writeContents(partial, verified.sha256, verified.manifest);
      remove(folder);
      fs.renameSync(partial, folder);
    } catch (error) {
      remove(partial);
      throw error;
    }
  }
  syncDirectory(parent);
}
