import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallerFault } from '../fault.ts';
import { advance, NO_UPDATES, type UpdateEvent } from './states.ts';
import type { PackageOffer, PackageType, Release, UpdateState } from './update.ts';

const hash = (digit: number) => String(digit).repeat(64);

const release = (type: PackageType, n: number): Release => ({
  id: `V${n}.0.0-${hash(n).slice(0, 12)}`,
  type,
  name: `${type}_DS50-MQ_ACME_V${n}.0.0.zip`,
  version: `V${n}.0.0`,
  versionCode: n * 1_000_000,
  epoch: 1,
  sha256: hash(n),
  customerName: 'ACME',
  core: type === 'AP' ? `DS50_app_V${n}.0.0.img` : `resource_V${n}.0.0.zip`,
});

const offer = (type: PackageType, n: number, more: Partial<PackageOffer> = {}): PackageOffer => ({
  deployment: `d-${n}`,
  name: release(type, n).name,
  size: 1_000 + n,
  sha256: hash(n),
  path: `/tms/v1/packages/${hash(n)}`,
  permitDowngrade: false,
  deadlineMs: null,
  ...more,
});

const run = (...events: UpdateEvent[]): UpdateState => events.reduce(advance, NO_UPDATES);

const staging = (type: PackageType, n: number): UpdateEvent[] => [
  { kind: 'offered', offer: offer(type, n) },
  { kind: 'downloaded', etag: '"1"' },
  { kind: 'verified', release: release(type, n) },
  { kind: 'staged' },
];
const switching = (type: PackageType, n: number): UpdateEvent[] => [...staging(type, n), { kind: 'switched', reachedBefore: true }];
const confirmed = (type: PackageType): UpdateEvent => ({ kind: 'confirmed', type, atMs: 7 });
const failed = (type: PackageType, blacklist = true): UpdateEvent => ({
  kind: 'rolled-back',
  type,
  code: 'ota-not-healthy',
  detail: 'three starts',
  blacklist,
  atMs: 9,
});
const ids = ({ slots }: UpdateState, type: PackageType) => [slots[type].current?.version ?? null, slots[type].previous?.version ?? null];

describe('a package', () => {
  it('goes from the offer to a confirmed release', () => {
    const state = run(...switching('CUST', 1), { kind: 'tried', type: 'CUST' });
    expect(state).toMatchObject({ job: null, generation: 6, last: null });
    expect(state.slots.CUST).toEqual({
      current: release('CUST', 1),
      previous: null,
      trial: { tries: 1, reachedBefore: true, deployment: 'd-1' },
    });
    const after = advance(state, confirmed('CUST'));
    expect(after.slots.CUST).toEqual({ current: release('CUST', 1), previous: null, trial: null });
    expect(after.last).toEqual({ state: 'confirmed', name: release('CUST', 1).name, deployment: 'd-1', code: '', detail: '', atMs: 7 });
    expect(after.slots.AP).toBe(NO_UPDATES.slots.AP);
  });

  it('that proved itself is what a later one falls back to', () => {
    const state = run(...switching('AP', 1), confirmed('AP'), ...switching('AP', 2));
    expect(ids(state, 'AP')).toEqual(['V2.0.0', 'V1.0.0']);
    const after = advance(state, failed('AP'));
    expect(ids(after, 'AP')).toEqual(['V1.0.0', null]);
    expect(after.refused).toEqual([hash(2)]);
    expect(after.last).toMatchObject({ state: 'rolled-back', code: 'ota-not-healthy', detail: 'three starts', deployment: 'd-2' });
  });

  it('that has not proved itself is nothing to fall back to', () => {
    const state = run(...switching('AP', 1), confirmed('AP'), ...switching('AP', 2), ...switching('AP', 3));
    expect(ids(state, 'AP')).toEqual(['V3.0.0', 'V1.0.0']);
  });

  it('that comes again in place of its successor on trial does not fall back to itself', () => {
    expect(ids(run(...switching('AP', 1), confirmed('AP'), ...switching('AP', 2), ...switching('AP', 1)), 'AP')).toEqual(['V1.0.0', null]);
  });

  it('installed by hand has no deployment', () => {
    const byHand: UpdateEvent = { kind: 'offered', offer: offer('AP', 1, { deployment: '' }) };
    expect(run(byHand, ...switching('AP', 1).slice(1)).slots.AP.trial?.deployment).toBeNull();
  });

  it('is not refused for ever when it is rolled back by hand', () => {
    expect(run(...switching('AP', 1), failed('AP', false)).refused).toEqual([]);
  });

  it('that is given up leaves the releases alone', () => {
    const before = run(...switching('CUST', 1), ...staging('CUST', 2));
    const after = advance(before, { kind: 'abandoned', code: 'ota-no-space', detail: 'x', atMs: 5 });
    expect(after.slots).toBe(before.slots);
    expect([after.job, after.last]).toEqual([
      null,
      { state: 'refused', name: release('CUST', 2).name, deployment: 'd-2', code: 'ota-no-space', detail: 'x', atMs: 5 },
    ]);
  });
});

describe('an offer', () => {
  const staged = run(...staging('AP', 1));

  it('of another package takes the place of the job', () => {
    expect(advance(staged, { kind: 'offered', offer: offer('AP', 2) }).job).toEqual({
      phase: 'downloading',
      offer: offer('AP', 2),
      etag: null,
      release: null,
    });
  });

  it('of the same package goes on where it is', () => {
    const again = offer('AP', 1, { deployment: 'd-9' });
    expect(advance(staged, { kind: 'offered', offer: again }).job).toEqual({ ...staged.job, offer: again });
    const elsewhere = offer('AP', 1, { path: '/other' });
    expect(advance(staged, { kind: 'offered', offer: elsewhere }).job).toEqual({ ...staged.job, offer: elsewhere, etag: null });
  });

  it('of the same package without its permit is judged again', () => {
    const permitted = run({ kind: 'offered', offer: offer('AP', 1, { permitDowngrade: true }) }, ...staging('AP', 1).slice(1));
    expect(advance(permitted, { kind: 'offered', offer: offer('AP', 1) }).job).toMatchObject({ phase: 'downloading', release: null });
  });
});

it('keeps the newest 50 hashes of failed packages, each once', () => {
  let state = NO_UPDATES;
  for (let n = 0; n < 61; n++) {
    const sha256 = String(n % 60).padStart(64, '0');
    const one = { ...release('AP', 1), sha256, id: `V1.0.0-${n}` };
    const events: UpdateEvent[] = [
      { kind: 'offered', offer: offer('AP', 1) },
      { kind: 'verified', release: one },
      { kind: 'staged' },
      { kind: 'switched', reachedBefore: false },
      failed('AP'),
    ];
    state = events.reduce(advance, state);
  }
  const newest = [0, ...Array.from({ length: 49 }, (_, n) => 59 - n)].map((n) => String(n).padStart(64, '0'));
  expect(state.refused).toEqual(newest);
});

describe('an event out of order', () => {
  const onTrial = switching('AP', 1);
  it.each<[string, UpdateEvent[], UpdateEvent]>([
    ['bytes without a job', [], { kind: 'downloaded', etag: null }],
    ['bytes after the verification', staging('AP', 1).slice(0, 3), { kind: 'downloaded', etag: null }],
    ['a second verification', staging('AP', 1).slice(0, 3), { kind: 'verified', release: release('AP', 1) }],
    ['staged before it is verified', staging('AP', 1).slice(0, 2), { kind: 'staged' }],
    ['a switch before it is staged', staging('AP', 1).slice(0, 3), { kind: 'switched', reachedBefore: true }],
    ['a switch without a job', onTrial, { kind: 'switched', reachedBefore: true }],
    ['rewound without a job', [], { kind: 'rewound' }],
    ['given up without a job', [], { kind: 'abandoned', code: 'x', detail: '', atMs: 0 }],
    ['tried without a trial', [...onTrial, confirmed('AP')], { kind: 'tried', type: 'AP' }],
    ['tried where the other type is on trial', onTrial, { kind: 'tried', type: 'CUST' }],
    ['confirmed twice', [...onTrial, confirmed('AP')], confirmed('AP')],
    ['rolled back to before tilld itself', [...onTrial, failed('AP')], failed('AP')],
  ])('%s', (_, before, event) => {
    const state = run(...before);
    expect(() => advance(state, event)).toThrow(expect.objectContaining({ code: 'ota-out-of-order', name: CallerFault.name }));
  });
});

const type = fc.constantFrom<PackageType>('AP', 'CUST');
const number = fc.integer({ min: 1, max: 4 });
/** What takes the job one step further; what is verified is what was offered. */
function next({ job }: UpdateState): UpdateEvent {
  if (job?.phase === 'verified') return { kind: 'staged' };
  if (job?.phase === 'staged') return { kind: 'switched', reachedBefore: true };
  return { kind: 'verified', release: release(job?.offer.name.startsWith('AP') ? 'AP' : 'CUST', Number(job?.offer.sha256[0] ?? 1)) };
}
const offered = fc.tuple(type, number, fc.boolean()).map(
  ([t, n, permitDowngrade]) =>
    (): UpdateEvent => ({ kind: 'offered', offer: offer(t, n, { permitDowngrade }) }),
);
const ofType = fc.oneof(
  type.map((t): UpdateEvent => ({ kind: 'tried', type: t })),
  type.map(confirmed),
  fc.tuple(type, fc.boolean()).map(([t, blacklist]) => failed(t, blacklist)),
);
const ofJob = fc.constantFrom<UpdateEvent>(
  { kind: 'downloaded', etag: '"1"' },
  { kind: 'staged' },
  { kind: 'switched', reachedBefore: true },
  { kind: 'rewound' },
  { kind: 'abandoned', code: 'x', detail: '', atMs: 0 },
);
const anyEvent: fc.Arbitrary<(state: UpdateState) => UpdateEvent> = fc.oneof(
  { weight: 4, arbitrary: offered },
  { weight: 9, arbitrary: fc.constant(next) },
  { weight: 2, arbitrary: fc.oneof(ofType, ofJob).map((event) => () => event) },
);

it('whatever happens in whatever order, what runs was staged, and the release before a proven one is kept', () => {
  let switches = 0;
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 80 }), (makers) => {
      let state = NO_UPDATES;
      const staged = new Set<string>();
      for (const make of makers) {
        const event = make(state);
        let after: UpdateState;
        try {
          after = advance(state, event);
        } catch (error) {
          if (!(error instanceof CallerFault)) throw error;
          continue;
        }
        if (event.kind === 'staged') staged.add(`${after.job?.release?.type} ${after.job?.release?.id}`);
        if (event.kind === 'switched') switches++;
        expect(after.generation).toBe(state.generation + 1);
        for (const t of ['AP', 'CUST'] as const) {
          const { current, previous, trial } = after.slots[t];
          for (const one of [current, previous]) if (one) expect(staged).toContain(`${t} ${one.id}`);
          if (trial || previous) expect(current).not.toBeNull();
          if (current) expect(previous?.id).not.toBe(current.id);
          const was = state.slots[t];
          // Only a switch or a rollback changes what runs; a proven release is kept by the switch that follows it.
          if (event.kind !== 'switched' && event.kind !== 'rolled-back') expect(current).toBe(was.current);
          if (event.kind === 'switched' && current !== was.current && was.current && !was.trial && was.current.id !== current?.id)
            expect(previous).toBe(was.current);
          if (event.kind === 'rolled-back' && event.type === t) expect(current).toBe(was.previous);
        }
        expect(after.job === null || (after.job.release === null) === (after.job.phase === 'downloading')).toBe(true);
        expect(new Set(after.refused).size).toBe(after.refused.length);
        state = after;
      }
    }),
    { numRuns: 500 },
  );
  expect(switches).toBeGreaterThan(50);
});
