import fs from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultsAt, needlessSyncs, tapeOf } from '../testkit/powercut/proof.ts';
import { momentsOf, syncsOf } from '../testkit/powercut/replay.ts';
import { type CaseName, makeCases } from '../testkit/powercut/sample-boxes.ts';
import { scratchDirectory } from '../testkit/powercut/scratch.ts';
import { needsTracing } from '../testkit/powercut/strace.ts';
import { sweep } from '../testkit/powercut/sweep.ts';

const tracing = needsTracing();
/** An install makes about 130 calls that change a disk, a trial and a roll-back far fewer. */
const EVERY = 9;

/**
 * Syncs that no power cut shows to be needed. On a box that was never updated the copy of the state before the last
 * change speaks of no release: it is not missed. And two syncs of `ota/` come right after another one of `ota/` or
 * right before it, with no promise between them; each of them stands alone in the other cases or with other steps.
 */
const FIRST = ['ota', 'ota/state.prev.json.tmp', 'ota', 'ota/state.prev.json.tmp', 'ota/state.prev.json.tmp'];

/** A file is taken up and what was there of it thrown away in one call: nothing is promised between the two. */
const BY_HAND = ['ota'];

let work: string;

beforeEach(() => {
  work = scratchDirectory();
});

afterEach(() => fs.rmSync(work, { recursive: true, force: true }));

describe.skipIf(tracing.missing)(`the power goes during an update${tracing.why}`, () => {
  const cases: [name: CaseName, syncs: number, notSeen: readonly string[]][] = [
    ['new firmware', 25, []],
    ['new resources', 30, []],
    ['the first firmware of a box', 24, FIRST],
    ['firmware by hand', 23, BY_HAND],
    ['firmware that proves itself', 9, []],
    ['resources that do not', 3, []],
  ];

  it.each(cases)(
    '%s: wherever it goes, what was synced boots as the old or the new, whole; a forgotten sync shows',
    {
      timeout: 120_000,
    },
    async (name, syncs, notSeen) => {
      const sample = (await makeCases(work)).find((one) => one.name === name);
      if (!sample) throw new RangeError(`there is no case ${name}`);
      const tape = await tapeOf(sample, work);
      const moments = momentsOf(tape);
      expect(moments.length).toBeGreaterThan(40);
      const faults: string[] = [];
      for (const moment of moments) faults.push(...(await faultsAt(moment, sample, work, { again: true })));
      expect(faults).toEqual([]);

      expect(syncsOf(tape)).toHaveLength(syncs);
      expect(await needlessSyncs(tape, sample, work)).toEqual(notSeen);
    },
  );

  it('killed at a sample of its calls, a box boots old or new, and the same then succeeds', { timeout: 120_000 }, async () => {
    const { kills, faults } = await sweep({ work, every: EVERY });
    expect(faults).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(40);
  });
});
