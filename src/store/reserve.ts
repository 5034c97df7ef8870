import { randomFillSync } from 'node:crypto';
import fs from 'node:fs';

const MIB = 1024 * 1024;
/** Room that must stay beside the reserve; below it nothing new is begun. */
const LEAST_FREE_BYTES = MIB;

/**
 * A file that holds disk space back. It is given up when the disk is full, so that the sale in flight can be recorded to its end,
 * and taken again once there is room.
 */
export interface Reserve {
  /** Removes the file; false when there was none to give. */
  giveUp(): boolean;
  /** Whether the reserve is in place with room beside it. Takes the reserve again when it is missing and there is room for it. */
  ready(): boolean;
}

export function reserveIn(directory: string, mebibytes: number): Reserve {
  const file = `${directory}/reserve`;
  const size = mebibytes * MIB;
  const held = () => (fs.statSync(file, { throwIfNoEntry: false })?.size ?? -1) >= size;
  return {
    giveUp: () => {
      if (!fs.existsSync(file)) return false;
      fs.unlinkSync(file);
      return true;
    },
    ready: () => {
      const { bavail, bsize } = fs.statfsSync(directory);
      if (held()) return bavail * bsize >= LEAST_FREE_BYTES;
      // Twice the least room, so that taking the reserve does not at once bring the shortage back.
      if (bavail * bsize < size + 2 * LEAST_FREE_BYTES) return false;
      return take(file, mebibytes);
    },
  };
}

/** Writes the file in full. Random bytes: a file system that compresses or skips zeros would hold back nothing. */
function take(file: string, mebibytes: number): boolean {
  const block = randomFillSync(Buffer.allocUnsafe(MIB));
  try {
    // Not synced: after a power cut it is measured again and, if short, written again.
    const fd = fs.openSync(file, 'w', 0o600);
    try {
      for (let n = 0; n < mebibytes; n++) if (fs.writeSync(fd, block) < MIB) throw new Error('short write');
    } finally {
      fs.closeSync(fd);
    }
    return true;
  } catch {
    // No room after all: the answer is "not ready", and half a reserve must not keep what little there is.
    fs.rmSync(file, { force: true });
    return false;
  }
}
