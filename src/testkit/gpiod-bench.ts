import { setTimeout as delay } from 'node:timers/promises';
import { libgpiodGpio } from '../drivers/gpio/libgpiod.ts';
import type { Edge, Gpio } from '../ports/gpio.ts';
import { FakeClock } from './clock.ts';
import { GPIOD_BOARD, GPIOD_CHIPS } from './gpiod-board.ts';
import { GpiodKernel } from './gpiod-kernel.ts';
import type { GpiodPrograms } from './gpiod-programs.ts';
import { type LogLine, memoryLog } from './log.ts';

export interface GpiodBench {
  readonly gpio: Gpio;
  readonly kernel: GpiodKernel;
  readonly programs: GpiodPrograms;
  readonly clock: FakeClock;
  readonly log: { readonly lines: readonly LogLine[] };
  /** What the coin line told so far. */
  readonly edges: Edge[];
  readonly losses: number[];
  /** The names of the events in the log. */
  events(): string[];
  /** Lets time pass until it is so: `stepMs` every two milliseconds, for programs are real and need theirs. */
  passUntil(when: () => boolean, stepMs?: number): Promise<void>;
  stop(): Promise<void>;
}

/** The driver, not open yet, over real programs and a kernel that is none. */
export async function gpiodBench(
  generation: 1 | 2 = 2,
  { persists = true, debounceMs = 0, chips = GPIOD_CHIPS } = {},
): Promise<GpiodBench> {
  const clock = new FakeClock();
  const kernel = new GpiodKernel({ generation, persists, chips, clock });
  kernel.drive('GPIO5', 'low');
  const programs = await kernel.start();
  const log = memoryLog();
  const gpio = libgpiodGpio({ board: GPIOD_BOARD, debounceMs, clock, log, env: programs.env, dev: kernel.dev });
  const edges: Edge[] = [];
  const losses: number[] = [];
  gpio.watch(
    'coin',
    (edge) => edges.push(edge),
    (count) => losses.push(count),
  );
  return {
    gpio,
    kernel,
    programs,
    clock,
    log,
    edges,
    losses,
    events: () => log.lines.map(({ event }) => event),
    passUntil: async (when, stepMs = 1) => {
      while (!when()) {
        clock.advance(stepMs);
        await delay(2);
      }
    },
    stop: async () => {
      await gpio.close();
      await kernel.stop();
    },
  };
}
