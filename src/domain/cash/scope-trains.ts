import { type Interval, type Level, PIECE_OVER_MS, withoutBounces } from './scope.ts';

/** The pulses of one piece, or of noise when there are none but bounces. Milliseconds. */
export interface ScopeTrain {
  readonly pulses: number;
  readonly widthsMs: readonly number[];
  readonly gapsMs: readonly number[];
  /** Changes too short to be meant; they are taken out of the other figures. */
  readonly bounces: number;
}

/** A line that never rests is told in parts. */
const MOST_INTERVALS = 1_000;

/**
 * Cuts the edges of a line into trains, and tells each when it is over. Whatever level lasts `PIECE_OVER_MS` is the rest:
 * a line that hangs in its pulse for longer is understood again after its next rest. Pure, like `PulseScope`.
 */
export class ScopeTrains {
  readonly #onTrain: (train: ScopeTrain) => void;
  #intervals: Interval[] = [];
  #last: { readonly level: Level; readonly atNs: bigint } | null = null;

  constructor(onTrain: (train: ScopeTrain) => void) {
    this.#onTrain = onTrain;
  }

  edge({ level, timestampNs }: { readonly level: Level; readonly timestampNs: bigint }): void {
    const ms = this.#last === null ? 0 : Number(timestampNs - this.#last.atNs) / 1e6;
    if (ms >= PIECE_OVER_MS || this.#intervals.length >= MOST_INTERVALS) this.end();
    // The first edge of a train leaves the rest.
    if (this.#last === null) this.#intervals = [{ level: level === 'high' ? 'low' : 'high', ms: PIECE_OVER_MS }];
    else if (ms >= 0) this.#intervals.push({ level: this.#last.level, ms });
    this.#last = { level, atNs: timestampNs };
  }

  /** The line has been at rest for `PIECE_OVER_MS`, or nobody looks at it any longer. */
  end(): void {
    const [rest] = this.#intervals;
    if (rest === undefined) return;
    const { steady, bounces } = withoutBounces(this.#intervals);
    this.#intervals = [];
    this.#last = null;
    const widthsMs = steady.filter(({ level }) => level !== rest.level).map(({ ms }) => ms);
    const gapsMs = steady.filter(({ level }, i) => level === rest.level && i > 0).map(({ ms }) => ms);
    if (widthsMs.length > 0 || bounces > 0) this.#onTrain({ pulses: widthsMs.length, widthsMs, gapsMs, bounces });
  }
}
