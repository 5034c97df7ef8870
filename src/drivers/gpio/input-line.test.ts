import { beforeEach, describe, expect, it } from 'vitest';
import type { Edge } from '../../ports/gpio.ts';
import { InputLine } from './input-line.ts';

const MS = 1_000_000n;

describe('an input', () => {
  let line: InputLine;
  let told: (string | number)[];
  let edges: Edge[];
  beforeEach(() => {
    line = new InputLine('coin');
    told = [];
    edges = [];
    line.watch({
      onEdge: (edge) => {
        edges.push(edge);
        told.push(edge.level);
      },
      onLoss: (count) => told.push(count),
    });
    line.found('high');
  });

  it('numbers its edges', () => {
    line.edge('low', 10n * MS);
    line.edge('high', 60n * MS);
    expect(edges.map(({ level, seqno, timestampNs }) => [level, seqno, timestampNs])).toEqual([
      ['low', 1, 10n * MS],
      ['high', 2, 60n * MS],
    ]);
    expect(line.level).toBe('high');
  });

  it('tells two edges the same way as one that was lost between them', () => {
    line.edge('low', 10n * MS);
    line.edge('low', 160n * MS);
    expect(told).toEqual(['low', 1, 'low']);
    expect(edges[1]?.seqno).toBe(3);
  });

  it('knows a spike, which is too short to be anything that was lost', () => {
    line.edge('low', 10n * MS);
    line.edge('low', 10n * MS + MS - 1n);
    expect(told).toEqual(['low']);
    line.edge('low', 11n * MS + MS);
    expect(told).toEqual(['low', 1, 'low']);
  });

  it('tells an edge to the level that was found as a loss', () => {
    line.edge('high', 5n * MS);
    expect(told).toEqual([1, 'high']);
  });

  it('leaves a gap in its numbers where nobody knows how much was lost', () => {
    line.edge('low', 10n * MS);
    line.lost(0);
    line.forget(null);
    line.found('low');
    line.edge('high', 20n * MS);
    expect(told).toEqual(['low', 0, 'high']);
    expect(edges.map(({ seqno }) => seqno)).toEqual([1, 3]);
  });
});
