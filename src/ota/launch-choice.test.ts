import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Release } from '../domain/ota/update.ts';
import { NEW_TRIAL, putFirmware, setFirmware } from '../testkit/sample-firmware.ts';
import { choose } from './launch-choice.ts';
import { imagePath } from './launch-image.ts';
import { otaPaths } from './paths.ts';
import { readState } from './state-file.ts';

const BUILT_IN = 'built-in';

let home: string;
let said: string[];
let old: Release;
let next: Release;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'launch-choice-'));
  said = [];
  old = putFirmware(home, 'V1.0.0', 'old');
  next = putFirmware(home, 'V1.1.0', 'next');
});

afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

/** The version the launcher would start. */
async function chosen(): Promise<string> {
  const choosing = { stateDir: home, tries: 3, unstartable: new Map(), nowMs: () => 1, say: (line: string) => said.push(line) };
  return (await choose(choosing, null)).release?.version ?? BUILT_IN;
}

const onDisk = () => readState(home).state;
const trialOf = (release: Release, tries = 0) => setFirmware(home, { current: release, previous: old, trial: { ...NEW_TRIAL, tries } });

describe('with damage', () => {
  const damages: [string, () => void][] = [
    ['the release is gone', () => fs.rmSync(otaPaths(home).release('AP', next.id), { recursive: true })],
    ['the image is gone', () => fs.rmSync(imagePath(home, next))],
    ['the image cannot be executed', () => fs.chmodSync(imagePath(home, next), 0o644)],
    ['a bit of the image flipped', () => fs.writeFileSync(imagePath(home, next), 'nexu')],
    ['the image is empty', () => fs.truncateSync(imagePath(home, next))],
    [
      'the image is a link',
      () => fs.renameSync(imagePath(home, next), `${home}/image`) ?? fs.symlinkSync(`${home}/image`, imagePath(home, next)),
    ],
    ['the list of its files is gone', () => fs.rmSync(contents())],
    ['the list of its files is empty', () => fs.truncateSync(contents())],
    ['a bit of the list flipped', () => fs.writeFileSync(contents(), fs.readFileSync(contents(), 'utf8').replace('V1.1.0', 'V1.1.1'))],
  ];
  const contents = () => path.join(otaPaths(home).release('AP', next.id), 'contents.json');

  it.each(damages)('%s: never started, the release before it is, and the package may come again', async (_, damage) => {
    damage();
    for (const trial of [NEW_TRIAL, null]) {
      setFirmware(home, { current: next, previous: old, trial });
      expect(await chosen()).toBe('V1.0.0');
      expect(onDisk()).toMatchObject({
        slots: { AP: { current: { version: 'V1.0.0' }, trial: null } },
        refused: [],
        last: { state: 'rolled-back', code: 'ota-release-damaged', name: next.name },
      });
    }
  });

  it('starts the built-in tilld when every release is damaged', async () => {
    setFirmware(home, { current: next, previous: old });
    for (const release of [old, next]) fs.appendFileSync(imagePath(home, release), '!');
    expect(await chosen()).toBe(BUILT_IN);
    expect(said).toHaveLength(2);
  });

  it('a damaged state file: the copy before it counts, and the log says so', async () => {
    setFirmware(home, { current: old });
    trialOf(next);
    fs.appendFileSync(path.join(otaPaths(home).root, 'state.json'), ' ');
    expect(await chosen()).toBe('V1.0.0');
    expect(said.join()).toContain('the record of updates is damaged');
  });

  it('both copies damaged: the built-in tilld', async () => {
    setFirmware(home, { current: old });
    trialOf(next);
    for (const name of ['state.json', 'state.prev.json']) fs.truncateSync(path.join(otaPaths(home).root, name), 5);
    expect(await chosen()).toBe(BUILT_IN);
  });
});

describe('on a disk that takes no writes', () => {
  /** A directory where the new file is to be written is an error for root too. */
  const refuseWrites = () => fs.mkdirSync(path.join(otaPaths(home).root, 'state.json.tmp'));

  it('a start that cannot be counted is not made: what proved itself before runs', async () => {
    trialOf(next);
    refuseWrites();
    expect(await chosen()).toBe('V1.0.0');
    expect(said.join()).toContain('cannot be written');
    expect(onDisk().slots.AP).toMatchObject({ current: { version: 'V1.1.0' }, trial: { tries: 0 } });
  });

  it('leaves a release that failed, though it cannot record that', async () => {
    trialOf(next, 3);
    refuseWrites();
    expect(await chosen()).toBe('V1.0.0');
  });
});
