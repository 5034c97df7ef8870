import { closeSync, constants, existsSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceFault, Fault } from '../../domain/fault.ts';
import { machineIdentity } from '../../drivers/machine.ts';
import { CARD_FILE, CardFileInvalid, parseCardFile } from './card-file.ts';
import { BLANK, cardText, isWiped, readCardFile, SECTOR_BYTES } from './read-card.ts';
import { systemFiles } from './system-files.ts';
import { writeSystemFiles } from './write-files.ts';

/** What people find beside their file once the box has read it. */
const REPORT_FILE = 'tilld-report.txt';
/** What becomes of the name in an editor of Windows, which does not show it. */
const HIDDEN_ENDING = `${CARD_FILE}.txt`;

export interface ProvisionOptions {
  /** The folder the boot partition is mounted at. */
  readonly boot: string;
  /** Stands for `/`. */
  readonly root: string;
}

/** What was set up, by path; null when there was no card file. */
export type Provisioned = readonly string[] | null;

/**
 * Applies tilld.json of a boot partition, and wipes it. Either everything in it is applied, or nothing; a report beside it
 * says which, without a secret. A cut anywhere is made good at the next start.
 * @throws CardFileInvalid when the file is wrong: it stays as it is, for its owner to correct; DeviceFault
 * `provisioning-write`, or `card-file-kept` when it was applied and cannot be wiped
 */
export function provision({ boot, root }: ProvisionOptions): Provisioned {
  if (![CARD_FILE, HIDDEN_ENDING].some((name) => existsSync(join(boot, name)))) return null;
  const { paths, bytes } = told(boot, 'Nothing was changed. This file may be deleted.', () => apply(boot, root));
  told(boot, 'Everything in it was applied.', () => finish(boot, bytes, paths));
  return paths;
}

/** Does it. What goes wrong is said in the report too. */
function told<T>(boot: string, end: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Fault) tryToReport(boot, `${error.explain()}\n\n${end}\n`);
    throw error;
  }
}

interface Applied {
  readonly paths: readonly string[];
  /** How long the card file is. */
  readonly bytes: number;
}

function apply(boot: string, root: string): Applied {
  const file = join(boot, CARD_FILE);
  if (!existsSync(file)) {
    const expected = `${CARD_FILE}: rename it (Windows shows the end of a name when it is told to)`;
    throw new CardFileInvalid([{ path: 'the name', found: HIDDEN_ENDING, expected }]);
  }
  const source = readCardFile(file);
  if (isWiped(source)) return { paths: [], bytes: source.length };
  const files = systemFiles(parseCardFile(cardText(source), () => machineIdentity(root)));
  requireZone(
    root,
    files.flatMap((one) => ('linkTo' in one ? [one.linkTo] : [])),
  );
  writeSystemFiles(root, files);
  return { paths: files.map(({ path }) => `/${path}`), bytes: source.length };
}

/** The library that knows the time zones may know more than the system has files for. */
function requireZone(root: string, zones: readonly string[]): void {
  if (zones.every((zone) => existsSync(join(root, zone)))) return;
  throw new CardFileInvalid([{ path: '$.timeZone', found: 'one this system does not have', expected: 'a time zone like Asia/Bangkok' }]);
}

function finish(boot: string, bytes: number, applied: readonly string[]): void {
  try {
    wipe(join(boot, CARD_FILE), bytes);
    const written = applied.length === 0 ? 'at a start before this one' : applied.map((path) => `\n  ${path}`).join('');
    report(boot, `${CARD_FILE} was applied and removed: it held secrets.\n\nWritten: ${written}\n`);
  } catch (cause) {
    throw new DeviceFault(`${CARD_FILE} was applied, and the card cannot be written to`, {
      code: 'card-file-kept',
      found: (cause as NodeJS.ErrnoException).code ?? String(cause),
      expected: `${CARD_FILE} wiped, and a report beside it`,
      remedy: `Delete ${CARD_FILE} on a PC: it holds secrets, and is applied again at every start. Take another card when that fails too.`,
      cause,
    });
  }
}

/**
 * Overwrites a file with blanks in its place, and removes it. Its beginning first, by which a start after a cut knows it.
 * What the card itself keeps of a block it has moved is beyond anybody's reach.
 */
function wipe(file: string, bytes: number): void {
  const fd = openSync(file, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const first = Math.min(bytes, SECTOR_BYTES);
    for (const part of [first, bytes - first]) {
      writeFileSync(fd, BLANK.repeat(part));
      fsyncSync(fd);
    }
  } finally {
    closeSync(fd);
  }
  rmSync(file);
}

/** With the line ends of the oldest editor anybody may open it in. */
function report(boot: string, text: string): void {
  writeFileSync(join(boot, REPORT_FILE), text.replaceAll('\n', '\r\n'));
}

function tryToReport(boot: string, text: string): void {
  try {
    report(boot, text);
  } catch {
    // The card is full, or cannot be written to: the fault itself goes to the log and the console.
  }
}
