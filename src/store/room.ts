import fs from 'node:fs';
import path from 'node:path';
import type { Reserve } from './reserve.ts';
import type { Connection } from './sqlite.ts';

/** Pages that must be free below the cap for new business; a commit needs about ten. */
const HEADROOM_PAGES = 256;

/** The place the journal has: on its disk, and below its own size limit. */
export interface Room {
  /** Makes place for a transaction that found none; false when there is nothing left to give. */
  makeWay(): boolean;
  /** Null, or what stands in the way of a commit: `read-only`, `store-missing`, `store-io`, `disk-full`, `store-full`. */
  probe(): string | null;
  /** Whole percent of the size limit that is in use; pages that were freed are not. */
  fillPercent(): number;
}

/**
 * @param capPages the size limit; `overdraftPages` above it, once, are for what is in flight when it is reached
 */
export function roomFor(db: Connection, file: string, reserve: Reserve, capPages: number, overdraftPages: number): Room {
  const directory = path.dirname(file);
  const pages = () => db.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0;
  const free = () => db.get<{ freelist_count: number }>('PRAGMA freelist_count')?.freelist_count ?? 0;
  const nearCap = () => pages() - free() > capPages - HEADROOM_PAGES;
  let overdrawn = false;
  return {
    makeWay: () => {
      if (!overdrawn && nearCap()) {
        overdrawn = true;
        db.exec(`PRAGMA max_page_count = ${capPages + overdraftPages}`);
        return true;
      }
      return reserve.giveUp();
    },
    probe: () => {
      // access(2) asks the kernel without writing: it says EROFS for a file system that has been remounted read-only.
      const refusal = refusedAccess(file) ?? refusedAccess(directory);
      if (refusal) return refusal;
      if (!reserve.ready()) return 'disk-full';
      return nearCap() ? 'store-full' : null;
    },
    fillPercent: () => Math.floor(((pages() - free()) / capPages) * 100),
  };
}

function refusedAccess(target: string): string | null {
  try {
    fs.accessSync(target, fs.constants.R_OK | fs.constants.W_OK);
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return 'read-only';
    return code === 'ENOENT' ? 'store-missing' : 'store-io';
  }
}
