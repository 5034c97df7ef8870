import { StoreFault } from '../domain/store-fault.ts';
import type { TillInput } from '../domain/till/input.ts';
import { shownCharge } from '../domain/till/state.ts';
import type { Acceptor, AcceptorEvent } from '../ports/acceptor.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { HealthService } from './health.ts';
import type { TillService } from './till.ts';

export interface CashOptions {
  readonly till: TillService;
  readonly acceptors: readonly Acceptor[];
  readonly health: HealthService;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly cashWhileQr: boolean;
}

const WIDTHS_KEPT = 200;

/** Takes coins and bills: committed first, shown after; acceptors are inhibited whenever the money could not be kept. */
export class Cash {
  readonly #o: CashOptions;
  /** Money that is in the box while the ledger cannot be written: recorded as soon as it can. */
  readonly #unrecorded: { input: TillInput; train: string }[] = [];
  #enabled: boolean | null = null;
  #stopped = false;

  constructor(options: CashOptions) {
    this.#o = options;
  }

  async start(): Promise<void> {
    const { acceptors, till, health } = this.#o;
    for (const acceptor of acceptors) await acceptor.start((event) => this.#take(acceptor, event));
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
      case 'credited':
        this.#record(
          { type: 'cash', method, acceptor: name, train: event.train, amountMinor: event.amountMinor, ...audit(event.widthsMs) },
          event.train,
        );
        break;
      case 'unassigned':
        health.raise(
          `unassigned-${name}`,
          `${event.pulses} pulses of ${name} match no denomination, or some were lost; the money is counted as unassigned`,
        );
        this.#record(
          { type: 'unassigned', method, acceptor: name, train: event.train, pulses: event.pulses, ...audit(event.widthsMs) },
          event.train,
        );
        break;
      case 'rejected':
        log.info('acceptor.rejected', { acceptor: name, reason: event.reason });
        break;
      case 'fault':
        health.acceptorFault(name, event.code, event.detail);
        break;
      case 'cleared':
        health.acceptorCleared(name, event.code);
        break;
    }
  }

  #record(input: TillInput, train: string): void {
    try {
      this.#o.till.submit(input, { inbox: [{ source: 'train', id: train }] });
    } catch (error) {
      this.#o.log.error('cash.not-recorded', { train, error });
      // Already in the journal, so nothing is missing.
      if (error instanceof StoreFault && error.code === 'store-duplicate') return;
      if (!(error instanceof StoreFault) || error.outcome === 'unknown') throw error;
      this.#unrecorded.push({ input, train });
      this.#o.health.ledgerFailed(error.message);
    }
  }

  #catchUp(): void {
    for (let next = this.#unrecorded.shift(); next; next = this.#unrecorded.shift()) {
      const before = this.#unrecorded.length;
      this.#record(next.input, next.train);
      if (this.#unrecorded.length > before) return;
    }
  }

  #regulate(): void {
    const { till, health, acceptors, cashWhileQr, log } = this.#o;
    if (this.#stopped) return;
    const wanted = health.ready().cash && (cashWhileQr || shownCharge(till.state) === null);
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

/** The pulses of a train as the journal keeps them: to a tenth of a millisecond, and no more than anybody reads. */
function audit(widthsMs: readonly number[] | undefined): { readonly widthsMs?: readonly number[] } {
  return widthsMs && widthsMs.length > 0 ? { widthsMs: widthsMs.slice(0, WIDTHS_KEPT).map((ms) => Math.round(ms * 10) / 10) } : {};
}
