import { describe, expect, it } from 'vitest';
import { type ScopeTrain, ScopeTrains } from './scope-trains.ts';

/** The trains of a line that changes after so many milliseconds each time, first from its rest. */
function trainsOf(rest: 'high' | 'low', ...waitsMs: readonly number[]) {
  const told: ScopeTrain[] = [];
  const trains = new ScopeTrains((train) => void told.push(train));
  let atMs = 5_000;
  let level = rest;
  for (const ms of waitsMs) {
    atMs += ms;
    level = level === 'high' ? 'low' : 'high';
    trains.edge({ level, timestampNs: BigInt(atMs * 1e6) });
  }
  return { told, trains };
}

describe('the trains of a line', () => {
  it.each(['high', 'low'] as const)('are told when the next one begins, and the last one when somebody says so: rest %s', (rest) => {
    const { told, trains } = trainsOf(rest, 0, 50, 100, 50, 600, 40);
    expect(told).toEqual([{ pulses: 2, widthsMs: [50, 50], gapsMs: [100], bounces: 0 }]);
    trains.end();
    expect(told.slice(1)).toEqual([{ pulses: 1, widthsMs: [40], gapsMs: [], bounces: 0 }]);
    trains.end();
    expect(told).toHaveLength(2);
  });

  it('are joined where they bounce', () => {
    const { told, trains } = trainsOf('high', 0, 30, 2, 20);
    trains.end();
    expect(told).toEqual([{ pulses: 1, widthsMs: [52], gapsMs: [], bounces: 1 }]);
  });

  it('are also noise', () => {
    const { told, trains } = trainsOf('high', 0, 2);
    trains.end();
    expect(told).toEqual([{ pulses: 0, widthsMs: [], gapsMs: [], bounces: 1 }]);
  });

  it('are understood again after a line has hung in its pulse', () => {
    const { told, trains } = trainsOf('high', 0, 2_000, 1_000, 50, 100, 50);
    trains.end();
    expect(told).toEqual([{ pulses: 2, widthsMs: [50, 50], gapsMs: [100], bounces: 0 }]);
  });

  it('are told in parts when the line never rests', () => {
    const { told } = trainsOf('high', ...Array<number>(5_001).fill(10));
    expect(told).toHaveLength(5);
    for (const { pulses } of told) expect(pulses).toBe(500);
  });

  it('are none before anything happens', () => {
    const { told, trains } = trainsOf('high', 0);
    trains.end();
    expect(told).toEqual([]);
  });
});
