import { StoreFault } from '../domain/store-fault.ts';
import type { TillInput } from '../domain/till/input.ts';
import { shownCharge } from '../domain/till/state.ts';
import type { Acceptor, AcceptorEvent } from '../ports/acceptor.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Commit, Store } from '../ports/store.ts';
import { Bills } from './bills.ts';
import type { HealthService } from './health.ts';
import type { TillService } from './till.ts';

export interface CashOptions {
  readonly till: TillService;
  readonly store: Store;
  readonly acceptors: readonly Acceptor[];
  readonly health: HealthService;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly cashWhileQr: boolean;
}

type Along = Pick<Commit, 'inbox' | 'facts'>;

const WIDTHS_KEPT = 200;
/** An acceptor that could not be told is told again after this. */
const TELL_AGAIN_MS = 10_000;

/** Takes coins and bills: committed first, shown after; acceptors are inhibited whenever the money could not be kept. */
export class Cash {
  readonly #o: CashOptions;
  readonly #bills: Bills;
  /** What happened while the ledger could not be written: recorded as soon as it can, in its order. */
  readonly #unrecorded: { readonly input: TillInput; readonly along: Along }[] = [];
  /** What acceptors were told and have not done yet: since when, monotonic. */
  readonly #told = new Set<{ readonly sinceMs: number }>();
  /** Acceptors that could not be told, by when they are told again. */
  readonly #untold = new Map<Acceptor, Cancel>();
  #enabled: boolean | null = null;
  #stopped = false;

  constructor(options: CashOptions) {
    this.#o = options;
    this.#bills = new Bills({ ...options, wanted: () => this.#wanted() && this.#unrecorded.length === 0 });
  }

  async start(): Promise<void> {
    const { acceptors, store, till, health } = this.#o;
    this.#bills.inherit();
    for (const acceptor of acceptors) {
      const mark = store.fact(markFact(acceptor)) ?? undefined;
      await acceptor.start((event) => this.#take(acceptor, event), ...(mark === undefined ? [] : [mark]));
      this.#bills.caughtUp(acceptor);
    }
    till.onCommitted(() => this.#regulate());
    this.#bills.giveUpOn(acceptors);
    health.onChange(() => {
      if (health.ledgerFault() === null) {
        this.#catchUp();
        this.#bills.recordGivenUp();
      }
      this.#regulate();
    });
    this.#regulate();
  }

  /** Whether a piece is being counted. */
  busy(): boolean {
    return this.#o.acceptors.some((acceptor) => acceptor.busy());
  }

  /** For how long an acceptor has not done what it was told, milliseconds; a watchdog's proof of progress. */
  waitingMs(): number {
    return Math.max(0, ...[...this.#told].map(({ sinceMs }) => this.#o.clock.monotonicMs() - sinceMs));
  }

  /** All of them at once: one that cannot be told holds up no other. @throws what the first of them failed with */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#untold.values()) cancel();
    this.#bills.stop();
    const stopping = this.#o.acceptors.map((acceptor) => acceptor.disable().finally(() => acceptor.stop()));
    const failed = (await Promise.allSettled(stopping)).find((result) => result.status === 'rejected');
    // The last chance of what waits to be recorded.
    this.#catchUp();
    if (failed) throw failed.reason;
  }

  #take(acceptor: Acceptor, event: AcceptorEvent): void {
    const { health, log, metrics } = this.#o;
    const { name, method } = acceptor;
    metrics.count('acceptor_events_total', { acceptor: name, kind: event.kind });
    switch (event.kind) {
      case 'credited': {
        const { train, amountMinor } = event;
        const piece = event.piece ?? this.#bills.inherited(acceptor, amountMinor);
        const input = { type: 'cash', method, acceptor: name, train, amountMinor, ...audit(event.widthsMs), ...held(piece) } as const;
        this.#record(input, along(acceptor, event));
        break;
      }
      case 'unassigned': {
        const { train, pulses } = event;
        const piece = event.piece ?? (pulses === 1 ? this.#bills.inherited(acceptor) : undefined);
        const input = { type: 'unassigned', method, acceptor: name, train, pulses, ...audit(event.widthsMs), ...held(piece) } as const;
        this.#record(input, along(acceptor, event));
        break;
      }
      case 'escrowed':
        this.#bills.decide(acceptor, event);
        break;
      case 'returned':
        log.info('acceptor.returned', { acceptor: name, reason: event.reason });
        this.#record({ type: 'bill-returned', piece: event.piece, reason: event.reason }, along(acceptor, event));
        break;
      case 'read':
        this.#mark(along(acceptor, event));
        break;
      case 'rejected':
        log.info('acceptor.rejected', { acceptor: name, reason: event.reason });
        break;
      case 'fault':
        health.acceptorFault(name, event.code, event.detail);
        break;
      case 'cleared':
        health.acceptorCleared(name, event.code);
        this.#bills.caughtUp(acceptor);
        break;
    }
  }

  /** In the order it happened: a mark ahead of money that waits would lose it in a power cut, one behind would count it twice. */
  #record(input: TillInput, along: Along): void {
    this.#unrecorded.push({ input, along });
    this.#catchUp();
  }

  /** Whether it is in the journal now, or need not be. */
  #keep(input: TillInput, along: Along): boolean {
    try {
      if (this.#o.till.submit(input, along).length === 0) this.#mark(along);
    } catch (error) {
      this.#o.log.error('cash.not-recorded', { what: input.type, error });
      // Already in the journal, so nothing is missing.
      if (error instanceof StoreFault && error.code === 'store-duplicate') return true;
      if (!(error instanceof StoreFault) || error.outcome === 'unknown') throw error;
      this.#o.health.ledgerFailed(error.message);
      return false;
    }
    return true;
  }

  /** Where a device was read to although it brought nothing. Read again from further back, that would only be told once more. */
  #mark({ facts }: Along): void {
    // Ahead of money that waits to be recorded, the mark would be that money lost in a power cut.
    if (facts === undefined || this.#unrecorded.length > 0) return;
    try {
      this.#o.store.commit({ entries: [], facts });
    } catch (error) {
      this.#o.log.warn('cash.mark-not-recorded', { error });
    }
  }

  #catchUp(): void {
    for (let next = this.#unrecorded.shift(); next; next = this.#unrecorded.shift()) {
      if (this.#keep(next.input, next.along)) continue;
      this.#unrecorded.unshift(next);
      return;
    }
  }

  #wanted(): boolean {
    const { till, health, cashWhileQr } = this.#o;
    return !this.#stopped && health.ready().cash && (cashWhileQr || shownCharge(till.state) === null);
  }

  #regulate(): void {
    const { acceptors } = this.#o;
    if (this.#stopped) return;
    const wanted = this.#wanted();
    if (wanted === this.#enabled) return;
    this.#enabled = wanted;
    for (const acceptor of acceptors) this.#tell(acceptor, wanted);
  }

  #tell(acceptor: Acceptor, wanted: boolean): void {
    const order = { sinceMs: this.#o.clock.monotonicMs() };
    this.#told.add(order);
    (wanted ? acceptor.enable() : acceptor.disable())
      .catch((error: unknown) => this.#notTold(acceptor, wanted, error))
      .finally(() => this.#told.delete(order));
  }

  /** It counts as faulty until it is told again, for it may do the contrary of what is wanted. */
  #notTold(acceptor: Acceptor, wanted: boolean, error: unknown): void {
    const { health, log, clock } = this.#o;
    log.error('acceptor.inhibit-failed', { acceptor: acceptor.name, wanted, error });
    if (this.#stopped) return;
    this.#untold.get(acceptor)?.();
    const again = () => {
      this.#untold.delete(acceptor);
      health.acceptorCleared(acceptor.name, 'inhibit');
      this.#bills.caughtUp(acceptor);
      this.#tell(acceptor, this.#wanted());
    };
    this.#untold.set(acceptor, clock.after(TELL_AGAIN_MS, again));
    health.acceptorFault(acceptor.name, 'inhibit', error instanceof Error ? error.message : String(error));
  }
}

/** Where the journal keeps how far an acceptor's own list of events was read. */
const markFact = ({ name }: Acceptor): string => `acceptor.${name}.mark`;

const held = (piece: string | undefined): { readonly piece?: string } => (piece === undefined ? {} : { piece });

function along(acceptor: Acceptor, event: { readonly train?: string; readonly mark?: string }): Along {
  return {
    ...(event.train === undefined ? {} : { inbox: [{ source: 'train', id: event.train }] }),
    ...(event.mark === undefined ? {} : { facts: { [markFact(acceptor)]: event.mark } }),
  };
}

/** The pulses of a train as the journal keeps them: to a tenth of a millisecond, and no more than anybody reads. */
function audit(widthsMs: readonly number[] | undefined): { readonly widthsMs?: readonly number[] } {
  return widthsMs && widthsMs.length > 0 ? { widthsMs: widthsMs.slice(0, WIDTHS_KEPT).map((ms) => Math.round(ms * 10) / 10) } : {};
}
