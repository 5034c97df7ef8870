import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { encodeManifest, MANIFEST_NAME, type Manifest } from '../domain/ota/manifest.ts';
import { NO_UPDATES } from '../domain/ota/states.ts';
import type { Release, Slot, Trial, UpdateState } from '../domain/ota/update.ts';
import { otaPaths } from '../ota/paths.ts';
import { writeContents } from '../ota/release-files.ts';
import { writeState } from '../ota/state-file.ts';

const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A firmware release as a finished install leaves it below a state directory. `image` is a script the kernel can execute. */
export function putFirmware(stateDir: string, version: string, image: string): Release {
  const hash = sha256(`package of ${version} ${image}`);
  const [major = 0, minor = 0, patch = 0] = version.slice(1).split('.').map(Number);
  const core = `DS50_app_${version}.img`;
  const release: Release = {
    id: `${version}-${hash.slice(0, 12)}`,
    type: 'AP',
    name: `AP_DS50-MQ_ACME_${version}.zip`,
    version,
    versionCode: major * 1_000_000 + minor * 1_000 + patch,
    epoch: 1,
    sha256: hash,
    customerName: 'ACME',
    core,
  };
  const directory = otaPaths(stateDir).release('AP', release.id);
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, core), image, { mode: 0o755 });
  const manifest: Manifest = {
    ...release,
    schema: 'tilld.ota/1',
    package: path.basename(release.name, '.zip'),
    compat: { models: ['DS50-MQ'], minRuntime: '0.1.0' },
    core: [{ name: core, size: image.length, sha256: sha256(image), unpackedSize: image.length, entries: 0 }],
    files: [],
    created: '2026-01-01T00:00:00Z',
  };
  fs.writeFileSync(path.join(directory, MANIFEST_NAME), encodeManifest(manifest));
  writeContents(directory, release.sha256, manifest);
  return release;
}

/** Makes the state of a box with this firmware slot the one on the disk. */
export function setFirmware(stateDir: string, slot: Partial<Slot>): UpdateState {
  const AP = { current: null, previous: null, trial: null, ...slot };
  const state = { ...NO_UPDATES, generation: 7, slots: { ...NO_UPDATES.slots, AP } };
  writeState(stateDir, state);
  return state;
}

/** A trial that begins. */
export const NEW_TRIAL: Trial = { tries: 0, reachedBefore: true, deployment: 'dep-1' };
