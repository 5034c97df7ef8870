import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { POSPARAM } from '../../src/testkit/ota-package.ts';
import { peakRssIn } from '../../src/testkit/peak-memory.ts';
import { quantile } from './spread.ts';

/** One step in a process of its own, its start not counted. Ratios are of times: 2 is twice as slow. */
interface StepBench {
  readonly mbPerSecond: number;
  /** Against `zip -0` of the same input. */
  readonly zipRatio: number;
  /** Against `zip -0`, and `sha256sum` of what it made. */
  readonly zipSha256Ratio: number;
  readonly peakRssMb: number;
}

/** Medians of alternating rounds. MB are 2^20 bytes of the input. */
interface PackageBench {
  readonly inputMb: number;
  readonly files: number;
  readonly zipMbPerSecond: number;
  readonly zipSha256MbPerSecond: number;
  /** The input copied once and every file synced, which zip does not do: a pack does it once, an install twice. */
  readonly syncedCopyMbPerSecond: number;
  readonly pack: StepBench;
  readonly verify: StepBench;
  /** From a package to the switch: copied, verified, unpacked, made current. */
  readonly install: StepBench & { readonly syncedCopyRatio: number };
}

interface PackagesBench {
  readonly firmware: PackageBench;
  readonly resource: PackageBench;
  /** The most memory of `node -e 0`. */
  readonly nodePeakRssMb: number;
}

interface Step {
  readonly ms: number;
  readonly peakRssMb: number;
}

const MIB = 1_048_576;
const RESOURCE_FILE_BYTES = 20 * 1_024;
const STEP = fileURLToPath(new URL('./package-step.ts', import.meta.url));
const run = promisify(execFile);

/** Why this bench cannot run on this machine, or null. */
export function missingTool(): string | null {
  const missing = ['zip', 'sha256sum'].filter((tool) => spawnSync(tool, ['--help']).status !== 0);
  return missing.length === 0 ? null : `there is no ${missing.join(' and no ')} to compare with; install Debian's zip and coreutils`;
}

/** Packs, verifies and installs a firmware package with an image of `mib` MiB and a resource package of `files` files of 20 KiB, all incompressible. */
export async function benchPackages(dir: string, mib = 128, files = 500, rounds = 5): Promise<PackagesBench> {
  const home = fs.mkdtempSync(path.join(dir, 'packages-'));
  try {
    const image = path.join(home, 'DS50_app_V1.0.0.img');
    writeRandom(image, mib);
    const firmware = await benchPackage(home, image, 'AP', rounds);
    fs.rmSync(image);
    const resource = await benchPackage(home, makeTree(path.join(home, 'tree'), files), 'CUST', rounds);
    return { firmware, resource, nodePeakRssMb: await bareNode() };
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
}

async function benchPackage(home: string, input: string, type: 'AP' | 'CUST', rounds: number): Promise<PackageBench> {
  const contents = filesOf(input);
  const zip: number[] = [];
  const zipSha256: number[] = [];
  const syncedCopy: number[] = [];
  const steps = { pack: [] as Step[], verify: [] as Step[], install: [] as Step[] };
  // One round first that does not count: it brings the input into memory, and lets Node keep the code it has compiled.
  for (let round = -1; round < rounds; round++) {
    const out = path.join(home, 'out');
    fs.mkdirSync(out);
    const zipped = path.join(out, 'zipped.zip');
    const zipMs = await timed(() => run('zip', ['-0', '-q', '-r', zipped, path.basename(input)], { cwd: home }));
    const sumMs = await timed(() => run('sha256sum', [zipped]));
    // At once: the disk is not to be busy with it while something else is measured.
    fs.rmSync(zipped);
    const copyMs = await timed(async () => copySynced(contents, path.join(out, 'copy')));
    fs.rmSync(path.join(out, 'copy'), { recursive: true });
    const packed = path.join(out, `${type}_DS50-MQ_BENCH_V1.0.0.zip`);
    const pack = await inChild(type === 'AP' ? 'pack' : 'packTree', input, out);
    const verify = await inChild('verify', packed);
    const install = await inChild('install', packed, path.join(out, 'state'));
    fs.rmSync(out, { recursive: true });
    if (round < 0) continue;
    zip.push(zipMs);
    zipSha256.push(zipMs + sumMs);
    syncedCopy.push(copyMs);
    steps.pack.push(pack);
    steps.verify.push(verify);
    steps.install.push(install);
  }
  const inputMb = contents.reduce((sum, file) => sum + fs.statSync(file).size, 0) / MIB;
  const mbPerSecond = (ms: readonly number[]) => inputMb / (median(ms) / 1_000);
  const figures = (taken: readonly Step[]): StepBench => {
    const ms = taken.map((step) => step.ms);
    return {
      mbPerSecond: mbPerSecond(ms),
      zipRatio: median(ms) / median(zip),
      zipSha256Ratio: median(ms) / median(zipSha256),
      peakRssMb: Math.max(...taken.map(({ peakRssMb }) => peakRssMb)),
    };
  };
  return {
    inputMb,
    files: contents.length,
    zipMbPerSecond: mbPerSecond(zip),
    zipSha256MbPerSecond: mbPerSecond(zipSha256),
    syncedCopyMbPerSecond: mbPerSecond(syncedCopy),
    pack: figures(steps.pack),
    verify: figures(steps.verify),
    install: { ...figures(steps.install), syncedCopyRatio: median(steps.install.map(({ ms }) => ms)) / median(syncedCopy) },
  };
}

const median = (values: readonly number[]): number => quantile(values, 0.5);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function inChild(...step: string[]): Promise<Step> {
  const { stdout } = await run(process.execPath, [STEP, ...step]);
  return JSON.parse(stdout);
}

async function bareNode(): Promise<number> {
  const { stdout } = await run(process.execPath, ['-e', 'process.stdout.write(fs.readFileSync("/proc/self/status"))']);
  return peakRssIn(stdout);
}

/** A folder as `npm run resource_tree` takes it. */
function makeTree(tree: string, files: number): string {
  for (const folder of ['cust', 'mp3', 'ui', 'key']) fs.mkdirSync(path.join(tree, folder), { recursive: true });
  fs.writeFileSync(path.join(tree, 'cust', 'posparam.ini'), POSPARAM);
  for (let i = 0; i < files; i++)
    fs.writeFileSync(path.join(tree, i % 2 === 0 ? 'mp3' : 'ui', `${i}.bin`), randomBytes(RESOURCE_FILE_BYTES));
  return tree;
}

function writeRandom(file: string, mib: number): void {
  const fd = fs.openSync(file, 'w');
  for (let i = 0; i < mib; i++) fs.writeSync(fd, randomBytes(MIB));
  fs.closeSync(fd);
}

const filesOf = (input: string): string[] =>
  fs.statSync(input).isFile()
    ? [input]
    : fs
        .readdirSync(input, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name));

function copySynced(files: readonly string[], into: string): void {
  fs.mkdirSync(into);
  const buffer = Buffer.alloc(MIB);
  for (const [i, file] of files.entries()) {
    const from = fs.openSync(file, 'r');
    const to = fs.openSync(path.join(into, String(i)), 'w');
    for (let read = fs.readSync(from, buffer); read > 0; read = fs.readSync(from, buffer)) fs.writeSync(to, buffer, 0, read);
    fs.fsyncSync(to);
    for (const fd of [from, to]) fs.closeSync(fd);
  }
}
