import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { libgpiodGpio } from '../../drivers/gpio/libgpiod.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { doctorWorld, findingOfCheck } from '../../testkit/doctor-world.ts';
import { GPIOD_BOARD, GPIOD_CHIPS } from '../../testkit/gpiod-board.ts';
import { GpiodKernel } from '../../testkit/gpiod-kernel.ts';
import type { GpiodPrograms } from '../../testkit/gpiod-programs.ts';
import { memoryLog } from '../../testkit/log.ts';
import { examine } from './examine.ts';
import { pinChecks } from './pins.ts';

const clock = new FakeClock();
let kernel: GpiodKernel;
let programs: GpiodPrograms;
let world: ReturnType<typeof doctorWorld>;
afterEach(async () => {
  world.remove();
  await kernel.stop();
});

async function on(generation: 1 | 2, chips = GPIOD_CHIPS) {
  kernel = new GpiodKernel({ generation, persists: true, chips, clock });
  kernel.drive('GPIO5', 'low');
  programs = await kernel.start();
  world = doctorWorld({ env: programs.env });
}

const board = GPIOD_BOARD;
const verdicts = async () =>
  (await examine(pinChecks(board, world), clock)).map(({ code, title, verdict, reason }) => [code, title, verdict, reason ?? '']);

it.each([1, 2] as const)('finds every line of a board in order, by libgpiod %i', async (generation) => {
  await on(generation);
  expect(await verdicts()).toEqual([
    ['input-line', 'Input coin (GPIO17)', 'ok', ''],
    ['input-line', 'Input button (GPIO22)', 'ok', ''],
    ['input-line', 'Input float (GPIO5)', 'ok', ''],
    ['output-line', 'Output relay (GPIO27)', 'ok', ''],
    ['output-line', 'Output valve (GPIO6)', 'ok', ''],
  ]);
  // Nothing is driven.
  expect(kernel.calls.filter((call) => call.startsWith('gpioset'))).toEqual([]);
  expect(kernel.changes('GPIO27')).toEqual([]);
});

it.each([1, 2] as const)('says who has a line, by libgpiod %i', async (generation) => {
  await on(generation);
  const gpio = libgpiodGpio({
    board: { inputs: { coin: board.inputs.coin }, outputs: { relay: board.outputs.relay } },
    debounceMs: 0,
    clock,
    log: memoryLog(),
    env: programs.env,
  });
  await gpio.open();
  expect(await findingOfCheck(pinChecks(board, world), 'input-line', 'coin')).toMatchObject({
    verdict: 'fault',
    reason: 'gpio-busy',
    found: 'gpiochip0 line 17 is in use by gpiomon',
    remedy: expect.stringContaining('systemctl stop tilld'),
  });
  expect(await findingOfCheck(pinChecks(board, world), 'output-line', 'relay')).toMatchObject({
    reason: 'gpio-busy',
    found: expect.stringContaining('by gpioset'),
  });
  await gpio.close();
});

it('sees an input that is not at rest', async () => {
  await on(2);
  kernel.drive('GPIO17', 'low');
  expect(await findingOfCheck(pinChecks(board, world), 'input-line', 'coin')).toMatchObject({
    verdict: 'warning',
    reason: 'input-not-at-rest',
    found: 'gpiochip0 line 17, low now',
    remedy: expect.stringContaining('"idle": "low"'),
  });
});

it('tells a chip and a line that are not there', async () => {
  await on(2, [{ chip: 'gpiochip0', label: 'pinctrl-test', lines: Array.from({ length: 20 }, (_, i) => `GPIO${i}`) }]);
  expect(await verdicts()).toEqual([
    ['input-line', 'Input coin (GPIO17)', 'ok', ''],
    ['input-line', 'Input button (GPIO22)', 'fault', 'gpio-line-missing'],
    ['input-line', 'Input float (GPIO5)', 'ok', ''],
    ['output-line', 'Output relay (GPIO27)', 'fault', 'gpio-line-missing'],
    ['output-line', 'Output valve (GPIO6)', 'ok', ''],
  ]);
  kernel.chips = [{ chip: 'gpiochip0', label: 'other', lines: [] }];
  expect((await verdicts()).map(([, , , reason]) => reason)).toEqual(Array(5).fill('gpio-chip-missing'));
});

it('tells that the pins may not be used, and that there is no program to reach them', async () => {
  await on(2);
  kernel.forbidden = true;
  expect(await findingOfCheckIn('coin')).toMatchObject({
    verdict: 'fault',
    reason: 'gpio-forbidden',
    remedy: expect.stringContaining('gpio'),
  });
  rmSync(join(programs.folder, 'gpiodetect'));
  expect(await findingOfCheckIn('coin')).toMatchObject({
    verdict: 'fault',
    reason: 'gpiod-missing',
    remedy: expect.stringContaining('gpiod'),
  });
});

async function findingOfCheckIn(name: string) {
  const [check] = pinChecks(board, world).filter(({ title }) => title.includes(name));
  return (await examine(check ? [check] : [], clock))[0];
}
