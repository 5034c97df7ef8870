import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationFault, Fault } from '../../domain/fault.ts';
import { machineIdentity } from '../../drivers/machine.ts';
import { CARD_FILE, CardFileInvalid, parseCardFile } from './card-file.ts';
import { systemFiles } from './system-files.ts';
import { writeSystemFiles } from './write-files.ts';

/** What people find beside their file once the box has read it. */
const REPORT_FILE = 'tilld-report.txt';
const MAX_BYTES = 1024 * 1024;

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
 * @throws CardFileInvalid when the file is wrong: it stays as it is, for its owner to correct; DeviceFault `provisioning-write`
 */
export function provision({ boot, root }: ProvisionOptions): Provisioned {
  const file = join(boot, CARD_FILE);
  if (!existsSync(file)) return null;
  try {
    const source = read(file);
    // A cut fell between wiping and removing it.
    if (source.trim() === '') return finish(file, boot, []);
    const files = systemFiles(parseCardFile(source, () => machineIdentity(root)));
    requireZone(
      root,
      files.flatMap((one) => ('linkTo' in one ? [one.linkTo] : [])),
    );
    writeSystemFiles(root, files);
    return finish(
      file,
      boot,
      files.map(({ path }) => `/${path}`),
    );
  } catch (error) {
    if (error instanceof Fault) report(boot, `${error.explain()}\n\nNothing was changed. This file may be deleted.\n`);
    throw error;
  }
}

function read(file: string): string {
  const bytes = statSync(file).size;
  if (bytes > MAX_BYTES) throw new CardFileInvalid([{ path: '$', found: `${bytes} bytes`, expected: `at most ${MAX_BYTES}` }]);
  return readFileSync(file, 'utf8');
}

/** The library that knows the time zones may know more than the system has files for. */
function requireZone(root: string, zones: readonly string[]): void {
  if (zones.every((zone) => existsSync(join(root, zone)))) return;
  throw new CardFileInvalid([{ path: '$.timeZone', found: 'one this system does not have', expected: 'a time zone like Asia/Bangkok' }]);
}

function finish(file: string, boot: string, applied: readonly string[]): readonly string[] {
  wipe(file);
  report(boot, `${CARD_FILE} was applied and removed: it held secrets.\n\nWritten:\n${applied.map((path) => `  ${path}\n`).join('')}`);
  return applied;
}

/**
 * Overwrites a file with blanks in its place, and removes it. What the card itself keeps of a block it has moved is beyond
 * anybody's reach.
 */
function wipe(file: string): void {
  const fd = openSync(file, 'r+');
  try {
    const { size } = fstatSync(fd);
    if (size > MAX_BYTES) throw new ConfigurationFault(`${CARD_FILE} has grown`, { code: 'card-file-invalid', found: `${size} bytes` });
    writeSync(fd, Buffer.alloc(size, ' '), 0, size, 0);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  rmSync(file);
}

/** With the line ends of the oldest editor anybody may open it in. */
function report(boot: string, text: string): void {
  writeFileSync(join(boot, REPORT_FILE), text.replaceAll('\n', '\r\n'));
}
