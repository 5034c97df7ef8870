import { checkBooks, type Verdict } from './books.ts';
import type { KillPoint } from './dying-store.ts';
import { pairUp, play, type Scenario, type ScenarioName } from './scenarios.ts';
import { World } from './world.ts';

export interface CampaignResult extends Verdict {
  readonly kills: number;
  readonly rounds: number;
}

export interface CampaignOptions {
  /** Stop after so many kills. */
  readonly kills: number;
  /** Kill points to take from each scenario, in turn; all of them by default. */
  readonly everyNth?: number;
  readonly random: () => number;
  /** Told after every round. */
  readonly onRound?: (kills: number, faults: readonly string[]) => void;
}

const SCENARIOS: readonly ScenarioName[] = ['qr', 'cash', 'mixed'];
/** A coin that was counted but not committed when the box died is lost: the largest one used here. */
const COIN_MINOR = 1_000;
/** Kills from outside fall anywhere within this time after the start of a scenario. */
const RANDOM_WITHIN_MS = 600;

/**
 * Kills a box again and again: first at every commit of every scenario, before and after, then at random instants,
 * always over the same journal; after each kill the box is started again, the customer finishes, and the books of
 * the box, the backend, the slot and the relay are compared.
 */
export async function campaign(options: CampaignOptions): Promise<CampaignResult> {
  const world = new World();
  const faults: string[] = [];
  let rounds = 0;
  let verdict: Verdict = { faults: [], paidCharges: 0, sales: 0, indeterminate: 0 };
  try {
    await world.open();
    await world.start(null);
    await pairUp(world);
    await world.quiet();
    for (const death of deaths(options)) {
      if (world.kills >= options.kills) break;
      const scenario: Scenario = { name: death.scenario, key: `round-${++rounds}` };
      const died = await round(world, scenario, death);
      if (!died) death.exhausted();
      verdict = await checkBooks(world, world.kills * COIN_MINOR);
      faults.push(...verdict.faults.map((fault) => `${describe(death)}: ${fault}`));
      options.onRound?.(
        world.kills,
        verdict.faults.map((fault) => `${describe(death)}: ${fault}`),
      );
      await world.quiet();
      if (faults.length > 20) break;
    }
    return { ...verdict, faults, kills: world.kills, rounds };
  } finally {
    await world.close();
  }
}

interface Death {
  readonly scenario: ScenarioName;
  /** A chosen commit, or null for a random instant. */
  readonly point: KillPoint | null;
  readonly afterMs: number;
  /** Called when the box lived through: there are no later kill points in this scenario. */
  exhausted(): void;
}

/** Every kill point of every scenario, then random ones without end. */
function* deaths({ everyNth = 1, random }: CampaignOptions): Generator<Death, never> {
  for (const scenario of SCENARIOS) {
    for (const when of ['before', 'after'] as const) {
      let more = true;
      const exhausted = () => {
        more = false;
      };
      for (let commit = 1; more; commit += everyNth) yield { scenario, point: { commit, when }, afterMs: 0, exhausted };
    }
  }
  for (;;) {
    const scenario = SCENARIOS[Math.floor(random() * SCENARIOS.length)] ?? 'qr';
    yield { scenario, point: null, afterMs: random() * RANDOM_WITHIN_MS, exhausted: () => undefined };
  }
}

/** One life with its death, and the life after it; false when the box lived through all of the scenario. */
async function round(world: World, scenario: Scenario, death: Death): Promise<boolean> {
  const started = await world.start(death.point);
  const timer = death.point || started === 'killed' ? null : setTimeout(() => world.kill(), death.afterMs);
  const lived = started === 'lived' && (await play(world, scenario, true));
  if (timer) clearTimeout(timer);
  // What lived through still has its death before it: the books are read in a life without one.
  if (lived) await world.quiet();
  else await world.gone();
  if ((await world.start(null)) === 'killed') throw new Error('the box did not come back after a kill');
  if (!(await play(world, scenario, false))) throw new Error('the box died without being killed');
  return !lived;
}

const describe = ({ scenario, point, afterMs }: Death): string =>
  `${scenario} killed ${point ? `${point.when} commit ${point.commit}` : `after ${Math.round(afterMs)} ms`}`;
