import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROFILE_NAMES, profileNamed } from './profiles.ts';
import { PulseScope } from './scope.ts';

type Level = 'high' | 'low';
const other = (level: Level): Level => (level === 'high' ? 'low' : 'high');

/** A line that was at rest and then changed after each of these times, milliseconds. */
function read(rest: Level, ...afterMs: readonly number[]) {
  const scope = new PulseScope();
  let level = rest;
  let atMs = 0;
  for (const ms of [1_000, ...afterMs]) {
    atMs += ms;
    level = other(level);
    scope.edge({ level, timestampNs: BigInt(Math.round(atMs * 1e6)) });
  }
  return scope.reading();
}

/** Pieces of so many pulses each, a second apart. */
const pieces = (counts: readonly number[], pulseMs: number, gapMs: number): number[] =>
  counts.flatMap((count) => Array.from({ length: count }, (_, i) => [pulseMs, i === count - 1 ? 1_000 : gapMs]).flat());

describe('the scope', () => {
  it('knows nothing of a line that does nothing', () => {
    expect(new PulseScope().reading()).toEqual({ edges: 0, idle: null, pulses: null, gaps: null, bounces: 0, trains: [], profiles: [] });
  });

  it('measures widths, pauses and pieces', () => {
    expect(read('high', ...pieces([1, 2, 5], 50, 100))).toEqual({
      edges: 17,
      idle: 'high',
      pulses: { count: 8, leastMs: 50, medianMs: 50, mostMs: 50 },
      gaps: { count: 5, leastMs: 100, medianMs: 100, mostMs: 100 },
      bounces: 0,
      trains: [1, 2, 5],
      profiles: ['ch-926', 'hx-616', 'ict-u70-fast', 'ict-u70-fast-inhibit-low'],
    });
  });

  it('sees which way round the line is', () => {
    const { idle, profiles } = read('low', ...pieces([3, 3], 50, 100));
    expect([idle, profiles]).toEqual(['low', ['ch-926-nc', 'hx-616-nc']]);
  });

  it('takes bounces out, and counts them', () => {
    const { bounces, pulses, trains } = read('high', 1, 1, 1, 2, 45, 1, 1, 1_000, 50, 1_000);
    expect([bounces, trains, pulses?.count]).toEqual([5, [1, 1], 2]);
    expect(pulses?.leastMs).toBeCloseTo(50, 5);
  });

  it('names no profile for what none of them allows', () => {
    expect(read('high', ...pieces([2, 2], 50, 25)).profiles).toEqual([]);
    expect(read('high', ...pieces([1], 400, 0)).profiles).toEqual([]);
  });

  it.each(PROFILE_NAMES)('recognises %s by what its maker says it sends', (name) => {
    const profile = profileNamed(name);
    if (!profile) throw new Error('no profile');
    const { pulseMs, gapMs } = profile.nominal;
    const { profiles } = read(profile.idle, ...pieces([2, 5, 10], pulseMs, gapMs));
    expect(profiles).toContain(name);
    expect(profileNamed(profiles[0] ?? '')?.nominal).toEqual(profile.nominal);
  });

  it('holds out against any edges, in any order', () => {
    const edge = fc.record({ level: fc.constantFrom<Level>('high', 'low'), timestampNs: fc.bigInt({ min: 0n, max: 10n ** 15n }) });
    fc.assert(
      fc.property(fc.array(edge), (edges) => {
        const scope = new PulseScope();
        for (const one of edges) scope.edge(one);
        const { pulses, gaps, trains, bounces, edges: count } = scope.reading();
        expect(count).toBe(edges.length);
        expect(bounces).toBeLessThanOrEqual(edges.length);
        expect(trains.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(pulses?.count ?? 0);
        for (const one of [pulses, gaps]) if (one) expect(one.leastMs <= one.medianMs && one.medianMs <= one.mostMs).toBe(true);
      }),
    );
  });
});
