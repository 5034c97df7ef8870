import fs from 'node:fs';
import { join } from 'node:path';
import { NO_UPDATES } from '../domain/ota/states.ts';
import type { UpdateState } from '../domain/ota/update.ts';
import { makeDirectory, onDisk, replaceFile, syncDirectory } from './disk.ts';
import { otaPaths } from './paths.ts';
import { seal, unseal } from './sealed.ts';

const NAME = 'state.json';
const PREVIOUS = 'state.prev.json';

interface StateReading {
  readonly state: UpdateState;
  /** What is wrong with the files, in words, or null. Then the state is the one before the last change, or empty. */
  readonly damaged: string | null;
}

/**
 * What is known of the updates of the box with this state directory. The file carries a checksum over its content;
 * when it does not hold, the previous copy counts; when neither does, the box is as if never updated: nothing on the
 * disk is trusted, and nothing is removed. Never throws.
 */
export function readState(stateDir: string): StateReading {
  const { root } = otaPaths(stateDir);
  const current = readCopy(join(root, NAME));
  if (current.state) return { state: current.state, damaged: null };
  const previous = readCopy(join(root, PREVIOUS));
  if (current.fault === null && previous.fault === null && !previous.state) return { state: NO_UPDATES, damaged: null };
  const what = `${NAME} ${current.fault ?? 'is missing'}`;
  if (previous.state) return { state: previous.state, damaged: `${what}; the copy before it is used` };
  return { state: NO_UPDATES, damaged: `${what}, ${PREVIOUS} ${previous.fault ?? 'is missing'}; no release is used` };
}

/**
 * Replaces the state: after this call the new one counts, whenever the power goes; before it, the old one. A good old
 * file becomes the previous copy first. @throws DeviceFault `ota-no-space`, `ota-io`; then the old state still counts
 */
export function writeState(stateDir: string, state: UpdateState): void {
  const { root } = otaPaths(stateDir);
  const file = join(root, NAME);
  onDisk(() => {
    makeDirectory(root);
    const old = readCopy(file);
    if (old.state) replaceFile(join(root, PREVIOUS), old.bytes);
    replaceFile(file, seal(state));
    syncDirectory(root);
  });
}

type Copy =
  | { readonly state: UpdateState; readonly bytes: Uint8Array; readonly fault: null }
  | { readonly state: null; readonly fault: string | null };

function readCopy(file: string): Copy {
  try {
    const bytes = fs.readFileSync(file);
    const state = unseal(bytes) as UpdateState | undefined;
    if (state === undefined) return { state: null, fault: 'is damaged' };
    if (state.schema !== NO_UPDATES.schema) return { state: null, fault: 'is of another version of tilld' };
    return { state, bytes, fault: null };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { state: null, fault: code === 'ENOENT' ? null : `cannot be read (${code ?? String(error)})` };
  }
}
