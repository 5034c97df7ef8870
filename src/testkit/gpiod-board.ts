import type { Board } from '../domain/board.ts';

const LABEL = 'pinctrl-test';

/** A coin line, a button and a switch that idles low; a relay, and a valve that is switched on by a low level. */
export const GPIOD_BOARD = {
  inputs: {
    coin: { chip: LABEL, line: 'GPIO17', idle: 'high' },
    button: { chip: LABEL, line: 'GPIO22', idle: 'high' },
    float: { chip: LABEL, line: 'GPIO5', idle: 'low' },
  },
  outputs: { relay: { chip: LABEL, line: 'GPIO27', active: 'high' }, valve: { chip: LABEL, line: 'GPIO6', active: 'low' } },
} as const satisfies Pick<Board, 'inputs' | 'outputs'>;

/** 28 lines like those of a Raspberry Pi, behind a chip that is not meant. */
export const GPIOD_CHIPS = [
  { chip: 'gpiochip0', label: LABEL, lines: Array.from({ length: 28 }, (_, i) => `GPIO${i}`) },
  { chip: 'gpiochip1', label: 'other', lines: [null, 'GPIO17'] },
];
