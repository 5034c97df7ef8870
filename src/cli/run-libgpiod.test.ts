import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BoxStatus } from '../app/box.ts';
import { FakeClock } from '../testkit/clock.ts';
import { GPIOD_BOARD, GPIOD_CHIPS } from '../testkit/gpiod-board.ts';
import { GpiodKernel } from '../testkit/gpiod-kernel.ts';
import { type GpiodPrograms, needsGpiodPrograms } from '../testkit/gpiod-programs.ts';
import { TilldProcess } from '../testkit/run-process.ts';

const NOWHERE = 'http://127.0.0.1:9';

let clock: FakeClock;
let kernel: GpiodKernel;
let programs: GpiodPrograms;
let box: TilldProcess | null = null;
beforeEach(async () => {
  clock = new FakeClock();
  kernel = new GpiodKernel({ generation: 2, persists: true, chips: GPIOD_CHIPS, clock });
  programs = await kernel.start();
});
afterEach(async () => {
  await box?.end('SIGKILL');
  await kernel.until(() => kernel.running === 0);
  await kernel.stop();
});

/** `tilld run` on a board of real pins, as far as it can see. */
function launch(path: string): TilldProcess {
  const { folder } = programs;
  const board = {
    name: 'wash',
    title: 'A car wash',
    hardware: 'libgpiod',
    ...GPIOD_BOARD,
    acceptors: [{ name: 'coin', method: 'coin', kind: 'pulse', input: 'coin', profile: 'ch-926', denominations: { 1: 100 } }],
    delivery: { output: 'relay' },
    buttons: { p1: { input: 'button' } },
    display: { width: 480, height: 320 },
  };
  const config = {
    device: { serial: 'PINS-1', mac: '02:00:00:00:00:52', chipId: 'pins', model: 'wash' },
    board: join(folder, 'board.json'),
    protocol: 'promptpay',
    promptpay: { http: { url: NOWHERE }, mqtt: { url: 'mqtt://127.0.0.1:9' } },
    api: { port: 0 },
    sale: { products: [{ button: 'p1', label: 'Wash', priceMinor: 100 }], drive: { mode: 'hold', holdMs: 3_000 } },
    log: { level: 'error' },
  };
  writeFileSync(join(folder, 'board.json'), JSON.stringify(board));
  writeFileSync(join(folder, 'box.json'), JSON.stringify(config));
  const args = ['run', '--json', '--config', join(folder, 'box.json'), '--state', join(folder, 'state')];
  box = new TilldProcess(args, 'tilld', { PATH: path });
  return box;
}

const { missing, why } = needsGpiodPrograms();
describe.skipIf(missing)(`tilld run on a board of real pins${why}`, () => {
  it('takes a coin, drives the machine for it, and lets the pins go when it ends', async () => {
    const running = launch(programs.folder);
    const [, url] = await running.says(/"url":"([^"]+)"/);
    const pulse = (line: string, ms: number) => {
      kernel.drive(line, 'low');
      clock.advance(ms);
      kernel.drive(line, 'high');
      clock.advance(1_000);
    };
    pulse('GPIO17', 50);
    const status = async () => (await (await fetch(`${url}/v1/status`)).json()) as BoxStatus;
    await expect.poll(async () => JSON.stringify(await status()), { timeout: 10_000, interval: 20 }).toMatch(/"creditMinor":100\b/);
    pulse('GPIO22', 80);
    await kernel.until(() => kernel.trains === 1);
    expect(kernel.driven('GPIO27')).toBe('high');
    expect(kernel.calls.filter((call) => call.includes('us,0'))).toEqual(['gpioset -t 3000000us,0 -c gpiochip0 27=1']);
    clock.advance(3_000);
    await kernel.until(() => kernel.driven('GPIO27') === 'low');
    await expect.poll(async () => (await status()).sale?.state, { timeout: 10_000, interval: 20 }).not.toBe('delivering');
    const { code, err } = await running.end();
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect([kernel.driven('GPIO27'), kernel.driven('GPIO6'), kernel.holder('GPIO17')]).toEqual(['low', 'high', null]);
  });

  it('begins where there is no libgpiod, takes no money, says what to install, and goes on when it is there', async () => {
    const path = join(programs.folder, 'later');
    const [, url] = await launch(path).says(/"url":"([^"]+)"/);
    const status = async () => (await (await fetch(`${url}/v1/status`)).json()) as BoxStatus;
    const { ready, alarms } = await status();
    expect(ready).toMatchObject({ qr: false, cash: false });
    expect(alarms.map(({ code }) => code).toSorted()).toEqual(['acceptor-coin-input-fault', 'pins-faulty']);
    expect(alarms.find(({ code }) => code === 'pins-faulty')?.detail).toContain("Install Debian's gpiod");
    symlinkSync(programs.folder, path);
    const codes = async () => (await status()).alarms.map(({ code }) => code);
    await expect.poll(codes, { timeout: 15_000, interval: 50 }).not.toContain('pins-faulty');
    expect(await codes()).not.toContain('acceptor-coin-input-fault');
    expect([kernel.driven('GPIO27'), kernel.driven('GPIO6')]).toEqual(['low', 'high']);
    expect((await box?.end())?.code).toBe(0);
  });
});
