import type { Money } from './money.ts';

/** A thing to choose on the idle screen. */
export interface Offer {
  readonly button: string;
  readonly label: string;
  readonly price: Money;
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
      readonly cash: boolean;
      readonly qr: boolean;
      /** Digits typed so far on the keypad, or null. */
      readonly typed: Money | null;
      /** Shown small until the box is known to be claimed. */
      readonly pin: string | null;
    }
  | { readonly kind: 'requesting'; readonly due: Money; readonly credit: Money; readonly cash: boolean }
  | {
      readonly kind: 'qr';
      readonly qr: string;
      readonly due: Money;
      readonly rest: Money;
      readonly credit: Money;
      /** By the box's monotonic clock, so that a countdown needs no wall clock. */
      readonly expiresAtMonotonicMs: number;
      readonly cash: boolean;
    }
  | {
      readonly kind: 'insert-cash';
      readonly due: Money;
      readonly rest: Money;
      readonly credit: Money;
      /** A QR for the rest comes by itself, so it is worth waiting for. */
      readonly qrPossible: boolean;
    }
  /** The QR's time is over and the backend is asked one last time. */
  | { readonly kind: 'checking'; readonly due: Money }
  | { readonly kind: 'delivering'; readonly due: Money }
  | { readonly kind: 'success'; readonly due: Money; readonly credit: Money }
  | {
      readonly kind: 'failed';
      readonly reason: 'qr-expired' | 'qr-failed' | 'qr-refused' | 'cancelled' | 'timeout' | 'delivery';
      readonly credit: Money;
    }
  | { readonly kind: 'out-of-service'; readonly reasons: readonly string[] };
