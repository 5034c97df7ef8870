import fs from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../src/ports/clock.ts';
import { openStore } from '../../src/store/open.ts';
import { qrSale } from '../../src/testkit/sample-commits.ts';

const BLOCK_BYTES = 4_096;
/** Blocks of the file that is written round and round, as SQLite's log is between two checkpoints. */
const RING_BLOCKS = 256;

/** What one write(4096) + fdatasync costs, and the commit as a multiple of it: by the medians, and by the total times. */
interface RawBench {
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p50Ratio: number;
  readonly throughputRatio: number;
}

/** Durable money commits beside raw writes, on the same disk at the same time. */
interface CommitBench {
  readonly commits: number;
  readonly commitsPerSecond: number;
  readonly commitP50Us: number;
  /** Against a file that grows, as a journal written by hand would. */
  readonly appending: RawBench;
  /** Against a file that has its size already and is overwritten: the least a disk can do. */
  readonly overwriting: RawBench;
}

/**
 * Commits of three entries, one outbox row and one inbox key (a payment) against write(4096) + fdatasync, in rounds that alternate so
 * that a disturbance hits all of them.
 * @param dir a directory on the disk to measure; files made in it are removed
 */
export function benchCommits(dir: string, rounds = 60, perRound = 50): CommitBench {
  const home = fs.mkdtempSync(path.join(dir, 'commits-'));
  const store = openStore({ file: path.join(home, 'journal.db'), boot: 'bench', clock: systemClock, reserveMiB: 1 });
  const growing = fs.openSync(path.join(home, 'growing'), 'w');
  const ring = fs.openSync(path.join(home, 'ring'), 'w');
  const block = Buffer.alloc(BLOCK_BYTES, 0x5a);
  let sale = 0;
  let written = 0;
  const commit = () => {
    store.commit(qrSale(sale++).payment);
  };
  const append = () => {
    fs.writeSync(growing, block);
    fs.fdatasyncSync(growing);
  };
  const overwrite = () => {
    fs.writeSync(ring, block, 0, BLOCK_BYTES, (written++ % RING_BLOCKS) * BLOCK_BYTES);
    fs.fdatasyncSync(ring);
  };
  try {
    // Warm-up: compiled code, prepared statements, and the files at their size.
    for (let i = 0; i < RING_BLOCKS; i++) for (const work of [commit, append, overwrite]) work();
    const commitsUs: number[] = [];
    const appendsUs: number[] = [];
    const overwritesUs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < perRound; i++) appendsUs.push(timedUs(append));
      for (let i = 0; i < perRound; i++) commitsUs.push(timedUs(commit));
      for (let i = 0; i < perRound; i++) overwritesUs.push(timedUs(overwrite));
    }
    return {
      commits: commitsUs.length,
      commitsPerSecond: perSecond(commitsUs),
      commitP50Us: median(commitsUs),
      appending: against(commitsUs, appendsUs),
      overwriting: against(commitsUs, overwritesUs),
    };
  } finally {
    for (const fd of [growing, ring]) fs.closeSync(fd);
    store.close();
    fs.rmSync(home, { recursive: true });
  }
}

function against(commitsUs: readonly number[], rawUs: readonly number[]): RawBench {
  return {
    perSecond: perSecond(rawUs),
    p50Us: median(rawUs),
    p50Ratio: median(commitsUs) / median(rawUs),
    throughputRatio: sum(commitsUs) / sum(rawUs),
  };
}

const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  wallTrusted: () => true,
  after: () => () => {},
};

function timedUs(work: () => void): number {
  const startNs = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - startNs) / 1e3;
}

const perSecond = (timesUs: readonly number[]) => (timesUs.length / sum(timesUs)) * 1e6;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
