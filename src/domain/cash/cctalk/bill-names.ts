import { CURRENCY_CODES, fractionDigits } from '../../money.ts';
import type { CcTalkIdentity } from './identity.ts';

/** A type of bill that a device and the board mean differently. */
export interface BillDispute {
  readonly type: number;
  readonly name: string;
  /** What the device's name for it comes to, minor units. */
  readonly namedMinor: number;
  readonly boardMinor: number;
}

/**
 * Compares what a bill acceptor calls its bills (`CCVVVVR`: country, number, issue) with what the board says they are worth.
 * A number times the device's scaling is an amount in the currency of that country. Compared is only what that leaves no doubt
 * about: four digits, a country whose currency a box can have, and the scaling that was asked for that country. Coins are not
 * compared: whether their number counts baht or satang each maker decides, and a position that was taught anew often keeps its name.
 */
export function billDisputes({ pieces, scaling }: CcTalkIdentity, denominations: Readonly<Record<string, number>>): readonly BillDispute[] {
  if (scaling === null) return [];
  const [first] = Object.values(pieces);
  const country = first?.slice(0, 2) ?? '';
  const currency = CURRENCY_CODES.find((code) => code.startsWith(country));
  if (country === '' || currency === undefined) return [];
  return Object.entries(pieces).flatMap(([type, name]) => {
    const number = name.startsWith(country) ? /^..(\d{4}).$/.exec(name)?.[1] : undefined;
    const boardMinor = Object.hasOwn(denominations, type) ? denominations[type] : undefined;
    if (number === undefined || boardMinor === undefined) return [];
    const namedMinor = (Number(number) * scaling.factor * 10 ** fractionDigits(currency)) / 10 ** scaling.decimals;
    const clear = Number.isSafeInteger(namedMinor) && namedMinor > 0;
    return clear && namedMinor !== boardMinor ? [{ type: Number(type), name, namedMinor, boardMinor }] : [];
  });
}
