import { type Readiness, readiness } from '../domain/readiness.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { LinkFault } from '../ports/gateway.ts';
import type { PinFault } from '../ports/gpio.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Store } from '../ports/store.ts';
import type { Alarm } from './box.ts';
import { ALARM_FACTS, alarmFacts, type StandingAlarm } from './standing-alarms.ts';

export interface HealthOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly acceptors: number;
  readonly requirePairing: boolean;
  readonly offersQr: boolean;
  readonly takesCards: boolean;
  readonly hasTerminal: boolean;
  readonly paired: () => boolean;
  /** What a person must mend or know about the links right now. */
  readonly linkFaults: () => readonly LinkFault[];
  /** The pins that cannot be used right now. */
  readonly pinFaults: () => readonly PinFault[];
  /** The pins without which nothing can be delivered. */
  readonly deliveryPins: readonly string[];
}

/** The ledger is looked at this often, so that a disk that became read-only stops the acceptors within two seconds. */
const PROBE_MS = 1_000;
/** Beyond this much of its size limit the journal needs a person, who may take days to come. */
const NEARLY_FULL_PERCENT = 80;

/** What is wrong with the box right now, and what that leaves possible. */
export class HealthService {
  readonly #o: HealthOptions;
  readonly #listeners = new Set<() => void>();
  readonly #alarms = new Map<string, Alarm>();
  /** The codes of what is wrong with an acceptor, by its name. */
  readonly #acceptorFaults = new Map<string, Set<string>>();
  #ledger: string | null = null;
  #output: string | null;
  /** Why the machine cannot be driven for as long as its pins are missing. */
  #noPins: string | null = null;
  #updating = false;
  #linkAlarms: readonly string[] = [];
  #cancelTimer: Cancel | null = null;
  #probedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: HealthOptions) {
    this.#o = options;
    // Known before anything asks whether the box is ready.
    this.#output = options.store.fact(ALARM_FACTS['output-faulty']);
  }

  /** Raises again what was left open before the restart, and begins to look after the ledger. */
  start(): void {
    for (const code of Object.keys(ALARM_FACTS)) this.recall(code as StandingAlarm['code']);
    this.#probe();
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  ready(): Readiness {
    return readiness({
      ledger: this.#ledger,
      output: this.#output ?? this.#noPins,
      paired: this.#o.paired(),
      requirePairing: this.#o.requirePairing,
      offersQr: this.#o.offersQr,
      takesCards: this.#o.takesCards,
      hasTerminal: this.#o.hasTerminal,
      updating: this.#updating,
      acceptors: this.#o.acceptors,
      faultyAcceptors: [...this.#acceptorFaults.keys()],
    });
  }

  alarms(): Alarm[] {
    return [...this.#alarms.values()];
  }

  /** Whether nothing is wrong; warnings are about things that work. */
  sound(): boolean {
    return this.alarms().every(({ severity }) => severity === 'warning');
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
    this.#keep(ALARM_FACTS['output-faulty'], reason);
  }

  /** Raises what the journal keeps of an alarm, if anything. */
  recall(code: StandingAlarm['code']): void {
    const detail = this.#o.store.fact(ALARM_FACTS[code]);
    if (detail !== null) this.raise(code, detail);
  }

  /** Raises an alarm that holds over restarts, beside what it stands for already. */
  stand(alarm: StandingAlarm): void {
    for (const [fact, value] of Object.entries(alarmFacts([alarm], (name) => this.#o.store.fact(name)))) this.#keep(fact, value);
    this.raise(alarm.code, this.#o.store.fact(ALARM_FACTS[alarm.code]) ?? alarm.detail);
  }

  /** The books were closed and reconciled. */
  booksClosed(): void {
    const unresolved = ['card-unresolved', 'terminal-unresolved', 'top-up-unresolved', 'bill-unknown', 'cash-unassigned'] as const;
    const standing = unresolved.map((code) => ALARM_FACTS[code]).filter((fact) => this.#o.store.fact(fact) !== null);
    if (standing.length > 0) this.#o.store.commit({ entries: [], facts: Object.fromEntries(standing.map((fact) => [fact, null])) });
    for (const code of unresolved) this.clear(code);
    this.clear('payment-mismatch');
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
    this.#o.store.commit({ entries: [], facts: { [ALARM_FACTS['output-faulty']]: null, [ALARM_FACTS['delivery-unknown']]: null } });
    this.#output = null;
    this.clear('delivery-unknown');
    this.clear('output-faulty');
  }

  /** Whether an acceptor has a fault now. */
  isFaulty(acceptor: string): boolean {
    return this.#acceptorFaults.has(acceptor);
  }

  acceptorFault(name: string, code: string, detail: string): void {
    this.#acceptorFaults.set(name, (this.#acceptorFaults.get(name) ?? new Set()).add(code));
    this.raise(`acceptor-${name}-${code}`, detail);
  }

  acceptorCleared(name: string, code: string): void {
    this.#alarms.delete(`acceptor-${name}-${code}`);
    const codes = this.#acceptorFaults.get(name);
    if (codes?.delete(code) && codes.size === 0) this.#acceptorFaults.delete(name);
    this.#changed();
  }

  /** Something a person must look at (a warning: may look at); the same code again only renews the detail. */
  raise(code: string, detail: string, severity: Alarm['severity'] = 'error', level: 'warn' | 'error' = 'error'): void {
    const known = this.#alarms.get(code);
    if (known?.detail === detail) return;
    this.#alarms.set(code, { code, detail, severity, sinceMs: known?.sinceMs ?? this.#o.clock.wallMs() });
    if (!known) this.#o.log[level]('alarm.raised', { code, detail });
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
    this.#checkPins();
    this.#checkLinks();
    this.#probedAtMs = this.#o.clock.monotonicMs();
    this.#cancelTimer = this.#o.clock.after(PROBE_MS, () => this.#probe());
  }

  /** Pins come and go: a machine that cannot be driven takes no money meanwhile. */
  #checkPins(): void {
    const faults = this.#o.pinFaults();
    const noPins = faults.find(({ line }) => this.#o.deliveryPins.includes(line));
    const why = noPins ? `${noPins.line}: ${noPins.fault.message}` : null;
    const changed = why !== this.#noPins;
    this.#noPins = why;
    if (faults.length === 0) this.clear('pins-faulty');
    else this.raise('pins-faulty', pinsText(faults), 'error', 'warn');
    if (changed) this.#changed();
  }

  #checkLinks(): void {
    const faults = this.#o.linkFaults().map((fault) => ({ ...fault, code: `${fault.link}-${fault.code}` }));
    for (const code of this.#linkAlarms) if (!faults.some((fault) => fault.code === code)) this.clear(code);
    // Links come and go, and the dialect has said why already.
    for (const { code, detail, severity = 'error' } of faults) this.raise(code, detail, severity, 'warn');
    this.#linkAlarms = faults.map(({ code }) => code);
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

/** The pins by what is wrong with them. */
function pinsText(faults: readonly PinFault[]): string {
  const reasons = new Map<string, string[]>();
  for (const { line, fault } of faults) reasons.set(fault.explain(), [...(reasons.get(fault.explain()) ?? []), line]);
  return [...reasons].map(([reason, lines]) => `${lines.join(', ')}: ${reason}`).join(' ');
}
