import type { Via } from '../domain/journal.ts';
import type { ChargeAnswer } from '../ports/gateway.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { TillService } from './till.ts';

interface AnswerOptions {
  readonly till: TillService;
  readonly metrics: Metrics;
}

/** Commits what a backend says of a charge; the first final answer wins, whatever comes after is a duplicate without effect. */
export class ChargeAnswers {
  readonly #o: AnswerOptions;

  constructor(options: AnswerOptions) {
    this.#o = options;
  }

  /** @throws StoreFault when it cannot be recorded: then it has no effect */
  take(charge: string, answer: ChargeAnswer, via: Via): void {
    const { metrics } = this.#o;
    if (answer.state === 'unresolved') {
      const { paidMinor } = answer;
      if (paidMinor !== undefined && paidMinor > 0) this.commit(charge, { type: 'part-paid', charge, via, paidMinor });
      return;
    }
    const input =
      answer.state === 'paid' ? paidInput(charge, answer, via) : ({ type: 'charge-failed', charge, via, reason: answer.reason } as const);
    const effect = this.commit(charge, input);
    metrics.count('confirmations_total', { via, state: answer.state, effect: effect ? 'applied' : 'none' });
  }

  /** What else becomes of a charge. Whether it changed anything. @throws StoreFault */
  commit(charge: string, input: Parameters<TillService['submit']>[0]): boolean {
    const along = input.type === 'paid' ? { inbox: [{ source: 'charge', id: charge }] } : {};
    return this.#o.till.submit(input, along).length > 0;
  }
}

const paidInput = (charge: string, { paidMinor, worthMinor }: Extract<ChargeAnswer, { state: 'paid' }>, via: Via) =>
  ({
    type: 'paid',
    charge,
    via,
    ...(paidMinor === undefined ? {} : { paidMinor }),
    ...(worthMinor === undefined ? {} : { worthMinor }),
  }) as const;
