import { excerpt } from './card-data.ts';
import { CallerFault, ConfigurationFault, DeviceFault } from './fault.ts';

/** What every board says about its pins in the same words, virtual or real. */

export const noSuchLine = (kind: 'input' | 'output', line: string, known: readonly string[]) =>
  new ConfigurationFault(`The board has no ${kind} of that name`, {
    code: `${kind}-unknown`,
    found: JSON.stringify(excerpt(line, 64)),
    expected: known.join(', ') || `no ${kind} at all`,
  });

export const notOpen = () =>
  new DeviceFault('The pins are not open', { code: 'gpio-closed', remedy: 'Open them first; after close() nothing drives them any more.' });

/** `found`: what its program or its kernel said, where there is one. */
export const notDrivable = (line: string, found?: string) =>
  new DeviceFault(`Output ${line} cannot be driven`, {
    code: 'output-fault',
    ...(found === undefined ? {} : { found }),
    remedy: 'Check its wiring and that no other program holds it.',
  });

interface Train {
  readonly count: number;
  readonly pulseMs: number;
  readonly gapMs: number;
}

/** @throws CallerFault `train-invalid` for one that no output can give */
export function checkTrain({ count, pulseMs, gapMs }: Train): void {
  const good = (n: number, least: number, most: number) => Number.isFinite(n) && n >= least && n <= most;
  if (Number.isInteger(count) && good(count, 1, 10_000) && good(pulseMs, 1, 3_600_000) && good(gapMs, 0, 3_600_000)) return;
  throw new CallerFault('The pulse train is not one an output can give', {
    code: 'train-invalid',
    found: JSON.stringify({ count, pulseMs, gapMs }),
    expected: '1 to 10000 pulses of 1 to 3600000 ms, gaps of 0 to 3600000 ms',
  });
}
