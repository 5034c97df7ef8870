import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeBoxConfig } from '../../src/cli/simulate-config.ts';
import { type Runner, trialFailed, withProgram } from './running-program.ts';

/** What a box came to that sold something for a coin of 10 THB. */
interface TrialSale {
  readonly cashMinor: number;
  /** The picture of its screen, PNG. */
  readonly screen: Uint8Array;
}

/** What a virtual box with its backend came to that did the same. */
interface TrialWorld {
  readonly cashMinor: number;
  /** The HTML of the panel and of the backend's page. */
  readonly pages: readonly string[];
}

const LOOK_EVERY_MS = 50;
const PRICE_MINOR = 1_000;
const FREE_PORTS = ['--port', '0', '--api-port', '0', '--http-port', '0', '--mqtt-port', '0'];
const NOWHERE = { apiPort: 0, httpUrl: 'http://127.0.0.1:9', mqttUrl: 'mqtt://127.0.0.1:9', gatewayUrl: 'http://127.0.0.1:9' };

/**
 * Starts `tilld run` with a virtual board in an empty folder and sells something for a coin: journal, board, fonts,
 * rasteriser and local API all take part. No network is needed.
 * @throws DeviceFault `trial-failed`
 */
export function trialSale(runner: Runner): Promise<TrialSale> {
  return inEmptyFolder(async (folder) => {
    const [config, screen] = [join(folder, 'box.json'), join(folder, 'screen.png')];
    writeBoxConfig(config, NOWHERE);
    const settings = { ...JSON.parse(readFileSync(config, 'utf8')), display: { driver: 'png', file: screen }, log: { level: 'error' } };
    writeFileSync(config, JSON.stringify(settings));
    const run = ['run', '--json', '--config', config, '--state', join(folder, 'state')];
    return withProgram(runner, run, folder, async ({ url }: { url: string }, signal) => {
      const cashMinor = await sellForCoin(url, signal);
      return { cashMinor, screen: await pictureIn(screen, signal) };
    });
  });
}

/** The same with `tilld simulate`: the program starts itself a second time, and serves its pages. @throws DeviceFault `trial-failed` */
export function trialWorld(runner: Runner): Promise<TrialWorld> {
  type Said = { readonly panelUrl: string; readonly backendUrl: string; readonly apiUrl: string };
  return inEmptyFolder((folder) =>
    withProgram(runner, ['simulate', '--json', ...FREE_PORTS], folder, async ({ panelUrl, backendUrl, apiUrl }: Said, signal) => {
      const pages = await Promise.all([panelUrl, backendUrl].map(async (url) => (await answerOf(url, { signal })).text()));
      return { pages, cashMinor: await sellForCoin(apiUrl, signal) };
    }),
  );
}

async function inEmptyFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-trial-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the box has taken in cash afterwards, minor units. */
async function sellForCoin(url: string, signal: AbortSignal): Promise<number> {
  const { id } = await post<{ id: string }>(`${url}/v1/sales`, { amountMinor: PRICE_MINOR, description: 'Trial' }, signal);
  await post(`${url}/sim/coin`, { denomination: PRICE_MINOR }, signal);
  const paid = async () => ['delivering', 'delivered'].includes((await get<{ state: string }>(`${url}/v1/sales/${id}`, signal)).state);
  while (!(await paid())) await wait(LOOK_EVERY_MS, undefined, { signal });
  return (await get<{ sinceEver: { cashMinor: number } }>(`${url}/v1/counters`, signal)).sinceEver.cashMinor;
}

async function pictureIn(file: string, signal: AbortSignal): Promise<Uint8Array> {
  while (!existsSync(file)) await wait(LOOK_EVERY_MS, undefined, { signal });
  return readFileSync(file);
}

async function answerOf(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (response.ok) return response;
  throw trialFailed(`${response.status} from ${url}: ${await response.text()}`);
}

// The program under trial is our own: what it answers has the form that its own tests hold it to.
const get = async <T>(url: string, signal: AbortSignal): Promise<T> => (await answerOf(url, { signal })).json() as Promise<T>;
const post = async <T>(url: string, body: unknown, signal: AbortSignal): Promise<T> => {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal };
  return (await answerOf(url, init)).json() as Promise<T>;
};
