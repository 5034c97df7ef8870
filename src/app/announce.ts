import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Speaker } from '../ports/speaker.ts';
import type { Store } from '../ports/store.ts';
import type { TillService } from './till.ts';

export interface AnnounceOptions {
  readonly till: TillService;
  readonly store: Store;
  readonly speaker: Speaker;
  readonly clock: Clock;
  readonly log: Log;
}

/** A payment older than this is recorded and shown, but no longer spoken: nobody who paid it stands there. */
const STALE_MS = 300_000;

/** Says every payment once, one after the other. That it was said is an entry of its own, apart from that it was paid. */
export class Announce {
  readonly #o: AnnounceOptions;
  #speaking = false;
  #stopped = true;

  constructor(options: AnnounceOptions) {
    this.#o = options;
  }

  start(): void {
    this.#stopped = false;
    this.#o.till.onCommitted(() => this.#follow());
    this.#follow();
  }

  stop(): void {
    this.#stopped = true;
  }

  #follow(): void {
    if (this.#speaking || this.#stopped || this.#o.till.state.unannounced.length === 0) return;
    this.#speaking = true;
    this.#drain()
      .catch((error: unknown) => this.#o.log.error('announcement.not-recorded', { error }))
      .finally(() => {
        this.#speaking = false;
      });
  }

  async #drain(): Promise<void> {
    const { till, speaker, log } = this.#o;
    for (let next = till.state.unannounced[0]; next && !this.#stopped; next = till.state.unannounced[0]) {
      const { charge, sale, amountMinor } = next;
      let spoken = false;
      if (!this.#stale(sale, charge)) {
        try {
          await speaker.say({ phrase: 'received', amount: { minor: amountMinor, currency: till.currency } });
          spoken = true;
        } catch (error) {
          log.warn('announcement.failed', { charge, error });
        }
      }
      // A box that is stopping has closed its books; what was half said is said again while it is fresh.
      if (this.#stopped) return;
      till.submit({ type: 'announced', charge, spoken });
    }
  }

  #stale(sale: string, charge: string): boolean {
    const paid = this.#o.store.ledger({ sale, limit: 1_000 }).find(({ entry }) => entry.kind === 'charge.paid' && entry.charge === charge);
    if (!paid || paid.boot === this.#o.store.boot) return false;
    // From before a restart: without a clock that can be trusted, its age is not known, and silence is the safe side.
    return !paid.clockTrusted || !this.#o.clock.wallTrusted() || this.#o.clock.wallMs() - paid.atMs > STALE_MS;
  }
}
