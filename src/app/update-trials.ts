import type { PackageType } from '../domain/ota/update.ts';
import type { Clock } from '../ports/clock.ts';
import type { Updates } from '../ports/updates.ts';
import { pause } from './retry.ts';
import type { Parameters } from './update-parameters.ts';

export interface TrialOptions {
  readonly updates: Updates;
  readonly parameters: Parameters;
  readonly clock: Clock;
  /** How long new parameters may take to reach the backend, milliseconds. */
  readonly trialMs: number;
  /** How long a new firmware must be healthy without a break before it is confirmed, milliseconds. */
  readonly confirmMs: number;
  /** Local health: the ledger can be written and what the backend sends is received. No word about the network. */
  readonly healthy: () => boolean;
  readonly goBack: (type: PackageType, code: string, detail: string) => Promise<void>;
}

const MAX_TRIES = 3;
const PROBE_EVERY_MS = 1_000;
const HEALTH_EVERY_MS = 1_000;

/** Releases on trial in this process: each start of one counts once, and its time runs on whatever comes between. */
export class Trials {
  readonly #o: TrialOptions;
  #parameters: { readonly release: string; readonly untilMs: number; readonly tries: number } | null = null;
  #firmwareHealthySinceMs: number | null = null;

  constructor(options: TrialOptions) {
    this.#o = options;
  }

  /**
   * New parameters have to reach the backend in their time if the ones before ever did; otherwise silence says nothing.
   * They are not held to be bad for good: the cable may have been pulled in that very minute.
   */
  async tryParameters(signal: AbortSignal): Promise<void> {
    const { updates, parameters, clock, trialMs, goBack } = this.#o;
    const { current, previous, trial } = updates.state().slots.CUST;
    if (!current || !trial) return;
    if (this.#parameters?.release !== current.id) {
      this.#parameters = { release: current.id, untilMs: clock.monotonicMs() + trialMs, tries: await updates.tried('CUST') };
    }
    const { untilMs, tries } = this.#parameters;
    const reachedBefore = trial.reachedBefore || parameters.reachedBy(previous?.id ?? '');
    if (reachedBefore && tries > MAX_TRIES) {
      await goBack('CUST', 'trial-tries', `the box was started ${MAX_TRIES} times without reaching the backend by them`);
      return;
    }
    while (!(await parameters.probe(signal))) {
      if (signal.aborted) return;
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs > 0) {
        if (!(await pause(clock, Math.min(PROBE_EVERY_MS, leftMs), signal))) return;
      } else if (reachedBefore) {
        const detail = `the backend could be reached before, and not within ${Math.round(trialMs / 1_000)} s with the new parameters`;
        await goBack('CUST', 'backend-unreachable', detail);
        return;
      } else break;
    }
    if (!signal.aborted) await updates.confirm('CUST');
  }

  /** New firmware has to be healthy for a while; whoever started it counts its starts and its time. */
  async tryFirmware(signal: AbortSignal): Promise<void> {
    const { updates, clock, healthy, confirmMs } = this.#o;
    this.#firmwareHealthySinceMs ??= clock.monotonicMs();
    while (clock.monotonicMs() - this.#firmwareHealthySinceMs < confirmMs) {
      if (!(await pause(clock, HEALTH_EVERY_MS, signal))) return;
      if (!healthy()) this.#firmwareHealthySinceMs = clock.monotonicMs();
    }
    await updates.confirm('AP');
  }
}
