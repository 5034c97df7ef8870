import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationFault } from '../domain/fault.ts';
import { DS50_FILES } from './simulate-config.ts';

/** Says that a folder is one of ours, and to a person what may be deleted. */
const MARK = 'tilld-simulate.txt';
const MARK_TEXT = `tilld simulate made box.json, box/ and refserver.sqlite in this folder.
A payment speaker (--protocol ds50) has posparam.ini, ota.key and ota.pub besides. box.json is the configuration of the
virtual box: change it as you like. tilld simulate --fresh starts over without all of these.
`;
const CONFIG = 'box.json';
const BOX = 'box';
const BACKEND = [
  'refserver.sqlite',
  'refserver.sqlite-wal',
  'refserver.sqlite-shm',
  'refserver.sqlite-journal',
  'refserver.sqlite-packages',
];

/** Where a simulation keeps what it must not forget. */
export interface SimulationFiles {
  readonly configFile: string;
  readonly boxState: string;
  readonly backendState: string;
}

/**
 * Makes the state folder, or finds the one made before; `fresh` first removes what was made there, and nothing else.
 * @throws ConfigurationFault `state-folder`, `state-not-ours` when the names are taken by files tilld did not make
 */
export function openStateFolder(folder: string, fresh: boolean): SimulationFiles {
  const files = { configFile: join(folder, CONFIG), boxState: join(folder, BOX), backendState: join(folder, 'refserver.sqlite') };
  try {
    mkdirSync(folder, { recursive: true });
    const ours = existsSync(join(folder, MARK));
    const taken = [CONFIG, BOX].filter((name) => existsSync(join(folder, name)));
    if (!ours && taken.length > 0) throw notOurs(folder, taken);
    if (ours && fresh)
      for (const name of [CONFIG, BOX, ...DS50_FILES, ...BACKEND]) rmSync(join(folder, name), { recursive: true, force: true });
    if (!ours) writeFileSync(join(folder, MARK), MARK_TEXT);
    mkdirSync(files.boxState, { recursive: true });
    return files;
  } catch (cause) {
    if (cause instanceof ConfigurationFault) throw cause;
    const remedy = 'Give a folder you may write to with --state.';
    throw new ConfigurationFault('The state folder cannot be used', { code: 'state-folder', found: folder, remedy, cause });
  }
}

const notOurs = (folder: string, taken: readonly string[]) =>
  new ConfigurationFault('The state folder holds files that tilld simulate did not make', {
    code: 'state-not-ours',
    found: taken.map((name) => join(folder, name)).join(', '),
    expected: 'a folder of its own',
    remedy: 'Give another folder with --state; nothing was changed.',
  });
