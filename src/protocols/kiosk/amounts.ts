import type { JsonValue } from '../../domain/json.ts';
import { MessageFault as FieldFault } from '../../domain/json-fields.ts';
import { type Currency, decimalText, fractionDigits, MAX_MINOR, type Money, parseDecimal } from '../../domain/money.ts';
import { currencySymbol } from '../../domain/money-text.ts';

/** In the place of an amount where none was chosen. */
export const NO_AMOUNT = -1;

/** The number an amount is on the wire, in major units: 60, 7.5. Exact: an amount has 13 digits at the most. */
export const amountNumber = (amount: Money): number => Number(decimalText(amount));

/**
 * The amount that a number in major units says, exactly: its shortest decimal text, never its binary value.
 * @param least minor units @throws PeerFault `message-invalid`: not that many decimals, below `least`, beyond MAX_MINOR
 */
export function asAmount(value: JsonValue | undefined, path: string, currency: Currency, least: number): Money {
  const amount = typeof value === 'number' ? parseDecimal(String(value), currency) : null;
  if (amount !== null && amount.minor >= least) return amount;
  const bounds = [least, MAX_MINOR].map((minor) => amountNumber({ minor, currency }));
  throw new FieldFault(path, value, `an amount from ${bounds.join(' to ')} with at most ${fractionDigits(currency)} decimals`);
}

/** Refuses every currency but the one in use, by its sign or its ISO code. @throws PeerFault `message-invalid` */
export function checkCurrency(value: JsonValue | undefined, currency: Currency): void {
  if (value === currency || value === currencySymbol(currency)) return;
  throw new FieldFault('data.currency', value, `${currencySymbol(currency)} or ${currency}`);
}
