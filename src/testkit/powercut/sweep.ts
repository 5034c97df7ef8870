import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { inspect, promisedBy } from './inspection.ts';
import { type Case, makeCases } from './sample-boxes.ts';
import { installAndKill, THREADS, type Thread } from './tracing.ts';

const LAUNCH = path.join(import.meta.dirname, '..', '..', 'launch.ts');

export interface SweepOptions {
  /** An empty directory for packages and boxes. */
  readonly work: string;
  /** Every so many calls an install is killed; 1: at each. */
  readonly every: number;
  /** After each kill: how many there were, and what was wrong with this box. */
  readonly onKill?: (kills: number, faults: readonly string[]) => void;
}

export interface SweepResult {
  readonly kills: number;
  /** Everything that was wrong after a kill; must be empty. */
  readonly faults: readonly string[];
}

/**
 * Kills installs at the calls with which they change the disk, boots each of these boxes, and installs again. The kernel
 * keeps what a killed process wrote, so this shows what is in a wrong order; what is not synced only a replay shows.
 */
export async function sweep({ work, every, onKill }: SweepOptions): Promise<SweepResult> {
  const faults: string[] = [];
  let kills = 0;
  const note = (where: string, wrong: readonly string[]) => {
    kills++;
    faults.push(...wrong.map((what) => `${where}: ${what}`));
    onKill?.(kills, wrong);
  };
  for (const sample of await makeCases(work)) {
    const template = path.join(work, `box before ${sample.name}`);
    await sample.prepare(template);
    // The two threads are independent of each other, and there are two cores in most places.
    await Promise.all(
      THREADS.map((thread) => sweepThread(sample, thread, template, path.join(work, `${sample.name} ${thread}`), every, note)),
    );
  }
  return { kills, faults };
}

async function sweepThread(
  sample: Case,
  thread: Thread,
  template: string,
  work: string,
  every: number,
  note: (where: string, wrong: readonly string[]) => void,
): Promise<void> {
  fs.mkdirSync(work);
  const directory = path.join(work, 'box');
  for (let nth = 1; ; nth += every) {
    fs.rmSync(directory, { recursive: true, force: true });
    fs.cpSync(template, directory, { recursive: true, verbatimSymlinks: true });
    const { killed, said } = await installAndKill(sample.task(directory), thread, nth, work);
    if (!killed) return;
    const wrong = sample.old && sample.type === 'AP' ? await launches(directory, sample) : [];
    wrong.push(...(await inspect(directory, sample, promisedBy(said), { again: true })));
    note(`${sample.name}, ${thread}, call ${nth}`, wrong);
  }
}

/** Starts the box as a service manager does, by the launcher, until its firmware speaks. */
async function launches(directory: string, { old, next }: Case): Promise<string[]> {
  const launcher = spawn(process.execPath, [LAUNCH, '--state', directory, '--', 'stay'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(launcher, 'close');
  const lines = createInterface({ input: launcher.stdout });
  const first = await Promise.race([once(lines, 'line').then(([line]) => String(line)), closed.then(() => 'nothing')]);
  launcher.kill('SIGTERM');
  await closed;
  return [old?.version, next.version].includes(first) ? [] : [`the launcher brings up ${first}`];
}
