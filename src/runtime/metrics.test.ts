import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { METRIC_HELP } from './metric-help.ts';
import { metricsRegistry } from './metrics.ts';

test('counts and gauges appear in the text exposition', () => {
  const metrics = metricsRegistry({ sales_total: 'Sales by outcome\nand \\ all' });
  metrics.count('sales_total', { state: 'delivered', via: 'push' });
  metrics.count('sales_total', { via: 'push', state: 'delivered' }, 2);
  metrics.count('sales_total', { state: 'cancelled "by" \\ a\nline' });
  metrics.gauge('queue_waiting', 3);
  metrics.gauge('queue_waiting', -1.5);
  expect(metrics.exposition()).toBe(`# HELP tilld_metrics_dropped_total metrics dropped total
# TYPE tilld_metrics_dropped_total counter
tilld_metrics_dropped_total 0
# HELP tilld_queue_waiting queue waiting
# TYPE tilld_queue_waiting gauge
tilld_queue_waiting -1.5
# HELP tilld_sales_total Sales by outcome\\nand \\\\ all
# TYPE tilld_sales_total counter
tilld_sales_total{state="delivered",via="push"} 3
tilld_sales_total{state="cancelled \\"by\\" \\\\ a\\nline"} 1
`);
});

test.each<[string, (metrics: ReturnType<typeof metricsRegistry>) => void]>([
  ['another type', (m) => m.gauge('a_total', 1)],
  ['a counter that goes back', (m) => m.count('a_total', {}, -1)],
  ['no number', (m) => m.gauge('b', Number.NaN)],
  ['a name Prometheus does not take', (m) => m.count('no-name')],
])('%s is dropped and counted', (_, misuse) => {
  const metrics = metricsRegistry();
  metrics.count('a_total', {}, 5);
  misuse(metrics);
  const lines = metrics
    .exposition()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines).toEqual(['tilld_a_total 5', 'tilld_metrics_dropped_total 1']);
});

test('a label that takes every value does not take all the memory', () => {
  const metrics = metricsRegistry();
  for (let i = 0; i < 1_000; i++) metrics.count('a_total', { id: String(i) });
  metrics.count('a_total', { id: '0' });
  expect(metrics.exposition()).toContain('tilld_a_total{id="0"} 2\n');
  expect(metrics.exposition()).toContain('tilld_metrics_dropped_total 800\n');
});

test('every metric that tilld keeps is explained, and nothing else is', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const sources = globSync('**/*.ts', { cwd: root }).filter((file) => !/\.test\.ts$|^testkit/.test(file));
  const used = sources.flatMap((file) =>
    [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/\b(?:count|gauge)\('([a-z_]+)'/g)].map((match) => match[1]),
  );
  expect([...new Set([...used, 'metrics_dropped_total'])].sort()).toEqual(Object.keys(METRIC_HELP).sort());
});
