import type { Ack } from '../domain/remote.ts';
import type { RemoteGateway } from '../ports/gateway.ts';
import type { Commit, Store } from '../ports/store.ts';
import { Lane, type LaneOptions } from './lane.ts';
import { whenSettled } from './retry.ts';

export interface AcksOptions extends Omit<LaneOptions<'ack'>, 'lane' | 'deliver'> {
  readonly store: Store;
  readonly gateway: RemoteGateway | null;
  readonly newId: () => string;
}

/** The box's answers to what its backend asked for: committed with what they are about, and sent until they are taken. */
export class Acks extends Lane<'ack'> {
  readonly #o: AcksOptions;

  constructor(options: AcksOptions) {
    const { gateway } = options;
    const deliver: LaneOptions<'ack'>['deliver'] =
      gateway &&
      ((rows, signal) =>
        gateway.acknowledge(
          rows.map((row) => ({ ...row.report, atMs: row.queuedAtMs })),
          signal,
        ));
    super({ ...options, lane: 'ack', deliver });
    this.#o = options;
  }

  /** Commits an answer together with what it is about. @throws StoreFault */
  answer(ack: Omit<Ack, 'id'>, along: Pick<Commit, 'facts' | 'inbox'> = {}): void {
    const id = this.#o.newId();
    this.#o.store.commit({ ...along, entries: [], outbox: [{ id, lane: 'ack', report: { id, ...ack } }] });
    this.kick();
  }

  /** Resolves when no answer waits any more, or after `ms`. */
  async flushed(ms: number, signal: AbortSignal): Promise<void> {
    const { clock, store } = this.#o;
    await whenSettled(clock, ms, () => store.outboxSize('ack').waiting === 0, signal);
  }
}
