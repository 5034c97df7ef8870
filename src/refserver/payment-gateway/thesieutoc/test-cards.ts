import { CARD_AMOUNTS } from '../upstreams.ts';

/** What the operator will say of a card. */
export type Verdict =
  | { readonly outcome: 'success' }
  | { readonly outcome: 'failed' }
  /** The card is good and of another value than declared. */
  | { readonly outcome: 'wrong-amount'; readonly actualAmount: number };

/** What becomes of a card by itself: a verdict after a while, none until somebody decides, or not even taken. */
export type Plan = Verdict | { readonly outcome: 'undecided' } | { readonly outcome: 'maintenance' };

/**
 * For testers, by the end of the serial: `…00` the card is bad, `…01` it is of another value (the next lower one; of a 10000
 * the next higher), `…02` it stays pending until somebody decides, `…03` the operator is under maintenance and takes none.
 * Every other card is good.
 */
export function planFor(serial: string, amount: number): Plan {
  switch (serial.slice(-2)) {
    case '00':
      return { outcome: 'failed' };
    case '01':
      return { outcome: 'wrong-amount', actualAmount: neighbour(amount) };
    case '02':
      return { outcome: 'undecided' };
    case '03':
      return { outcome: 'maintenance' };
    default:
      return { outcome: 'success' };
  }
}

function neighbour(amount: number): number {
  const lower = CARD_AMOUNTS.findLast((value) => value < amount);
  return lower ?? CARD_AMOUNTS[1];
}
