import { describe, expect, it } from 'vitest';
import { readLaunchLine } from './launch-line.ts';

describe('the command line of tilld-launch', () => {
  it('has defaults, and leaves what follows -- to the release, whatever it is', () => {
    expect(readLaunchLine(['--state', '/var/lib/tilld', '--', 'run', '--help', '--', '--tries'])).toEqual({
      stateDir: '/var/lib/tilld',
      trialMs: 180_000,
      tries: 3,
      args: ['run', '--help', '--', '--tries'],
    });
  });

  it('takes time and tries', () => {
    expect(readLaunchLine(['--state=s', '--trial-seconds', '20', '--tries', '5', '--'])).toMatchObject({
      trialMs: 20_000,
      tries: 5,
      args: [],
    });
  });

  it.each([
    [[], /--state is missing/],
    [['--state', '', '--'], /--state is missing/],
    [['--state', 'd'], /What to start is missing/],
    [['--state', 'd', 'run', '--'], /The command line is wrong/],
    [['--state', 'd', '--try', '--'], /The command line is wrong/],
    [['--state', 'd', '--tries', '0', '--'], /--tries is not usable/],
    [['--state', 'd', '--tries', '101', '--'], /--tries is not usable/],
    [['--state', 'd', '--trial-seconds', '1.5', '--'], /--trial-seconds is not usable/],
    [['--state', 'd', '--trial-seconds', '86401', '--'], /--trial-seconds is not usable/],
  ])('refuses %j', (argv, message) => {
    expect(() => readLaunchLine(argv)).toThrow(message);
  });

  it.each(['--help', '-h'])('has %s', (flag) => expect(readLaunchLine([flag])).toBe('help'));
});
