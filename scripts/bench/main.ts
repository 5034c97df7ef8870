// Measures what the project promises, each figure beside something named in the same run. Prints; passes no judgement.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MAX_CORE_BYTES } from '../../src/domain/ota/limits.ts';
import { benchCommits } from './commits.ts';
import { benchConfirmation } from './confirmation.ts';
import { benchEdges } from './edges.ts';
import { benchEmulated } from './emulated.ts';
import { benchExecutable } from './executable.ts';
import { benchFrames } from './frames.ts';
import { benchPackages, missingTool } from './packages.ts';
import { benchPulses } from './pulses.ts';
import { benchStart } from './start.ts';

/** What a package holds at most. */
const MOST_MIB = MAX_CORE_BYTES / 1_048_576;
const { wanted, asJson, mib } = commandLine();

const BENCHES: Record<string, (dir: string) => unknown> = {
  confirmation: benchConfirmation,
  commits: benchCommits,
  pulses: benchPulses,
  edges: benchEdges,
  frames: benchFrames,
  packages: (dir) => benchPackages(dir, mib),
  start: benchStart,
  executable: benchExecutable,
  emulated: benchEmulated,
};

const names = wanted.length > 0 ? wanted : Object.keys(BENCHES);
const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) refuse(`there is no ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
const missing = names.includes('packages') ? missingTool() : null;
if (missing !== null) refuse(`packages cannot be measured: ${missing}`);
// Beside the checkout's own files, so that the disk is the one people have; a tmpfs would flatter every fsync.
const dir = fs.mkdtempSync(path.resolve(process.env.TILLD_BENCH_DIR ?? '.', '.tilld-bench-'));
const results: Record<string, unknown> = {};
try {
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (!names.includes(name)) continue;
    if (process.stderr.isTTY) process.stderr.write(`\rmeasuring ${name} …\u001B[K`);
    results[name] = await bench(dir);
  }
} finally {
  if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
  fs.rmSync(dir, { recursive: true, force: true });
}
process.stdout.write(asJson ? `${JSON.stringify(results)}\n` : table(results));

/** The benches named (none: all), `--json`, and `--mib`: size of the firmware image that `packages` packs. */
function commandLine(): { readonly wanted: readonly string[]; readonly asJson: boolean; readonly mib: number } {
  const options = { json: { type: 'boolean', default: false }, mib: { type: 'string', default: '128' } } as const;
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    const mib = Number(values.mib);
    if (Number.isInteger(mib) && mib >= 1 && mib <= MOST_MIB) return { wanted: positionals, asJson: values.json, mib };
    return refuse(`--mib ${values.mib} is no size of an image; 1 to ${MOST_MIB}`);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(why: string): never {
  process.stderr.write(`bench: ${why}\n`);
  process.exit(2);
}

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
