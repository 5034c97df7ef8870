import type { Money } from './money.ts';

/** A thing to choose on the idle screen. */
export interface Offer {
  readonly button: string;
  readonly label: string;
  readonly price: Money;
}

/** On a screen of a sale that is to be paid: a top-up card may be given instead, by the key `top-up`, or 1 on a keypad. Absent: it may not. */
interface TopUpOffered {
  readonly topUp?: boolean;
}

/** What the customer sees, in no language and for no display: one renderer turns it into a picture. */
export type Screen =
  | { readonly kind: 'starting' }
  | { readonly kind: 'pairing'; readonly state: 'asking' | 'refused'; readonly reason: string }
  | { readonly kind: 'pin'; readonly pin: string; readonly deviceId: string }
  | {
      readonly kind: 'idle';
      readonly offers: readonly Offer[];
      readonly credit: Money;
      /** Whether cash can be taken now; absent on a box that has nothing for it. */
      readonly cash?: boolean;
      readonly qr: boolean;
      /** Whether a card can be taken now; absent on a box without a card reader. Beside it, ways that are not possible are not shown at all. */
      readonly card?: boolean;
      /** Digits typed so far on the keypad, or null. */
      readonly typed: Money | null;
      /** Shown small until the box is known to be claimed. */
      readonly pin: string | null;
    }
  | ({ readonly kind: 'requesting'; readonly due: Money; readonly credit: Money; readonly cash: boolean } & TopUpOffered)
  | ({
      readonly kind: 'qr';
      readonly qr: string;
      readonly due: Money;
      readonly rest: Money;
      readonly credit: Money;
      /** By the box's monotonic clock, so that a countdown needs no wall clock. */
      readonly expiresAtMonotonicMs: number;
      readonly cash: boolean;
    } & TopUpOffered)
  | ({
      readonly kind: 'insert-cash';
      readonly due: Money;
      readonly rest: Money;
      readonly credit: Money;
      /** A QR for the rest comes by itself, so it is worth waiting for. */
      readonly qrPossible: boolean;
    } & TopUpOffered)
  /** A card is waited for; money put in meanwhile counts. */
  | {
      readonly kind: 'present-card';
      readonly due: Money;
      readonly rest: Money;
      readonly credit: Money;
      /** Text of the order it came by; may be empty. */
      readonly message: string;
      /** By the box's monotonic clock; null while no time limit runs, because money is in. */
      readonly expiresAtMonotonicMs: number | null;
      readonly cash: boolean;
    }
  /** Whose top-up card it is; keys `operator-1` to `operator-8`, and `clear` and `cancel` here and on the screens that follow. */
  | { readonly kind: 'top-up-operator'; readonly rest: Money; readonly operators: readonly string[] }
  /** What is printed on it; keys `amount-1` to `amount-9`. */
  | { readonly kind: 'top-up-amount'; readonly operator: string; readonly amounts: readonly Money[] }
  /** Its serial or PIN is being typed; keys `0` to `9` and `ok`. Of what is typed a screen knows only how long it is. */
  | {
      readonly kind: 'top-up-typing';
      readonly field: 'serial' | 'pin';
      readonly operator: string;
      readonly amount: Money;
      readonly typed: number;
      readonly least: number;
      readonly most: number;
      /** Why `ok` did not take it. */
      readonly short: boolean;
    }
  /** The card is with its operator. */
  | { readonly kind: 'top-up-sent'; readonly operator: string; readonly amount: Money }
  /** It was credited; `worth` is its face value where another one was declared. Unless that is so, more is to be paid. */
  | { readonly kind: 'top-up-result'; readonly credited: Money; readonly worth: Money | null; readonly rest: Money }
  /** It was not taken, and another one may be given: it is no good, it was used before, or none can be taken now. */
  | { readonly kind: 'top-up-failed'; readonly reason: 'bad' | 'used' | 'not-possible'; readonly rest: Money }
  /** The card was read and the payment server is asked. */
  | { readonly kind: 'authorising'; readonly due: Money }
  /** An amount that was paid elsewhere, as the backend said it. */
  | { readonly kind: 'announcement'; readonly amount: Money; readonly message: string }
  /** Which box this is, for somebody who looks for it. */
  | { readonly kind: 'identify'; readonly serial: string }
  /** A QR that the backend wants shown and that belongs to no sale. */
  | { readonly kind: 'show-qr'; readonly qr: string; readonly expiresAtMonotonicMs: number }
  /** A release is being put in place; nothing can be sold meanwhile. */
  | { readonly kind: 'updating'; readonly step: 'installing' | 'restarting' }
  /** The QR's time is over and the backend is asked one last time. */
  | { readonly kind: 'checking'; readonly due: Money }
  | { readonly kind: 'delivering'; readonly due: Money }
  | { readonly kind: 'success'; readonly due: Money; readonly credit: Money }
  /** What to pay, to choose from; keys `amount-1` to `amount-12`, and `amount-other` where an amount may be typed. */
  | { readonly kind: 'amount-select'; readonly amounts: readonly Money[]; readonly other: boolean }
  /** An amount is being typed; keys `0` to `9`, `clear`, `ok` and, where it is allowed, `cancel`. */
  | {
      readonly kind: 'keypad';
      readonly typed: Money;
      readonly min: Money;
      readonly max: Money;
      /** Why `ok` did not take the amount. */
      readonly problem: 'too-low' | 'too-high' | null;
      readonly cancel: boolean;
    }
  /** How to pay; keys `method-1` to `method-8` and, where it is allowed, `cancel`. Methods by the backend's names. */
  | { readonly kind: 'payment-method'; readonly amount: Money; readonly methods: readonly string[]; readonly cancel: boolean }
  /** The backend and its terminal take the payment. */
  | { readonly kind: 'processing'; readonly due: Money }
  /** More than may be paid in a day; `remaining` still may be. */
  | { readonly kind: 'limit-error'; readonly limit: Money; readonly remaining: Money }
  | { readonly kind: 'print-ticket' }
  | { readonly kind: 'collect-ticket' }
  | { readonly kind: 'thank-you' }
  /** Something of the box does not work; `message` is the backend's own words and may be empty. */
  | { readonly kind: 'device-error'; readonly message: string; readonly code: string }
  | {
      readonly kind: 'failed';
      readonly reason:
        | 'qr-expired'
        | 'qr-failed'
        | 'qr-refused'
        | 'card-declined'
        | 'card-not-sent'
        | 'card-unanswered'
        | 'terminal-declined'
        | 'terminal-unanswered'
        | 'top-up-unanswered'
        | 'cancelled'
        | 'timeout'
        | 'delivery';
      readonly credit: Money;
      /** The backend's own words about it. */
      readonly message?: string;
    }
  | { readonly kind: 'out-of-service'; readonly reasons: readonly string[] };
