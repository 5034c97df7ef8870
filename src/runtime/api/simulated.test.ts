import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { simRoutes } from '../../simulator/routes.ts';
import { createSimulator } from '../../simulator/simulator.ts';
import { inChunks } from '../../testkit/chunks.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { ScriptedBox } from '../../testkit/scripted-box.ts';
import { serveBox } from '../../testkit/served-box.ts';
import { loadBoard } from '../board.ts';
import type { Api } from './server.ts';

const BOARD = loadBoard('sim', fileURLToPath(new URL('../../../boards/', import.meta.url)));
let clock: FakeClock;
let api: Api;

beforeEach(async () => {
  clock = new FakeClock();
  const simulator = createSimulator(BOARD, clock);
  await simulator.gpio.open();
  api = await serveBox(new ScriptedBox(), {}, { extra: simRoutes(simulator, () => undefined) });
});
afterEach(() => api.stop());

/** Posts JSON in chunks of a few bytes; the clock moves until the answer is there. */
async function post(path: string, ...chunks: string[]): Promise<{ status: number; body: unknown }> {
  let settled = false;
  const answer = fetch(api.url + path, inChunks(...chunks)).finally(() => {
    settled = true;
  });
  while (!settled) await clock.flow(100);
  const response = await answer;
  return { status: response.status, body: await response.json() };
}

test('a coin whose body comes in chunks of unknown length is as good as any', async () => {
  expect(await post('/sim/coin', '{"denom', 'ination": 1', '000}')).toEqual({
    status: 200,
    body: { accepted: true, acceptor: 'coin', pulses: 10 },
  });
});

test('chunks that become too long are refused before they end', async () => {
  const answer = await post('/sim/coin', ...Array.from({ length: 80 }, () => 'x'.repeat(8 * 1024)));
  expect(answer).toMatchObject({ status: 413, body: { error: { code: 'body-too-large' } } });
});
