import { Fault } from '../domain/fault.ts';
import type { PackageType, UpdateJob } from '../domain/ota/update.ts';
import type { Screen } from '../domain/screen.ts';
import type { Clock } from '../ports/clock.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Updates } from '../ports/updates.ts';
import type { HealthService } from './health.ts';
import { whenQuiet } from './quiet.ts';
import type { TillService } from './till.ts';
import type { UpdateOutcomes } from './update-outcomes.ts';
import type { Parameters } from './update-parameters.ts';
import type { UpdateReports } from './update-reports.ts';

interface SwitchOptions {
  readonly updates: Updates;
  readonly till: TillService;
  readonly gateway: Gateway;
  readonly health: HealthService;
  readonly reports: UpdateReports;
  readonly clock: Clock;
  readonly log: Log;
  readonly launchedAs: string | null;
  readonly restart: () => void;
  readonly changed: () => void;
  readonly parameters: Parameters;
  readonly outcomes: UpdateOutcomes;
  /** Aborted when the box stops. */
  readonly stopping: AbortSignal;
}

/** Switches to a release and back. That takes the links or the process away, so nobody may be buying anything meanwhile. */
export class UpdateSwitch {
  readonly #o: SwitchOptions;
  #screen: Screen | null = null;

  constructor(options: SwitchOptions) {
    this.#o = options;
  }

  /** What the customer sees of it, or null. */
  screen(): Screen | null {
    return this.#screen;
  }

  /** The switch, in a moment when nobody is buying anything. */
  async activate({ offer, release }: UpdateJob, signal: AbortSignal): Promise<void> {
    const { updates, till, reports, outcomes } = this.#o;
    await this.#inQuiet(signal, async () => {
      this.#show({ kind: 'updating', step: 'installing' });
      outcomes.say('update-installing');
      const reachedBefore = await this.#reachedNow(signal);
      // A sale that is paid from money already in may have begun meanwhile.
      if (signal.aborted || till.state.sale !== null) return;
      reports.report(offer.deployment, 'UPGRADING', 100);
      await updates.activate(reachedBefore);
      if (release?.type === 'CUST') await this.#applyOrGoBack();
      else await this.#restart(signal);
    });
  }

  /** Goes back in a moment when nobody is buying anything: the answer to a card's request comes over these links. */
  async goBack(type: PackageType, code: string, detail: string): Promise<void> {
    await this.#inQuiet(this.#o.stopping, () => this.#goBackNow(type, code, detail, false));
  }

  /** Whether the backend answers by the parameters that are about to be left, now or as far as is known. */
  async #reachedNow(signal: AbortSignal): Promise<boolean> {
    const { gateway, updates, parameters } = this.#o;
    if (!gateway.parameters) return false;
    return parameters.reachedBy(updates.state().slots.CUST.current?.id ?? '') || parameters.probe(signal);
  }

  /** Does something that takes the links or the process away, while nobody buys anything and nobody can begin to. */
  async #inQuiet(signal: AbortSignal, act: () => Promise<void>): Promise<void> {
    const { till, clock, health } = this.#o;
    if (!(await whenQuiet(till, clock, signal))) return;
    health.updatingIs(true);
    try {
      await act();
    } finally {
      health.updatingIs(false);
      this.#show(null);
    }
  }

  async #restart(signal: AbortSignal): Promise<void> {
    this.#show({ kind: 'updating', step: 'restarting' });
    this.#o.restart();
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** New parameters take effect; those that cannot are gone back from at once, for good. */
  async #applyOrGoBack(): Promise<void> {
    try {
      await this.#o.parameters.apply();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      await this.#goBackNow('CUST', error.code, error.explain(), true);
    }
  }

  async #goBackNow(type: PackageType, code: string, detail: string, blacklist: boolean): Promise<void> {
    const { updates, log, launchedAs, outcomes, parameters } = this.#o;
    const release = await updates.rollBack(type, code, detail, blacklist);
    log.error('update.rolled-back', { type, code, detail, now: release?.name ?? 'what tilld brings' });
    outcomes.tell(updates.state().last);
    if (type === 'CUST') await parameters.apply();
    else if (launchedAs !== null) this.#o.restart();
  }

  #show(screen: Screen | null): void {
    this.#screen = screen;
    this.#o.changed();
  }
}
