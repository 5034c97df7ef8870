import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Fault } from '../../domain/fault.ts';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import type { Release, UpdateState } from '../../domain/ota/update.ts';
import { type Choice, choose } from '../../ota/launch-choice.ts';
import { imagePath } from '../../ota/launch-image.ts';
import { otaPaths } from '../../ota/paths.ts';
import { readState } from '../../ota/state-file.ts';
import { createUpdates } from '../../ota/updates.ts';
import type { Updates } from '../../ports/updates.ts';
import { isDone, perform } from './acts.ts';
import type { Promised } from './install.ts';
import { policyOf } from './policy.ts';
import type { Case, Packed } from './sample-boxes.ts';

const NOTHING_PROMISED: Promised = { generation: 0, downloaded: 0, tries: 0, done: false };

/** The last that was promised before a power cut, from the lines the process had said. */
export const promisedBy = (said: readonly string[]): Promised =>
  said.reduce((last, line) => (line.startsWith('{') ? (JSON.parse(line) as Promised) : last), NOTHING_PROMISED);

/** What is looked at after a power cut. */
export interface Looking {
  /** The state file is damaged on top of it: then it is enough that the box runs with something whole. */
  readonly damaged?: boolean;
  /** The same is done again, and must end well. */
  readonly again?: boolean;
}

/**
 * Boots a box whose power went, and tells all that is wrong with it: it must run the old release or the new one, whole,
 * and have kept every promise.
 */
export async function inspect(stateDir: string, sample: Case, promised: Promised, looking: Looking = {}): Promise<string[]> {
  // First: the launcher counts a try, and a download is given up or repaired.
  const wrong = looking.damaged ? [] : brokenPromises(readState(stateDir).state, sample, promised);
  const choice = await launcherChoice(stateDir, wrong);
  const reports: Fault[] = [];
  const open = () =>
    createUpdates({
      directory: stateDir,
      policy: policyOf(sample.publicKey),
      wallMs: () => 0,
      report: (fault) => reports.push(fault),
      reserveBytes: 0,
    });
  const updates = open();
  wrong.push(...runs(stateDir, sample, choice, updates));
  if (!looking.damaged) {
    for (const report of reports) wrong.push(`on opening: ${report.explain()}`);
    wrong.push(...downloadedBytes(stateDir, sample.next, promised, updates));
  }
  if (sample.type === 'CUST') wrong.push(...(await serves(updates, sample)));
  if (looking.again && wrong.length === 0) wrong.push(...(await doAgain(updates, stateDir, sample)));
  return wrong;
}

function brokenPromises(state: UpdateState, sample: Case, promised: Promised): string[] {
  const { current, trial } = state.slots[sample.type];
  const broken: string[] = [];
  if (state.generation < promised.generation)
    broken.push(`the state is of generation ${state.generation}, promised was ${promised.generation}`);
  if (promised.done && !isDone(sample, state)) broken.push(`${current?.id} is current, and what was promised is not done`);
  if (trial && trial.tries < promised.tries) broken.push(`${trial.tries} tries are on record, promised were ${promised.tries}`);
  if (sample.act === 'trial' && current?.sha256 !== sample.next.offer.sha256)
    broken.push(`${current?.id} is current although nobody gave the new one up`);
  return broken;
}

async function launcherChoice(stateDir: string, wrong: string[]): Promise<Choice> {
  const said: string[] = [];
  const choosing = { stateDir, tries: 3, unstartable: new Map(), nowMs: () => 0, say: (line: string) => said.push(line) };
  const choice = await choose(choosing, null);
  if (said.some((line) => line.includes('given up'))) wrong.push(`the launcher says: ${said.join('; ')}`);
  return choice;
}

/** What the launcher starts answers, and what is current is old or new, byte for byte. */
function runs(stateDir: string, sample: Case, { release }: Choice, updates: Updates): string[] {
  const wrong: string[] = [];
  if (release) {
    const answer = execFileSync(imagePath(stateDir, release), { encoding: 'utf8' }).trim();
    if (answer !== release.version) wrong.push(`${release.id} answers ${answer}`);
  }
  const { current, previous } = updates.state().slots[sample.type];
  const packed = packedOf(sample, current);
  if (packed === undefined) return [...wrong, `neither old nor new runs, but ${current?.id ?? 'what tilld brings'}`];
  wrong.push(...differences(stateDir, current, packed));
  if (packed === sample.next && previous?.sha256 !== sample.old?.offer.sha256) wrong.push('the release before the new one is not kept');
  if (previous && packed === sample.next) wrong.push(...differences(stateDir, previous, sample.old));
  return wrong;
}

/** The package a release came from; undefined for one that is neither old nor new. */
function packedOf({ old, next }: Case, release: Release | null): Packed | null | undefined {
  return [old, next].find((one) => (one?.offer.sha256 ?? null) === (release?.sha256 ?? null));
}

function differences(stateDir: string, release: Release | null, packed: Packed | null): string[] {
  if (!release || !packed) return [];
  const folder = otaPaths(stateDir).release(release.type, release.id);
  const wrong: string[] = [];
  for (const [at, bytes] of packed.contents) {
    const found = fs.existsSync(path.join(folder, at)) ? fs.readFileSync(path.join(folder, at)) : null;
    if (!found?.equals(bytes)) wrong.push(`${release.id}/${at} ${found ? 'is not the one of its package' : 'is missing'}`);
  }
  for (const name of ['resource.json', 'resource.json.sig']) {
    const found = fs.existsSync(path.join(folder, name)) ? fs.readFileSync(path.join(folder, name)) : null;
    // Packages hold their entries as they are.
    if (!found?.length || !Buffer.from(packed.bytes).includes(found)) wrong.push(`${release.id}/${name} is not the one of its package`);
  }
  return wrong;
}

/** Bytes that were promised need not be fetched again, until they are unpacked. */
function downloadedBytes(stateDir: string, { offer, bytes }: Packed, { downloaded }: Promised, updates: Updates): string[] {
  const { job, slots } = updates.state();
  const here = Object.values(slots).some(({ current }) => current?.sha256 === offer.sha256);
  if (downloaded === 0 || here || job?.phase === 'staged') return [];
  const part = otaPaths(stateDir).part(offer.sha256);
  const found = job && fs.existsSync(part) ? fs.readFileSync(part) : Buffer.alloc(0);
  return found.subarray(0, downloaded).equals(bytes.subarray(0, downloaded)) ? [] : [`not all of the ${downloaded} bytes are there`];
}

/** What the box is given of its resources is of one release. */
async function serves(updates: Updates, sample: Case): Promise<string[]> {
  const before = updates.state().slots.CUST.current;
  const packed = packedOf(sample, before);
  const wrong: string[] = [];
  for (const [at, bytes] of packed?.contents ?? []) {
    const found = await updates.resource(at);
    if (!found || !bytes.equals(found)) wrong.push(`the box does not get ${at} of ${before?.id}`);
  }
  return wrong;
}

async function doAgain(updates: Updates, stateDir: string, sample: Case): Promise<string[]> {
  const nobody = () => undefined;
  await perform(sample, updates, nobody).catch((error: unknown) => {
    // A file system that gave a file its length before its bytes: noticed by the hash, and the package comes again.
    if (!(error instanceof OtaFault) || error.code !== 'ota-hash') throw error;
    return perform(sample, updates, nobody);
  });
  const { current } = updates.state().slots[sample.type];
  if (!isDone(sample, updates.state())) return [`done once more, it ends with ${current?.id}`];
  return differences(stateDir, current, packedOf(sample, current) ?? null);
}
