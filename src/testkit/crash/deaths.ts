import type { KillPoint } from './dying-store.ts';
import type { Scenario } from './setting.ts';
import type { World } from './world.ts';

/** How the box dies in a round. */
export interface Death<W extends World> {
  readonly scenario: Scenario<W>;
  /** At a chosen commit, or so long after the box is ready. */
  readonly at: KillPoint | { readonly afterMs: number };
  /** Where it dies once more, soon after it has come back. */
  readonly next: KillPoint | null;
}

interface Measured<W extends World> {
  readonly scenario: Scenario<W>;
  /** How many commits it makes when nobody kills the box. */
  readonly commits: number;
}

interface Plan<W extends World> {
  /** Without end. */
  readonly deaths: Iterable<Death<W>>;
  readonly everyCommit: boolean;
}

/** At least so many of the kills are left to chance. */
const BY_CHANCE = 0.2;
const AGAIN = 0.3;
/** What a box that comes back commits before anybody asks it for anything is no more than this. */
const COMMITS_OF_A_START = 4;

/**
 * Before and after every commit of every scenario, or after an even choice of them where the kills do not suffice; then
 * at random instants. Some boxes die a second time while they recover.
 */
export function deaths<W extends World>(scenarios: readonly Measured<W>[], kills: number, random: () => number): Plan<W> {
  const points = scenarios.flatMap(({ scenario, commits }) =>
    Array.from({ length: commits }, (_, i) =>
      (['before', 'after'] as const).map((when) => ({ scenario, at: { commit: i + 1, when } })),
    ).flat(),
  );
  const room = Math.max(1, Math.floor(kills * (1 - BY_CHANCE)));
  const stride = Math.max(1, points.length / room);
  const chosen = points.filter((_, i) => Math.floor(i / stride) !== Math.floor((i - 1) / stride));
  const whole = (most: number) => Math.floor(random() * most);
  const second = (): KillPoint | null =>
    random() < AGAIN ? { commit: 1 + whole(COMMITS_OF_A_START), when: random() < 0.5 ? 'before' : 'after' } : null;
  function* all(): Generator<Death<W>> {
    for (const point of chosen) yield { ...point, next: second() };
    for (let n = 0; ; n++) {
      const { scenario } = scenarios[n % scenarios.length] ?? raise();
      yield { scenario, at: { afterMs: random() * scenario.lastsMs }, next: second() };
    }
  }
  return { deaths: all(), everyCommit: stride === 1 };
}

const raise = (): never => {
  throw new Error('there is no scenario to play');
};
