import type { OutputPin } from '../board.ts';

type Level = 'high' | 'low';

/** Timing and polarity of one kind of pulse acceptor, as its lines look at the board's pins. Times in milliseconds. */
export interface AcceptorProfile {
  /** Level of the pulse line while nothing happens; a pulse is the other level. */
  readonly idle: Level;
  readonly minPulseMs: number;
  readonly maxPulseMs: number;
  /** A shorter interruption is a bounce inside one pulse. */
  readonly minGapMs: number;
  /** The longest pause between two pulses of one piece. */
  readonly maxGapMs: number;
  /** What the maker says it sends; what the simulated one does send. */
  readonly nominal: { readonly pulseMs: number; readonly gapMs: number };
  /** Level of the inhibit line that makes the acceptor refuse pieces. */
  readonly inhibit: Level;
}

/**
 * CH-92x, HX-616: a switch selects 20, 50 or 100 ms, about 100 ms apart; the profile takes all three. Open collector:
 * the pin needs a pull-up. Where there is no inhibit wire, a stage in the supply line stands for it: high cuts it.
 */
const COIN_TRAIN = {
  minPulseMs: 14,
  maxPulseMs: 130,
  minGapMs: 40,
  maxGapMs: 160,
  nominal: { pulseMs: 50, gapMs: 100 },
  inhibit: 'high',
} as const;

/**
 * ICT U70, P77 in pulse mode: low for 50 ms, then high for 100 ms (DIP switch "fast") or 300 ms ("slow").
 * Inhibit is active high as delivered; another DIP switch inverts it: the `-inhibit-low` profiles.
 */
const ICT_FAST = {
  idle: 'high',
  minPulseMs: 35,
  maxPulseMs: 75,
  minGapMs: 60,
  maxGapMs: 160,
  nominal: { pulseMs: 50, gapMs: 100 },
  inhibit: 'high',
} as const;
const ICT_SLOW = { ...ICT_FAST, minGapMs: 200, maxGapMs: 400, nominal: { pulseMs: 50, gapMs: 300 } } as const;

/**
 * Every acceptor a board file can name. NO ("normally open") wiring idles high, NC idles low: profiles of their own.
 * The limits are the maker's figures with room for the kernel's and the pull-up's share.
 */
const PROFILES = {
  'ch-926': { ...COIN_TRAIN, idle: 'high' },
  'ch-926-nc': { ...COIN_TRAIN, idle: 'low' },
  'hx-616': { ...COIN_TRAIN, idle: 'high' },
  'hx-616-nc': { ...COIN_TRAIN, idle: 'low' },
  /**
   * ITL NV9, NV10 parallel (operations manual GA326): one line a note, 100 ms +-3 % active low; a channel is enabled by
   * holding its inhibit low. Two notes are seconds apart, so a train is one pulse.
   */
  'nv9-parallel': {
    idle: 'high',
    minPulseMs: 90,
    maxPulseMs: 110,
    minGapMs: 50,
    maxGapMs: 100,
    nominal: { pulseMs: 100, gapMs: 100 },
    inhibit: 'high',
  },
  /**
   * MEI CashFlow 9520 and relatives, parallel (design guide rev. G1): one line a coin, on for 80 to 120 ms, negative
   * common; inhibit is logic 1. Two coins may come so fast that one train holds both: give the line a `perPulseMinor`.
   */
  'mei-cashflow-parallel': {
    idle: 'high',
    minPulseMs: 72,
    maxPulseMs: 132,
    minGapMs: 20,
    maxGapMs: 100,
    nominal: { pulseMs: 100, gapMs: 100 },
    inhibit: 'high',
  },
  'ict-u70-fast': ICT_FAST,
  'ict-u70-fast-inhibit-low': { ...ICT_FAST, inhibit: 'low' },
  'ict-u70-slow': ICT_SLOW,
  'ict-u70-slow-inhibit-low': { ...ICT_SLOW, inhibit: 'low' },
} as const satisfies Readonly<Record<string, AcceptorProfile>>;

export const PROFILE_NAMES: readonly string[] = Object.keys(PROFILES);

/** The profile of that name, or null when there is none. */
export function profileNamed(name: string): AcceptorProfile | null {
  return Object.hasOwn(PROFILES, name) ? PROFILES[name as keyof typeof PROFILES] : null;
}

/** Quiet time after which a train of pulses is over, ms: no real pause between two pulses is that long. */
export const endOfTrainMs = (profile: AcceptorProfile): number => Math.max(1.5 * profile.maxGapMs, profile.maxGapMs + 50);

/** How long a line may stay active before it counts as stuck, ms. */
export const stuckAfterMs = (profile: AcceptorProfile): number => Math.max(10 * profile.maxPulseMs, 2_000);

/**
 * Whether the acceptor refuses pieces while its inhibit output is active (logically). The profile knows the level the
 * acceptor wants, the pin which level "active" is. Where they differ, the output enables the acceptor: then an output
 * nobody drives keeps it shut, which is the safer wiring.
 */
export const inhibitsWhileActive = (profile: AcceptorProfile, pin: OutputPin): boolean => profile.inhibit === pin.active;
