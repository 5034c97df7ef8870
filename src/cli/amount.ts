import { type Currency, decimalText, type Money, parseDecimal } from '../domain/money.ts';
import { UsageFault } from './command.ts';

/** Some write fifty thousand rupiah as 50.000, which must not become fifty. */
const THOUSANDS = /\.\d{3}/;

/** An amount in major units, exactly. @throws UsageFault */
export function parseAmount(text: string, currency: Currency): Money {
  const amount = THOUSANDS.test(text) ? null : parseDecimal(text, currency);
  if (amount && amount.minor > 0) return amount;
  const example = decimalText({ minor: 2_050, currency });
  throw new UsageFault('The amount is not usable', {
    found: JSON.stringify(text),
    expected: `an amount in ${currency}, such as ${example}`,
  });
}
