import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../testkit/clock.ts';
import { runTilld } from '../testkit/command-line.ts';
import { GPIOD_BOARD, GPIOD_CHIPS } from '../testkit/gpiod-board.ts';
import { GpiodKernel } from '../testkit/gpiod-kernel.ts';
import type { GpiodPrograms } from '../testkit/gpiod-programs.ts';

let kernel: GpiodKernel;
let programs: GpiodPrograms;
let folder: string;
let config: string;
beforeEach(async () => {
  kernel = new GpiodKernel({ generation: 2, persists: true, chips: GPIOD_CHIPS, clock: new FakeClock() });
  programs = await kernel.start();
  folder = mkdtempSync(join(tmpdir(), 'tilld-board-off-'));
  config = join(folder, 'tilld.json');
});
afterEach(async () => {
  await kernel.stop();
  rmSync(folder, { recursive: true });
});

function box(board: string): void {
  const device = { serial: 'PINS-1', mac: '02:00:00:00:00:52', chipId: 'pins', model: 'wash' };
  const promptpay = { http: { url: 'http://127.0.0.1:9' }, mqtt: { url: 'mqtt://127.0.0.1:9' } };
  writeFileSync(config, JSON.stringify({ device, board, protocol: 'promptpay', promptpay }));
}

function realBoard(): void {
  const words = { name: 'wash', title: 'A car wash', hardware: 'libgpiod', display: { width: 480, height: 320 } };
  writeFileSync(
    join(folder, 'board.json'),
    JSON.stringify({ ...words, ...GPIOD_BOARD, acceptors: [], delivery: { output: 'relay' }, buttons: {} }),
  );
  box('./board.json');
}

describe('tilld board off', () => {
  it('drives every output inactive, whatever it was left at, and lets it go', async () => {
    realBoard();
    const { code, out, err } = await runTilld(['board', 'off', '--config', config], { env: programs.env });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(`Off: ${Object.keys(GPIOD_BOARD.outputs).join(', ')}.\n`);
    await kernel.until(() => kernel.running === 0);
    // Unlike the relay, the valve is inactive at the high level.
    expect(['GPIO27', 'GPIO6'].map((line) => [kernel.driven(line), kernel.holder(line)])).toEqual([
      ['low', null],
      ['high', null],
    ]);
    expect(kernel.calls.filter((call) => call.startsWith('gpiomon'))).toEqual([]);
  });

  it('says that an output could not be switched off, and switches the others off', async () => {
    realBoard();
    const chip = kernel.unplug('gpiochip0');
    kernel.plug({ ...chip, lines: chip.lines.map((name) => (name === 'GPIO6' ? null : name)) });
    const { code, err } = await runTilld(['board', 'off', '--config', config], { env: programs.env });
    expect(code).toBe(1);
    expect(err).toContain('The GPIO chip has no line of that name');
    expect(kernel.driven('GPIO27')).toBe('low');
  });

  it('has nothing to do on a virtual board', async () => {
    box('sim');
    const { code, out } = await runTilld(['board', 'off', '--json', '--config', config], { env: programs.env });
    expect({ code, out: JSON.parse(out) }).toEqual({ code: 0, out: { ok: true, off: [] } });
    expect(kernel.calls).toEqual([]);
  });

  it('says what is wrong with the command line and the file', async () => {
    expect(await runTilld(['board', 'off'])).toMatchObject({ code: 2, err: 'tilld: --config is missing; expected --config FILE\n' });
    const { code, err } = await runTilld(['board', 'off', '--config', join(folder, 'none.json')]);
    expect(code).toBe(1);
    expect(err).toContain('none.json');
  });
});
