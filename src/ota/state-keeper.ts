import { DeviceFault, Fault } from '../domain/fault.ts';
import { advance, type UpdateEvent } from '../domain/ota/states.ts';
import type { UpdateState } from '../domain/ota/update.ts';
import { diskFault } from './disk.ts';
import { removeLeftovers } from './leftovers.ts';
import { type OtaPaths, otaPaths } from './paths.ts';
import { pointTo } from './release-files.ts';
import { repairJob } from './repair-job.ts';
import { readState, writeState } from './state-file.ts';

export type Report = (fault: Fault) => void;

/** The state of updates in memory and on the disk, which are always the same, and what is derived from it. */
export class StateKeeper {
  readonly paths: OtaPaths;
  readonly #directory: string;
  readonly #report: Report;
  #state: UpdateState;
  /** Both copies were damaged: there may be releases nothing tells of, and none is removed. */
  readonly #lost: boolean;

  /** Opens it: damage is told and dealt with, a job put where it can go on, leftovers removed, links repaired. Never throws. */
  constructor(directory: string, atMs: number, report: Report) {
    this.#directory = directory;
    this.#report = report;
    this.paths = otaPaths(directory);
    const { state, damaged } = readState(directory);
    this.#state = state;
    this.#lost = damaged !== null && state.generation === 0;
    if (damaged !== null) {
      report(new DeviceFault('What was known of updates is damaged on the disk', { code: 'ota-state-damaged', found: damaged }));
      // Two good copies again, before the other one goes too.
      if (!this.#lost) this.#attempt(() => writeState(directory, state));
    }
    this.#attempt(() => {
      for (const event of repairJob(this.paths, this.#state, atMs)) this.commit(event);
    });
    this.tidy();
    this.link();
  }

  get state(): UpdateState {
    return this.#state;
  }

  /** @throws CallerFault `ota-out-of-order`; DeviceFault, then the state is what the disk says it is */
  commit(event: UpdateEvent): void {
    const next = advance(this.#state, event);
    try {
      writeState(this.#directory, next);
      this.#state = next;
    } catch (error) {
      this.#state = readState(this.#directory).state;
      throw error;
    }
  }

  /** Removes what the state does not speak of, once there is a state. What cannot be removed is reported: it only takes room. */
  tidy(): void {
    if (!this.#lost && this.#state.generation > 0) this.#attempt(() => removeLeftovers(this.paths, this.#state));
  }

  /** Points `current` to what is current. */
  link(): void {
    for (const type of ['AP', 'CUST'] as const) {
      this.#attempt(() => pointTo(this.paths.current(type), this.#state.slots[type].current?.id ?? null));
    }
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      const fault = diskFault(error);
      if (!(fault instanceof Fault)) throw fault;
      this.#report(fault);
    }
  }
}
