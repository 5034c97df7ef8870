import { Fault } from '../domain/fault.ts';
import type { Money } from '../domain/money.ts';
import type { SaleTimings } from '../domain/policy.ts';
import { keepingMinor, takenMinor, wantsNewQr } from '../domain/till/state.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Confirm } from './confirm.ts';
import { isRetryable, pause, type Retries } from './retry.ts';
import type { TillService } from './till.ts';

export interface SellOptions {
  readonly till: TillService;
  readonly gateway: Gateway;
  readonly confirm: Confirm;
  readonly clock: Clock;
  readonly log: Log;
  readonly retries: Retries;
  readonly timings: SaleTimings;
  readonly cashBusy: () => boolean;
  readonly cashPossible: () => boolean;
}

/** Pause before work the journal could not take is done again. */
const ASK_AGAIN_MS = 1_000;
/** Longest reason kept in the journal, characters. */
const MAX_REASON = 300;

/**
 * Gets a QR for the sale on the front, and keeps its time limits. The till says what is wanted (`sale.request`); this
 * asks the backend under that one request id until it answers, subscribes, and only then lets the QR be shown.
 */
export class Sell {
  readonly #o: SellOptions;
  #asking: { readonly request: string; readonly abort: AbortController } | null = null;
  #cancelTimer: Cancel | null = null;
  /** The sale a QR for the rest was asked for in vain. */
  #vainFor: string | null = null;
  #stopped = true;
  #endsAtMs: number | null = null;
  /** What the timer waits for; null while it is not set. */
  #wait: string | null = null;

  constructor(options: SellOptions) {
    this.#o = options;
  }

  start(): void {
    this.#stopped = false;
    this.#o.till.onCommitted(() => this.#follow());
    this.#follow();
  }

  /** When the sale on the front ends by itself unless somebody pays, monotonic; null while no such limit runs. */
  endsAtMs(): number | null {
    return this.#endsAtMs;
  }

  stop(): void {
    this.#stopped = true;
    this.#asking?.abort.abort();
    this.#cancelTimer?.();
  }

  #follow(): void {
    if (this.#stopped) return;
    const { sale } = this.#o.till.state;
    const request = sale?.phase === 'paying' ? sale.request : null;
    if (this.#asking && this.#asking.request !== request?.id) {
      this.#asking.abort.abort();
      this.#asking = null;
    }
    if (request && !this.#asking && sale) {
      const abort = new AbortController();
      this.#asking = { request: request.id, abort };
      const amount = { minor: request.amountMinor, currency: this.#o.till.currency };
      void this.#ask(request.id, amount, sale.description, abort.signal);
    }
    this.#armTimer();
  }

  async #ask(request: string, amount: Money, description: string, signal: AbortSignal): Promise<void> {
    const { gateway, confirm, till, log, timings, clock, retries } = this.#o;
    const giveUpAt = clock.monotonicMs() + timings.requestMs;
    const schedule = retries();
    for (;;) {
      try {
        const offer = await gateway.requestQr({ request, amount, description }, signal);
        await confirm.expect(offer.charge);
        try {
          if (!signal.aborted) till.submit({ type: 'qr-offered', request, ...offer });
        } finally {
          confirm.settleExpected(offer.charge);
        }
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.warn('charge.request-failed', { request, error });
        const waitMs = schedule.next(error);
        const over = clock.monotonicMs() + waitMs >= giveUpAt;
        if (!isRetryable(error) || over) {
          this.#refuse(request, error);
          return;
        }
        if (!(await pause(clock, waitMs, signal))) return;
      }
    }
  }

  #refuse(request: string, error: unknown): void {
    const code = error instanceof Fault ? error.code : 'no-answer';
    // With what the backend said: it is the technician who reads this.
    const reason = (error instanceof Fault ? error.explain() : String(error)).slice(0, MAX_REASON);
    try {
      this.#o.till.submit({ type: 'qr-refused', request, code, reason });
    } catch (fault) {
      this.#o.log.error('charge.refusal-not-recorded', { request, error: fault });
      this.#askAgainLater();
    }
  }

  /** Neither an offer nor a refusal could be committed: the request still stands in the journal, so it is asked again. */
  #askAgainLater(): void {
    this.#asking = null;
    this.#cancelTimer?.();
    this.#wait = null;
    this.#cancelTimer = this.#o.clock.after(ASK_AGAIN_MS, () => this.#follow());
  }

  /** One timer serves both waits of a sale without a QR: a new QR for the rest, or its end when nobody pays. */
  #armTimer(): void {
    const { till, clock, timings, cashPossible } = this.#o;
    const { sale } = till.state;
    const moneyIsIn = sale !== null && keepingMinor(sale, cashPossible()) > 0;
    const requote = wantsNewQr(till.state) && this.#vainFor !== sale?.id;
    const waits = sale?.phase === 'paying' && !sale.request && !sale.charge && (!moneyIsIn || requote);
    const wait = waits ? `${sale.id} ${requote} ${takenMinor(sale)} ${sale.lastCharge}` : null;
    // What is committed for others (an order that comes in) gives a customer who is gone no more time.
    if (wait !== null && wait === this.#wait) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#endsAtMs = null;
    this.#wait = wait;
    if (!waits) return;
    const waitMs = requote ? timings.requoteMs : timings.cashIdleMs;
    if (!requote) this.#endsAtMs = clock.monotonicMs() + waitMs;
    this.#cancelTimer = clock.after(waitMs, () => {
      this.#wait = null;
      this.#timerStruck(sale.id, requote);
    });
  }

  #timerStruck(saleId: string, requote: boolean): void {
    const { till, cashBusy, log } = this.#o;
    if (this.#stopped || till.state.sale?.id !== saleId) return;
    if (cashBusy()) {
      this.#armTimer();
      return;
    }
    try {
      if (!requote) till.submit({ type: 'cancel', sale: saleId, reason: 'timeout' });
      else if (till.submit({ type: 'requote' }).length === 0) {
        // No QR is possible now: from here on the sale waits for cash, or for somebody who presses OK.
        this.#vainFor = saleId;
        this.#armTimer();
      }
    } catch (error) {
      log.error('sale.timer-failed', { sale: saleId, error });
      this.#askAgainLater();
    }
  }
}
