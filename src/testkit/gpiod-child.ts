import { libgpiodGpio } from '../drivers/gpio/libgpiod.ts';
import { systemClock } from '../runtime/clock.ts';
import { GPIOD_BOARD } from './gpiod-board.ts';
import { memoryLog } from './log.ts';

/** A program that holds the relay, pulses the valve for a minute, says so, and waits for its end. */
const gpio = libgpiodGpio({ board: GPIOD_BOARD, debounceMs: 0, clock: systemClock(), log: memoryLog(), env: process.env });
await gpio.open();
await gpio.set('relay', true);
const pulsing = gpio.pulse('valve', { count: 2, pulseMs: 60_000, gapMs: 60_000 });
process.stdout.write('driven\n');
await pulsing;
