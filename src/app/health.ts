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
  readonly paired: () => boolean;
}

/** The ledger is looked at this often, so that a disk that became read-only stops the acceptors within two seconds. */
const PROBE_MS = 1_000;

/** What is wrong with the box right now, and what that leaves possible. */
export class HealthService {
  readonly #o: HealthOptions;
  readonly #listeners = new Set<() => void>();
  readonly #alarms = new Map<string, Alarm>();
  readonly #faultyAcceptors = new Set<string>();
  #ledger: string | null = null;
  #output: string | null = null;
  #cancelTimer: Cancel | null = null;
  #probedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: HealthOptions) {
    this.#o = options;
  }

  start(): void {
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

  /** A commit failed: no money is taken until a probe says otherwise. */
  ledgerFailed(reason: string): void {
    this.#setLedger(reason);
  }

  /** The machine was not driven as intended. It stays out of service until the box is started again by whoever mended it. */
  outputFailed(reason: string): void {
    this.#output = reason;
    this.raise('output-faulty', reason);
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
    this.#alarms.set(code, { code, detail, sinceMs: known?.sinceMs ?? this.#o.clock.wallMs() });
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
    this.#setLedger(this.#o.store.probe());
    this.#probedAtMs = this.#o.clock.monotonicMs();
    this.#cancelTimer = this.#o.clock.after(PROBE_MS, () => this.#probe());
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
