import type { Board } from '../domain/board.ts';
import { profileNamed } from '../domain/cash/profiles.ts';
import { ConfigurationFault } from '../domain/fault.ts';
import { pulseAcceptor } from '../drivers/acceptors/pulse.ts';
import type { Acceptor } from '../ports/acceptor.ts';
import type { Clock } from '../ports/clock.ts';
import type { Gpio } from '../ports/gpio.ts';
import type { Log } from '../ports/log.ts';

export interface AcceptorParts {
  readonly gpio: Gpio;
  readonly clock: Clock;
  /** The boot's id. */
  readonly boot: string;
  readonly log: Log;
}

/** The acceptors a board file names, on its pins and serial ports. @throws ConfigurationFault `profile-unknown` */
export async function acceptorsOf(board: Board, parts: AcceptorParts): Promise<Acceptor[]> {
  const onPorts = board.acceptors.some(({ kind }) => kind !== 'pulse');
  const serial = onPorts ? (await import('./serial-acceptors.ts')).serialAcceptors(parts) : null;
  return board.acceptors.flatMap((entry) => {
    if (entry.kind !== 'pulse') return serial ? [serial(entry)] : [];
    const profile = profileNamed(entry.profile);
    if (!profile) throw new ConfigurationFault('The acceptor profile is not known', { code: 'profile-unknown', found: entry.profile });
    return [pulseAcceptor({ ...parts, entry, profile, outputs: board.outputs })];
  });
}

interface PinParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The pins of a board that is no virtual one. */
export async function pinsOf(board: Board, parts: PinParts): Promise<Gpio> {
  const { libgpiodGpio } = await import('../drivers/gpio/libgpiod.ts');
  return libgpiodGpio({ board, debounceMs: kernelDebounceMs(board), ...parts });
}

/** More than this rids a contact of nothing else. */
const DEBOUNCE_MOST_MS = 5;

/**
 * How long the kernel may wait for a level to settle, whole ms: at most a quarter of the shortest pulse and of the shortest
 * gap that counts, for it measures to a tick (4 ms at 250 Hz), and the decoder needs the widths.
 */
export function kernelDebounceMs({ acceptors }: Pick<Board, 'acceptors'>): number {
  const shortest = acceptors.flatMap((acceptor) => {
    if (acceptor.kind !== 'pulse') return [];
    const { minPulseMs, minGapMs } = profileNamed(acceptor.profile) ?? { minPulseMs: 0, minGapMs: 0 };
    return [minPulseMs, minGapMs];
  });
  return Math.floor(Math.min(DEBOUNCE_MOST_MS, ...shortest.map((ms) => ms / 4)));
}
