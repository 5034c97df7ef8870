import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../testkit/clock.ts';
import { memoryLog } from '../testkit/log.ts';
import { BOARDS_DIR } from './board.ts';
import { composeBox } from './compose.ts';
import { loadConfig } from './config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-compose-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('stops what was started when the start fails on the way, and lets the state directory go', async () => {
  const file = join(folder, 'tilld.json');
  const device = { serial: 'BOX-1', mac: '02:00:00:00:00:53', chipId: 'compose', model: 'wash' };
  const promptpay = { http: { url: 'http://127.0.0.1:9' }, mqtt: { url: 'mqtt://127.0.0.1:9' } };
  writeFileSync(file, JSON.stringify({ device, board: 'sim', protocol: 'promptpay', promptpay }));
  const clock = new FakeClock();
  const log = memoryLog();
  const compose = () =>
    composeBox({
      settings: loadConfig(file),
      stateDir: join(folder, 'state'),
      boardsDir: BOARDS_DIR,
      clock,
      log,
      onLedgerLost: () => undefined,
      restart: () => undefined,
      logLines: () => [],
      launched: null,
    });
  const first = await compose();
  // All is up when the last part says no.
  const start = first.box.start.bind(first.box);
  let running = 0;
  first.box.start = async () => {
    await start();
    running = clock.pending();
    throw new Error('no');
  };
  await expect(first.start()).rejects.toThrow('no');
  expect(running).toBeGreaterThan(0);
  // A connection that was being made gives up by itself.
  await expect.poll(() => clock.pending()).toBe(0);
  await expect(first.simulator?.gpio.read('coin')).rejects.toMatchObject({ code: 'gpio-closed' });
  const second = await compose();
  await second.start();
  await second.stop();
  expect(log.lines.filter(({ event }) => event === 'stop.failed')).toEqual([]);
});
