import type { KioskScreen } from './kiosk.ts';
import type { Money } from './money.ts';

/** What a key means on a screen of the dialogue. */
export type KioskChoice =
  | { readonly choice: 'amount'; readonly amount: Money }
  | { readonly choice: 'other-amount' }
  | { readonly choice: 'digit'; readonly digit: string }
  | { readonly choice: 'clear' }
  | { readonly choice: 'typed-amount' }
  | { readonly choice: 'method'; readonly method: string }
  | { readonly choice: 'cancel'; readonly screen: 'keypad' | 'payment-method' };

/**
 * What a key means on a screen, or null when it means nothing there: only what the backend offers can be chosen. The
 * digits of a keypad choose by place (1 is the first amount or method, 0 another amount), so that a box without touch
 * can be used as well.
 */
export function choiceOf(screen: KioskScreen, key: string): KioskChoice | null {
  switch (screen.screen) {
    case 'amount-select': {
      if (key === 'amount-other' || key === '0') return screen.other ? { choice: 'other-amount' } : null;
      const amount = nth(screen.amounts, key, 'amount');
      return amount ? { choice: 'amount', amount } : null;
    }
    case 'keypad':
      if (/^[0-9]$/.test(key)) return { choice: 'digit', digit: key };
      if (key === 'clear') return { choice: 'clear' };
      if (key === 'ok') return { choice: 'typed-amount' };
      return key === 'cancel' && screen.allowCancel ? { choice: 'cancel', screen: 'keypad' } : null;
    case 'payment-method': {
      if (key === 'cancel') return screen.allowCancel ? { choice: 'cancel', screen: 'payment-method' } : null;
      const method = nth(screen.methods, key, 'method');
      return method ? { choice: 'method', method } : null;
    }
    default:
      return null;
  }
}

/** The thing a key names by its place: `amount-3`, or `3` on a keypad. */
function nth<T>(things: readonly T[], key: string, kind: string): T | undefined {
  const place = /^(?:(amount|method)-)?([1-9]\d?)$/.exec(key);
  return place && (place[1] === undefined || place[1] === kind) ? things[Number(place[2]) - 1] : undefined;
}
