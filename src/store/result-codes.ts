import { Fault } from '../domain/fault.ts';
import { type CommitOutcome, StoreFault } from '../domain/store-fault.ts';

/** What a primary SQLite result code (sqlite.org/rescode.html) means for the box. */
const MEANING: Readonly<Record<number, { readonly code: string; readonly message: string; readonly remedy: string }>> = {
  5: { code: 'store-busy', message: 'Another program holds the journal', remedy: 'End the other program that uses the state directory.' },
  6: { code: 'store-busy', message: 'The journal is locked', remedy: 'End the other program that uses the state directory.' },
  8: {
    code: 'store-readonly',
    message: 'The journal cannot be written',
    remedy: 'Make the state directory and its file system writable for the account of the box.',
  },
  10: {
    code: 'store-io',
    message: 'The disk failed under the journal',
    remedy: 'Restart the box; if it happens again, replace its card or disk.',
  },
  11: { code: 'store-damaged', message: 'The journal is damaged', remedy: '' },
  13: {
    code: 'store-full',
    message: 'There is no room for the journal',
    remedy: 'Free space on the disk of the state directory, or raise the size limit of the journal.',
  },
  14: {
    code: 'store-io',
    message: 'A file of the journal cannot be opened',
    remedy: 'Check that the state directory exists and belongs to the account of the box.',
  },
  18: {
    code: 'store-invalid',
    message: 'A record is too large for the journal',
    remedy: 'Report this: tilld offered a record it must not.',
  },
  19: { code: 'store-invalid', message: 'The journal refused a record', remedy: 'Report this: tilld offered a record it must not.' },
  20: { code: 'store-invalid', message: 'The journal refused a record', remedy: 'Report this: tilld offered a record it must not.' },
  26: { code: 'store-damaged', message: 'The journal is not a database', remedy: '' },
};

const DUPLICATE = {
  code: 'store-duplicate',
  message: 'This was recorded before',
  remedy: 'Nothing is to be done: the first record stands.',
};

const OTHER = { code: 'store-failed', message: 'The journal failed', remedy: 'Restart the box; report this if it happens again.' };

/** Extended codes of a primary key, unique index or rowid that is already there. */
const DUPLICATES = new Set([1555, 2067, 2579]);

/** What to do with a damaged journal: the same words wherever the damage shows. */
const DAMAGE_REMEDY =
  'Take the box out of service, copy its whole state directory to a safe place for whoever reconciles the money, check or replace the card or disk, then start with an empty state directory.';

/**
 * Any error of the database as a StoreFault with this outcome; faults pass through as they are, so that what was decided nearer to
 * the database stands. `found` is SQLite's own text, which names columns and never values.
 */
export function storeFault(error: unknown, outcome: CommitOutcome): Fault {
  if (error instanceof Fault) return error;
  const number = resultCode(error);
  const { code, message, remedy } = DUPLICATES.has(number) ? DUPLICATE : (MEANING[number & 0xff] ?? OTHER);
  return new StoreFault(message, {
    code,
    outcome,
    found: `${error instanceof Error ? error.message : String(error)} (SQLite ${number})`,
    remedy: code === 'store-damaged' ? DAMAGE_REMEDY : remedy,
    cause: error,
  });
}

/** What was read is not what was written. */
export function damaged(found: string): StoreFault {
  return new StoreFault('The journal is damaged', { code: 'store-damaged', outcome: 'refused', found, remedy: DAMAGE_REMEDY });
}

/** SQLite's extended result code, or 0 when the error is not SQLite's. */
function resultCode(error: unknown): number {
  const number = (error as { errcode?: unknown } | null)?.errcode;
  return typeof number === 'number' ? number : 0;
}
