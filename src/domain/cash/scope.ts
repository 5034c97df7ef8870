import { type AcceptorProfile, PROFILE_NAMES, profileNamed } from './profiles.ts';

export type Level = 'high' | 'low';

/** Smallest, middle and largest of some durations, milliseconds; null without any. */
export interface Spread {
  readonly count: number;
  readonly leastMs: number;
  readonly medianMs: number;
  readonly mostMs: number;
}

/** What a technician reads off a line. */
export interface ScopeReading {
  readonly edges: number;
  /** The level the line rests at, or null while it was as long in one as in the other. */
  readonly idle: Level | null;
  /** How long it was away from rest. */
  readonly pulses: Spread | null;
  /** The pauses between pulses that belong together. */
  readonly gaps: Spread | null;
  /** Changes too short to be meant; they are taken out of all the other figures. */
  readonly bounces: number;
  /** How many pulses the last pieces had, oldest first. */
  readonly trains: readonly number[];
  /** Profiles whose limits hold all of it, the nearest first. */
  readonly profiles: readonly string[];
}

/** No acceptor's pulse or pause is so short (facts: 20 ms at least); contacts bounce for less. */
const BOUNCE_MS = 5;
/** No acceptor pauses so long within one piece: 350 ms is the longest known. */
export const PIECE_OVER_MS = 600;
/** A longer rest is the line doing nothing. */
const INTERVALS_KEPT = 2_000;
const TRAINS_SHOWN = 20;

export interface Interval {
  readonly level: Level;
  readonly ms: number;
}

/**
 * Reads the timing of an unknown acceptor off its line. Pure: it is told the edges, with the times the kernel saw
 * them, and keeps the newest 2,000 intervals.
 */
export class PulseScope {
  #edges = 0;
  #last: { readonly level: Level; readonly atNs: bigint } | null = null;
  #intervals: Interval[] = [];

  edge({ level, timestampNs }: { readonly level: Level; readonly timestampNs: bigint }): void {
    this.#edges += 1;
    if (this.#last && timestampNs >= this.#last.atNs) {
      const ms = Number(timestampNs - this.#last.atNs) / 1e6;
      this.#intervals.push({ level: this.#last.level, ms });
      if (this.#intervals.length > INTERVALS_KEPT) this.#intervals.shift();
    }
    this.#last = { level, atNs: timestampNs };
  }

  reading(): ScopeReading {
    const { steady, bounces } = withoutBounces(this.#intervals);
    const idle = restOf(steady, this.#last?.level ?? null);
    const active = steady.filter(({ level }) => level !== idle).map(({ ms }) => ms);
    // What came before the first pulse was no pause between two.
    const pauses = steady.filter(({ level, ms }, i) => level === idle && i > 0 && ms < PIECE_OVER_MS).map(({ ms }) => ms);
    const measured = idle !== null && active.length > 0;
    return {
      edges: this.#edges,
      idle,
      pulses: measured ? spread(active) : null,
      gaps: measured && pauses.length > 0 ? spread(pauses) : null,
      bounces,
      trains: measured ? trainsOf(steady, idle).slice(-TRAINS_SHOWN) : [],
      profiles: measured ? likely(idle, active, pauses) : [],
    };
  }
}

/** Joins what a bounce has cut in two. */
export function withoutBounces(intervals: readonly Interval[]): { readonly steady: Interval[]; readonly bounces: number } {
  const steady: Interval[] = [];
  let bounces = 0;
  for (const { level, ms } of intervals) {
    const before = steady.at(-1);
    if (ms < BOUNCE_MS && before) {
      bounces += 1;
      steady[steady.length - 1] = { level: before.level, ms: before.ms + ms };
    } else if (before?.level === level) steady[steady.length - 1] = { level, ms: before.ms + ms };
    else steady.push({ level, ms });
  }
  return { steady, bounces };
}

/** An acceptor rests longer than it pulses. */
function restOf(intervals: readonly Interval[], now: Level | null): Level | null {
  const total = (wanted: Level) => intervals.reduce((sum, { level, ms }) => sum + (level === wanted ? ms : 0), 0);
  const [high, low] = [total('high'), total('low')];
  if (high === low) return intervals.length === 0 ? now : null;
  return high > low ? 'high' : 'low';
}

function trainsOf(intervals: readonly Interval[], idle: Level): number[] {
  const trains: number[] = [];
  let pulses = 0;
  for (const { level, ms } of intervals) {
    if (level !== idle) pulses += 1;
    else if (ms >= PIECE_OVER_MS && pulses > 0) {
      trains.push(pulses);
      pulses = 0;
    }
  }
  return pulses > 0 ? [...trains, pulses] : trains;
}

function likely(idle: Level, pulses: readonly number[], gaps: readonly number[]): string[] {
  const fits = (profile: AcceptorProfile) =>
    profile.idle === idle &&
    pulses.every((ms) => ms >= profile.minPulseMs && ms <= profile.maxPulseMs) &&
    gaps.every((ms) => ms >= profile.minGapMs && ms <= profile.maxGapMs);
  const distance = ({ nominal }: AcceptorProfile) =>
    Math.abs(median(pulses) - nominal.pulseMs) / nominal.pulseMs +
    (gaps.length === 0 ? 0 : Math.abs(median(gaps) - nominal.gapMs) / nominal.gapMs);
  return PROFILE_NAMES.flatMap((name) => {
    const profile = profileNamed(name);
    return profile && fits(profile) ? [{ name, distance: distance(profile) }] : [];
  })
    .sort((a, b) => a.distance - b.distance)
    .map(({ name }) => name);
}

function median(durations: readonly number[]): number {
  const sorted = durations.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const spread = (durations: readonly number[]): Spread => ({
  count: durations.length,
  leastMs: Math.min(...durations),
  medianMs: median(durations),
  mostMs: Math.max(...durations),
});
