import { NOT_SENT } from '../domain/card.ts';
import { CallerFault } from '../domain/fault.ts';
import type { SaleTimings } from '../domain/policy.ts';
import { RequestFault } from '../domain/request-fault.ts';
import { openCharge } from '../domain/till/state.ts';
import { checkTopUp, type TopUpCard } from '../domain/top-up.ts';
import type { Clock } from '../ports/clock.ts';
import type { TopUpGateway, TopUpRequest } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Confirm } from './confirm.ts';
import type { HealthService } from './health.ts';
import { isRetryable, pause, type Retries } from './retry.ts';
import type { TillService } from './till.ts';

export interface TopUpDeskOptions {
  readonly till: TillService;
  readonly topUps: TopUpGateway;
  readonly confirm: Confirm;
  readonly health: HealthService;
  readonly clock: Clock;
  readonly log: Log;
  readonly retries: Retries;
  readonly timings: SaleTimings;
  /** Wall time by the backend's clock, as the time limit of a charge is kept in it. */
  readonly backendNowMs: () => number;
}

/**
 * Sends top-up cards for the sale on the front. The charge is in the journal before its card goes out; the card itself is
 * only ever in memory, and dropped as soon as the backend has it, has refused it, or has let its time pass. From then on,
 * and after a restart, what became of it is asked for by the charge.
 */
export class TopUpDesk {
  readonly #o: TopUpDeskOptions;
  readonly #stopping = new AbortController();

  constructor(options: TopUpDeskOptions) {
    this.#o = options;
  }

  stop(): void {
    this.#stopping.abort();
  }

  /**
   * Takes a card for a sale; what follows is in the journal.
   * @throws CallerFault `top-up-invalid`, `top-up-impossible`, `not-ready`; StoreFault
   */
  enter(sale: string, card: TopUpCard): void {
    const { till, topUps, health, timings, backendNowMs } = this.#o;
    checkTopUp(card, topUps);
    if (!this.ready()) throw notReady(health.ready().reasons);
    const { operator, amountMinor, serial, pin } = card;
    const charge = topUps.charge(till.newId());
    const expiresAtMs = backendNowMs() + timings.topUpAnswerMs;
    till.submit({ type: 'top-up-entered', sale, charge, operator, declaredMinor: amountMinor, expiresAtMs });
    void this.#send({ charge, operator, declared: { minor: amountMinor, currency: till.currency }, serial, pin });
  }

  /** Whether a card can be taken now: by the backend that makes the QRs, under the same conditions. */
  ready(): boolean {
    return this.#o.health.ready().qr && !this.#stopping.signal.aborted;
  }

  async #send(request: TopUpRequest): Promise<void> {
    const { till, topUps, confirm, clock, log, retries } = this.#o;
    const { charge } = request;
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, over.signal]);
    const schedule = retries();
    // However long the next try would be off: with its time, or an answer by another road, the card is forgotten.
    const unfollow = till.onCommitted(() => this.#isWaitedFor(charge) || over.abort());
    let mayBeThere = false;
    while (this.#isWaitedFor(charge)) {
      try {
        const answer = await topUps.submit(request, signal);
        mayBeThere = true;
        // A box that is stopping has closed its books; it asks about the charge when it starts again.
        if (!signal.aborted) confirm.answered(charge, answer);
        break;
      } catch (error) {
        mayBeThere ||= !(error instanceof RequestFault && error.unsent);
        if (signal.aborted) break;
        log.warn('top-up.not-sent', { charge, error });
        // The charge stands open in the journal: it is asked about, whatever went wrong here.
        if (!isRetryable(error) || !(await pause(clock, schedule.next(error), signal))) break;
      }
    }
    unfollow();
    // Nobody need look for what never left the box.
    if (!mayBeThere && !this.#stopping.signal.aborted && openCharge(till.state, charge)) {
      confirm.answered(charge, { state: 'failed', reason: NOT_SENT });
    }
  }

  /** Whether its customer still stands there. */
  #isWaitedFor(charge: string): boolean {
    return openCharge(this.#o.till.state, charge)?.state === 'shown' && !this.#stopping.signal.aborted;
  }
}

const notReady = (reasons: readonly string[]): CallerFault =>
  new CallerFault('The box cannot take top-up cards now', {
    code: 'not-ready',
    found: reasons.join(', '),
    expected: 'a ledger that can be written, a sound output, a paired box and no update under way',
    remedy: 'See `tilld status`.',
  });
