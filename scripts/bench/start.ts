import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { quantile } from './spread.ts';

/** Cold start and memory of `tilld run`, beside `node -e 0`, medians of alternating runs. */
interface StartBench {
  readonly boxReadyMs: number;
  readonly nodeMs: number;
  readonly boxRssMb: number;
  readonly nodeRssMb: number;
  readonly startRatio: number;
  readonly rssRatio: number;
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** What an idle box holds is read after it has settled: first tries of the links, first heartbeat, a garbage collection. */
const SETTLE_MS = 4_000;

export async function benchStart(dir: string, runs = 7): Promise<StartBench> {
  const home = fs.mkdtempSync(path.join(dir, 'start-'));
  const config = path.join(home, 'box.json');
  fs.writeFileSync(config, JSON.stringify(CONFIG));
  const times = { box: [] as number[], node: [] as number[], boxRss: [] as number[], nodeRss: [] as number[] };
  try {
    await box(config, home, 0);
    for (let i = 0; i < runs; i++) {
      times.node.push(await bareNode());
      times.box.push((await box(config, home, 0)).readyMs);
    }
    times.boxRss.push((await box(config, home, SETTLE_MS)).rssMb);
    times.nodeRss.push(await idleNode());
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
  const [boxReadyMs, nodeMs, boxRssMb, nodeRssMb] = [times.box, times.node, times.boxRss, times.nodeRss].map((list) => quantile(list, 0.5));
  if (boxReadyMs === undefined || nodeMs === undefined || boxRssMb === undefined || nodeRssMb === undefined) throw new Error('no runs');
  return { boxReadyMs, nodeMs, boxRssMb, nodeRssMb, startRatio: boxReadyMs / nodeMs, rssRatio: boxRssMb / nodeRssMb };
}

const CONFIG = {
  device: { serial: 'BENCH-2', mac: '02:00:00:00:00:BF', chipId: 'bench', model: 'sim' },
  board: 'sim',
  protocol: 'promptpay',
  // Nobody listens there: a box starts without a network.
  promptpay: { http: { url: 'http://127.0.0.1:9' }, mqtt: { url: 'mqtt://127.0.0.1:9' } },
  api: { port: 0 },
  log: { level: 'error' },
};

/** Starts a box and kills it `idleMs` after it said that it is ready. */
async function box(config: string, home: string, idleMs: number): Promise<{ readyMs: number; rssMb: number }> {
  const started = performance.now();
  const child = spawn(process.execPath, [MAIN, 'run', '--config', config, '--state', path.join(home, 'state'), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the box ended with ${code}`)));
  });
  const readyMs = performance.now() - started;
  child.removeAllListeners('exit');
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  const rssMb = rssOf(child.pid);
  await ended(child);
  return { readyMs, rssMb };
}

function bareNode(): Promise<number> {
  const started = performance.now();
  return new Promise((resolve) => spawn(process.execPath, ['-e', '0']).once('exit', () => resolve(performance.now() - started)));
}

async function idleNode(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => 0, 60000)']);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const rssMb = rssOf(child.pid);
  await ended(child);
  return rssMb;
}

function ended(child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

const rssOf = (pid: number | undefined): number =>
  Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1_024;
