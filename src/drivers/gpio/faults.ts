import { excerpt } from '../../domain/card-data.ts';
import { ConfigurationFault, DeviceFault, Fault } from '../../domain/fault.ts';

export const gpiodMissing = (program: string, cause?: unknown) =>
  new DeviceFault(`There is no ${program} on this machine to reach the pins with`, {
    code: 'gpiod-missing',
    expected: 'the programs of libgpiod 2, or of 1.6',
    remedy: "Install Debian's gpiod (and coreutils and util-linux, which every Debian has).",
    cause,
  });

export const gpiodUnknown = (found: string) =>
  new DeviceFault('This libgpiod is none tilld knows', {
    code: 'gpiod-unknown',
    found: excerpt(found, 80),
    expected: 'libgpiod 2, or 1.6',
    remedy: "Install Debian's gpiod.",
  });

/** A program did not do what it is for; `why` is what it said last, or how it ended. */
export function programFault(what: string, why: string): DeviceFault {
  const found = excerpt(why, 300);
  if (why.includes('Permission denied') || why.includes('Operation not permitted')) {
    return new DeviceFault('The pins may not be used', {
      code: 'gpio-forbidden',
      found,
      remedy:
        'Let the user of tilld be in the group gpio, and a udev rule give /dev/gpiochip* to it: SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="gpio", MODE="0660".',
    });
  }
  if (why.includes('resource busy')) {
    return new DeviceFault('Another program holds a pin', {
      code: 'gpio-busy',
      found,
      remedy: '`gpioinfo` says which; end it, or let the kernel driver behind it go (dtoverlay).',
    });
  }
  return new DeviceFault(what, { code: 'gpio-failed', found, remedy: '`gpiodetect` and `gpioinfo` show what the kernel has.' });
}

export const noSuchChip = (label: string, found: readonly string[]) =>
  new DeviceFault(`There is no GPIO chip with the label ${label}`, {
    code: 'gpio-chip-missing',
    found: found.join(', ') || 'no chip at all',
    expected: label,
    remedy: 'Use the board file of this board; where it is, see whether its chip has a driver (`gpiodetect`).',
  });

export const noSuchPin = (label: string, line: string) =>
  new ConfigurationFault('The GPIO chip has no line of that name', {
    code: 'gpio-line-missing',
    found: line,
    expected: `a line that \`gpioinfo\` names on ${label}`,
    remedy: 'Correct the board file.',
  });

export const ambiguousPin = (label: string, line: string) =>
  new ConfigurationFault('Several lines have that name', {
    code: 'gpio-line-ambiguous',
    found: line,
    expected: `a name that one line on chips labelled ${label} has`,
    remedy: 'Name another line in the board file, or give this one a name of its own in the device tree.',
  });

/** The chip was unplugged, or another has its number now. */
export const chipGone = (chip: string) =>
  new DeviceFault('The GPIO chip went away', {
    code: 'gpio-chip-missing',
    found: `another /dev/${chip}, or none`,
    remedy: 'It is taken up again by itself when it is back; see to its plug.',
  });

/** `why`: what keeps it from being watched. */
export const notWatched = (line: string, why: Fault | null) =>
  new DeviceFault(`Input ${line} is not watched at the moment`, {
    code: 'input-fault',
    ...(why ? { found: why.explain() } : {}),
    remedy: 'It is taken up again by itself as soon as that is mended.',
    cause: why ?? undefined,
  });

/** What anything thrown is called that keeps a pin from being used. */
export const pinFault = (error: unknown): Fault =>
  error instanceof Fault ? error : programFault('The pins cannot be reached', String(error));
