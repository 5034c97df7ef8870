import { excerpt } from '../../domain/card-data.ts';
import type { JsonObject } from '../../domain/json.ts';
import { demandNothingElse, invalid } from '../control-request.ts';
import { Refusal } from '../refusal.ts';

/** What can be done wrong with the answer to one request for a QR. */
export const OUTCOMES = ['error', 'no-answer', 'wrong-correlation', 'wrong-amount'] as const;

/** What becomes of one request for a QR. */
export interface Decision {
  readonly outcome: (typeof OUTCOMES)[number];
  /** Of an error: its `error_code` and `message`. */
  readonly code: string;
  readonly message: string;
}

const MAX_LINED_UP = 100;

/** Answers every request for a QR with one, unless something else was lined up for the next. What is lined up lives in memory. */
export class QrisIssuer {
  readonly #linedUp: Decision[] = [];

  /** What comes for the next requests, in order. */
  linedUp(): readonly Decision[] {
    return this.#linedUp;
  }

  /**
   * Lines up `{outcome, code?, message?}` for one request. Only after `error` there is no transaction.
   * @throws Refusal `request-invalid`, `issuer-limit`
   */
  lineUp({ outcome, code = 'issuer-refused', message = 'The issuer makes no QR now', ...rest }: JsonObject): Decision {
    demandNothingElse(rest);
    if (this.#linedUp.length >= MAX_LINED_UP) {
      throw new Refusal(409, 'Too many decisions are lined up', { code: 'issuer-limit', expected: `at most ${MAX_LINED_UP}` });
    }
    const known = OUTCOMES.find((one) => one === outcome);
    if (known === undefined) throw invalid('outcome', `one of ${OUTCOMES.join(', ')}`);
    if (typeof code !== 'string' || !/^[\x21-\x7e]{1,64}$/.test(code)) throw invalid('code', '1 to 64 visible ASCII characters');
    if (typeof message !== 'string' || message.length > 1_000) throw invalid('message', 'a text of at most 1000 characters');
    const decision = { outcome: known, code: excerpt(code, 64), message: excerpt(message, 1_000) };
    this.#linedUp.push(decision);
    return decision;
  }

  clear(): void {
    this.#linedUp.length = 0;
  }

  /** What was lined up for this request; null: answer it as it should be. */
  next(): Decision | null {
    return this.#linedUp.shift() ?? null;
  }
}
