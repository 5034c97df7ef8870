import type { Labels, Metrics } from '../ports/metrics.ts';

/** Metrics kept for the test: the value of a name over all its labels. */
export function memoryMetrics(): Metrics & { value(name: string, labels?: Labels): number } {
  const values = new Map<string, number>();
  const key = (name: string, labels: Labels = {}) => `${name}${JSON.stringify(Object.entries(labels).sort())}`;
  return {
    count: (name, labels, by = 1) => void values.set(key(name, labels), (values.get(key(name, labels)) ?? 0) + by),
    gauge: (name, value, labels) => void values.set(key(name, labels), value),
    value: (name, labels) => values.get(key(name, labels)) ?? 0,
  };
}
