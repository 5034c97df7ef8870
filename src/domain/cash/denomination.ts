import type { BoardPulseAcceptor } from '../board.ts';
import { MAX_MINOR } from '../money.ts';

type ValueRule = Pick<BoardPulseAcceptor, 'denominations' | 'perPulseMinor'>;

/** Most pulses one piece can be made of; PulseTrain and the decoder hold the same limit. */
export const MAX_PULSES = 10_000;

/**
 * What a train of `count` pulses is worth by the board's table, in minor units; null when the board does not know it:
 * such money is parked as unassigned, never guessed.
 */
export function valueOfPulses(count: number, rule: ValueRule): number | null {
  const key = String(count);
  const listed = Object.hasOwn(rule.denominations, key) ? rule.denominations[key] : undefined;
  if (listed !== undefined) return listed;
  if (rule.perPulseMinor === undefined || count < 1) return null;
  const value = count * rule.perPulseMinor;
  return Number.isSafeInteger(value) && value <= MAX_MINOR ? value : null;
}

/** How many pulses an acceptor sends for a piece of that value, or null when it does not take such a piece. */
export function pulsesOfValue(minor: number, rule: ValueRule): number | null {
  const listed = Object.entries(rule.denominations).find(([, value]) => value === minor);
  if (listed) return Number(listed[0]);
  if (rule.perPulseMinor === undefined || minor <= 0) return null;
  const count = minor / rule.perPulseMinor;
  // A count the table gives another value to would not be counted as this piece.
  return Number.isInteger(count) && count <= MAX_PULSES && valueOfPulses(count, rule) === minor ? count : null;
}
