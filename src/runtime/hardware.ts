import type { Board } from '../domain/board.ts';
import { profileNamed } from '../domain/cash/profiles.ts';
import { ConfigurationFault } from '../domain/fault.ts';
import { pulseAcceptor } from '../drivers/acceptors/pulse.ts';
import type { Acceptor } from '../ports/acceptor.ts';
import type { Clock } from '../ports/clock.ts';
import type { Gpio } from '../ports/gpio.ts';

/** The acceptors a board file names, on its pins. @throws ConfigurationFault `profile-unknown` */
export function acceptorsOf(board: Board, gpio: Gpio, clock: Clock, boot: string): Acceptor[] {
  return board.acceptors.map((entry) => {
    const profile = profileNamed(entry.profile);
    if (!profile) throw new ConfigurationFault('The acceptor profile is not known', { code: 'profile-unknown', found: entry.profile });
    return pulseAcceptor({ gpio, clock, entry, profile, outputs: board.outputs, boot });
  });
}
