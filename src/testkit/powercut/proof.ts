import fs from 'node:fs';
import path from 'node:path';
import { otaPaths } from '../../ota/paths.ts';
import { ModelDisk } from './disk.ts';
import { inspect, type Looking, promisedBy } from './inspection.ts';
import { type Moment, momentsOf, rebuild, syncsOf, type Tape } from './replay.ts';
import type { Case } from './sample-boxes.ts';
import { record } from './tracing.ts';

/** Prepares a box, does to it what the case is about, and keeps every call of that. */
export async function tapeOf(sample: Case, work: string): Promise<Tape> {
  const root = path.join(work, 'recorded');
  const template = path.join(work, 'before');
  await sample.prepare(template);
  fs.cpSync(template, root, { recursive: true, verbatimSymlinks: true });
  return { root, before: () => ModelDisk.of(template), calls: record(sample.task(root), work) };
}

/** What is wrong with a box after a power cut, with a state file as it is and with one that has lost a bit on top. */
export async function faultsAt({ wreck, said, name }: Moment, sample: Case, work: string, looking: Looking = {}): Promise<string[]> {
  const directory = path.join(work, 'rebuilt');
  const promised = promisedBy(said);
  const look = async (how: Looking, spoil: (directory: string) => void): Promise<string[]> => {
    fs.rmSync(directory, { recursive: true, force: true });
    rebuild(wreck, directory);
    spoil(directory);
    const wrong = await inspect(directory, sample, promised, how);
    return wrong.map((what) => `${name}${how.damaged ? ', state.json damaged' : ''}: ${what}`);
  };
  const faults = await look(looking, () => undefined);
  return faults.length > 0 ? faults : look({ damaged: true }, flipBit);
}

function flipBit(directory: string): void {
  const file = path.join(otaPaths(directory).root, 'state.json');
  if (!fs.existsSync(file)) return;
  const bytes = fs.readFileSync(file);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  fs.writeFileSync(file, bytes);
}

/**
 * What is synced in the recording although no power cut shows what that is good for: it is one sync too many, or one
 * the check does not see the use of.
 */
export async function needlessSyncs(tape: Tape, sample: Case, work: string): Promise<string[]> {
  const needless: string[] = [];
  const sound = new Set(momentsOf(tape).map(({ key }) => key));
  for (const { at, subject } of syncsOf(tape)) {
    const moments = momentsOf(tape, at).filter(({ key }) => !sound.has(key));
    // What a forgotten sync breaks is mostly broken at the end still.
    if (!(await anyFault(moments.reverse(), sample, work))) needless.push(subject);
  }
  return needless;
}

async function anyFault(moments: readonly Moment[], sample: Case, work: string): Promise<boolean> {
  for (const moment of moments) {
    if ((await faultsAt(moment, sample, work)).length > 0) return true;
  }
  return false;
}
