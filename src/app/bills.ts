import type { HeldBill } from '../domain/till/state.ts';
import type { Acceptor, AcceptorEvent } from '../ports/acceptor.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { HealthService } from './health.ts';
import type { TillService } from './till.ts';

interface BillsOptions {
  readonly till: TillService;
  readonly health: HealthService;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether cash can be taken and kept now. */
  readonly wanted: () => boolean;
}

/** How often an acceptor is looked at that is still busy with a bill of the run before, and for how long it is waited for, milliseconds. */
const LOOK_MS = 500;
const BUSY_MOST_MS = 30_000;

/**
 * Decides about bills that an acceptor holds. That one is to be kept is written down before the acceptor hears of it;
 * what became of it the acceptor says. One that was being kept when the box stopped is credited when the acceptor can
 * still tell that it was, and else a person has to count.
 */
export class Bills {
  readonly #o: BillsOptions;
  readonly #inherited = new Map<string, HeldBill>();
  /** What nobody will hear of any more, until that is written down. */
  readonly #givenUp = new Set<string>();
  /** Acceptors that may still tell of the run before, by their next look. */
  readonly #looks = new Map<Acceptor, Cancel>();
  #stopped = false;

  constructor(options: BillsOptions) {
    this.#o = options;
  }

  /** Takes up what the run before left undecided. */
  inherit(): void {
    for (const [piece, bill] of Object.entries(this.#o.till.state.held)) this.#inherited.set(piece, bill);
  }

  decide(acceptor: Acceptor, { piece, amountMinor }: Extract<AcceptorEvent, { kind: 'escrowed' }>): void {
    const { till, health, log, wanted } = this.#o;
    const { name: acceptorName, escrow } = acceptor;
    if (!escrow) {
      log.error('acceptor.no-escrow', { acceptor: acceptorName, piece });
      return;
    }
    const tell = (what: 'stack' | 'giveBack') =>
      void escrow[what](piece).catch((error: unknown) => log.error('acceptor.not-told', { acceptor: acceptorName, piece, what, error }));
    if (!wanted()) {
      log.info('acceptor.not-wanted', { acceptor: acceptorName, piece });
      tell('giveBack');
      return;
    }
    try {
      till.submit({ type: 'bill-held', acceptor: acceptorName, piece, amountMinor });
    } catch (error) {
      log.error('cash.not-recorded', { what: 'bill-held', error });
      tell('giveBack');
      health.ledgerFailed(error instanceof Error ? error.message : String(error));
      return;
    }
    tell('stack');
  }

  /** The piece of the run before that this acceptor tells of now, if it can be: one that is worth this, or any where its worth is not told. */
  inherited(acceptor: Acceptor, amountMinor?: number): string | undefined {
    const { held } = this.#o.till.state;
    for (const [piece, bill] of this.#inherited) {
      const same = bill.acceptor === acceptor.name && (amountMinor === undefined || bill.amountMinor === amountMinor);
      if (!same || !Object.hasOwn(held, piece)) continue;
      this.#inherited.delete(piece);
      return piece;
    }
    return undefined;
  }

  /**
   * An acceptor that works has said all it knows of the time before, unless it is still busy with a bill: to keep one takes
   * it longer than a start takes the box. What is then open of that time stays unknown.
   */
  caughtUp(acceptor: Acceptor): void {
    if (this.#stopped) return;
    this.#lookAt(acceptor, this.#o.clock.monotonicMs() + BUSY_MOST_MS);
  }

  /** What is undecided now the next run takes up. */
  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#looks.values()) cancel();
    this.#looks.clear();
  }

  #lookAt(acceptor: Acceptor, untilMs: number): void {
    const { health, clock } = this.#o;
    const its = ({ acceptor: name }: HeldBill) => name === acceptor.name;
    this.#looks.get(acceptor)?.();
    this.#looks.delete(acceptor);
    if (health.isFaulty(acceptor.name) || ![...this.#inherited.values()].some(its)) return;
    if (acceptor.busy() && clock.monotonicMs() < untilMs)
      this.#looks.set(
        acceptor,
        clock.after(LOOK_MS, () => this.#lookAt(acceptor, untilMs)),
      );
    else this.#unknown(its);
  }

  /** Of an acceptor that the board has no more nobody will ever hear. */
  giveUpOn(acceptors: readonly Acceptor[]): void {
    this.#unknown((bill) => !acceptors.some(({ name }) => name === bill.acceptor));
  }

  /** Writes down what was given up; again when the ledger can be written. */
  recordGivenUp(): void {
    const { till, health, log } = this.#o;
    for (const piece of [...this.#givenUp]) {
      this.#givenUp.delete(piece);
      try {
        till.submit({ type: 'bill-unknown', piece });
      } catch (error) {
        this.#givenUp.add(piece);
        log.error('cash.not-recorded', { what: 'bill-unknown', error });
        health.ledgerFailed(error instanceof Error ? error.message : String(error));
        return;
      }
    }
  }

  #unknown(which: (bill: HeldBill) => boolean): void {
    for (const [piece, bill] of this.#inherited) {
      if (!which(bill)) continue;
      this.#inherited.delete(piece);
      this.#givenUp.add(piece);
    }
    this.recordGivenUp();
  }
}
