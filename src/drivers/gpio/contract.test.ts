import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { FakeClock, settle } from '../../testkit/clock.ts';
import { type GpioHarness, gpioContract } from '../../testkit/gpio-contract.ts';
import { GpiodKernel } from '../../testkit/gpiod-kernel.ts';
import { needsGpiodPrograms } from '../../testkit/gpiod-programs.ts';
import { memoryLog } from '../../testkit/log.ts';
import type { GpioStep } from '../../testkit/scripted-gpio.ts';
import { libgpiodGpio } from './libgpiod.ts';

const BOARD = {
  inputs: { in: { chip: 'pinctrl-test', line: 'GPIO17', idle: 'high' } },
  outputs: { out: { chip: 'pinctrl-test', line: 'GPIO27', active: 'high' } },
} as const;
const LINES = Array.from({ length: 28 }, (_, i) => `GPIO${i}`);
const CHIPS = [
  { chip: 'gpiochip0', label: 'pinctrl-test', lines: LINES },
  { chip: 'gpiochip1', label: 'other', lines: [null, 'GPIO17'] },
];

/** The changes a step makes, seen from outside. */
const changesOf = (step: GpioStep): boolean[] =>
  'set' in step ? [step.active] : Array.from({ length: 2 * step.train.count }, (_, i) => i % 2 === 0);

async function harness(generation: 1 | 2, persists: boolean, steps: readonly GpioStep[]): Promise<GpioHarness> {
  const clock = new FakeClock();
  const kernel = new GpiodKernel({ generation, persists, chips: CHIPS, clock });
  const { env } = await kernel.start();
  const gpio = libgpiodGpio({ board: BOARD, debounceMs: 0, clock, log: memoryLog(), env, dev: kernel.dev });
  let closed = false;
  let away = false;
  let trains = 0;
  let wire: 'high' | 'low' = 'high';
  /** Real programs have done what is to be done at this time. */
  const steady = () => kernel.until(() => closed || away || (kernel.trains >= trains && kernel.holder('GPIO27') !== null));
  const drive = async (level: 'high' | 'low') => {
    await clock.flow(2);
    wire = level;
    const arrived = Promise.withResolvers<void>();
    const unwatch = gpio.watch(
      'in',
      () => arrived.resolve(),
      () => undefined,
    );
    kernel.drive('GPIO17', level);
    await arrived.promise;
    unwatch();
  };
  return {
    gpio: {
      open: () => gpio.open(),
      faults: () => gpio.faults(),
      watch: (...args) => gpio.watch(...args),
      read: (line) => gpio.read(line),
      set: (line, active) => gpio.set(line, active),
      pulse: (line, train) => {
        if (!closed) trains = kernel.trains + 1;
        return gpio.pulse(line, train);
      },
      close: async () => {
        closed = true;
        await gpio.close();
      },
    },
    numbered: false,
    drive,
    lose: async (count) => {
      for (let i = 0; i < count; i++) {
        wire = wire === 'high' ? 'low' : 'high';
        kernel.drive('GPIO17', wire, 'lost');
      }
    },
    away: async (now) => {
      away = now;
      if (now) kernel.unplug('gpiochip0');
      // Under another number, as it comes.
      else kernel.plug({ chip: 'gpiochip7', label: 'pinctrl-test', lines: LINES });
    },
    active: () => kernel.driven('GPIO27') === 'high',
    elapse: async (ms) => {
      for (let left = ms; left > 0; left -= 10) {
        await steady();
        clock.advance(Math.min(10, left));
        await settle();
      }
      await steady();
      await settle();
    },
    passUntil: async (when) => {
      while (!when()) {
        clock.advance(10);
        await delay(2);
      }
    },
    finish: () => {
      const wanted = steps.flatMap(changesOf);
      const levels = kernel.changes('GPIO27').map(({ level }) => level === 'high');
      const found = levels.filter((active, i) => active !== (levels[i - 1] ?? false));
      const closedEarly = found.length > wanted.length ? [...wanted, false] : wanted.slice(0, found.length);
      expect(found).toEqual(closedEarly);
      return kernel.stop();
    },
  };
}

const { missing, why } = needsGpiodPrograms();
describe.skipIf(missing)(`by real processes${why}`, () => {
  gpioContract('libgpiod 2.2.1 where lines stay as they were driven', (steps) => harness(2, true, steps));
  gpioContract('libgpiod 1.6.3 where lines are let go', (steps) => harness(1, false, steps));
});
