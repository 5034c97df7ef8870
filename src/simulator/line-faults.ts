import { excerpt } from '../domain/card-data.ts';
import { CallerFault, ConfigurationFault, DeviceFault } from '../domain/fault.ts';

export const noSuchLine = (kind: 'input' | 'output', line: string, known: readonly string[]) =>
  new ConfigurationFault(`The board has no ${kind} of that name`, {
    code: `${kind}-unknown`,
    found: JSON.stringify(excerpt(line, 64)),
    expected: known.join(', ') || `no ${kind} at all`,
  });

export const notOpen = () =>
  new DeviceFault('The pins are not open', { code: 'gpio-closed', remedy: 'Open them first; after close() nothing drives them any more.' });

export const notDrivable = (line: string) =>
  new DeviceFault(`Output ${line} cannot be driven`, {
    code: 'output-fault',
    remedy: 'Check its wiring and that no other program holds it.',
  });

export const badTrain = (found: string) =>
  new CallerFault('The pulse train is not one an output can give', {
    code: 'train-invalid',
    found,
    expected: '1 to 10000 pulses of 1 to 3600000 ms, gaps of 0 to 3600000 ms',
  });
