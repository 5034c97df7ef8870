import { billEvent } from '../../../domain/cash/cctalk/bill-event.ts';
import type { CcTalkEvent, ReadSoFar } from '../../../domain/cash/cctalk/event-list.ts';
import type { AcceptorEvent } from '../../../ports/acceptor.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Pieces, Teller } from './pieces.ts';

interface Held {
  /** Null for a bill that the box has no use for: it is to go back. */
  readonly piece: string | null;
  /** The device's counter at its event: while that is the newest, the bill is where it was. */
  readonly counter: number;
  /** When it may be told again to give it back, by the clock. */
  giveBackAtMs: number;
  /** It got stuck on its way: nobody knows when it will be anywhere. */
  stuck: boolean;
  decided: boolean;
}

/** How long a bill waits for a decision, milliseconds. */
const UNDECIDED_MS = 30_000;
const GIVE_BACK_AGAIN_MS = 2_000;

/** The bills of an acceptor: held until they are decided, in the box when they are stacked. */
export class Bills implements Pieces {
  readonly #teller: Teller;
  readonly #clock: Clock;
  #held: Held | null = null;

  constructor(teller: Teller, clock: Clock) {
    this.#teller = teller;
    this.#clock = clock;
  }

  get busy(): boolean {
    return this.#held !== null && !this.#held.stuck;
  }

  /** Whether that piece is held: only then a route would be its own and not the next one's. */
  holds(piece: string, { counter }: ReadSoFar): boolean {
    return this.#held?.piece === piece && this.#held.counter === counter;
  }

  /** Whether a held bill is to be given back now although nobody said so. Asked again it says so after a while. */
  mustGiveBack({ counter }: ReadSoFar): boolean {
    const held = this.#held;
    const now = this.#clock.monotonicMs();
    if (held?.counter !== counter || now < held.giveBackAtMs) return false;
    held.giveBackAtMs = now + GIVE_BACK_AGAIN_MS;
    return true;
  }

  /** The piece that is held and that nobody has decided about. */
  get undecided(): string | null {
    return this.#held?.decided === false ? this.#held.piece : null;
  }

  /** The device has been told what to do with what it holds. */
  decided(): void {
    if (this.#held) this.#held.decided = true;
  }

  /**
   * Takes over a device with its list as it is: what was wrong with its stacker still is, and what it held before this
   * program knew it goes back.
   */
  adopt({ counter, events }: ReadSoFar): void {
    this.#held = null;
    const standing = new Map<string, string>();
    for (const event of events.map(billEvent).reverse()) {
      if (event.kind === 'fault' && event.ends === 'told') standing.set(event.code, event.detail);
      if (event.kind === 'cleared') for (const code of event.codes) standing.delete(code);
    }
    for (const [code, detail] of standing) this.#teller.reports.reported(code, detail, 'told');
    const [newest] = events;
    if (newest && billEvent(newest).kind === 'held') this.#hold(null, counter);
  }

  take(listed: CcTalkEvent, at: ReadSoFar, mark: string, newest: boolean): boolean {
    const { say, newName, worthOf, reports } = this.#teller;
    const event = billEvent(listed);
    switch (event.kind) {
      case 'held': {
        // One that was held before must have left unseen.
        const told = this.#vanished(mark);
        // What became of it is said by the next event.
        if (!newest) return told;
        const amountMinor = worthOf(event.type);
        const piece = amountMinor === null ? null : newName();
        this.#hold(piece, at.counter);
        if (amountMinor === null || piece === null)
          say({ kind: 'rejected', reason: `a bill of type ${event.type}, which the box does not take` });
        else say({ kind: 'escrowed', piece, amountMinor });
        return told;
      }
      case 'stacked': {
        const amountMinor = event.type === null ? null : worthOf(event.type);
        const named = { train: newName(), ...this.#leave(), mark };
        if (amountMinor === null) say({ kind: 'unassigned', pulses: 1, widthsMs: [], ...named });
        else say({ kind: 'credited', amountMinor, ...named });
        return true;
      }
      case 'returned': {
        const { piece } = this.#leave();
        if (piece !== undefined) say({ kind: 'returned', piece, reason: event.reason, mark });
        else say({ kind: 'rejected', reason: event.reason });
        return piece !== undefined;
      }
      case 'rejected':
        say({ kind: 'rejected', reason: event.reason });
        return false;
      case 'fault':
        if (this.#held && event.jams) this.#held.stuck = true;
        reports.reported(event.code, event.detail, event.ends);
        return false;
      case 'cleared':
        for (const code of event.codes) reports.clear(code);
        return false;
      case 'nothing':
        return false;
    }
  }

  lost(count: number, mark: string): void {
    this.#teller.say(this.#unassigned(count, mark));
  }

  restarted(mark: string): void {
    this.#vanished(mark);
  }

  /** A bill that was held is not there any more, and nobody has said where it is. */
  #vanished(mark: string): boolean {
    if (this.#held === null) return false;
    this.#teller.say(this.#unassigned(1, mark));
    return true;
  }

  #unassigned(count: number, mark: string): AcceptorEvent {
    return { kind: 'unassigned', train: this.#teller.newName(), pulses: count, widthsMs: [], ...this.#leave(), mark };
  }

  #hold(piece: string | null, counter: number): void {
    const now = this.#clock.monotonicMs();
    this.#held = { piece, counter, giveBackAtMs: piece === null ? now : now + UNDECIDED_MS, stuck: false, decided: false };
  }

  #leave(): { readonly piece?: string } {
    const piece = this.#held?.piece ?? null;
    this.#held = null;
    return piece === null ? {} : { piece };
  }
}
