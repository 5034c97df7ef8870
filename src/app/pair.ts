import { Fault } from '../domain/fault.ts';
import type { Clock } from '../ports/clock.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { PairingState, PairingView } from './box.ts';
import { isRetryable, pause, type Retries } from './retry.ts';

export interface PairOptions {
  readonly store: Store;
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly log: Log;
  readonly retries: Retries;
  /** Register without being asked when the box has no identity. */
  readonly auto: boolean;
  readonly changed: () => void;
}

/**
 * Gets the box its identity. A restart in the middle goes on asking: that it was asking is a durable fact. An old
 * identity stays in use until a new one is there.
 */
export class Pair {
  readonly #o: PairOptions;
  readonly #abort = new AbortController();
  #attempt: Promise<PairingView> | null = null;
  #reason: string | null = null;

  constructor(options: PairOptions) {
    this.#o = options;
  }

  /** Whether a backend identity is known. */
  paired(): boolean {
    return !this.#o.gateway.capabilities.pairs || this.#o.store.fact('pairing.device') !== null;
  }

  deviceId(): string | null {
    return this.#o.store.fact('pairing.device');
  }

  view(): PairingView {
    const { store, gateway } = this.#o;
    if (!gateway.capabilities.pairs) return { state: 'paired', pin: null, deviceId: null, reason: null };
    const state = (store.fact('pairing.state') ?? 'unpaired') as PairingState;
    return { state, pin: store.fact('pairing.pin'), deviceId: this.deviceId(), reason: this.#reason };
  }

  start(): void {
    const { state } = this.view();
    if (!this.#o.gateway.capabilities.pairs) return;
    if (state !== 'registering' && !(state === 'unpaired' && this.#o.auto)) return;
    this.#keepTrying().catch((error: unknown) => {
      if (!this.#abort.signal.aborted) this.#o.log.error('pairing.not-recorded', { error });
    });
  }

  stop(): void {
    this.#abort.abort();
  }

  /** One attempt, on demand; while one is under way its result is shared. */
  pair(): Promise<PairingView> {
    this.#attempt ??= this.#register().finally(() => {
      this.#attempt = null;
    });
    return this.#attempt;
  }

  /** A charge was accepted, so somebody has claimed the box: the PIN has done its work. */
  proven(): void {
    const { store, changed } = this.#o;
    if (store.fact('pairing.state') !== 'registered') return;
    store.commit({ entries: [], facts: { 'pairing.state': 'paired', 'pairing.pin': null } });
    changed();
  }

  async #keepTrying(): Promise<void> {
    const schedule = this.#o.retries();
    for (;;) {
      const view = await this.pair();
      if (view.state !== 'registering' || this.#abort.signal.aborted) return;
      if (!(await pause(this.#o.clock, schedule.next(), this.#abort.signal))) return;
    }
  }

  async #register(): Promise<PairingView> {
    const { gateway, log, store } = this.#o;
    this.#note('registering', null);
    try {
      const { pin, deviceId } = await gateway.register(this.#abort.signal);
      store.commit({ entries: [], facts: { 'pairing.state': 'registered', 'pairing.pin': pin, 'pairing.device': deviceId } });
      this.#reason = null;
      await gateway.identify(deviceId);
      log.info('pairing.registered', { deviceId });
    } catch (error) {
      // The box is stopping: its journal may be closed already.
      if (this.#abort.signal.aborted) throw error;
      const reason = error instanceof Fault ? error.explain() : String(error);
      log.warn('pairing.failed', { error });
      this.#note(isRetryable(error) ? 'registering' : 'refused', reason);
    }
    this.#o.changed();
    return this.view();
  }

  #note(state: PairingState, reason: string | null): void {
    this.#reason = reason;
    if (this.#o.store.fact('pairing.state') !== state) this.#o.store.commit({ entries: [], facts: { 'pairing.state': state } });
    this.#o.changed();
  }
}
