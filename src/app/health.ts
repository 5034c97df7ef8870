import { type Readiness, readiness } from '../domain/readiness.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Store } from '../ports/store.ts';
import type { Alarm } from './box.ts';

export interface HealthOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly acceptors: number;
  readonly requirePairing: boolean;
  readonly offersQr: boolean;
  readonly takesCards: boolean;
  readonly paired: () => boolean;
}

/** The ledger is looked at this often, so that a disk that became read-only stops the acceptors within two seconds. */
const PROBE_MS = 1_000;
/** Beyond this much of its size limit the journal needs a person, who may take days to come. */
const NEARLY_FULL_PERCENT = 80;
/** What a restart must not forget, because only a person can tell that it is over. */
const OUTPUT_FACT = 'fault.output';
const DELIVERY_FACT = 'alarm.delivery-unknown';
const CARD_FACT = 'alarm.card-unresolved';

/** What is wrong with the box right now, and what that leaves possible. */
export class HealthService {
  readonly #o: HealthOptions;
  readonly #listeners = new Set<() => void>();
  readonly #alarms = new Map<string, Alarm>();
  readonly #faultyAcceptors = new Set<string>();
  #ledger: string | null = null;
  #output: string | null;
  #updating = false;
  #cancelTimer: Cancel | null = null;
  #probedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: HealthOptions) {
    this.#o = options;
    // Known before anything asks whether the box is ready.
    this.#output = options.store.fact(OUTPUT_FACT);
  }

  /** Raises again what was left open before the restart, and begins to look after the ledger. */
  start(): void {
    if (this.#output !== null) this.raise('output-faulty', this.#output);
    const delivery = this.#o.store.fact(DELIVERY_FACT);
    if (delivery !== null) this.raise('delivery-unknown', delivery);
    const card = this.#o.store.fact(CARD_FACT);
    if (card !== null) this.raise('card-unresolved', card);
    this.#probe();
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  ready(): Readiness {
    return readiness({
      ledger: this.#ledger,
      output: this.#output,
      paired: this.#o.paired(),
      requirePairing: this.#o.requirePairing,
      offersQr: this.#o.offersQr,
      takesCards: this.#o.takesCards,
      updating: this.#updating,
      acceptors: this.#o.acceptors,
      faultyAcceptors: [...this.#faultyAcceptors],
    });
  }

  alarms(): Alarm[] {
    return [...this.#alarms.values()];
  }

  /** Milliseconds since the ledger was last looked at; a watchdog's proof of progress. */
  sinceProbeMs(): number {
    return this.#o.clock.monotonicMs() - this.#probedAtMs;
  }

  /** Why the ledger cannot be written, or null. */
  ledgerFault(): string | null {
    return this.#ledger;
  }

  /** A commit failed: no money is taken until a probe says otherwise. */
  ledgerFailed(reason: string): void {
    this.#setLedger(reason);
  }

  /** The machine was not driven as intended. It stays out of service, over restarts too, until `resetOutput`. */
  outputFailed(reason: string): void {
    this.#output = reason;
    this.raise('output-faulty', reason);
    this.#keep(OUTPUT_FACT, reason);
  }

  /** Nobody knows whether a customer was served: the alarm stays, over restarts too, until `resetOutput`. */
  deliveryUnknown(detail: string): void {
    this.raise('delivery-unknown', detail);
    this.#keep(DELIVERY_FACT, detail);
  }

  /** The payment server never said what became of a card payment: the alarm stays, over restarts too, until the books are closed. */
  cardUnresolved(detail: string): void {
    this.raise('card-unresolved', detail);
    this.#keep(CARD_FACT, detail);
  }

  /** The books were closed and reconciled. */
  booksClosed(): void {
    if (this.#o.store.fact(CARD_FACT) !== null) this.#o.store.commit({ entries: [], facts: { [CARD_FACT]: null } });
    this.clear('card-unresolved');
  }

  /** While a release is put in place nothing can be sold. */
  updatingIs(updating: boolean): void {
    if (updating === this.#updating) return;
    this.#updating = updating;
    this.#changed();
  }

  /**
   * A person has looked at the machine and at what it delivered: the output is trusted again.
   * @throws StoreFault when that cannot be written down; then nothing changes
   */
  resetOutput(): void {
    this.#o.store.commit({ entries: [], facts: { [OUTPUT_FACT]: null, [DELIVERY_FACT]: null } });
    this.#output = null;
    this.clear('delivery-unknown');
    this.clear('output-faulty');
  }

  acceptorFault(name: string, code: string, detail: string): void {
    this.#faultyAcceptors.add(name);
    this.raise(`acceptor-${name}-${code}`, detail);
  }

  acceptorCleared(name: string, code: string): void {
    this.#alarms.delete(`acceptor-${name}-${code}`);
    if (![...this.#alarms.keys()].some((alarm) => alarm.startsWith(`acceptor-${name}-`))) this.#faultyAcceptors.delete(name);
    this.#changed();
  }

  /** Something a person must look at; the same code again only renews the detail. */
  raise(code: string, detail: string): void {
    const known = this.#alarms.get(code);
    if (known?.detail === detail) return;
    this.#alarms.set(code, { code, detail, severity: 'error', sinceMs: known?.sinceMs ?? this.#o.clock.wallMs() });
    if (!known) this.#o.log.error('alarm.raised', { code, detail });
    this.#changed();
  }

  clear(code: string): void {
    if (!this.#alarms.delete(code)) return;
    this.#o.log.info('alarm.cleared', { code });
    this.#changed();
  }

  /** Readiness or alarms changed. */
  onChange(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** To be called when something `paired` depends on has changed. */
  reconsider(): void {
    this.#changed();
  }

  #probe(): void {
    const reason = this.#o.store.probe();
    this.#setLedger(reason);
    if (reason === null) this.#checkFill();
    this.#probedAtMs = this.#o.clock.monotonicMs();
    this.#cancelTimer = this.#o.clock.after(PROBE_MS, () => this.#probe());
  }

  #checkFill(): void {
    const percent = this.#o.store.fillPercent();
    if (percent <= NEARLY_FULL_PERCENT) this.clear('ledger-nearly-full');
    else this.raise('ledger-nearly-full', `the journal uses ${percent} % of its size limit; when it is full no money is taken`);
  }

  /** The alarm holds without its fact too, only not over a restart. */
  #keep(fact: string, value: string): void {
    try {
      this.#o.store.commit({ entries: [], facts: { [fact]: value } });
    } catch (error) {
      this.#o.log.error('alarm.not-recorded', { fact, error });
    }
  }

  #setLedger(reason: string | null): void {
    if (reason === this.#ledger) return;
    this.#ledger = reason;
    if (reason === null) this.clear('ledger-not-writable');
    else this.raise('ledger-not-writable', reason);
    this.#changed();
  }

  #changed(): void {
    this.#o.metrics.gauge('alarms', this.#alarms.size);
    for (const listener of this.#listeners) listener();
  }
}
