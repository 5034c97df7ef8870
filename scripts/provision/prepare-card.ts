import { createHash } from 'node:crypto';
import { closeSync, copyFileSync, existsSync, fstatSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CallerFault, ConfigurationFault } from '../../src/domain/fault.ts';
import { CARD_FILE, type CardFile, parseCardFile } from '../../src/runtime/provisioning/card-file.ts';
import { cardText, readCardFile } from '../../src/runtime/provisioning/read-card.ts';
import { runProgram } from '../debian/run-program.ts';
import { boxPart, DEB_NAME, metaData, networkConfig, userData } from './cloud-init.ts';

export interface PrepareOptions {
  /** Where the boot partition of the card is mounted on this machine. */
  readonly boot: string;
  readonly deb: string;
  /** The tilld.json to set the box up by. */
  readonly cardFile: string;
}

/** Who the box is says its board, which is not here. */
const anyMachine = () => ({ serial: '0', mac: '02:00:00:00:00:00', model: 'Raspberry Pi' });

/**
 * Prepares a card that Raspberry Pi OS Lite (trixie) has been written to: at its first start it installs tilld and sets
 * itself up. Everything is checked before anything is written. Returns the names of what was written.
 * @throws CallerFault `card-refused`; CardFileInvalid `card-file-invalid`; ConfigurationFault `package-unusable`
 */
export async function prepareCard({ boot, deb, cardFile }: PrepareOptions): Promise<readonly string[]> {
  requireRaspberryPiOs(boot);
  if (!existsSync(cardFile)) throw new ConfigurationFault(`There is no ${cardFile}`, cardFileMissing);
  const source = cardText(readCardFile(cardFile));
  const parsed = parseCardFile(source, anyMachine);
  if (parsed.config === undefined) throw new ConfigurationFault(`${cardFile} says nothing of the box`, boxMissing);
  await requirePackage(deb);
  const { board, backend } = JSON.parse(source) as { board: unknown; backend: unknown };
  const files = contents(parsed, boxPart(board, backend));
  if (cardFile === join(boot, CARD_FILE)) requireWhole(boot, parsed, files);
  // First what is used by what follows: a card that is taken out too early lacks user-data, and starts as it was.
  copyFileSync(deb, join(boot, `${DEB_NAME}.new`));
  renameSync(join(boot, `${DEB_NAME}.new`), join(boot, DEB_NAME));
  for (const [name, content] of files) writeInPlace(join(boot, name), content);
  return [DEB_NAME, ...files.map(([name]) => name)];
}

const boxMissing = {
  code: 'card-file-invalid',
  found: 'no "board" and no "backend"',
  expected: 'both',
  remedy: 'Without them there is nothing for tilld to do.',
};

const cardFileMissing = {
  code: 'card-file-unreadable',
  found: 'nothing',
  expected: 'a file',
  remedy: 'Name the tilld.json to set the box up by with --config.',
};

function contents(card: CardFile, box: string): readonly (readonly [string, string])[] {
  const [network, user] = [networkConfig(card), userData(card)];
  // The same settings are the same box: a card that is prepared twice is set up once.
  const instance = createHash('sha256').update(`${box}${network}${user}`).digest('hex').slice(0, 16);
  return [
    [CARD_FILE, box],
    ['network-config', network],
    ['meta-data', metaData(`tilld-${instance}`)],
    ['user-data', user],
  ];
}

/** By what every such boot partition holds; cloud-init came with trixie. @throws CallerFault `card-refused` */
function requireRaspberryPiOs(boot: string): void {
  const missing = ['config.txt', 'cmdline.txt', 'user-data', 'meta-data'].filter((name) => !existsSync(join(boot, name)));
  if (missing.length === 0) return;
  throw new CallerFault(`${boot} is not the boot partition of Raspberry Pi OS Lite (trixie)`, {
    code: 'card-refused',
    found: `no ${missing.join(', no ')}`,
    expected: 'the folder in which its first partition, bootfs, is mounted',
    remedy: 'Write Raspberry Pi OS Lite of November 2025 or later to the card, and put it in again.',
  });
}

/** @throws ConfigurationFault `package-unusable` */
async function requirePackage(deb: string): Promise<void> {
  const fields = (await runProgram('dpkg-deb', ['--field', deb, 'Package', 'Architecture'], { from: 'dpkg' })).trim();
  if (fields === 'Package: tilld\nArchitecture: arm64') return;
  throw new ConfigurationFault(`${deb} is not the package it takes`, {
    code: 'package-unusable',
    found: fields.replaceAll('\n', ', '),
    expected: 'tilld for arm64',
    remedy: 'Make it with `npm run deb -- --arch arm64`.',
  });
}

/**
 * A card that was prepared has only a part of its tilld.json left; the rest went into the settings of the system, and would
 * be lost. @throws CallerFault `card-refused`
 */
function requireWhole(boot: string, { hostname, timeZone, wifi, sshKey }: CardFile, files: ReturnType<typeof contents>): void {
  if (!existsSync(join(boot, DEB_NAME)) || [hostname, timeZone, wifi, sshKey].some((value) => value !== undefined)) return;
  const same = files.every(
    ([name, content]) => existsSync(join(boot, name)) && readFileSync(join(boot, name), 'utf8').trim() === content.trim(),
  );
  if (same) return;
  throw new CallerFault(`${boot} was prepared before`, {
    code: 'card-refused',
    found: `a ${CARD_FILE} without Wi-Fi, name, time zone and key`,
    expected: 'the whole one',
    remedy: `Name it: --config FILE. Nothing was written.`,
  });
}

/** Over what was there, in the very same blocks: the whole tilld.json may have been, with its passwords. */
function writeInPlace(file: string, content: string): void {
  const fd = openSync(file, existsSync(file) ? 'r+' : 'wx');
  try {
    const { size } = fstatSync(fd);
    writeFileSync(fd, content + ' '.repeat(Math.max(0, size - Buffer.byteLength(content))));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
