import { CallerFault } from '../../../domain/fault.ts';
import { CARD_AMOUNTS, CARD_TYPES, type CardFee, type CardType } from '../upstreams.ts';

/** One percent, and all of it, in hundredths of a percent. */
const PERCENT = 100n;
const WHOLE = 100n * PERCENT;

/**
 * What is credited for a card, whole VND: its face value less the fee, and of that, when another value had been declared,
 * less the penalty. Parts of a dong are dropped, once, at the end. 50000 at 12.5 % is 43750, with a penalty of 50 % 21875.
 * @param value face value of the card, whole VND
 * @throws CallerFault `fee-invalid` for a percentage that is not 0 to 100 with at most two decimals
 */
export function creditedAmount(value: number, { fees, penalty }: Pick<CardFee, 'fees' | 'penalty'>, wrongAmount: boolean): number {
  const kept = WHOLE - hundredths(fees);
  const left = wrongAmount ? WHOLE - hundredths(penalty) : WHOLE;
  return Number((BigInt(value) * kept * left) / (WHOLE * WHOLE));
}

/** The line of a table for a card; null when it has none. */
export const feeFor = (table: readonly CardFee[], type: CardType, value: number): CardFee | null =>
  table.find((fee) => fee.type === type && fee.value === value) ?? null;

/** A percentage as an upstream writes it, "12.5" or 12.5; null when it is none from 0 to 100 with at most two decimals. */
export function readPercent(value: unknown): number | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const percent = Number(value);
  return PERCENT_TEXT.test(String(value)) && percent <= 100 ? percent : null;
}

const PERCENT_TEXT = /^(\d{1,3})(?:\.(\d{1,2}))?$/;

function hundredths(percent: number): bigint {
  const match = PERCENT_TEXT.exec(String(percent));
  const value = match ? BigInt(match[1] ?? '0') * PERCENT + BigInt((match[2] ?? '').padEnd(2, '0')) : WHOLE + 1n;
  if (value <= WHOLE) return value;
  throw new CallerFault('The percentage is not usable', {
    code: 'fee-invalid',
    found: String(percent),
    expected: '0 to 100 with at most two decimals',
  });
}

/**
 * Fees in percent. The gateway's document has Viettel (12.5) and Vinaphone (14) for the smallest values; that they hold for
 * all values, and the other operators, are ours.
 */
const REFERENCE_PERCENT: Readonly<Record<CardType, number>> = { Viettel: 12.5, Vinaphone: 14, Mobifone: 15, Vietnamobile: 18, Zing: 11.25 };
/** Percent, by the document. */
export const WRONG_AMOUNT_PENALTY = 50;
/** Sold too, though the gateway takes none declared so: what a card declared wrongly may turn out to be. */
const OTHER_VALUES = [30_000, 300_000, 1_000_000];

/** The table the simulated TheSieuToc works with: every type and value. */
export const REFERENCE_FEES: readonly CardFee[] = CARD_TYPES.flatMap((type) =>
  [...CARD_AMOUNTS, ...OTHER_VALUES].map((value) => ({ type, value, fees: REFERENCE_PERCENT[type], penalty: WRONG_AMOUNT_PENALTY })),
);
