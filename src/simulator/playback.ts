import type { Cancel, Clock } from '../ports/clock.ts';

export type Level = 'high' | 'low';

/** A level and how long it is held, milliseconds; fractions allowed. */
export interface Segment {
  readonly level: Level;
  readonly ms: number;
}

interface Track {
  readonly line: string;
  readonly levels: readonly Level[];
  /** When each level begins, by the clock's monotonic milliseconds; one more for the end. */
  readonly atMs: Float64Array;
  next: number;
  readonly done: () => void;
}

/** A nanosecond: sums of fractions need not meet the clock's own to the last bit. */
const TOLERANCE_MS = 1e-6;

/**
 * Plays schedules of levels on the clock, each change with its ideal time. However many changes there are, one timer
 * waits for the next, and whatever is due by then is played at once: a clock that cannot tick faster loses nothing.
 */
export class Playback {
  readonly #clock: Clock;
  readonly #change: (line: string, level: Level, atMs: number) => void;
  readonly #tracks = new Set<Track>();
  readonly #freeAtMs = new Map<string, number>();
  #timer: Cancel | null = null;

  constructor(clock: Clock, change: (line: string, level: Level, atMs: number) => void) {
    this.#clock = clock;
    this.#change = change;
  }

  /** How long the line is still busy with what it was given before, ms. */
  backlogMs(line: string): number {
    return Math.max(0, (this.#freeAtMs.get(line) ?? 0) - this.#clock.monotonicMs());
  }

  /** Plays after what the line was given before; resolves when the last segment is over. */
  play(line: string, segments: readonly Segment[]): Promise<void> {
    const atMs = new Float64Array(segments.length + 1);
    let at = this.#clock.monotonicMs() + this.backlogMs(line);
    segments.forEach(({ ms }, i) => {
      atMs[i] = at;
      at += ms;
    });
    atMs[segments.length] = at;
    this.#freeAtMs.set(line, at);
    return new Promise((done) => {
      this.#tracks.add({ line, levels: segments.map(({ level }) => level), atMs, next: 0, done });
      // Even what is due now is played by the timer: what goes wrong in the box must not come back to the one who asked.
      this.#wait();
    });
  }

  #run(): void {
    const due = this.#clock.monotonicMs() + TOLERANCE_MS;
    try {
      for (let track = this.#earliest(); track && timeOf(track) <= due; track = this.#earliest()) this.#step(track);
    } finally {
      this.#wait();
    }
  }

  #wait(): void {
    this.#timer?.();
    const next = this.#earliest();
    this.#timer = next ? this.#clock.after(Math.max(0, timeOf(next) - this.#clock.monotonicMs()), () => this.#run()) : null;
  }

  #step(track: Track): void {
    const level = track.levels[track.next];
    const at = timeOf(track);
    track.next += 1;
    if (level === undefined) {
      this.#tracks.delete(track);
      track.done();
    } else this.#change(track.line, level, at);
  }

  #earliest(): Track | undefined {
    let earliest: Track | undefined;
    for (const track of this.#tracks) if (!earliest || timeOf(track) < timeOf(earliest)) earliest = track;
    return earliest;
  }
}

const timeOf = (track: Track): number => track.atMs[track.next] ?? Number.POSITIVE_INFINITY;
