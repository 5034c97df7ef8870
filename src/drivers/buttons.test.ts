import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../testkit/clock.ts';
import { memoryLog } from '../testkit/log.ts';
import { ScriptedGpio } from '../testkit/scripted-gpio.ts';
import { watchButtons } from './buttons.ts';

const BOARD = {
  inputs: {
    'key-ok': { chip: 'sim', line: 'OK', idle: 'high', debounceMs: 20 },
    'key-p1': { chip: 'sim', line: 'P1', idle: 'low' },
  },
  buttons: { ok: { input: 'key-ok' }, p1: { input: 'key-p1' } },
} as const;

let clock: FakeClock;
let gpio: ScriptedGpio;
let pressed: string[];
const log = memoryLog();
const options = () => ({ gpio, clock, log, board: BOARD, onPress: (name: string) => void pressed.push(name) });

beforeEach(() => {
  clock = new FakeClock();
  gpio = new ScriptedGpio(clock, { 'key-ok': 'high', 'key-p1': 'low' }, [], []);
  pressed = [];
});

/** Levels of the ok button, each held for a time. */
async function hold(...holds: ['down' | 'up', number][]): Promise<void> {
  for (const [what, ms] of holds) {
    gpio.drive('key-ok', what === 'down' ? 'low' : 'high');
    await clock.flow(ms, 1);
  }
}

describe('a button', () => {
  it.each<[string, ['down' | 'up', number][], number]>([
    ['is pressed once while it is held', [['down', 500]], 1],
    [
      'is pressed and released',
      [
        ['down', 80],
        ['up', 80],
      ],
      1,
    ],
    [
      'is pressed twice',
      [
        ['down', 80],
        ['up', 80],
        ['down', 80],
        ['up', 80],
      ],
      2,
    ],
    [
      'bounces when it is pressed',
      [
        ['down', 2],
        ['up', 1],
        ['down', 3],
        ['up', 2],
        ['down', 80],
        ['up', 80],
      ],
      1,
    ],
    [
      'bounces when it is released',
      [
        ['down', 80],
        ['up', 3],
        ['down', 2],
        ['up', 1],
        ['down', 4],
        ['up', 80],
      ],
      1,
    ],
    [
      'bounces long when it is released',
      [
        ['down', 80],
        ['up', 10],
        ['down', 30],
        ['up', 80],
      ],
      1,
    ],
    [
      'is not a spike on the wire',
      [
        ['down', 5],
        ['up', 100],
        ['down', 10],
        ['up', 100],
      ],
      0,
    ],
    [
      'works after a spike',
      [
        ['down', 5],
        ['up', 100],
        ['down', 50],
        ['up', 50],
      ],
      1,
    ],
  ])('%s', async (_, holds, times) => {
    watchButtons(options());
    await hold(...holds);
    expect(pressed).toEqual(Array(times).fill('ok'));
  });

  it('is known by its name, whichever way it idles', async () => {
    watchButtons(options());
    gpio.drive('key-p1', 'high');
    await clock.flow(30, 1);
    expect(pressed).toEqual(['p1']);
  });

  it('counts by the time of the kernel when edges are read late', async () => {
    watchButtons(options());
    gpio.drive('key-ok', 'low', 1_000_000_000n);
    gpio.drive('key-ok', 'high', 1_080_000_000n);
    gpio.drive('key-ok', 'low', 2_000_000_000n);
    gpio.drive('key-ok', 'high', 2_005_000_000n);
    await clock.flow(100, 1);
    expect(pressed).toEqual(['ok']);
  });

  it('lets a release that waits to be read come before a timer that is late', async () => {
    watchButtons(options());
    gpio.drive('key-ok', 'low', 1_000_000_000n);
    clock.advance(20);
    gpio.drive('key-ok', 'high', 1_002_000_000n);
    await clock.flow(100, 1);
    expect(pressed).toEqual([]);
  });

  it('says that edges were lost', () => {
    watchButtons(options());
    gpio.lose('key-ok', 2);
    expect(log.lines).toContainEqual({ level: 'warn', event: 'button.edges-lost', fields: { button: 'ok', lost: 2 } });
  });

  it('is not watched any more once that is cancelled', async () => {
    const cancel = watchButtons(options());
    gpio.drive('key-ok', 'low');
    cancel();
    await hold(['up', 50], ['down', 50]);
    expect([pressed, clock.pending()]).toEqual([[], 0]);
  });

  it('needs an input of the board', () => {
    const board = { inputs: {}, buttons: { ok: { input: 'no-such' } } };
    expect(() => watchButtons({ ...options(), board })).toThrow(expect.objectContaining({ code: 'input-unknown', found: 'no-such' }));
  });
});
