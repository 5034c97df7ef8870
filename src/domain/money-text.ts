import { type Currency, decimalText, fractionDigits, type Money } from './money.ts';

interface Style {
  readonly symbol: string;
  readonly symbolAfter?: boolean;
  readonly thousands: ',' | '.';
}

/** How each currency is written where it is used. */
const STYLES: Readonly<Record<Currency, Style>> = {
  THB: { symbol: '฿', thousands: ',' },
  IDR: { symbol: 'Rp', thousands: '.' },
  VND: { symbol: '₫', symbolAfter: true, thousands: '.' },
  CNY: { symbol: '¥', thousands: ',' },
  GBP: { symbol: '£', thousands: ',' },
  EUR: { symbol: '€', thousands: ',' },
  USD: { symbol: '$', thousands: ',' },
};

/** The sign a currency is written with: "£". */
export const currencySymbol = (currency: Currency): string => STYLES[currency].symbol;

/**
 * An amount as people read it: "฿1,020.00", "Rp50.000", "50.000 ₫" (with a space that does not break). For screens and
 * tables only; programs read `decimalText`.
 */
export const moneyText = (money: Money): string => written(money, true);

/** The same as short as it can be: without decimals that are all zero, "£20" for 2000 GBP. */
export const shortMoneyText = (money: Money): string => written(money, money.minor % 10 ** fractionDigits(money.currency) !== 0);

function written(money: Money, decimals: boolean): string {
  const { symbol, symbolAfter, thousands } = STYLES[money.currency];
  const [whole = '0', fraction] = decimalText({ ...money, minor: Math.abs(money.minor) }).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, thousands);
  const number = fraction === undefined || !decimals ? grouped : `${grouped}.${fraction}`;
  const sign = money.minor < 0 ? '−' : '';
  return symbolAfter ? `${sign}${number}\u{a0}${symbol}` : `${sign}${symbol}${number}`;
}
