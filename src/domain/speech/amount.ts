import { type Currency, fractionDigits, type Money, money } from '../money.ts';
import { type ClipId, clipText } from './clips.ts';
import type { Language } from './language.ts';
import { countClips, type NumberStyle, numberClips, USUAL_STYLE } from './number.ts';

/** The word for the decimal separator, where amounts are read with one. */
const POINT: Readonly<Record<Exclude<Language, 'en'>, ClipId>> = { th: 'chut', id: 'koma', vi: 'phay', zh: 'dian' };

/**
 * The clips of an amount from 0 to MAX_MINOR minor units, worked out in integers.
 *
 * Thai says satang of its own currency, and English the minor unit of every one: "one pound fifty pence", "fifty cents".
 * A part that is 0 is left out, unless both are. Everything else is read as it stands on the screen, digit by digit after
 * the separator and without final zeros: 十二点三四元, "dua belas koma lima dolar", "mười hai phẩy năm đô la". Indonesian
 * and Vietnamese money has no minor unit of its own, and their words for foreign ones (sen, xu) name other coins too.
 * @throws CallerFault `amount-invalid`
 */
export function amountClips(amount: Money, language: Language, style = USUAL_STYLE): ClipId[] {
  const { minor, currency } = money(amount.minor, amount.currency);
  const digits = fractionDigits(currency);
  const whole = Math.floor(minor / 10 ** digits);
  const fraction = minor % 10 ** digits;
  const unit = `currency-${currency.toLowerCase()}`;
  if (language === 'en' || (language === 'th' && currency === 'THB')) {
    const parts: ClipId[] = [];
    if (whole > 0 || fraction === 0) parts.push(...counted(whole, unit, language, style));
    if (fraction > 0) parts.push(...counted(fraction, `${unit}-minor`, language, style));
    return parts;
  }
  if (fraction === 0) return [...countClips(whole, language), unit];
  return [...numberClips(whole, language), POINT[language], ...decimals(fraction, currency), unit];
}

/** A number of units, the unit in the singular where the language has one. */
function counted(n: number, unit: ClipId, language: Language, style: NumberStyle): ClipId[] {
  const singular = `${unit}-one`;
  return [...countClips(n, language, style), n === 1 && clipText(singular, language) !== undefined ? singular : unit];
}

const decimals = (fraction: number, currency: Currency): ClipId[] =>
  [...String(fraction).padStart(fractionDigits(currency), '0').replace(/0+$/, '')].map((digit) => `n-${digit}`);
