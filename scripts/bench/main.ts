// Measures what the project promises, each figure beside something named in the same run. Prints; passes no judgement.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { benchCommits } from './commits.ts';
import { benchConfirmation } from './confirmation.ts';
import { benchPulses } from './pulses.ts';
import { benchStart } from './start.ts';

const BENCHES: Record<string, (dir: string) => unknown> = {
  confirmation: benchConfirmation,
  commits: benchCommits,
  pulses: benchPulses,
  start: benchStart,
};

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  process.stderr.write(`bench: there is no ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}
const asJson = process.argv.includes('--json');
// Beside the checkout's own files, so that the disk is the one people have; a tmpfs would flatter every fsync.
const dir = fs.mkdtempSync(path.join(process.env.TILLD_BENCH_DIR ?? '.', '.tilld-bench-'));
const results: Record<string, unknown> = {};
try {
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    if (process.stderr.isTTY) process.stderr.write(`\rmeasuring ${name} …\u001B[K`);
    results[name] = await bench(dir);
  }
} finally {
  if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
  fs.rmSync(dir, { recursive: true, force: true });
}
process.stdout.write(asJson ? `${JSON.stringify(results)}\n` : table(results));

function table(all: Record<string, unknown>): string {
  const lines = [`${os.cpus().length} cores, ${os.cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}`];
  for (const [name, result] of Object.entries(all)) {
    lines.push('', name);
    for (const [label, value] of flat(result))
      lines.push(`  ${label.padEnd(32)} ${typeof value === 'number' ? rounded(value) : String(value)}`);
  }
  return `${lines.join('\n')}\n`;
}

function flat(value: unknown, prefix = ''): [string, unknown][] {
  if (value === null || typeof value !== 'object') return [[prefix, value]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, prefix === '' ? key : `${prefix}.${key}`));
}

function rounded(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}
