import type { Till } from '../domain/till/state.ts';
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
  readonly backendNowMs: () => number;
  readonly log: Log;
}

/** A payment older than this is recorded and shown, but no longer spoken: nobody who paid it stands there. */
const STALE_MS = 300_000;
/** Ends of a sale that its customer did not choose and has to hear of. */
const FRUITLESS: readonly string[] = ['qr-refused', 'qr-failed'];

/**
 * Says every payment once, one after the other, and that a QR came to nothing while its customer stands there. That a
 * payment was said is an entry of its own, apart from that it was paid.
 */
export class Announce {
  readonly #o: AnnounceOptions;
  #speaking = false;
  #stopped = true;
  /** What was said, while the journal has not taken it: it is not said again for that. */
  #unrecorded: { readonly charge: string; readonly spoken: boolean } | null = null;

  constructor(options: AnnounceOptions) {
    this.#o = options;
  }

  start(): void {
    this.#stopped = false;
    this.#o.till.onCommitted((entries) => {
      if (entries.some(({ entry }) => entry.kind === 'sale.cancelled' && FRUITLESS.includes(entry.reason))) this.#sayFailed();
      this.#follow();
    });
    this.#follow();
  }

  stop(): void {
    this.#stopped = true;
  }

  #sayFailed(): void {
    const { speaker, log } = this.#o;
    const phrase = 'failed';
    speaker.say({ phrase, amount: null }).catch((error: unknown) => log.warn('announcement.failed', { phrase, error }));
  }

  #follow(): void {
    if (this.#speaking || this.#stopped || this.#o.till.state.unannounced.length === 0) return;
    this.#speaking = true;
    this.#drain().catch((error: unknown) => this.#o.log.error('announcement.not-recorded', { error }));
  }

  async #drain(): Promise<void> {
    const { till } = this.#o;
    try {
      for (let next = till.state.unannounced[0]; next && !this.#stopped; next = till.state.unannounced[0]) {
        const { charge } = next;
        const said = this.#unrecorded?.charge === charge ? this.#unrecorded : { charge, spoken: await this.#say(next) };
        // A box that is stopping has closed its books; what was half said is said again while it is fresh.
        if (this.#stopped) return;
        this.#unrecorded = said;
        till.submit({ type: 'announced', ...said });
        this.#unrecorded = null;
      }
    } finally {
      // In the very turn that found nothing more: what is paid in the next one is followed.
      this.#speaking = false;
    }
  }

  /** Whether it was said. */
  async #say({ charge, sale, amountMinor }: Till['unannounced'][number]): Promise<boolean> {
    const { till, speaker, log } = this.#o;
    if (this.#stale(sale, charge)) return false;
    try {
      await speaker.say({ phrase: 'received', amount: { minor: amountMinor, currency: till.currency } });
      return true;
    } catch (error) {
      log.warn('announcement.failed', { charge, error });
      return false;
    }
  }

  #stale(sale: string, charge: string): boolean {
    const paid = this.#o.store.ledger({ sale, limit: 1_000 }).find(({ entry }) => entry.kind === 'charge.paid' && entry.charge === charge);
    if (paid?.entry.kind !== 'charge.paid') return false;
    const { paidAtMs } = paid.entry;
    if (paidAtMs !== undefined && this.#o.backendNowMs() - paidAtMs > STALE_MS) return true;
    if (paid.boot === this.#o.store.boot) return false;
    // From before a restart: without a clock that can be trusted, its age is not known, and silence is the safe side.
    return !paid.clockTrusted || !this.#o.clock.wallTrusted() || this.#o.clock.wallMs() - paid.atMs > STALE_MS;
  }
}
