import { PeerFault } from '../../domain/fault.ts';
import type { BackendClock } from '../environment.ts';

/** The longest that a service upstream is waited for, milliseconds. */
const MOST_WAIT_MS = 15_000;

/** Asks services upstream: none for longer than it may take, and none any more once the gateway stops. */
export class UpstreamCalls {
  readonly #clock: BackendClock;
  readonly #stopping: AbortSignal;

  constructor(clock: BackendClock, stopping: AbortSignal) {
    this.#clock = clock;
    this.#stopping = stopping;
  }

  /** @throws PeerFault `upstream-unreachable` when there is no answer in time; what `call` throws */
  async ask<T>(call: (signal: AbortSignal) => Promise<T>, mostMs: number = MOST_WAIT_MS): Promise<T> {
    const waiting = new AbortController();
    let cancel = (): void => undefined;
    const giveUp = () => waiting.abort();
    const over = new Promise<never>((_, reject) => {
      waiting.signal.addEventListener('abort', () => reject(noAnswer()), { once: true });
    });
    try {
      if (this.#stopping.aborted) throw noAnswer();
      this.#stopping.addEventListener('abort', giveUp, { once: true });
      cancel = this.#clock.after(mostMs, giveUp);
      const answer = call(waiting.signal);
      return await Promise.race([answer, over]);
    } finally {
      cancel();
      this.#stopping.removeEventListener('abort', giveUp);
    }
  }
}

const noAnswer = (): PeerFault => new PeerFault('The service upstream has not answered in time', { code: 'upstream-unreachable' });

/** Whether an error says that the service upstream refused, and so did nothing. Anything else of a peer leaves open what it did. */
export const isRefusal = (error: unknown): error is PeerFault => error instanceof PeerFault && error.code === 'upstream-refused';
