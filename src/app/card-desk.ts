import { NOT_SENT, type PresentedCard } from '../domain/card.ts';
import { Fault } from '../domain/fault.ts';
import type { Recorded } from '../domain/journal.ts';
import type { SaleTimings } from '../domain/policy.ts';
import { restMinor } from '../domain/till/state.ts';
import type { CardReader } from '../ports/card-reader.ts';
import type { Clock } from '../ports/clock.ts';
import type { CardGateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Announcement, Speaker } from '../ports/speaker.ts';
import type { Store } from '../ports/store.ts';
import type { Confirm } from './confirm.ts';
import type { HealthService } from './health.ts';
import { pause, type Retries } from './retry.ts';
import type { TillService } from './till.ts';

export interface CardDeskOptions {
  readonly till: TillService;
  readonly store: Store;
  readonly cards: CardGateway;
  readonly reader: CardReader;
  readonly confirm: Confirm;
  readonly health: HealthService;
  readonly speaker: Speaker;
  readonly clock: Clock;
  readonly log: Log;
  readonly retries: Retries;
  readonly timings: SaleTimings;
  /** Wall time by the backend's clock, as the time limit of a charge is kept in it. */
  readonly backendNowMs: () => number;
  /** A card began or ceased to be waited for. */
  readonly changed: () => void;
}

interface Reading {
  readonly sale: string;
  readonly amountMinor: number;
  readonly abort: AbortController;
}

/** Numbers of six digits, as terminals print them; 999,999 is followed by 1. */
const LAST_NUMBER = 999_999;
const TRACE_FACT = 'card.trace';
const BATCH_FACT = 'card.batch';

/**
 * Takes a card for what the sale on the front still costs. Trace and batch number are in the journal before the one
 * sale request goes out; when its answer does not settle the charge, only questions follow, never a second request.
 */
export class CardDesk {
  readonly #o: CardDeskOptions;
  readonly #stopping = new AbortController();
  #reading: Reading | null = null;

  constructor(options: CardDeskOptions) {
    this.#o = options;
  }

  start(): void {
    this.#o.till.onCommitted((entries) => {
      const unanswered = ({ entry }: Recorded) => entry.kind === 'sale.cancelled' && entry.reason === 'card-unanswered';
      if (entries.some(unanswered)) this.#say({ phrase: 'card-unanswered', amount: null });
      this.#follow();
    });
    this.#o.health.onChange(() => this.#follow());
    this.#follow();
  }

  stop(): void {
    this.#stopping.abort();
    this.#reading?.abort.abort();
  }

  /** Whether a card is waited for. */
  reading(): boolean {
    return this.#reading !== null;
  }

  /** Facts that begin the next batch: settlement is when the box's books are closed. */
  nextBatch(): Readonly<Record<string, string>> {
    return { [BATCH_FACT]: String(following(this.#number(BATCH_FACT, 1))) };
  }

  #follow(): void {
    const wanted = this.#wanted();
    const same = this.#reading?.sale === wanted?.sale && this.#reading?.amountMinor === wanted?.amountMinor;
    if (same) return;
    this.#reading?.abort.abort();
    this.#reading = wanted && { ...wanted, abort: new AbortController() };
    if (this.#reading) void this.#read(this.#reading);
    this.#o.changed();
  }

  #wanted(): { readonly sale: string; readonly amountMinor: number } | null {
    const { till, health } = this.#o;
    const { sale, charges, resolved } = till.state;
    const amountMinor = restMinor(till.state);
    if (this.#stopping.signal.aborted || sale?.phase !== 'paying' || amountMinor === 0 || !health.ready().card) return null;
    // A card that may have been charged already stands in the way of another one, for the rest of this sale.
    if (Object.values(charges).some((charge) => charge.sale === sale.id)) return null;
    if (resolved.some((charge) => charge.sale === sale.id && charge.card && charge.outcome === 'abandoned')) return null;
    return { sale: sale.id, amountMinor };
  }

  async #read(reading: Reading): Promise<void> {
    const { till, reader, health, clock, log, retries } = this.#o;
    const { signal } = reading.abort;
    const amount = { minor: reading.amountMinor, currency: till.currency };
    const schedule = retries();
    this.#say({ phrase: 'present-card', amount });
    while (!signal.aborted) {
      try {
        const card = await reader.read(amount, signal);
        health.clear('card-reader');
        if (signal.aborted) return;
        await this.#charge(reading, card);
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.warn('card.not-read', { sale: reading.sale, error });
        // The customer tries again at once; a reader at fault, or a journal, is given time.
        if (error instanceof Fault && error.code === 'card-unreadable') continue;
        if (error instanceof Fault && error.code === 'card-reader-failed') health.raise('card-reader', error.explain());
        if (!(await pause(clock, schedule.next(), signal))) return;
      }
    }
  }

  async #charge({ sale, amountMinor }: Reading, card: PresentedCard): Promise<void> {
    const { till, cards, confirm, clock, log, timings, backendNowMs } = this.#o;
    const trace = following(this.#number(TRACE_FACT, 0));
    const batch = this.#number(BATCH_FACT, 1);
    const atMs = clock.wallMs();
    const charge = cards.charge({ atMs, batch, trace });
    const face = { org: card.org, maskedPan: card.maskedPan };
    const expiresAtMs = backendNowMs() + timings.cardAnswerMs;
    const along = { facts: { [TRACE_FACT]: String(trace), [BATCH_FACT]: String(batch) } };
    const recorded = till.submit({ type: 'card-read', sale, charge, amountMinor, card: face, expiresAtMs }, along);
    if (recorded.length === 0) return;
    const amount = { minor: amountMinor, currency: till.currency };
    try {
      const answer = await cards.authorise({ charge, amount, card, atMs }, this.#stopping.signal);
      // A box that is stopping has closed its books; it asks about the charge when it starts again.
      if (this.#stopping.signal.aborted) return;
      confirm.answered(charge, answer);
      if (answer.state === 'failed') this.#say({ phrase: answer.reason === NOT_SENT ? 'failed' : 'card-declined', amount: null });
    } catch (error) {
      // The charge stands open in the journal: it is asked about, whatever went wrong here.
      log.error('card.request-failed', { charge, error });
    }
  }

  #number(fact: string, first: number): number {
    return Number(this.#o.store.fact(fact) ?? first);
  }

  /** Guidance, not a promise: what cannot be said is on the screen. */
  #say(announcement: Announcement): void {
    this.#o.speaker
      .say(announcement)
      .catch((error: unknown) => this.#o.log.warn('announcement.failed', { phrase: announcement.phrase, error }));
  }
}

const following = (number: number): number => (number >= LAST_NUMBER ? 1 : number + 1);
