import type { PulseTrain } from '../../ports/gpio.ts';
import type { Generation, Level } from './text.ts';

export type Argv = readonly [string, ...string[]];

/** A line as programs are told it; found by its names when the pins are opened. */
export interface Address {
  readonly chip: string;
  readonly offset: number;
}

export interface Watched {
  readonly chip: string;
  readonly offsets: readonly number[];
  /** Where the pull resistor goes. */
  readonly pull: Level;
  /** The kernel's own debouncing, whole milliseconds, 0 for none; 1.6 has none. */
  readonly debounceMs: number;
}

interface Forms {
  /** All lines of a chip. */
  info(chip: string): Argv;
  /** Present levels, in the order of the offsets. */
  levels(watched: Watched): Argv;
  /** Every edge of the lines, until killed. */
  monitor(watched: Watched): Argv;
  /** Drives a line until killed. */
  hold(at: Address, level: Level): Argv;
  /** Pulses to `level`, without the gap behind the last one; ends with the line at the other level. */
  train(at: Address, level: Level, train: PulseTrain): Argv;
  /** Drives a line and lets it go at once. */
  drop(at: Address, level: Level): Argv;
}

const other = (level: Level): Level => (level === 'high' ? 'low' : 'high');
const value = ({ offset }: Address, level: Level) => `${offset}=${level === 'high' ? 1 : 0}`;
const microseconds = (ms: number) => Math.round(ms * 1_000);
const timed = (ms: number): readonly string[] => {
  const us = microseconds(ms);
  return ['-m', 'time', '-s', String(Math.floor(us / 1_000_000)), '-u', String(us % 1_000_000)];
};

/**
 * What starts a program that must not outlive tilld. The kernel ends it with its parent, however that ended: an orphan
 * would hold its lines, and the next tilld would find them busy.
 */
const BOUND: readonly string[] = ['setpriv', '--pdeathsig', 'KILL'];
const bound = (...argv: readonly string[]): Argv => ['setpriv', ...BOUND.slice(1), ...argv];

/**
 * A train in 1.6, which has no toggling. A shell keeps it going, not tilld: a pulse may not become longer because tilld
 * is busy. Whatever ends the shell ends the gpioset of the moment with it.
 */
const TRAIN = `
pulses=$1 chip=$2 on=$3 off=$4 pulse=$5 gap=$6
run() { ${BOUND.join(' ')} gpioset "$@"; }
while run $pulse "$chip" "$on" || exit; do
  pulses=$((pulses - 1))
  [ "$pulses" -gt 0 ] || break
  run $gap "$chip" "$off" || exit
done
run -m exit "$chip" "$off"
`;

/** The command lines of libgpiod 1.6.3 and 2.2.1; levels are electrical, so nothing is `--active-low`. */
export const FORMS: Readonly<Record<Generation, Forms>> = {
  1: {
    info: (chip) => ['gpioinfo', chip],
    levels: ({ chip, offsets, pull }) => ['gpioget', '-B', pullOf(pull), chip, ...offsets.map(String)],
    monitor: ({ chip, offsets, pull }) => bound('gpiomon', '-b', '-B', pullOf(pull), '-F', '%s %n %e %o', chip, ...offsets.map(String)),
    hold: (at, level) => bound('gpioset', '-m', 'signal', at.chip, value(at, level)),
    train: (at, level, { count, pulseMs, gapMs }) => {
      const [on, off] = [value(at, level), value(at, other(level))];
      return bound('sh', '-c', TRAIN, 'sh', String(count), at.chip, on, off, timed(pulseMs).join(' '), timed(gapMs).join(' '));
    },
    drop: (at, level) => ['gpioset', '-m', 'exit', at.chip, value(at, level)],
  },
  2: {
    info: (chip) => ['gpioinfo', '-c', chip],
    // The pull resistor gets a moment to charge the cable.
    levels: ({ chip, offsets, pull }) => ['gpioget', '--numeric', '-p', '1ms', '-b', pullOf(pull), '-c', chip, ...offsets.map(String)],
    monitor: ({ chip, offsets, pull, debounceMs }) => {
      const debounce = debounceMs > 0 ? ['-p', `${debounceMs}ms`] : [];
      return bound('gpiomon', '--banner', '-b', pullOf(pull), ...debounce, '-F', '%S %e %o', '-c', chip, ...offsets.map(String));
    },
    hold: (at, level) => bound('gpioset', '--banner', '-c', at.chip, value(at, level)),
    train: (at, level, { count, pulseMs, gapMs }) => {
      const [pulse, gap] = [`${microseconds(pulseMs)}us`, `${microseconds(gapMs)}us`];
      const periods = [pulse, ...Array.from({ length: count - 1 }, () => `${gap},${pulse}`), '0'];
      return bound('gpioset', '-t', periods.join(','), '-c', at.chip, value(at, level));
    },
    drop: (at, level) => ['gpioset', '-t', '0', '-c', at.chip, value(at, level)],
  },
};

const pullOf = (level: Level) => (level === 'high' ? 'pull-up' : 'pull-down');
