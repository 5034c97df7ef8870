import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UPDATE_STATUS, type UpdateStatusName } from '../../domain/ota/update.ts';
import { advance, type Rollout, type RolloutEvent } from './rollout.ts';

const fresh = (sns: readonly string[], batchSize: number, pauseAfterFailures = 99, deadlineMs: number | null = null): Rollout => ({
  state: 'running',
  batchSize,
  pauseAfterFailures,
  deadlineMs,
  failures: 0,
  devices: sns.map((sn) => ({ sn, state: 'waiting', heard: false })),
});
const report = (sn: string, status: UpdateStatusName): RolloutEvent => ({ kind: 'report', sn, status });
const start = { kind: 'start' } as const;

/** Runs events through a roll-out, one millisecond each from 0; a line an event: what was told, how all stand. */
function story(rollout: Rollout, events: readonly RolloutEvent[]): string[] {
  let now = rollout;
  return events.map((event, atMs) => {
    const step = advance(now, event, atMs);
    now = step.rollout;
    return `${step.instruct.join(' ') || '-'} | ${now.state} ${now.devices.map(({ sn, state }) => `${sn}:${state}`).join(' ')}`;
  });
}

describe('a roll-out', () => {
  const table: readonly [string, Rollout, readonly RolloutEvent[], readonly string[]][] = [
    [
      'keeps so many under way, the next one told when one has ended',
      fresh(['a', 'b', 'c'], 2),
      [start, report('a', 'PROGRESS'), report('a', 'UPGRADE_SUCCESS'), report('b', 'DOWNLOAD_FAIL'), report('c', 'UPGRADE_SUCCESS')],
      [
        'a b | running a:under-way b:under-way c:waiting',
        '- | running a:under-way b:under-way c:waiting',
        'c | running a:succeeded b:under-way c:under-way',
        '- | running a:succeeded b:failed c:under-way',
        '- | completed a:succeeded b:failed c:succeeded',
      ],
    ],
    [
      'goes on past a device that never answers',
      fresh(['dead', 'a', 'b', 'c'], 2),
      [start, report('a', 'UPGRADE_SUCCESS'), report('b', 'UPGRADE_SUCCESS'), report('c', 'UPGRADE_SUCCESS')],
      [
        'dead a | running dead:under-way a:under-way b:waiting c:waiting',
        'b | running dead:under-way a:succeeded b:under-way c:waiting',
        'c | running dead:under-way a:succeeded b:succeeded c:under-way',
        '- | running dead:under-way a:succeeded b:succeeded c:succeeded',
      ],
    ],
    [
      'tells nobody more while it is paused, and as many as are missing after that',
      fresh(['a', 'b', 'c', 'd'], 2),
      [start, { kind: 'pause' }, report('a', 'UPGRADE_SUCCESS'), { kind: 'resume' }],
      [
        'a b | running a:under-way b:under-way c:waiting d:waiting',
        '- | paused a:under-way b:under-way c:waiting d:waiting',
        '- | paused a:succeeded b:under-way c:waiting d:waiting',
        'c | running a:succeeded b:under-way c:under-way d:waiting',
      ],
    ],
    [
      'pauses after as many failures as it was given, counted anew after a resume',
      fresh(['a', 'b', 'c', 'd'], 1, 2),
      [
        start,
        report('a', 'VERIFY_FAIL'),
        report('b', 'UPGRADE_FAIL'),
        { kind: 'resend', sn: null },
        { kind: 'resume' },
        report('c', 'UPGRADE_FAIL'),
      ],
      [
        'a | running a:under-way b:waiting c:waiting d:waiting',
        'b | running a:failed b:under-way c:waiting d:waiting',
        '- | paused a:failed b:failed c:waiting d:waiting',
        '- | paused a:failed b:failed c:waiting d:waiting',
        'c | running a:failed b:failed c:under-way d:waiting',
        'd | running a:failed b:failed c:failed d:under-way',
      ],
    ],
    [
      'completes when the last one fails: there is nothing left to pause',
      fresh(['a'], 1, 1),
      [start, report('a', 'DOWNLOAD_FAIL')],
      ['a | running a:under-way', '- | completed a:failed'],
    ],
    [
      'listens while it is paused, and completes so',
      fresh(['a', 'b'], 2),
      [start, { kind: 'pause' }, report('a', 'UPGRADE_SUCCESS'), report('b', 'UPGRADE_SUCCESS'), { kind: 'resume' }],
      [
        'a b | running a:under-way b:under-way',
        '- | paused a:under-way b:under-way',
        '- | paused a:succeeded b:under-way',
        '- | completed a:succeeded b:succeeded',
        '- | completed a:succeeded b:succeeded',
      ],
    ],
    [
      'is cancelled: who was told may end, nobody else begins',
      fresh(['a', 'b'], 1),
      [start, { kind: 'cancel' }, report('a', 'UPGRADE_SUCCESS'), { kind: 'resume' }, report('b', 'UPGRADE_SUCCESS')],
      [
        'a | running a:under-way b:waiting',
        '- | cancelled a:under-way b:cancelled',
        '- | cancelled a:succeeded b:cancelled',
        '- | cancelled a:succeeded b:cancelled',
        '- | cancelled a:succeeded b:cancelled',
      ],
    ],
    [
      'ends at its deadline, before whatever else comes then',
      fresh(['a', 'b', 'c'], 2, 99, 2),
      [start, report('a', 'UPGRADE_SUCCESS'), report('b', 'UPGRADE_SUCCESS'), { kind: 'resend', sn: 'b' }],
      [
        'a b | running a:under-way b:under-way c:waiting',
        'c | running a:succeeded b:under-way c:under-way',
        '- | expired a:succeeded b:expired c:expired',
        '- | expired a:succeeded b:expired c:expired',
      ],
    ],
    [
      'tells again who has said nothing and listens anew, and by hand whoever is under way',
      fresh(['a', 'b', 'c'], 2),
      [
        start,
        { kind: 'listening', sn: 'a' },
        { kind: 'listening', sn: 'c' },
        report('a', 'START_DOWNLOAD'),
        { kind: 'listening', sn: 'a' },
        { kind: 'resend', sn: 'a' },
        { kind: 'resend', sn: null },
        { kind: 'resend', sn: 'c' },
      ],
      ['a b', 'a', '-', '-', '-', 'a', 'a b', '-'].map((told) => `${told} | running a:under-way b:under-way c:waiting`),
    ],
    [
      'takes no notice of devices that were not told, or have ended',
      fresh(['a', 'b'], 1),
      [start, report('b', 'UPGRADE_SUCCESS'), report('x', 'UPGRADE_FAIL'), report('a', 'UPGRADE_SUCCESS'), report('a', 'UPGRADE_FAIL')],
      [
        'a | running a:under-way b:waiting',
        '- | running a:under-way b:waiting',
        '- | running a:under-way b:waiting',
        'b | running a:succeeded b:under-way',
        '- | running a:succeeded b:under-way',
      ],
    ],
  ];
  test.each(table)('%s', (_name, rollout, events, lines) => {
    expect(story(rollout, events)).toEqual(lines);
  });
});

test('whatever comes in whatever order, a roll-out keeps its promises', () => {
  const sns = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const sn = fc.constantFrom(...sns, 'stranger');
  const event: fc.Arbitrary<RolloutEvent> = fc.oneof(
    { weight: 40, arbitrary: fc.record({ kind: fc.constant('report' as const), sn, status: fc.constantFrom(...statusNames) }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('listening' as const), sn }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('resend' as const), sn: fc.option(sn) }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom('start', 'pause', 'time') }) },
    { weight: 10, arbitrary: fc.constant({ kind: 'resume' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'cancel' as const }) },
  );
  const steps = fc.array(fc.record({ event, ms: fc.nat({ max: 3 }) }), { maxLength: 80 });
  const limits = fc.record({
    batchSize: fc.integer({ min: 1, max: 8 }),
    pauseAfter: fc.integer({ min: 1, max: 5 }),
    deadline: fc.option(fc.nat({ max: 200 })),
  });
  fc.assert(
    fc.property(limits, steps, ({ batchSize, pauseAfter, deadline }, list) => {
      let rollout = fresh(sns, batchSize, pauseAfter, deadline);
      let nowMs = 0;
      const ended = new Map<string, string>();
      for (const { event, ms } of [{ event: start, ms: 0 }, ...list]) {
        nowMs += ms;
        const before = rollout;
        const step = advance(before, event, nowMs);
        rollout = step.rollout;
        const over = deadline !== null && nowMs >= deadline;

        expect(rollout.devices.map((device) => device.sn)).toEqual(sns);
        const underWay = rollout.devices.filter(({ state }) => state === 'under-way').length;
        const waiting = rollout.devices.filter(({ state }) => state === 'waiting').length;
        expect(underWay).toBeLessThanOrEqual(batchSize);
        if (rollout.state === 'running') expect(underWay).toBe(Math.min(batchSize, underWay + waiting));
        if (step.instruct.length > 0) {
          expect(rollout.state).toBe('running');
          expect(over).toBe(false);
          expect(before.state === 'running' || event.kind === 'resume').toBe(true);
          for (const told of step.instruct) expect(rollout.devices.find((device) => device.sn === told)?.state).toBe('under-way');
        }
        if (over) expect(rollout.devices.some(({ state }) => state === 'under-way' || state === 'waiting')).toBe(false);
        for (const { sn, state } of rollout.devices) {
          if (ended.has(sn)) expect(state).toBe(ended.get(sn));
          else if (state !== 'waiting' && state !== 'under-way') ended.set(sn, state);
        }
        if (rollout.state === 'running') expect(rollout.devices.some(({ state }) => state === 'under-way')).toBe(true);
        if (rollout.state === 'completed')
          expect(rollout.devices.every(({ state }) => state === 'succeeded' || state === 'failed')).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

const statusNames = Object.keys(UPDATE_STATUS) as UpdateStatusName[];
