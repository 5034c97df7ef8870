import type { PulseEdge } from '../domain/cash/pulse.ts';

/** The edges of pulses on a line that idles high: `widthsMs[i]` low, then `gapsMs[i]` high. */
export function pulseEdges(widthsMs: readonly number[], gapsMs: readonly number[], startMs = 1_000, seqno = 1): PulseEdge[] {
  const edges: PulseEdge[] = [];
  let at = startMs;
  const edge = (level: 'high' | 'low') => edges.push({ level, timestampNs: BigInt(Math.round(at * 1e6)), seqno: seqno + edges.length });
  widthsMs.forEach((width, i) => {
    edge('low');
    at += width;
    edge('high');
    at += gapsMs[i] ?? 0;
  });
  return edges;
}
