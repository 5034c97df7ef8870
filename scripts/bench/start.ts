import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { signingKeys, writeBoxConfig } from '../../src/cli/simulate-config.ts';
import { SIMULATED_PROTOCOLS, type SimulatedProtocol } from '../../src/cli/simulate-new-box.ts';
import { quantile } from './spread.ts';

/** Cold start and memory of `tilld run`, and the same beside `node -e 0`. */
interface BoxStart {
  readonly readyMs: number;
  readonly rssMb: number;
  readonly startRatio: number;
  readonly rssRatio: number;
}

/** A box of each protocol; medians of alternating runs. */
interface StartBench extends Record<SimulatedProtocol, BoxStart> {
  readonly nodeMs: number;
  readonly nodeRssMb: number;
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** What an idle box holds is read after it has settled: first tries of the links, first heartbeat, a garbage collection. */
export const SETTLE_MS = 4_000;
/** Nobody listens there: a box starts without a network. */
const NOWHERE = { apiPort: 0, httpUrl: 'http://127.0.0.1:9', mqttUrl: 'mqtt://127.0.0.1:9', gatewayUrl: 'http://127.0.0.1:9' };

export async function benchStart(dir: string, runs = 7, idleRuns = 3): Promise<StartBench> {
  const home = fs.mkdtempSync(path.join(dir, 'start-'));
  const boxes = SIMULATED_PROTOCOLS.map((protocol) => ({
    protocol,
    folder: newBox(home, protocol),
    times: [] as number[],
    rss: [] as number[],
  }));
  const nodeTimes: number[] = [];
  const nodeRss: number[] = [];
  try {
    // In order: Node keeps the code it has compiled only then, and every start but the first has it.
    for (const { folder } of boxes) await boxIn(folder, 0, 'SIGTERM');
    for (let i = 0; i < runs; i++) {
      nodeTimes.push(await bareNode());
      for (const { folder, times } of boxes) times.push((await boxIn(folder, 0)).readyMs);
    }
    for (let i = 0; i < idleRuns; i++) {
      nodeRss.push(await idleNode());
      for (const { folder, rss } of boxes) rss.push((await boxIn(folder, SETTLE_MS)).rssMb);
    }
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
  const [nodeMs, nodeRssMb] = [quantile(nodeTimes, 0.5), quantile(nodeRss, 0.5)];
  const figures = (wanted: SimulatedProtocol): BoxStart => {
    const { times = [], rss = [] } = boxes.find(({ protocol }) => protocol === wanted) ?? {};
    const [readyMs, rssMb] = [quantile(times, 0.5), quantile(rss, 0.5)];
    return { readyMs, rssMb, startRatio: readyMs / nodeMs, rssRatio: rssMb / nodeRssMb };
  };
  return {
    nodeMs,
    nodeRssMb,
    promptpay: figures('promptpay'),
    ds50: figures('ds50'),
    'qris-soundbox': figures('qris-soundbox'),
    kiosk: figures('kiosk'),
    'payment-gateway': figures('payment-gateway'),
  };
}

/** What starts the checkout's tilld. */
export const CHECKOUT: readonly string[] = [process.execPath, MAIN];
const NODE: readonly string[] = [process.execPath];

/** A folder with the configuration of a virtual box that says nothing of the missing network. */
export function newBox(home: string, protocol: SimulatedProtocol): string {
  const folder = path.join(home, protocol);
  fs.mkdirSync(folder);
  const config = path.join(folder, 'box.json');
  signingKeys(config, protocol);
  writeBoxConfig(config, NOWHERE, protocol);
  fs.writeFileSync(config, JSON.stringify({ ...JSON.parse(fs.readFileSync(config, 'utf8')), log: { level: 'error' } }));
  return folder;
}

/** Starts a box and ends it `idleMs` after it said that it is ready. */
export async function boxIn(
  folder: string,
  idleMs: number,
  signal: NodeJS.Signals = 'SIGKILL',
  [program = '', ...before] = CHECKOUT,
): Promise<{ readyMs: number; rssMb: number; anonymousMb: number }> {
  const started = performance.now();
  const options = ['--config', path.join(folder, 'box.json'), '--state', path.join(folder, 'state'), '--json'];
  const child = spawn(program, [...before, 'run', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the box ended with ${code}`)));
  });
  const readyMs = performance.now() - started;
  child.removeAllListeners('exit');
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  const [rssMb, anonymousMb] = [rssOf(child.pid), anonymousOf(child.pid)];
  await ended(child, signal);
  return { readyMs, rssMb, anonymousMb };
}

export async function bareNode([program = '', ...before] = NODE): Promise<number> {
  const started = performance.now();
  await once(spawn(program, [...before, '-e', '0']), 'exit');
  return performance.now() - started;
}

export async function idleNode([program = '', ...before] = NODE, settleMs = 500): Promise<number> {
  const child = spawn(program, [...before, '-e', 'setTimeout(() => 0, 60000)']);
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const rssMb = rssOf(child.pid);
  await ended(child, 'SIGKILL');
  return rssMb;
}

async function ended(child: ReturnType<typeof spawn>, signal: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

const rssOf = (pid: number | undefined): number => statusMb(pid, 'VmRSS');
/** Without pages of files, which the kernel keeps for all and can drop: a program just written shows too many of those. */
const anonymousOf = (pid: number | undefined): number => statusMb(pid, 'RssAnon');
const statusMb = (pid: number | undefined, field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1_024;
