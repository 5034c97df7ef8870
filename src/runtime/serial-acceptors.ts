import type { SerialAcceptor } from '../domain/board.ts';
import { CCTALK_LINE, type CcTalkBus, ccTalkBus } from '../drivers/acceptors/cctalk/bus.ts';
import { ccTalkAcceptor } from '../drivers/acceptors/cctalk/cctalk-acceptor.ts';
import { ICT_LINE, ictBillAcceptor } from '../drivers/acceptors/ict/ict-acceptor.ts';
import { serialLink } from '../drivers/serial/serial-link.ts';
import type { Acceptor } from '../ports/acceptor.ts';
import type { AcceptorParts } from './hardware.ts';

/** Makes the acceptors on serial ports; those on one ccTalk bus share it. */
export function serialAcceptors({ clock, boot, log }: Omit<AcceptorParts, 'gpio'>): (entry: SerialAcceptor) => Acceptor {
  const buses = new Map<string, CcTalkBus>();
  return (entry) => {
    if (entry.kind === 'ict') return ictBillAcceptor({ entry, link: serialLink({ path: entry.device, ...ICT_LINE }), clock, boot });
    const bus = buses.get(entry.device) ?? ccTalkBus({ link: serialLink({ path: entry.device, ...CCTALK_LINE }), clock });
    buses.set(entry.device, bus);
    const onIdentity = (identity: object) => log.info('acceptor.identified', { acceptor: entry.name, ...identity });
    return ccTalkAcceptor({ entry, bus, clock, boot, onIdentity });
  };
}
