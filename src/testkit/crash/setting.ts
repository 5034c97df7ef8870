import type { Terms, World } from './world.ts';

/** One customer, or one order, and all the lives of the box that it takes. */
export interface Round {
  /** The same in all lives of the box: makes it one sale, or one order, however often it is asked for. */
  readonly key: string;
  /** The newest entry of the journal before it. */
  readonly after: number;
}

/** What happens before a box while it is killed. */
export interface Scenario<W extends World> {
  readonly name: string;
  readonly terms: Terms;
  /** About how long it takes, milliseconds: kills from outside fall within. */
  readonly lastsMs: number;
  /** What happens in a life of the box before the one that is killed; it leaves the box off. */
  before?(world: W, round: Round): Promise<void>;
  /**
   * Plays until all of it is over and settled, or until the box dies (false). After a restart it is played `again`: what
   * has been done in the world outside is not done a second time, as nobody would.
   */
  play(world: W, round: Round, again: boolean): Promise<boolean>;
}

/** What the outside world and the journal say of each other after the box has been cut off and started again. */
export interface Verdict {
  readonly faults: readonly string[];
  /** How often something has happened in this world so far, by what it is. */
  readonly figures: Readonly<Record<string, number>>;
}

/** A kind of world with everything that can happen in it. */
export interface Setting<W extends World> {
  readonly name: string;
  readonly scenarios: readonly Scenario<W>[];
  /** A new world with a box that has run once and could sell; it is off. */
  open(): Promise<W>;
  /** Compares the journal with the world outside, when a round is settled. */
  check(world: W, round: Round): Promise<Verdict>;
}
