import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Loss, ModelDisk, Wreck } from './disk.ts';
import { Recording } from './recording.ts';
import type { Call } from './strace.ts';

/** A power cut: what it leaves, and what had been promised before it. */
export interface Moment {
  readonly wreck: Wreck;
  /** After which call, and what was lost: for messages. */
  readonly name: string;
  /** Lines the process had said. */
  readonly said: readonly string[];
  /** The same for moments that leave the same and fall under the same promises. */
  readonly key: string;
}

/** A recording: where it was made, what was on the disk before (made anew for each replay), and the calls. */
export interface Tape {
  readonly root: string;
  readonly before: () => ModelDisk;
  readonly calls: readonly Call[];
}

/** Positions of the calls that make something below the root durable, with what that is. */
export function syncsOf({ root, before, calls }: Tape): { readonly at: number; readonly subject: string }[] {
  const recording = new Recording(root, before());
  return calls.flatMap((call, at) => {
    const found = recording.isSync(call) ? [{ at, subject: recording.subject(call) }] : [];
    recording.apply(call);
    return found;
  });
}

/**
 * Every power cut there can be, before the first call and after each one, with each kind of loss; cuts that leave the
 * same on the disk and fall under the same promises are one.
 *
 * @param without position of a call that is left out, as if the program had forgotten it
 */
export function momentsOf({ root, before, calls }: Tape, without = -1): Moment[] {
  const recording = new Recording(root, before());
  const moments: Moment[] = [];
  const seen = new Set<string>();
  const note = (when: string) => {
    const said = [...recording.said];
    for (const loss of lossesOn(recording.disk)) {
      const wreck = recording.disk.cut(loss);
      const key = `${said.length} ${digestOf(wreck)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      moments.push({ wreck, name: `${when}: ${loss.name}`, said, key });
    }
  };
  note('before the first call');
  calls.forEach((call, at) => {
    if (at === without) return;
    recording.apply(call);
    if (touches(call)) note(`after call ${at}, ${call.name}`);
  });
  return moments;
}

/** Whether a call can change what a power cut leaves, or what was promised. */
const touches = ({ name }: Call): boolean => !/^(close|lseek)$/.test(name);

function lossesOn(disk: ModelDisk): Loss[] {
  const directories = disk.directories();
  const only = directories.map((one): Loss => ({ name: `only names in ${one}/ survive`, namesSurvive: (at) => at === one, data: 'lost' }));
  const but = directories.map((one): Loss => ({ name: `only names in ${one}/ are lost`, namesSurvive: (at) => at !== one, data: 'lost' }));
  return [
    { name: 'nothing more than promised survives', namesSurvive: () => false, data: 'lost' },
    { name: 'names survive, bytes do not', namesSurvive: () => true, data: 'lost' },
    { name: 'names survive, bytes are zeros', namesSurvive: () => true, data: 'zeros' },
    { name: 'nothing is lost', namesSurvive: () => true, data: 'kept' },
    ...only,
    ...but,
  ];
}

const hashes = new WeakMap<Buffer, string>();

function hashOf(data: Buffer): string {
  const known = hashes.get(data);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(data).digest('hex');
  hashes.set(data, hash);
  return hash;
}

/** The same for the same names, modes and bytes. */
function digestOf(wreck: Wreck): string {
  const hash = createHash('sha256');
  for (const [at, left] of wreck) {
    const what = left === null ? 'directory' : 'target' in left ? `-> ${left.target}` : `${left.mode} ${hashOf(left.data)}`;
    hash.update(`${at}\0${what}\0`);
  }
  return hash.digest('hex');
}

/** Makes what a power cut leaves a real directory, which must not exist yet. */
export function rebuild(wreck: Wreck, directory: string): void {
  fs.mkdirSync(directory, { recursive: true });
  for (const [at, left] of wreck) {
    const full = path.join(directory, at);
    if (left === null) fs.mkdirSync(full);
    else if ('target' in left) fs.symlinkSync(left.target, full);
    else fs.writeFileSync(full, left.data, { mode: left.mode });
  }
}
