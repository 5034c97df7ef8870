import { StoreFault } from '../domain/store-fault.ts';
import type { TillInput } from '../domain/till/input.ts';
import { shownCharge } from '../domain/till/state.ts';
import type { Acceptor, AcceptorEvent } from '../ports/acceptor.ts';
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
  readonly log: Log;
  readonly metrics: Metrics;
  readonly cashWhileQr: boolean;
}

type Along = Pick<Commit, 'inbox' | 'facts'>;

const WIDTHS_KEPT = 200;

/** Takes coins and bills: committed first, shown after; acceptors are inhibited whenever the money could not be kept. */
export class Cash {
  readonly #o: CashOptions;
  readonly #bills: Bills;
  /** What happened while the ledger could not be written: recorded as soon as it can, in its order. */
  readonly #unrecorded: { readonly input: TillInput; readonly along: Along }[] = [];
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
    health.onChange(() => {
      if (health.ready().cash) this.#catchUp();
      this.#regulate();
    });
    this.#regulate();
  }

  /** Whether a piece is being counted. */
  busy(): boolean {
    return this.#o.acceptors.some((acceptor) => acceptor.busy());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const acceptor of this.#o.acceptors) {
      await acceptor.disable();
      await acceptor.stop();
    }
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
        const { train, pulses, piece } = event;
        const detail = `${pulses} pulses or pieces of ${name} match no denomination, or some were lost; the money is counted as unassigned`;
        health.raise(`unassigned-${name}`, detail);
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

  #record(input: TillInput, along: Along): void {
    try {
      if (this.#o.till.submit(input, along).length === 0) this.#mark(along);
    } catch (error) {
      this.#o.log.error('cash.not-recorded', { what: input.type, error });
      // Already in the journal, so nothing is missing.
      if (error instanceof StoreFault && error.code === 'store-duplicate') return;
      if (!(error instanceof StoreFault) || error.outcome === 'unknown') throw error;
      this.#unrecorded.push({ input, along });
      this.#o.health.ledgerFailed(error.message);
    }
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
      const before = this.#unrecorded.length;
      this.#record(next.input, next.along);
      if (this.#unrecorded.length > before) return;
    }
  }

  #wanted(): boolean {
    const { till, health, cashWhileQr } = this.#o;
    return !this.#stopped && health.ready().cash && (cashWhileQr || shownCharge(till.state) === null);
  }

  #regulate(): void {
    const { health, acceptors, log } = this.#o;
    if (this.#stopped) return;
    const wanted = this.#wanted();
    if (wanted === this.#enabled) return;
    this.#enabled = wanted;
    for (const acceptor of acceptors) {
      (wanted ? acceptor.enable() : acceptor.disable()).catch((error: unknown) => {
        log.error('acceptor.inhibit-failed', { acceptor: acceptor.name, wanted, error });
        this.#enabled = null;
        health.acceptorFault(acceptor.name, 'inhibit', error instanceof Error ? error.message : String(error));
      });
    }
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
