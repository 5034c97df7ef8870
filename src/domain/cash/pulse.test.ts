import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pulseEdges } from '../../testkit/pulse-edges.ts';
import { type AcceptorProfile, endOfTrainMs, PROFILE_NAMES, profileNamed } from './profiles.ts';
import { PulseDecoder, type PulseEdge, type PulseEvent } from './pulse.ts';

const COIN: AcceptorProfile = {
  idle: 'high',
  minPulseMs: 40,
  maxPulseMs: 60,
  minGapMs: 80,
  maxGapMs: 120,
  nominal: { pulseMs: 50, gapMs: 100 },
  inhibit: 'high',
};
const END = endOfTrainMs(COIN);

/** Feeds the edges and lets the line be quiet. */
function decode(edges: readonly PulseEdge[], { profile = COIN, quietMs = 10_000 } = {}): PulseEvent[] {
  const events: PulseEvent[] = [];
  const decoder = new PulseDecoder(profile, (event) => events.push(event));
  for (const edge of edges) decoder.edge(edge);
  decoder.quiet(quietMs);
  return events;
}

const trains = (events: readonly PulseEvent[]) => events.filter((event) => event.kind === 'train');
const counts = (events: readonly PulseEvent[]) => trains(events).map(({ count, doubt }) => (doubt === null ? count : `${count} ${doubt}`));
const pulses = (n: number, gap = 100) => pulseEdges(Array(n).fill(50), Array(n).fill(gap));
/** The edges without those at these places; the sequence numbers keep counting what was lost. */
const without = (edges: readonly PulseEdge[], ...lost: number[]) => edges.filter((_, i) => !lost.includes(i));
/** As `without`, from a driver that numbers only what it saw. */
const unseen = (edges: readonly PulseEdge[], ...lost: number[]) => without(edges, ...lost).map((edge, i) => ({ ...edge, seqno: i }));

describe('a train of pulses', () => {
  it('says count, widths and when it was', () => {
    expect(decode(pulseEdges([50, 45.25, 60], [100, 80]))).toEqual([
      { kind: 'train', count: 3, widthsMs: [50, 45.25, 60], startNs: 1_000_000_000n, endNs: 1_335_250_000n, doubt: null },
    ]);
  });

  it.each<[string, readonly PulseEdge[], (number | string)[]]>([
    ['one pulse', pulses(1), [1]],
    ['the shortest and the longest pulse', pulseEdges([40, 60], [100]), [2]],
    ['a spike in between', pulseEdges([50, 19.9, 50], [80, 80]), [2]],
    ['a pulse a little too short makes the count doubtful', pulseEdges([50, 39.9, 50], [100, 100]), ['2 pulse-too-short']],
    ['a pulse too long makes the count doubtful', pulseEdges([50, 60.1, 50], [100, 100]), ['2 pulse-too-long']],
    ['the shortest gap', pulses(2, 80), [2]],
    ['a gap longer than the profile, shorter than the end', pulses(2, END - 0.001), [2]],
    ['a gap of the end of a train', pulses(2, END), [1, 1]],
    ['an interruption is a bounce of one pulse', pulseEdges([40, 10], [5]), [1]],
    ['two pulses too close are one too long', pulseEdges([50, 50], [79.9]), []],
    ['a bounce that makes the second pulse too long', pulseEdges([50, 50, 50], [100, 5]), ['1 pulse-too-long']],
    ['noise long after', pulseEdges([50, 1], [200]), [1]],
    ['only noise', pulseEdges([1, 5, 0.1], [10, 100]), []],
    ['the first edge of a pulse lost', without(pulses(3), 2), ['2 edges-lost']],
    ['the last edge of a pulse lost', without(pulses(3), 3), ['2 edges-lost']],
    ['a whole pulse lost', without(pulses(3, 80), 2, 3), ['1 edges-lost', '1 edges-lost']],
    ['a whole train lost before this one', without(pulses(3, END), 2, 3), ['1 edges-lost', '1 edges-lost']],
    ['an edge lost without a number', unseen(pulses(3), 2), ['2 edges-lost']],
    ['an edge lost without a number at the end of a pulse', unseen(pulses(3), 3), ['2 edges-lost']],
    ['the first edge of all lost', unseen(pulses(2), 0), ['1 interrupted']],
  ])('%s', (_, edges, expected) => {
    expect(counts(decode(edges))).toEqual(expected);
  });

  it('begins anew without a doubt after one that had one', () => {
    const lost = without(pulses(2), 1);
    expect(counts(decode([...lost, ...pulseEdges([50, 50], [100], 3_000, 5)]))).toEqual(['1 edges-lost', 2]);
  });

  it('idles low on an NC line', () => {
    const inverted = pulses(3).map((edge) => ({ ...edge, level: edge.level === 'high' ? 'low' : 'high' }) as const);
    expect(counts(decode(inverted, { profile: { ...COIN, idle: 'low' } }))).toEqual([3]);
  });

  it('is cut at the longest one there can be; what goes on is not counted as a piece', () => {
    const fast = { ...COIN, minPulseMs: 1, minGapMs: 1 };
    const edges = pulseEdges(Array(10_003).fill(1), Array(10_003).fill(1));
    expect(counts(decode(edges, { profile: fast }))).toEqual([10_000, '3 split']);
  });
});

describe('the end of a train', () => {
  it('comes when the line has been quiet for long enough, and not before', () => {
    const events: PulseEvent[] = [];
    const decoder = new PulseDecoder(COIN, (event) => events.push(event));
    for (const edge of pulses(2)) decoder.edge(edge);
    expect([decoder.open, decoder.dueMs()]).toEqual([true, END]);
    decoder.quiet(END - 0.001);
    expect(events).toEqual([]);
    decoder.quiet(END);
    expect(counts(events)).toEqual([2]);
    expect([decoder.open, decoder.dueMs()]).toEqual([false, null]);
  });

  it('is measured from the last pulse, not from noise behind it', () => {
    const decoder = new PulseDecoder(COIN, () => undefined);
    for (const edge of pulseEdges([50, 1], [100])) decoder.edge(edge);
    expect(decoder.dueMs()).toBeCloseTo(END - 101);
  });

  it('never comes within a pulse', () => {
    const events: PulseEvent[] = [];
    const decoder = new PulseDecoder(COIN, (event) => events.push(event));
    for (const edge of pulses(2).slice(0, 3)) decoder.edge(edge);
    decoder.quiet(END + 100);
    expect(events).toEqual([]);
    expect(decoder.open).toBe(true);
  });

  it('that came too early makes what follows doubtful', () => {
    const events: PulseEvent[] = [];
    const decoder = new PulseDecoder(COIN, (event) => events.push(event));
    const edges = pulses(5);
    for (const edge of edges.slice(0, 4)) decoder.edge(edge);
    decoder.quiet(END);
    for (const edge of edges.slice(4)) decoder.edge(edge);
    decoder.quiet(END);
    expect(counts(events)).toEqual([2, '3 split']);
  });

  it('is said when nobody listens any more', () => {
    const events: PulseEvent[] = [];
    const decoder = new PulseDecoder(COIN, (event) => events.push(event));
    for (const edge of pulses(2)) decoder.edge(edge);
    decoder.interrupt();
    decoder.interrupt();
    expect(counts(events)).toEqual(['2 interrupted']);
  });

  it('of a train that was running at the start is not trusted', () => {
    const events: PulseEvent[] = [];
    const decoder = new PulseDecoder(COIN, (event) => events.push(event));
    decoder.found('low');
    for (const edge of pulses(2).slice(1)) decoder.edge(edge);
    decoder.quiet(END);
    expect(counts(events)).toEqual(['1 interrupted']);
  });
});

describe('a line in trouble', () => {
  it('is stuck when it stays active, until it lets go', () => {
    const events: PulseEvent[] = [];
    const decoder = new PulseDecoder(COIN, (event) => events.push(event));
    const edges = pulseEdges([50, 50, 9_000, 50], [100, 100, 1_000]);
    for (const edge of edges.slice(0, 5)) decoder.edge(edge);
    expect(decoder.dueMs()).toBe(2_000);
    decoder.quiet(1_999);
    expect(events).toEqual([]);
    decoder.quiet(2_000);
    decoder.quiet(2_100);
    expect(events.map(({ kind }) => kind)).toEqual(['train', 'stuck']);
    expect(counts(events)).toEqual(['2 pulse-too-long']);
    expect([decoder.open, decoder.dueMs()]).toEqual([false, null]);
    for (const edge of edges.slice(5)) decoder.edge(edge);
    decoder.quiet(END);
    expect(events.slice(2).map(({ kind }) => kind)).toEqual(['unstuck', 'train']);
    expect(counts(events.slice(2))).toEqual([1]);
  });

  it('is no longer stuck when it is found at rest, its edge having been lost', () => {
    const events: PulseEvent[] = [];
    const decoder = new PulseDecoder(COIN, (event) => events.push(event));
    for (const edge of pulses(1).slice(0, 1)) decoder.edge(edge);
    decoder.quiet(2_000);
    decoder.lost(0);
    decoder.found('high');
    expect(events.map(({ kind }) => kind)).toEqual(['stuck', 'lost', 'unstuck']);
    decoder.quiet(END);
    for (const edge of pulseEdges([50, 50], [100], 9_000, 5)) decoder.edge(edge);
    decoder.quiet(END);
    expect(counts(events.slice(3))).toEqual([2]);
  });

  it('is stuck when it is found active for long, its edge having been lost', () => {
    const events: PulseEvent[] = [];
    const decoder = new PulseDecoder(COIN, (event) => events.push(event));
    for (const edge of pulses(1)) decoder.edge(edge);
    decoder.quiet(END);
    decoder.lost(0);
    decoder.found('low');
    decoder.quiet(2_000);
    expect(events.map(({ kind }) => kind)).toEqual(['train', 'lost', 'stuck']);
  });

  it.each([
    ['a pulse', 1],
    ['a gap', 2],
  ])('trusts nothing of a train that was lost from sight within %s', (_, seen) => {
    const events: PulseEvent[] = [];
    const decoder = new PulseDecoder(COIN, (event) => events.push(event));
    const edges = pulses(5);
    for (const edge of edges.slice(0, 2 + seen)) decoder.edge(edge);
    decoder.lost(0);
    decoder.found('high');
    for (const edge of edges.slice(6)) decoder.edge(edge);
    decoder.quiet(END);
    decoder.quiet(END);
    const found = trains(events).map(({ doubt }) => doubt);
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((doubt) => doubt === null)).toEqual([]);
  });

  it('takes nothing from a level that it knows', () => {
    const events: PulseEvent[] = [];
    const decoder = new PulseDecoder(COIN, (event) => events.push(event));
    decoder.found('high');
    for (const edge of pulses(2)) {
      decoder.edge(edge);
      decoder.found(edge.level);
    }
    decoder.quiet(END);
    expect(counts(events)).toEqual([2]);
  });

  it('says how many edges were lost, where that is known', () => {
    const said: PulseEvent[] = [];
    const decoder = new PulseDecoder(COIN, (event) => said.push(event));
    const [first, second] = pulseEdges([50], []) as [PulseEdge, PulseEdge];
    decoder.edge(first);
    decoder.edge({ ...second, seqno: 8 });
    // The numbers begin again: the driver was started anew.
    decoder.edge({ ...first, timestampNs: 9_000_000_000n, seqno: 1 });
    decoder.lost(0);
    expect(said.filter(({ kind }) => kind === 'lost')).toEqual([6, 0, 0].map((edges) => ({ kind: 'lost', edges })));
  });

  it('forgets a loss when nothing follows it', () => {
    const events: PulseEvent[] = [];
    const decoder = new PulseDecoder(COIN, (event) => events.push(event));
    decoder.lost(3);
    expect(decoder.dueMs()).toBe(END);
    decoder.quiet(END);
    for (const edge of pulses(1)) decoder.edge(edge);
    decoder.quiet(END);
    expect(counts(events)).toEqual([1]);
  });

  it.each([0, 1])('doubts no piece long after a loss that was told, where the numbers leave a gap of %i for it', (gap) => {
    const events: PulseEvent[] = [];
    const decoder = new PulseDecoder(COIN, (event) => events.push(event));
    for (const edge of pulses(1)) decoder.edge(edge);
    decoder.quiet(END);
    decoder.lost(0);
    decoder.quiet(END);
    for (const edge of pulseEdges([50, 50], [100], 9_000, 3 + gap)) decoder.edge(edge);
    decoder.quiet(END);
    expect(counts(events)).toEqual([1, 2]);
  });

  it.each([
    ['hum', Array(100).fill(5), Array(100).fill(5), 40],
    ['a contact that never rests', Array(1000).fill(0.3), Array(1000).fill(0.3), 40],
  ])('is in a storm: %s', (_, widths, gaps, rejects) => {
    const events = decode(pulseEdges(widths, gaps));
    expect(events.filter(({ kind }) => kind === 'storm')).toEqual([{ kind: 'storm', rejects }]);
    expect(events.length).toBeLessThan(50);
    expect(trains(events)).toEqual([]);
  });

  it('is told of each second of a storm, and doubts what it counts meanwhile', () => {
    const noise = pulseEdges(Array(200).fill(5), Array(200).fill(5));
    const coin = pulseEdges([50, 1], [100], 3_000, 401);
    const events = decode([...noise, ...coin]);
    expect(events.filter(({ kind }) => kind === 'storm')).toHaveLength(2);
    expect(counts(events)).toEqual(['1 storm']);
  });

  it('never goes back in time', () => {
    const edges = pulses(2).map((edge, i) => (i === 2 ? { ...edge, timestampNs: 1n } : edge));
    expect(() => decode(edges)).not.toThrow();
  });

  it('is said to a listener that throws only once', () => {
    let said = 0;
    const decoder = new PulseDecoder(COIN, () => {
      said += 1;
      throw new Error('full');
    });
    for (const edge of pulses(2)) decoder.edge(edge);
    expect(() => decoder.quiet(END)).toThrow('full');
    decoder.quiet(END);
    for (const edge of pulseEdges([50], [], 9_000, 5)) decoder.edge(edge);
    expect(() => decoder.quiet(END)).toThrow('full');
    expect(said).toBe(2);
  });
});

/** A number of milliseconds between two, to a hundredth. */
const between = (least: number, most: number) =>
  fc.integer({ min: Math.ceil(least * 100), max: Math.floor(most * 100) }).map((n) => n / 100);

describe('whatever comes', () => {
  it.each(PROFILE_NAMES)('%s: n pulses within the profile are n pulses', (name) => {
    const profile = profileNamed(name);
    if (!profile) throw new Error('no profile');
    const pulse = fc.record({
      width: between(profile.minPulseMs, profile.maxPulseMs),
      gap: between(profile.minGapMs, profile.maxGapMs),
    });
    fc.assert(
      fc.property(fc.array(fc.array(pulse, { minLength: 1, maxLength: 120 }), { minLength: 1, maxLength: 4 }), (pieces) => {
        const all = pieces.flatMap((piece) => piece.map((p, i) => (i === piece.length - 1 ? { ...p, gap: endOfTrainMs(profile) } : p)));
        const edges = pulseEdges(
          all.map(({ width }) => width),
          all.map(({ gap }) => gap),
        );
        const active = profile.idle === 'high' ? 'low' : 'high';
        const wired = edges.map((edge) => ({ ...edge, level: edge.level === 'low' ? active : profile.idle }));
        expect(counts(decode(wired, { profile }))).toEqual(pieces.map((piece) => piece.length));
      }),
      { numRuns: 30 },
    );
  });

  it('noise is never a train', () => {
    const spike = fc.record({ width: between(0.01, 39.99), gap: between(0.01, 500) });
    fc.assert(
      fc.property(fc.array(spike, { maxLength: 300 }), (spikes) => {
        const edges = pulseEdges(
          spikes.map(({ width }) => width),
          spikes.map(({ gap }) => gap),
        );
        expect(trains(decode(edges))).toEqual([]);
      }),
    );
  });

  it('a train with lost edges is never taken at its count', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 30 }), fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 6 }), (n, places, losses) => {
        const edges = pulses(n);
        // What was lost at the very ends leaves no trace.
        const lost = [...places.take(losses)].map((place) => 1 + (place % (edges.length - 2)));
        const events = decode(without(edges, ...lost));
        expect(trains(events).filter(({ doubt }) => doubt === null)).toEqual([]);
        expect(events.some(({ kind }) => kind === 'lost')).toBe(true);
      }),
    );
  });

  it('10,000 pulses a second are all counted, in order', () => {
    const fast = { ...COIN, minPulseMs: 0.02, maxPulseMs: 0.08, minGapMs: 0.02, maxGapMs: 0.08 };
    const pieces = Array.from({ length: 100 }, (_, i) => i + 1);
    const widths = pieces.flatMap((n) => Array(n).fill(0.05));
    const gaps = pieces.flatMap((n) => [...Array(n - 1).fill(0.05), 60]);
    expect(counts(decode(pulseEdges(widths, gaps), { profile: fast }))).toEqual(pieces);
    expect(counts(decode(pulseEdges(Array(10_000).fill(0.05), Array(10_000).fill(0.05)), { profile: fast }))).toEqual([10_000]);
  });
});
