import type { ChargeAnswer, Inbound } from '../ports/gateway.ts';
import { ChargeAnswers } from './charge-answers.ts';
import { ChargeInquiry, type InquiryOptions } from './charge-inquiry.ts';

/**
 * Finds out what became of every open charge. Push, polling, the query after a reconnect and the last query at expiry
 * all end in the same till input; the first final answer wins, whatever comes after is a duplicate without effect.
 */
export class Confirm {
  readonly #o: InquiryOptions;
  readonly #answers: ChargeAnswers;
  readonly #inquiry: ChargeInquiry;
  /** Charges the backend has made but the journal does not hold yet, with what to do about answers that were faster than the commit. */
  readonly #expected = new Map<string, (() => void)[]>();

  constructor(options: InquiryOptions) {
    this.#o = options;
    this.#answers = new ChargeAnswers(options);
    this.#inquiry = new ChargeInquiry(options, this.#answers);
  }

  /** Takes up every charge the journal left open, and asks about each at once. */
  start(): void {
    this.#inquiry.start();
  }

  stop(): void {
    this.#inquiry.stop();
  }

  /** Subscribes to a charge before its QR is shown; polling covers for a broker that does not answer. */
  async expect(charge: string): Promise<void> {
    this.#expected.set(charge, []);
    const granted = await this.#o.gateway.watch(charge);
    if (!granted) this.#o.log.warn('charge.not-subscribed', { charge });
  }

  /** Keeps an effect until the charge is committed or will never be; false when the charge is not on its way. */
  hold(charge: string, effect: () => void): boolean {
    const early = this.#expected.get(charge);
    early?.push(effect);
    return early !== undefined;
  }

  /** The charge is committed, or will never be: an answer that came early takes its effect now, if it can. */
  settleExpected(charge: string): void {
    const early = this.#expected.get(charge) ?? [];
    this.#expected.delete(charge);
    if (!this.#inquiry.follows(charge)) void this.#o.gateway.unwatch(charge);
    for (const effect of early) effect();
  }

  /** Until when, on the monotonic clock, a charge's QR may stay on the screen. */
  shownUntilMs(charge: string): number {
    return this.#inquiry.shownUntilMs(charge);
  }

  /** What the gateway said unasked. A confirmation is acknowledged only when its effect is committed. */
  receive(inbound: Extract<Inbound, { kind: 'confirmation' | 'reconnected' }>): void {
    if (inbound.kind === 'reconnected') {
      this.#inquiry.reconnected();
      return;
    }
    const { charge, answer, done } = inbound;
    const early = () => {
      if (this.#inquiry.follows(charge)) this.#answers.take(charge, answer, 'push');
      done();
    };
    if (this.hold(charge, early)) return;
    this.#answers.take(charge, answer, 'push');
    done();
  }

  /** The reply to a card that was sent, of whatever kind. One that settles nothing is followed by a question at once. */
  answered(charge: string, answer: ChargeAnswer): void {
    if (answer.state === 'unresolved') {
      const level = answer.kept === 'pending' ? 'info' : 'warn';
      this.#o.log[level]('card.unresolved', { charge, reason: answer.reason });
      this.#inquiry.askNow(charge);
      return;
    }
    try {
      this.#answers.take(charge, answer, 'answer');
    } catch (error) {
      // It stands open in the journal, so it is asked about until its answer can be recorded.
      this.#o.log.error('charge.answer-not-recorded', { charge, via: 'answer', error });
    }
  }
}
