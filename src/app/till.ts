import { ConfigurationFault } from '../domain/fault.ts';
import { idText } from '../domain/identity.ts';
import type { Entry, Recorded } from '../domain/journal.ts';
import type { Currency } from '../domain/money.ts';
import type { SalePolicy } from '../domain/policy.ts';
import { apply, replay } from '../domain/till/apply.ts';
import { decide } from '../domain/till/decide.ts';
import type { TillInput } from '../domain/till/input.ts';
import { emptyTill, type Till } from '../domain/till/state.ts';
import type { Cancel } from '../ports/clock.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { Log } from '../ports/log.ts';
import type { Commit, OutboxDraft, Store } from '../ports/store.ts';
import { alarmFacts, alarmsIn } from './standing-alarms.ts';

/** What the rest of the box knows that a money decision depends on. */
export interface Surroundings {
  qrPossible(): boolean;
  cashPossible(): boolean;
  cashBusy(): boolean;
}

export interface TillOptions {
  readonly store: Store;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly policy: SalePolicy;
  readonly version: string;
  /** Whether sale reports have somebody to go to. */
  readonly reports: boolean;
}

type Listener = (entries: readonly Recorded[]) => void;

/** Entries between two checkpoints; a boot replays at most this many plus one commit. */
const CHECKPOINT_EVERY = 200;
const REPLAY_PAGE = 1_000;

/**
 * The one place where money changes: decide, commit, then tell. Everything is synchronous, so between a decision and
 * its commit nothing else runs; listeners hear of entries only after they are durable, in the order of the journal.
 */
export class TillService {
  readonly #options: TillOptions;
  #till: Till;
  #surroundings: Surroundings = { qrPossible: () => false, cashPossible: () => false, cashBusy: () => false };
  readonly #listeners = new Set<Listener>();
  readonly #untold: Recorded[][] = [];
  #telling = false;
  #checkpointSeq = 0;

  constructor(options: TillOptions) {
    this.#options = options;
    this.#till = emptyTill(options.policy.currency);
  }

  get state(): Till {
    return this.#till;
  }

  get currency(): Currency {
    return this.#till.currency;
  }

  /**
   * Rebuilds the till from the journal and writes the boot entry; an act that was under way becomes indeterminate.
   * @throws ConfigurationFault `currency-changed`; StoreFault
   */
  start(surroundings: Surroundings): void {
    this.#surroundings = surroundings;
    const { store, policy, version } = this.#options;
    const checkpoint = store.checkpoint();
    // What a release before did not know of is empty.
    let till: Till = { ...emptyTill(policy.currency), ...(checkpoint ? (JSON.parse(checkpoint.state) as Till) : {}) };
    this.#checkpointSeq = checkpoint?.seq ?? 0;
    for (;;) {
      const page = store.ledger({ after: till.seq, limit: REPLAY_PAGE });
      if (page.length === 0) break;
      till = replay(page, till);
    }
    if (till.seq > 0 && till.currency !== policy.currency) throw currencyChanged(till.currency, policy.currency);
    this.#till = till;
    this.submit({ type: 'restart', version });
  }

  /**
   * Commits what an input means, and returns the entries it made (none for a duplicate). `along` is committed in the
   * same transaction: the message that brought the input, marked as done, and facts that belong to it.
   * @throws CallerFault from the decision; StoreFault when nothing could be committed
   */
  submit(input: TillInput, along: Pick<Commit, 'inbox' | 'facts'> = {}): Recorded[] {
    const { policy, store } = this.#options;
    const entries = decide(this.#till, input, {
      policy,
      qrPossible: this.#surroundings.qrPossible(),
      cashPossible: this.#surroundings.cashPossible(),
      cashBusy: this.#surroundings.cashBusy(),
      newId: () => this.newId(),
    });
    if (entries.length === 0) return [];
    const facts = { ...along.facts, ...alarmFacts(alarmsIn(entries, this.#till), (fact) => store.fact(fact)) };
    const recorded = store.commit({ ...along, facts, entries, outbox: this.#options.reports ? reportsIn(entries) : [] });
    let till = this.#till;
    for (const { seq, entry } of recorded) till = { ...apply(till, entry), seq };
    this.#till = till;
    this.#tell(recorded);
    return recorded;
  }

  /** An identifier of 80 random bits. */
  newId(): string {
    return idText(this.#options.entropy.bytes(10));
  }

  /** Calls `listener` after every commit. A listener that throws is logged and does not disturb the others. */
  onCommitted(listener: Listener): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Saves the folded state, so that the next boot need not read the whole journal. */
  checkpoint(): void {
    const { seq } = this.#till;
    // A till that was not read has nothing to save, least of all over what is saved.
    if (seq <= this.#checkpointSeq) return;
    this.#options.store.saveCheckpoint({ seq, state: JSON.stringify(this.#till) });
    this.#checkpointSeq = seq;
  }

  #tell(recorded: Recorded[]): void {
    this.#untold.push(recorded);
    // A listener may submit in turn: its entries are told after these, to everyone.
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let batch = this.#untold.shift(); batch; batch = this.#untold.shift()) {
        for (const listener of this.#listeners) {
          try {
            listener(batch);
          } catch (error) {
            this.#options.log.error('till.listener-failed', { error });
          }
        }
      }
    } finally {
      this.#telling = false;
    }
    if (this.#till.seq - this.#checkpointSeq < CHECKPOINT_EVERY) return;
    try {
      this.checkpoint();
    } catch (error) {
      // What was to be committed is committed; the next boot only reads more of the journal.
      this.#options.log.warn('till.checkpoint-failed', { error });
    }
  }
}

/** Resolves true as soon as no sale is open, or false when the signal aborts first. */
export function whenIdle(till: TillService, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (idle: boolean) => {
      cancel();
      signal.removeEventListener('abort', aborted);
      resolve(idle);
    };
    const aborted = () => end(false);
    const cancel = till.onCommitted(() => till.state.sale === null && end(true));
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) end(false);
    else if (till.state.sale === null) end(true);
  });
}

function currencyChanged(found: Currency, configured: Currency): ConfigurationFault {
  return new ConfigurationFault('The journal is kept in another currency than the configuration says', {
    code: 'currency-changed',
    found: `a journal in ${found}, sale.currency ${configured}`,
    expected: 'one currency for the life of a state directory',
    remedy: `Set sale.currency back to ${found}, or begin a new state directory once the old books are closed.`,
  });
}

function reportsIn(entries: readonly Entry[]): OutboxDraft[] {
  return entries.flatMap((entry) =>
    entry.kind === 'report.queued' ? [{ id: entry.report.id, lane: 'sale' as const, report: entry.report }] : [],
  );
}
