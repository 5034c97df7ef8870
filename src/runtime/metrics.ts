import type { Labels, Metrics } from '../ports/metrics.ts';
import { METRIC_HELP } from './metric-help.ts';

/** Most label sets of one metric: beyond it a label value was not from a small fixed set, and is a bug that must not eat the memory. */
const MAX_SERIES = 200;

interface Family {
  readonly type: 'counter' | 'gauge';
  readonly series: Map<string, number>;
}

export interface MetricsRegistry extends Metrics {
  /** Prometheus text exposition, version 0.0.4; every name with the `tilld_` prefix. */
  exposition(): string;
}

/** Counters and gauges in memory. A name keeps the type it was first used with; wrong use is dropped and counted, never thrown. */
export function metricsRegistry(help: Readonly<Record<string, string>> = METRIC_HELP): MetricsRegistry {
  const families = new Map<string, Family>();
  let dropped = 0;

  function series(
    name: string,
    type: Family['type'],
    labels: Labels | undefined,
    value: number,
  ): { at: Map<string, number>; key: string } | null {
    const family = families.get(name) ?? { type, series: new Map<string, number>() };
    const key = labelText(labels);
    const full = family.series.size >= MAX_SERIES && !family.series.has(key);
    if (family.type !== type || full || !Number.isFinite(value) || !/^[a-z][a-z0-9_]*$/.test(name)) {
      dropped++;
      return null;
    }
    families.set(name, family);
    return { at: family.series, key };
  }

  return {
    count(name, labels, by = 1) {
      const found = series(name, 'counter', labels, by < 0 ? Number.NaN : by);
      found?.at.set(found.key, (found.at.get(found.key) ?? 0) + by);
    },
    gauge(name, value, labels) {
      const found = series(name, 'gauge', labels, value);
      found?.at.set(found.key, value);
    },
    exposition() {
      const own: [string, Family] = ['metrics_dropped_total', { type: 'counter', series: new Map([['', dropped]]) }];
      const text = [...families, own].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, family]) => familyText(name, family, help[name]));
      return text.join('');
    },
  };
}

function familyText(name: string, { type, series }: Family, help: string | undefined): string {
  const full = `tilld_${name}`;
  const lines = [...series].map(([labels, value]) => `${full}${labels} ${value}\n`);
  return `# HELP ${full} ${escaped(help ?? name.replaceAll('_', ' '), false)}\n# TYPE ${full} ${type}\n${lines.join('')}`;
}

function labelText(labels: Labels = {}): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0
    ? ''
    : `{${pairs.map(([name, value]) => `${name.replaceAll(/\W/g, '_')}="${escaped(value, true)}"`).join(',')}}`;
}

function escaped(text: string, quotes: boolean): string {
  const plain = text.slice(0, 200).replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return quotes ? plain.replaceAll('"', '\\"') : plain;
}
