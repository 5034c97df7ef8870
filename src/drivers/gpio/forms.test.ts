import { describe, expect, it } from 'vitest';
import { FORMS } from './forms.ts';

const AT = { chip: 'gpiochip0', offset: 27 };
const WATCHED = { chip: 'gpiochip0', offsets: [17, 22], pull: 'high', debounceMs: 5 } as const;
const words = (argv: readonly string[]) => argv.filter((word) => !word.includes('\n')).join(' ');

describe('the command lines of libgpiod', () => {
  it.each([
    [1, 'gpioinfo gpiochip0'],
    [2, 'gpioinfo -c gpiochip0'],
  ] as const)('%i lists lines', (generation, wanted) => {
    expect(words(FORMS[generation].info('gpiochip0'))).toBe(wanted);
  });

  it.each([
    [1, 'gpioget -B pull-up gpiochip0 17 22'],
    [2, 'gpioget --numeric -p 1ms -b pull-up -c gpiochip0 17 22'],
  ] as const)('%i reads levels', (generation, wanted) => {
    expect(words(FORMS[generation].levels(WATCHED))).toBe(wanted);
  });

  it.each([
    [1, 'setpriv --pdeathsig KILL gpiomon -b -B pull-up -F %s %n %e %o gpiochip0 17 22'],
    [2, 'setpriv --pdeathsig KILL gpiomon --banner -b pull-up -p 5ms -F %S %e %o -c gpiochip0 17 22'],
  ] as const)('%i tells edges', (generation, wanted) => {
    expect(words(FORMS[generation].monitor(WATCHED))).toBe(wanted);
  });

  it('2 debounces only where that is wanted', () => {
    expect(words(FORMS[2].monitor({ ...WATCHED, pull: 'low', debounceMs: 0 }))).toBe(
      'setpriv --pdeathsig KILL gpiomon --banner -b pull-down -F %S %e %o -c gpiochip0 17 22',
    );
  });

  it.each([
    [1, 'setpriv --pdeathsig KILL gpioset -m signal gpiochip0 27=1', 'gpioset -m exit gpiochip0 27=0'],
    [2, 'setpriv --pdeathsig KILL gpioset --banner -c gpiochip0 27=1', 'gpioset -t 0 -c gpiochip0 27=0'],
  ] as const)('%i holds a line and lets it go', (generation, hold, drop) => {
    expect(words(FORMS[generation].hold(AT, 'high'))).toBe(hold);
    expect(words(FORMS[generation].drop(AT, 'low'))).toBe(drop);
  });

  it('gives a train to the program that drives it: 2 by toggling, 1 by a shell', () => {
    const train = { count: 3, pulseMs: 1_500, gapMs: 0.5 };
    expect(words(FORMS[2].train(AT, 'low', train))).toBe(
      'setpriv --pdeathsig KILL gpioset -t 1500000us,500us,1500000us,500us,1500000us,0 -c gpiochip0 27=0',
    );
    expect(FORMS[1].train(AT, 'low', train).slice(6)).toEqual([
      'sh',
      '3',
      'gpiochip0',
      '27=0',
      '27=1',
      '-m time -s 1 -u 500000',
      '-m time -s 0 -u 500',
    ]);
  });

  it('stays within what one argument may hold', () => {
    const longest = FORMS[2].train(AT, 'high', { count: 2_000, pulseMs: 3_600_000, gapMs: 3_600_000 });
    expect(Math.max(...longest.map((word) => word.length))).toBeLessThan(131_072);
  });
});
