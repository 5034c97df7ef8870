import type { CardSecret } from './card.ts';
import { CallerFault } from './fault.ts';

/** How many letters and digits a serial and a PIN have. */
export const TOP_UP_LENGTHS = { serial: { least: 10, most: 20 }, pin: { least: 10, most: 15 } } as const;
export type TopUpSecret = keyof typeof TOP_UP_LENGTHS;

/** A top-up card as a customer gives it. Serial and PIN are the money itself: they live in memory until there is an answer. */
export interface TopUpCard {
  /** By the backend's name: `Viettel`. */
  readonly operator: string;
  /** Its face value as the customer says it. */
  readonly amountMinor: number;
  readonly serial: CardSecret;
  readonly pin: CardSecret;
}

/** What a backend takes. */
export interface TopUpTerms {
  /** By the backend's names. */
  readonly operators: readonly string[];
  /** Face values, minor units, the smallest first. */
  readonly faceValues: readonly number[];
}

/**
 * Refuses a card that no backend could take. Serial and PIN are never quoted, not even how long they are.
 * @throws CallerFault `top-up-invalid`
 */
export function checkTopUp({ operator, amountMinor, serial, pin }: TopUpCard, { operators, faceValues }: TopUpTerms): void {
  if (!operators.includes(operator)) throw invalid('operator', `one of ${operators.join(', ')}`);
  if (!faceValues.includes(amountMinor)) throw invalid('face value', `one of ${faceValues.join(', ')} minor units`);
  for (const [name, secret] of [
    ['serial', serial],
    ['pin', pin],
  ] as const) {
    const { least, most } = TOP_UP_LENGTHS[name];
    if (new RegExp(`^[A-Za-z0-9]{${least},${most}}$`).test(secret.reveal())) continue;
    throw invalid(name === 'pin' ? 'PIN' : 'serial', `${least} to ${most} letters and digits`);
  }
}

const invalid = (what: string, expected: string): CallerFault =>
  new CallerFault(`The ${what} of the top-up card is not usable`, { code: 'top-up-invalid', expected });
