import { MAX_PULSES } from './denomination.ts';
import { type AcceptorProfile, endOfTrainMs, stuckAfterMs } from './profiles.ts';

/** What the decoder needs of an edge; timestamps are kernel nanoseconds, sequence numbers count every edge of the line. */
export interface PulseEdge {
  readonly level: 'high' | 'low';
  readonly timestampNs: bigint;
  readonly seqno: number;
}

/** Why the count of a train cannot be trusted: it is money, but nobody knows how much. */
export type Doubt = 'edges-lost' | 'pulse-too-short' | 'pulse-too-long' | 'storm' | 'split' | 'interrupted';
export type RejectReason = 'too-short' | 'too-long' | 'bounce';

export type PulseEvent =
  | {
      /** A train is over: `count` pulses (at least 1) of these widths, from the first edge to the end of the last pulse. */
      readonly kind: 'train';
      readonly count: number;
      readonly widthsMs: readonly number[];
      readonly startNs: bigint;
      readonly endNs: bigint;
      readonly doubt: Doubt | null;
    }
  | { readonly kind: 'reject'; readonly reason: RejectReason; readonly widthMs: number }
  /** Edges were lost; 0 when it is not known how many. */
  | { readonly kind: 'lost'; readonly edges: number }
  | { readonly kind: 'stuck' }
  | { readonly kind: 'unstuck' }
  /** More noise within a second than any acceptor makes; said once for each such second. */
  | { readonly kind: 'storm'; readonly rejects: number };

/** Rejected pulses within one second that no acceptor makes: hum of the mains makes 50 or 60. */
const STORM_TOO_SHORT = 40;
/** A worn contact bounces a few times each pulse; this many is something else. */
const STORM_BOUNCES = 400;
const NS_PER_MS = 1_000_000;

/**
 * Turns the edges of one line into trains of pulses. Only kernel timestamps decide, so edges may be fed as late as they
 * like; `quiet` ends a train no further edge ends. Single owner; `emit` may throw.
 * Noise never counts: a pulse is one of at least `minPulseMs`, and a train with a doubt in it is said to have one.
 */
export class PulseDecoder {
  readonly #idle: 'high' | 'low';
  readonly #minPulse: number;
  readonly #maxPulse: number;
  readonly #minGap: number;
  readonly #endOfTrain: number;
  readonly #stuckAfter: number;
  readonly #emit: (event: PulseEvent) => void;

  // Plain numbers of nanoseconds: exact for 104 days of uptime, to 4 ns for years.
  #lastNs = Number.NEGATIVE_INFINITY;
  #seqno: number | null = null;
  #level: 'unknown' | 'idle' | 'active' = 'unknown';
  #stuck = false;

  #pulseStart = 0;
  #pulseStartNs = 0n;
  /** The pulse in progress continues the last counted one after a bounce. */
  #extends = false;

  #widths: number[] = [];
  #startNs = 0n;
  #endNs = 0n;
  /** Start and end of the last counted pulse. */
  #countedStart = 0;
  #countedEnd = Number.NEGATIVE_INFINITY;
  /** What the end of the train is measured from: the last counted pulse, or the doubt that opened the train. */
  #aliveAt = Number.NEGATIVE_INFINITY;
  #doubt: Doubt | null = null;
  /** A loss whose place in time is not known yet. */
  #lossPending = false;
  /** End of the last train that `quiet` closed: an edge before its end of train shows that it was closed too early. */
  #closedQuietly = Number.NEGATIVE_INFINITY;

  #second = Number.NEGATIVE_INFINITY;
  #tooShort = 0;
  #bounces = 0;
  readonly #said: PulseEvent[] = [];

  constructor(profile: AcceptorProfile, emit: (event: PulseEvent) => void) {
    this.#idle = profile.idle;
    this.#minPulse = profile.minPulseMs * NS_PER_MS;
    this.#maxPulse = profile.maxPulseMs * NS_PER_MS;
    this.#minGap = profile.minGapMs * NS_PER_MS;
    this.#endOfTrain = endOfTrainMs(profile) * NS_PER_MS;
    this.#stuckAfter = stuckAfterMs(profile) * NS_PER_MS;
    this.#emit = emit;
  }

  /** Whether a train or a pulse is in progress. A stuck line is neither. */
  get open(): boolean {
    return this.#widths.length > 0 || this.#doubt !== null || (this.#level === 'active' && !this.#stuck);
  }

  /** Milliseconds after the last edge (or loss) at which `quiet` has something to do, or null. */
  dueMs(): number | null {
    if (this.#level === 'active') return this.#stuck ? null : this.#stuckAfter / NS_PER_MS;
    if (this.#widths.length === 0 && this.#doubt === null) return this.#lossPending ? this.#endOfTrain / NS_PER_MS : null;
    return Math.max(0, this.#aliveAt + this.#endOfTrain - this.#lastNs) / NS_PER_MS;
  }

  /**
   * The level of the line as it was read, every edge until then having been told: where it is another than the edges
   * say, one of them was lost, or nobody looked. No count is known of a train that was running then.
   */
  found(level: 'high' | 'low'): void {
    const isIdle = level === this.#idle;
    if (this.#level === 'active' ? !isIdle : isIdle) return;
    this.#level = isIdle ? 'idle' : 'active';
    if (!isIdle) {
      this.#pulseStart = Number.NEGATIVE_INFINITY;
      this.#doubt ??= 'interrupted';
    } else if (this.#stuck) {
      this.#stuck = false;
      this.#said.push({ kind: 'unstuck' });
    } else {
      this.#doubtFrom('edges-lost', this.#lastNs);
      // What comes within the same train is not trusted either, however long that took.
      this.#lossPending = true;
    }
    this.#flush();
  }

  edge(edge: PulseEdge): void {
    const ns = Math.max(Number(edge.timestampNs), this.#lastNs);
    const isIdle = edge.level === this.#idle;
    this.#noticeLoss(edge.seqno, isIdle);
    this.#lastNs = ns;
    if (this.#level !== 'active' && this.#hasTrain() && ns - this.#aliveAt >= this.#endOfTrain) this.#close(false);
    if (this.#lossPending) this.#doubtFrom('edges-lost', ns);
    const was = this.#level;
    this.#level = isIdle ? 'idle' : 'active';
    if (!isIdle) this.#pulseBegins(ns, edge.timestampNs);
    else if (was === 'active') this.#pulseEnds(ns, edge.timestampNs);
    else if (was === 'unknown') this.#doubtFrom('interrupted', ns);
    this.#flush();
  }

  /** Edges were lost somewhere before the next one; `edges` is 0 when it is not known how many. */
  lost(edges: number): void {
    this.#noteLoss(edges);
    // The gap in the numbers is the same loss: the next piece may come long after it, and is as good as any.
    this.#seqno = null;
    this.#flush();
  }

  /** No edge for `ms` since the last one (or the last loss): ends a train whose time is over, notices a stuck line. */
  quiet(ms: number): void {
    this.#quiet(ms);
    this.#flush();
  }

  #quiet(ms: number): void {
    const now = ms * NS_PER_MS;
    if (this.#level === 'active') {
      if (this.#stuck || now < this.#stuckAfter) return;
      this.#stuck = true;
      if (this.#hasTrain()) this.#close(true, 'pulse-too-long');
      this.#said.push({ kind: 'stuck' });
      return;
    }
    if (this.#hasTrain()) {
      if (this.#lastNs + now - this.#aliveAt >= this.#endOfTrain) this.#close(true);
    } else if (now >= this.#endOfTrain) this.#lossPending = false;
  }

  /** Nobody will listen any more: what was counted so far is said now, as a doubtful train. */
  interrupt(): void {
    if (this.#hasTrain()) this.#close(true, 'interrupted');
    this.#flush();
  }

  /** Only now, with the state settled: a listener may throw, and the next call says the rest. */
  #flush(): void {
    for (let event = this.#said.shift(); event; event = this.#said.shift()) this.#emit(event);
  }

  #hasTrain(): boolean {
    return this.#widths.length > 0 || this.#doubt !== null;
  }

  #noteLoss(edges: number): void {
    this.#lossPending = true;
    if (this.#hasTrain()) this.#doubt = 'edges-lost';
    this.#said.push({ kind: 'lost', edges });
  }

  #noticeLoss(seqno: number, isIdle: boolean): void {
    const expected = this.#seqno === null ? seqno : this.#seqno + 1;
    this.#seqno = seqno;
    if (seqno !== expected) this.#noteLoss(Math.max(0, seqno - expected));
    else if (!this.#lossPending && this.#level === (isIdle ? 'idle' : 'active')) this.#noteLoss(1);
  }

  #pulseBegins(ns: number, timestampNs: bigint): void {
    this.#extends = this.#widths.length > 0 && ns - this.#countedEnd < this.#minGap;
    this.#pulseStart = this.#extends ? this.#countedStart : ns;
    this.#pulseStartNs = timestampNs;
    if (this.#extends) this.#reject('bounce', ns - this.#countedEnd);
    else if (!this.#hasTrain() && ns - this.#closedQuietly < this.#endOfTrain) this.#doubtFrom('split', ns);
  }

  #pulseEnds(ns: number, timestampNs: bigint): void {
    if (this.#stuck) {
      this.#stuck = false;
      this.#said.push({ kind: 'unstuck' });
      return;
    }
    if (this.#pulseStart === Number.NEGATIVE_INFINITY) {
      this.#doubtFrom('interrupted', ns);
      return;
    }
    const width = ns - this.#pulseStart;
    if (width < this.#minPulse) {
      // Hardly noise: an acceptor that gives out would send such, and the count would lack one.
      if (2 * width >= this.#minPulse) this.#doubtFrom('pulse-too-short', ns);
      this.#reject('too-short', width);
      return;
    }
    if (width > this.#maxPulse) {
      if (this.#extends) this.#widths.pop();
      this.#doubtFrom('pulse-too-long', ns);
      this.#reject('too-long', width);
      return;
    }
    if (this.#extends) this.#widths.pop();
    else if (this.#widths.length === 0) this.#startNs = this.#pulseStartNs;
    this.#widths.push(Math.round(width / 10_000) / 100);
    this.#countedStart = this.#pulseStart;
    this.#countedEnd = ns;
    this.#endNs = timestampNs;
    this.#aliveAt = ns;
    // What goes on beyond the longest train is no piece any more: it gets a doubt of its own.
    if (this.#widths.length >= MAX_PULSES) this.#close(true);
  }

  #doubtFrom(doubt: Doubt, ns: number): void {
    this.#lossPending = false;
    this.#doubt ??= doubt;
    this.#aliveAt = ns;
  }

  #reject(reason: RejectReason, widthNs: number): void {
    if (this.#lastNs - this.#second >= 1_000 * NS_PER_MS) {
      this.#second = this.#lastNs;
      this.#tooShort = 0;
      this.#bounces = 0;
    }
    const rejects = reason === 'bounce' ? ++this.#bounces : ++this.#tooShort;
    const limit = reason === 'bounce' ? STORM_BOUNCES : STORM_TOO_SHORT;
    if (rejects >= limit) this.#doubtFrom('storm', this.#lastNs);
    // Beyond the limit the storm stands for them all.
    if (rejects < limit) this.#said.push({ kind: 'reject', reason, widthMs: widthNs / NS_PER_MS });
    if (rejects === limit) this.#said.push({ kind: 'storm', rejects });
  }

  #close(quietly: boolean, doubt = this.#doubt): void {
    const widthsMs = this.#widths;
    const [startNs, endNs] = [this.#startNs, this.#endNs];
    if (quietly) this.#closedQuietly = this.#aliveAt;
    this.#widths = [];
    this.#doubt = null;
    this.#countedEnd = Number.NEGATIVE_INFINITY;
    this.#aliveAt = Number.NEGATIVE_INFINITY;
    if (widthsMs.length > 0) this.#said.push({ kind: 'train', count: widthsMs.length, widthsMs, startNs, endNs, doubt });
  }
}
