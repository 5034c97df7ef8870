import { coinEvent } from '../../../domain/cash/cctalk/coin-event.ts';
import type { CcTalkEvent, ReadSoFar } from '../../../domain/cash/cctalk/event-list.ts';
import type { Pieces, Teller } from './pieces.ts';

/** The coins of an acceptor: in the box as soon as it lists them. */
export class Coins implements Pieces {
  readonly busy = false;
  readonly #teller: Teller;

  constructor(teller: Teller) {
    this.#teller = teller;
  }

  take(listed: CcTalkEvent, _at: ReadSoFar, mark: string): boolean {
    const { say, newName, worthOf, reports } = this.#teller;
    const event = coinEvent(listed);
    switch (event.kind) {
      case 'credit': {
        const amountMinor = worthOf(event.position);
        const train = newName();
        if (amountMinor === null) say({ kind: 'unassigned', train, pulses: 1, widthsMs: [], mark });
        else say({ kind: 'credited', train, amountMinor, mark });
        return true;
      }
      case 'rejected':
        say({ kind: 'rejected', reason: event.reason });
        return false;
      case 'fault':
        reports.reported(event.code, event.detail, 'quiet');
        return false;
      case 'nothing':
        return false;
    }
  }

  lost(count: number, mark: string): void {
    const { say, newName } = this.#teller;
    say({ kind: 'unassigned', train: newName(), pulses: count, widthsMs: [], mark });
  }

  restarted(): void {
    // A coin that was on its way has fallen through.
  }
}
