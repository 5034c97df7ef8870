import type { CcTalkEvent, ReadSoFar } from '../../../domain/cash/cctalk/event-list.ts';
import type { AcceptorEvent } from '../../../ports/acceptor.ts';
import type { Reports } from './reports.ts';

/** What becomes of the events of a device: coins and bills differ in that. */
export interface Pieces {
  /** True while a piece is on its way. */
  readonly busy: boolean;
  /** One event, oldest first. `at`: how far the device is read with it. `mark` is that as a text; true when it was said along. */
  take(event: CcTalkEvent, at: ReadSoFar, mark: string, newest: boolean): boolean;
  /** So many events, older than those that are taken next, will never be known. */
  lost(count: number, mark: string): void;
  /** The device has forgotten everything, also what it held. */
  restarted(mark: string): void;
}

/** What both kinds need to tell the box. */
export interface Teller {
  say(event: AcceptorEvent): void;
  /** A name that is unique for ever. */
  newName(): string;
  /** Minor units of a coin's position or a bill's type; null where the board does not list it. */
  worthOf(position: number): number | null;
  readonly reports: Reports;
}
