import { CallerFault } from './fault.ts';

/** ISO 4217 currencies a box can be set to; `digits` is the number of decimals used in payments. */
const CURRENCIES = {
  THB: { numeric: '764', digits: 2 },
  // ISO gives the rupiah two decimals, but sen are neither coined nor accepted by QRIS: whole rupiah are the minor unit here.
  IDR: { numeric: '360', digits: 0 },
  VND: { numeric: '704', digits: 0 },
  CNY: { numeric: '156', digits: 2 },
  GBP: { numeric: '826', digits: 2 },
  EUR: { numeric: '978', digits: 2 },
  USD: { numeric: '840', digits: 2 },
} as const;

export type Currency = keyof typeof CURRENCIES;
export const CURRENCY_CODES = Object.keys(CURRENCIES) as Currency[];

/** An amount in integer minor units (satang, rupiah, cents) with its currency. Never a float. */
export interface Money {
  readonly minor: number;
  readonly currency: Currency;
}

/** Largest amount tilld handles: 10^12 minor units, far below 2^53 so that sums stay exact. */
export const MAX_MINOR = 1_000_000_000_000;

/** ISO 4217 numeric code, as EMVCo tag 53 carries it. */
export const numericCode = (currency: Currency): string => CURRENCIES[currency].numeric;
/** Decimals of the currency's minor unit: 2 for THB, 0 for IDR and VND. */
export const fractionDigits = (currency: Currency): number => CURRENCIES[currency].digits;
/** Whether a text is the code of a currency tilld knows. */
export const isCurrency = (text: string): text is Currency => Object.hasOwn(CURRENCIES, text);

/**
 * A checked amount: an integer from `least` (default 0) to MAX_MINOR.
 * @throws CallerFault `amount-invalid`
 */
export function money(minor: number, currency: Currency, least = 0): Money {
  if (!Number.isSafeInteger(minor) || minor < least || minor > MAX_MINOR) {
    throw new CallerFault('The amount is not usable', {
      code: 'amount-invalid',
      found: String(minor),
      expected: `an integer number of minor units from ${least} to ${MAX_MINOR}`,
      remedy: 'Give the amount in minor units, for example 2000 for 20.00 THB.',
    });
  }
  return { minor, currency };
}

/** Exact decimal text with the currency's decimals and no separators: 2050 THB -> "20.50", 50000 IDR -> "50000". */
export function decimalText({ minor, currency }: Money): string {
  const digits = fractionDigits(currency);
  const sign = minor < 0 ? '-' : '';
  const padded = String(Math.abs(minor)).padStart(digits + 1, '0');
  if (digits === 0) return sign + padded;
  return `${sign}${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
}

/**
 * Reads plain decimal text ("20", "20.5", "1000." or "1000.00"), exactly; null when it is not a plain decimal,
 * has more decimals than the currency, or exceeds MAX_MINOR.
 */
export function parseDecimal(text: string, currency: Currency): Money | null {
  const match = /^(\d{1,13})(?:\.(\d*))?$/.exec(text);
  if (!match) return null;
  const digits = fractionDigits(currency);
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > digits) return null;
  const minor = Number(match[1] + fraction.padEnd(digits, '0'));
  return Number.isSafeInteger(minor) && minor <= MAX_MINOR ? { minor, currency } : null;
}
