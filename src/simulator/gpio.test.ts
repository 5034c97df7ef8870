import { beforeEach, describe, expect, it } from 'vitest';
import type { Edge } from '../ports/gpio.ts';
import { FakeClock } from '../testkit/clock.ts';
import { gpioContract } from '../testkit/gpio-contract.ts';
import type { GpioStep } from '../testkit/scripted-gpio.ts';
import { SimulatedGpio } from './gpio.ts';

const BOARD = {
  inputs: { in: { chip: 'sim', line: 'IN', idle: 'high' }, low: { chip: 'sim', line: 'LOW', idle: 'low' } },
  outputs: { out: { chip: 'sim', line: 'OUT', active: 'high' }, valve: { chip: 'sim', line: 'VALVE', active: 'low' } },
} as const;

/** The changes a step makes. */
const changesOf = (step: GpioStep): boolean[] =>
  'set' in step ? [step.active] : Array.from({ length: 2 * step.train.count }, (_, i) => i % 2 === 0);

gpioContract('the simulated board', (steps) => {
  const clock = new FakeClock();
  const gpio = new SimulatedGpio(clock, BOARD);
  let level: 'high' | 'low' = 'high';
  const drive = async (to: 'high' | 'low') => {
    level = to;
    void gpio.play('in', [{ level: to, ms: 0 }]);
    await clock.flow(1);
  };
  return {
    gpio,
    drive,
    lose: async (count) => {
      gpio.loseEdges('in', count);
      for (let i = 0; i < count; i++) await drive(level === 'high' ? 'low' : 'high');
    },
    away: async (away) => gpio.plug(!away),
    active: () => gpio.outputs().some(({ name, active }) => name === 'out' && active),
    elapse: (ms) => clock.flow(ms, 10),
    passUntil: async (when) => {
      for (let ms = 0; ms < 60_000 && !when(); ms += 50) await clock.flow(50);
    },
    finish: () => {
      const wanted = steps.flatMap(changesOf);
      const found = gpio.history().map(({ active }) => active);
      // Closing in the middle leaves a train unfinished, and the output inactive.
      const closed = found.length > wanted.length ? [...wanted, false] : wanted.slice(0, found.length);
      expect(found).toEqual(closed);
    },
  };
});

describe('the simulated pins', () => {
  let clock: FakeClock;
  let gpio: SimulatedGpio;
  let edges: Edge[];
  let lost: number[];
  beforeEach(async () => {
    clock = new FakeClock();
    gpio = new SimulatedGpio(clock, BOARD);
    await gpio.open();
    edges = [];
    lost = [];
    gpio.watch(
      'in',
      (edge) => edges.push(edge),
      (count) => lost.push(count),
    );
  });
  const ms = () => edges.map(({ timestampNs }) => Number(timestampNs) / 1e6 - 1_000);

  it('gives edges their ideal time, however late they are played', () => {
    void gpio.play('in', [
      { level: 'low', ms: 0.25 },
      { level: 'high', ms: 7.5 },
      { level: 'low', ms: 1 },
      { level: 'high', ms: 1 },
    ]);
    clock.advance(5_000);
    expect(ms()).toEqual([0, 0.25, 7.75, 8.75]);
  });

  it('plays what is asked for meanwhile afterwards', async () => {
    const ends: number[] = [];
    for (const _ of [1, 2]) {
      void gpio
        .play('in', [
          { level: 'low', ms: 10 },
          { level: 'high', ms: 20 },
        ])
        .then(() => ends.push(clock.monotonicMs() - 1_000));
    }
    expect(gpio.backlogMs('in')).toBe(60);
    await clock.flow(100, 1);
    expect([ms(), ends]).toEqual([
      [0, 10, 30, 40],
      [30, 60],
    ]);
  });

  it('plays 10,000 pulses with few timers when the clock ticks coarsely', async () => {
    let timers = 0;
    const coarse = {
      monotonicMs: () => Math.floor(clock.monotonicMs()),
      wallMs: () => clock.wallMs(),
      wallTrusted: () => true,
      after: (wait: number, task: () => void) => {
        timers += 1;
        return clock.after(Math.max(1, wait), task);
      },
    };
    const board = new SimulatedGpio(coarse, BOARD);
    await board.open();
    let count = 0;
    let last = 0n;
    let ordered = true;
    board.watch(
      'in',
      ({ timestampNs }) => {
        ordered &&= timestampNs > last;
        last = timestampNs;
        count += 1;
      },
      () => expect.unreachable('no loss'),
    );
    const segments = Array.from({ length: 20_000 }, (_, i) => ({ level: i % 2 === 0 ? 'low' : 'high', ms: 0.05 }) as const);
    const played = board.play('in', segments);
    clock.advance(1_010);
    await played;
    expect([count, ordered]).toEqual([20_000, true]);
    expect(timers).toBeLessThan(1_100);
  });

  it('keeps the order of time over several lines', () => {
    const seen: string[] = [];
    for (const line of ['in', 'low'])
      gpio.watch(
        line,
        (edge) => seen.push(`${edge.line} ${edge.timestampNs}`),
        () => undefined,
      );
    void gpio.play('in', [
      { level: 'low', ms: 3 },
      { level: 'high', ms: 3 },
    ]);
    void gpio.play('low', [
      { level: 'high', ms: 1 },
      { level: 'low', ms: 1 },
    ]);
    clock.advance(100);
    expect(seen).toEqual(['in 1000000000', 'low 1000000000', 'low 1001000000', 'in 1003000000']);
  });

  it('loses edges on demand and tells at the next one', () => {
    gpio.loseEdges('in', 2);
    void gpio.play('in', [
      { level: 'low', ms: 1 },
      { level: 'high', ms: 1 },
      { level: 'low', ms: 1 },
      { level: 'high', ms: 1 },
    ]);
    clock.advance(10);
    expect([edges.map(({ seqno }) => seqno), lost]).toEqual([[3, 4], [2]]);
  });

  it('holds a stuck line, and shows what the wire is when it lets go', async () => {
    gpio.stick('in', 'low');
    void gpio.play('in', [
      { level: 'low', ms: 1 },
      { level: 'high', ms: 1 },
    ]);
    clock.advance(10);
    expect([edges.map(({ level }) => level), await gpio.read('in')]).toEqual([['low'], 'low']);
    gpio.stick('in', null);
    expect(edges.map(({ level }) => level)).toEqual(['low', 'high']);
  });

  it('shows outputs with their level and tells their changes', async () => {
    const told: string[] = [];
    const cancel = gpio.onOutput(({ line, active }) => told.push(`${line} ${active}`));
    await gpio.set('valve', true);
    expect(gpio.outputs()).toEqual([
      { name: 'out', active: false, level: 'low' },
      { name: 'valve', active: true, level: 'low' },
    ]);
    clock.advance(25);
    await gpio.set('valve', true);
    await gpio.set('valve', false);
    cancel();
    await gpio.set('out', true);
    expect(told).toEqual(['valve true', 'valve false']);
    expect(gpio.history()).toEqual([
      { line: 'valve', active: true, atMs: 1_000 },
      { line: 'valve', active: false, atMs: 1_025 },
      { line: 'out', active: true, atMs: 1_025 },
    ]);
  });

  it('has outputs that break', async () => {
    gpio.breakOutput('out', true);
    await expect(gpio.set('out', true)).rejects.toMatchObject({ code: 'output-fault', blame: 'device' });
    await expect(gpio.pulse('out', { count: 1, pulseMs: 1, gapMs: 1 })).rejects.toMatchObject({ code: 'output-fault' });
    gpio.breakOutput('out', false);
    await gpio.set('out', true);
  });

  it.each([
    { count: 0, pulseMs: 1, gapMs: 1 },
    { count: 1.5, pulseMs: 1, gapMs: 1 },
    { count: 10_001, pulseMs: 1, gapMs: 1 },
    { count: 1, pulseMs: 0, gapMs: 1 },
    { count: 1, pulseMs: 1, gapMs: Number.NaN },
    { count: 1, pulseMs: Number.POSITIVE_INFINITY, gapMs: 1 },
  ])('refuses the train %o', async (train) => {
    await expect(gpio.pulse('out', train)).rejects.toMatchObject({ code: 'train-invalid', blame: 'caller' });
    expect(gpio.history()).toEqual([]);
  });

  it('goes on playing after a listener threw', () => {
    let thrown = false;
    gpio.watch(
      'in',
      () => {
        if (thrown) return;
        thrown = true;
        throw new Error('listener');
      },
      () => undefined,
    );
    void gpio.play('in', [
      { level: 'low', ms: 1 },
      { level: 'high', ms: 1 },
    ]);
    expect(() => clock.advance(10)).toThrow('listener');
    const before = edges.length;
    clock.advance(10);
    expect(edges.length).toBeGreaterThan(before);
  });
});
