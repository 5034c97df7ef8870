import type { Entry, Recorded, SaleReport } from '../domain/journal.ts';
import type { UpdateReport } from '../domain/ota/update.ts';
import type { Ack } from '../domain/remote.ts';

/** A message for the backend that stays until the backend's own acknowledgement. */
export type OutboxDraft = {
  /** Unique for ever; a second row with the same id is refused. */
  readonly id: string;
} & Letter;

/** Sales are money and never dropped, nor are answers to the backend; of `update` rows the newest `UPDATE_ROWS_KEPT` stay. */
export type Letter =
  | { readonly lane: 'sale'; readonly report: SaleReport }
  | { readonly lane: 'update'; readonly report: UpdateReport }
  | { readonly lane: 'ack'; readonly report: Ack };

export type Lane = Letter['lane'];
export const LANES: readonly Lane[] = ['sale', 'update', 'ack'];

/** How many reports about updates wait at most: telemetry, which must not crowd out money. */
export const UPDATE_ROWS_KEPT = 500;

export type OutboxRow<L extends Lane = Lane> = Extract<Letter, { lane: L }> & {
  readonly id: string;
  readonly seq: number;
  readonly queuedAtMs: number;
  readonly attempts: number;
  /** Set when the backend refused it for good: kept for a person to look at, never deleted. */
  readonly parkedReason: string | null;
};

/** A message that has taken effect: (source, id) is unique, so its effect happens once. */
export interface InboxKey {
  readonly source: string;
  readonly id: string;
}

/** What goes into one transaction: all of it or none. */
export interface Commit {
  readonly entries: readonly Entry[];
  readonly outbox?: readonly OutboxDraft[];
  readonly inbox?: readonly InboxKey[];
  /** Rows the backend acknowledged: removed. */
  readonly acknowledged?: readonly string[];
  /** Rows the backend refused for good. */
  readonly parked?: readonly { readonly id: string; readonly reason: string }[];
  /** Rows whose delivery is being tried: counted before they are sent, so that a batch that got no answer is known as one. */
  readonly attempted?: readonly string[];
  /** Small facts about the box itself (pairing, identifiers, settings); null removes. Never a secret. */
  readonly facts?: Readonly<Record<string, string | null>>;
}

export interface LedgerQuery {
  /** Only entries with a larger sequence number; default 0. */
  readonly after?: number;
  /** 1 to 1,000; default 100. */
  readonly limit?: number;
  readonly sale?: string;
}

/** Money and pieces counted from the journal. */
export interface Totals {
  /** Pieces by method and denomination in minor units. */
  readonly coin: Readonly<Record<string, number>>;
  readonly bill: Readonly<Record<string, number>>;
  readonly cashMinor: number;
  readonly qrMinor: number;
  readonly qrCount: number;
  readonly cardMinor: number;
  readonly cardCount: number;
  /** Taken by the backend's own terminal. */
  readonly terminalMinor: number;
  readonly terminalCount: number;
  /** Credited for top-up cards. */
  readonly topUpMinor: number;
  readonly topUpCount: number;
  readonly salesMinor: number;
  readonly salesCount: number;
  readonly refundMinor: number;
  /** Trains of pulses no denomination matched. */
  readonly unassigned: number;
}

export interface Counters {
  readonly sinceReset: Totals;
  readonly sinceEver: Totals;
  /** Wall time of the last reset, or null when there was none. */
  readonly resetAtMs: number | null;
}

/** State of the till folded up to and including `seq`, to save reading the whole journal at boot. A cache, never the truth. */
export interface Checkpoint {
  readonly seq: number;
  readonly state: string;
}

/**
 * The journal with its outbox and inbox in one database. `commit` is ONE durable transaction: when it returns, the
 * entries survive a power cut; when it throws `StoreFault` with `outcome: 'refused'` nothing was written; with
 * `outcome: 'unknown'` the caller must stop taking money and reopen. It is synchronous on purpose: between a decision
 * and its commit nothing else can run.
 */
export interface Store {
  readonly boot: string;
  commit(commit: Commit): Recorded[];
  ledger(query: LedgerQuery): Recorded[];
  lastSeq(): number;
  /** Sequence number of the last entry of the commit that took the message in, or null for one that is new. */
  seenAt(key: InboxKey): number | null;
  /** Waiting rows of a lane, oldest first, without the parked ones. */
  outbox<L extends Lane>(lane: L, limit: number): OutboxRow<L>[];
  parked(limit: number): OutboxRow[];
  /** Of one lane, or of all of them. */
  outboxSize(lane?: Lane): { readonly waiting: number; readonly parked: number };
  fact(name: string): string | null;
  counters(): Counters;
  checkpoint(): Checkpoint | null;
  saveCheckpoint(checkpoint: Checkpoint): void;
  /** Cheap check that a commit could succeed now (file system writable, below the size cap); null, or what is wrong. */
  probe(): string | null;
  /** How much of its size limit the journal uses, in whole percent; absent when it has none. */
  fillPercent(): number;
  close(): void;
}
