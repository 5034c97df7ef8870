import { type Death, deaths } from './deaths.ts';
import type { KillPoint } from './dying-store.ts';
import type { Round, Scenario, Setting, Verdict } from './setting.ts';
import type { World } from './world.ts';

export interface CampaignResult {
  readonly setting: string;
  readonly kills: number;
  /** Kills by the scenario they fell into. */
  readonly killsIn: Readonly<Record<string, number>>;
  /** Whether the box was killed before and after every commit that a scenario makes, or only at a part of them. */
  readonly everyCommit: boolean;
  readonly figures: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

export interface CampaignOptions {
  /** Stop after so many kills. */
  readonly kills: number;
  /** Scenarios to play, by name; all of them by default. */
  readonly only?: readonly string[];
  readonly random: () => number;
  /** Told after every round. */
  readonly onRound?: (kills: number, faults: readonly string[]) => void;
}

/** The backend lists no more than 1000 of anything, and a round may make three: then a new world begins. */
const ROUNDS_OF_A_WORLD = 300;
const FAULTS_ENOUGH = 20;

/**
 * Kills a box again and again: at the commits of every scenario, before and after, and at random instants, always over
 * the same journal; after each kill the box is started again, the customer finishes, and the books of the box and of the
 * world outside are compared.
 */
export async function campaign<W extends World>(setting: Setting<W>, options: CampaignOptions): Promise<CampaignResult> {
  const run = new Campaign(setting, options);
  try {
    return await run.all();
  } finally {
    await run.close();
  }
}

class Campaign<W extends World> {
  readonly #setting: Setting<W>;
  readonly #options: CampaignOptions;
  #world: W | null = null;
  /** Rounds the world has seen, and all of them. */
  #worldRounds = 0;
  #rounds = 0;
  /** The newest entry of its journal when the last round was over. */
  #seq = 0;
  #kills = 0;
  readonly #killsIn: Record<string, number> = {};
  readonly #faults: string[] = [];
  /** Of the worlds before, and of this one. */
  readonly #past: Verdict['figures'][] = [];
  #figures: Verdict['figures'] = {};

  constructor(setting: Setting<W>, options: CampaignOptions) {
    this.#setting = setting;
    this.#options = options;
  }

  async all(): Promise<CampaignResult> {
    const { kills, only, random } = this.#options;
    const scenarios = this.#setting.scenarios.filter(({ name }) => only?.includes(name) ?? true);
    const commits: number[] = [];
    for (const scenario of scenarios) commits.push(await this.#round(scenario, null));
    const plan = deaths(
      scenarios.map((scenario, i) => ({ scenario, commits: commits[i] ?? 1 })),
      kills,
      random,
    );
    for (const death of plan.deaths) {
      if (this.#kills >= kills || this.#faults.length >= FAULTS_ENOUGH) break;
      await this.#round(death.scenario, death);
    }
    return {
      setting: this.#setting.name,
      kills: this.#kills,
      killsIn: this.#killsIn,
      everyCommit: plan.everyCommit,
      figures: added([...this.#past, this.#figures]),
      faults: this.#faults,
    };
  }

  async close(): Promise<void> {
    await this.#world?.close();
    this.#world = null;
  }

  /** One life with its death, perhaps a second one, and the life after; how many commits the first one had. */
  async #round(scenario: Scenario<W>, death: Death<W> | null): Promise<number> {
    const world = await this.#worldForIt();
    const killsBefore = world.kills;
    world.agree(scenario.terms);
    const round = { key: `round-${++this.#rounds}`, after: this.#seq };
    await scenario.before?.(world, round);
    const commits = await life({ world, scenario, round, again: false, at: death?.at ?? null });
    if (death?.next) await life({ world, scenario, round, again: true, at: death.next });
    if ((await world.start(null)) === 'killed') throw new Error(`the box did not come back after a kill\n${world.lastWords}`);
    if (!(await scenario.play(world, round, true))) throw new Error(`the box died without being killed\n${world.lastWords}`);
    const { faults, figures } = await this.#setting.check(world, round);
    await seeTo(world);
    this.#seq = (await world.ledger(round.after))?.at(-1)?.seq ?? round.after;
    await world.quiet();
    this.#figures = figures;
    const died = world.kills - killsBefore;
    this.#kills += died;
    this.#killsIn[scenario.name] = (this.#killsIn[scenario.name] ?? 0) + died;
    const named = faults.map((fault) => `${this.#setting.name}, ${describe(scenario, death)}: ${fault}`);
    this.#faults.push(...named);
    this.#options.onRound?.(this.#kills, named);
    return commits;
  }

  async #worldForIt(): Promise<W> {
    if (this.#worldRounds >= ROUNDS_OF_A_WORLD) {
      await this.close();
      this.#past.push(this.#figures);
      this.#worldRounds = 0;
      this.#seq = 0;
    }
    this.#worldRounds++;
    this.#world ??= await this.#setting.open();
    return this.#world;
  }
}

interface Life<W extends World> {
  readonly world: W;
  readonly scenario: Scenario<W>;
  readonly round: Round;
  readonly again: boolean;
  readonly at: Death<W>['at'] | null;
}

/** From a start of the box to its end, whether it was killed or lived through the scenario; how many commits it made. */
async function life<W extends World>({ world, scenario, round, again, at }: Life<W>): Promise<number> {
  const started = await world.start(at && 'commit' in at ? at : null);
  const timer = at && 'afterMs' in at ? setTimeout(() => world.kill(), at.afterMs) : undefined;
  const lived = started === 'lived' && (await scenario.play(world, round, again));
  clearTimeout(timer);
  const { commits } = world;
  // What lived through still has its death before it: the books are read in a life without one.
  if (lived) await world.quiet();
  else await world.gone();
  return commits;
}

/** A person looks at the machine, and closes the books over a payment nobody can tell of: the alarms of the next round are its own. */
async function seeTo(world: World): Promise<void> {
  const alarms = (await world.status())?.alarms.map(({ code }) => code) ?? [];
  if (alarms.includes('output-faulty') || alarms.includes('delivery-unknown')) await world.box('/v1/output/reset', {});
  if (alarms.some((code) => /^(?:(?:card|terminal|top-up)-unresolved|bill-unknown|cash-unassigned)$/.test(code)))
    await world.box('/v1/counters/reset', {});
}

const describe = <W extends World>({ name }: Scenario<W>, death: Death<W> | null): string => {
  if (!death) return `${name} without a kill`;
  const { at, next } = death;
  return `${name} killed ${'commit' in at ? pointText(at) : `after ${Math.round(at.afterMs)} ms`}${next ? `, then ${pointText(next)}` : ''}`;
};

const pointText = ({ when, commit }: KillPoint): string => `${when} commit ${commit}`;

function added(all: readonly Verdict['figures'][]): Verdict['figures'] {
  const sums: Record<string, number> = {};
  for (const [what, count] of all.flatMap(Object.entries<number>)) sums[what] = (sums[what] ?? 0) + count;
  return sums;
}
