import type { UpdateReport, UpdateStatusName } from '../domain/ota/update.ts';
import type { UpdateGateway } from '../ports/gateway.ts';
import type { Commit, Store } from '../ports/store.ts';
import { Lane, type LaneOptions } from './lane.ts';

export interface UpdateReportsOptions extends Omit<LaneOptions<'update'>, 'lane' | 'deliver'> {
  readonly store: Store;
  /** Null: there is nobody to report to. */
  readonly gateway: UpdateGateway | null;
  readonly newId: () => string;
}

/** Tells the TMS how updates go: kept in the outbox until the TMS itself has taken them, in order. */
export class UpdateReports extends Lane<'update'> {
  readonly #o: UpdateReportsOptions;

  constructor(options: UpdateReportsOptions) {
    const { gateway } = options;
    const deliver: LaneOptions<'update'>['deliver'] =
      gateway &&
      ((rows, signal) =>
        gateway.report(
          rows.map((row) => ({ ...row.report, atMs: row.queuedAtMs })),
          signal,
        ));
    super({ ...options, lane: 'update', deliver });
    this.#o = options;
  }

  /**
   * Queues one report; `along` is committed with it. An update made by hand (no deployment) has nobody who waits for
   * reports. @throws StoreFault
   */
  report(deployment: string | null, status: UpdateStatusName, progress = 0, reason = '', along: Pick<Commit, 'facts'> = {}): void {
    const { store, gateway, newId } = this.#o;
    const told = gateway !== null && deployment !== null && deployment !== '';
    const id = newId();
    const report: UpdateReport = { id, deployment: deployment ?? '', status, progress, reason };
    store.commit({ ...along, entries: [], outbox: told ? [{ id, lane: 'update', report }] : [] });
    this.kick();
  }
}
