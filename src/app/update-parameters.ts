import { Fault } from '../domain/fault.ts';
import type { BackendFiles } from '../domain/posparam/posparam.ts';
import type { ParameterGateway } from '../ports/gateway.ts';
import type { Store } from '../ports/store.ts';
import type { Updates } from '../ports/updates.ts';
import type { HealthService } from './health.ts';

export interface ParameterOptions {
  readonly store: Store;
  readonly updates: Updates;
  /** Null where the dialect takes its addresses from the configuration alone. */
  readonly gateway: ParameterGateway | null;
  readonly backendFiles: () => Promise<BackendFiles | null>;
  readonly health: HealthService;
}

/** By which resource release the whole backend answered last: its id, empty for what the configuration says. */
const REACHED_FACT = 'backend.reached';
const ALARM = 'parameters-not-applied';

/** The links' addresses and certificates, by the current resource release, and whether the backend answers by them. */
export class Parameters {
  readonly #o: ParameterOptions;
  #applied = true;

  constructor(options: ParameterOptions) {
    this.#o = options;
  }

  /** Whether what is current is what the links are made from. */
  get applied(): boolean {
    return this.#applied;
  }

  /** Makes the links anew by the current release. @throws Fault: then it stands as an alarm until it succeeds */
  async apply(): Promise<void> {
    const { gateway, backendFiles, health } = this.#o;
    this.#applied = false;
    try {
      const files = await backendFiles();
      if (files && gateway) await gateway.apply(files);
    } catch (error) {
      health.raise(ALARM, error instanceof Fault ? error.explain() : String(error));
      throw error;
    }
    this.#applied = true;
    health.clear(ALARM);
  }

  /** Whether the whole backend answers now; remembered for the release it answered by. True where there is nothing to ask. */
  async probe(signal: AbortSignal): Promise<boolean> {
    const { gateway } = this.#o;
    if (gateway === null) return true;
    const release = this.#current();
    if (!(await gateway.probe(signal)) || release !== this.#current()) return false;
    if (!this.reachedBy(release)) this.#o.store.commit({ entries: [], facts: { [REACHED_FACT]: release } });
    return true;
  }

  /** Whether the backend has ever answered by this release, as the last one it answered by. */
  reachedBy(release: string): boolean {
    return this.#o.gateway !== null && this.#o.store.fact(REACHED_FACT) === release;
  }

  /** The links are up: once for each release it is found out, and kept, that the backend answers by it. */
  async noteReached(signal: AbortSignal): Promise<void> {
    if (this.#o.gateway !== null && !this.reachedBy(this.#current())) await this.probe(signal);
  }

  #current(): string {
    return this.#o.updates.state().slots.CUST.current?.id ?? '';
  }
}
