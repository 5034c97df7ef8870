import type { JsonObject } from '../../domain/json.ts';
import { demandNothingElse, invalid } from '../control-request.ts';
import { Refusal } from '../refusal.ts';

/** What becomes of a sale request: how it is answered, if at all. */
export const ANSWERS = ['approve', 'decline', 'no-answer', 'late', 'garbage', 'http-500'] as const;
type Answer = (typeof ANSWERS)[number];

/** The issuer's word on one sale. */
export interface Decision {
  readonly answer: Answer;
  /** `00` approves, everything else declines. */
  readonly responseCode: string;
  /** Whether the sale is on record, so that a query finds it. */
  readonly recorded: boolean;
  /** How long a late answer takes, milliseconds. */
  readonly ms: number;
}

const MAX_LINED_UP = 100;
const LATE_MS = 5_000;
const MAX_LATE_MS = 600_000;

/**
 * Stands in for the card issuer. It approves everything but amounts that end in .05, which it declines with code 05,
 * unless another decision was lined up for the next sale. What is lined up lives in memory.
 */
export class Issuer {
  readonly #linedUp: Decision[] = [];

  /** What comes for the next sales, in order. */
  linedUp(): readonly Decision[] {
    return this.#linedUp;
  }

  /**
   * Lines up `{outcome, responseCode?, recorded?, ms?}` for one sale. A sale that is answered is on record; one that is
   * not answered is too unless `recorded` is false; one that fails with http-500 only if it is true.
   * @throws Refusal `request-invalid`, `issuer-limit`
   */
  lineUp(wish: JsonObject): Decision {
    if (this.#linedUp.length >= MAX_LINED_UP) {
      throw new Refusal(409, 'Too many decisions are lined up', { code: 'issuer-limit', expected: `at most ${MAX_LINED_UP}` });
    }
    const decision = decisionOf(wish);
    this.#linedUp.push(decision);
    return decision;
  }

  clear(): void {
    this.#linedUp.length = 0;
  }

  /** The decision on a sale over an amount in minor units of a currency with cents. */
  decide(amountMinor: number): Decision {
    const usual: Decision = { answer: 'approve', responseCode: '00', recorded: true, ms: 0 };
    return this.#linedUp.shift() ?? (amountMinor % 100 === 5 ? { ...usual, answer: 'decline', responseCode: '05' } : usual);
  }
}

function decisionOf({ outcome, responseCode, recorded, ms, ...rest }: JsonObject): Decision {
  demandNothingElse(rest);
  const answer = ANSWERS.find((known) => known === outcome);
  if (answer === undefined) throw invalid('outcome', `one of ${ANSWERS.join(', ')}`);
  const answered = answer === 'approve' || answer === 'decline' || answer === 'late';
  if (recorded !== undefined && typeof recorded !== 'boolean') throw invalid('recorded', 'true or false');
  if (answered && recorded === false) throw invalid('recorded', 'true: a sale that is answered is on record');
  return {
    answer,
    responseCode: codeOf(answer, responseCode),
    recorded: recorded ?? answer !== 'http-500',
    ms: answer === 'late' || ms !== undefined ? delayOf(answer, ms ?? LATE_MS) : 0,
  };
}

function codeOf(answer: Answer, value: unknown): string {
  if (value === undefined) return answer === 'decline' ? '05' : '00';
  if (typeof value !== 'string' || !/^[0-9A-Z]{2}$/.test(value)) throw invalid('responseCode', 'two digits or capital letters');
  if (answer === 'approve' && value !== '00') throw invalid('responseCode', '00 with approve');
  if (answer === 'decline' && value === '00') throw invalid('responseCode', 'not 00 with decline');
  return value;
}

function delayOf(answer: Answer, ms: unknown): number {
  if (answer !== 'late') throw invalid('ms', 'not given: only a late answer takes its time');
  if (typeof ms !== 'number' || !Number.isInteger(ms) || ms < 0 || ms > MAX_LATE_MS)
    throw invalid('ms', `a whole number from 0 to ${MAX_LATE_MS}`);
  return ms;
}
