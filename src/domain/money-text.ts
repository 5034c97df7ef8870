import { type Currency, decimalText, type Money } from './money.ts';

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

/**
 * An amount as people read it: "฿1,020.00", "Rp50.000", "50.000 ₫" (with a space that does not break). For screens and
 * tables only; programs read `decimalText`.
 */
export function moneyText(money: Money): string {
  const { symbol, symbolAfter, thousands } = STYLES[money.currency];
  const [whole = '0', fraction] = decimalText({ ...money, minor: Math.abs(money.minor) }).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, thousands);
  const number = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  const sign = money.minor < 0 ? '−' : '';
  return symbolAfter ? `${sign}${number}\u{a0}${symbol}` : `${sign}${symbol}${number}`;
}
