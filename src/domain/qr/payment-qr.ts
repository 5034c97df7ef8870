import type { Currency, Money } from '../money.ts';
import type { QrFault } from './qr-fault.ts';
import type { TlvObject } from './tlv.ts';

/** How a payment QR is paid; `other` is any EMVCo merchant-presented QR of a scheme not named here. */
export type Scheme = 'promptpay' | 'promptpay-bill' | 'qris' | 'vietqr' | 'other';

/** Who is paid, in the scheme's own terms. Identifiers as they stand in the QR. */
export type Payee =
  | { readonly kind: 'phone' | 'national-id' | 'e-wallet' | 'bank-account'; readonly id: string }
  | { readonly kind: 'biller'; readonly id: string; readonly ref1: string; readonly ref2: string | null }
  | {
      readonly kind: 'qris-merchant';
      /** National merchant id (NMID). */
      readonly id: string | null;
      readonly acquirer: string | null;
      readonly pan: string | null;
      readonly criteria: string | null;
    }
  | { readonly kind: 'vietnam-account' | 'vietnam-card'; readonly bin: string; readonly id: string }
  | { readonly kind: 'account'; readonly template: string; readonly id: string };

/** What the wallet adds to the amount: asks the payer, a fixed amount, or a percentage ("5.00"). */
export type Tip =
  | { readonly kind: 'prompt' }
  | { readonly kind: 'fixed'; readonly amountText: string }
  | { readonly kind: 'percent'; readonly percentText: string };

/** A valid payment QR, read. It carries no expiry: that is known to the backend that issued it alone. */
export interface PaymentQr {
  readonly scheme: Scheme;
  readonly payee: Payee;
  /** Tag 01: made for one payment, for many, or not said. */
  readonly use: 'once' | 'many' | 'unsaid';
  /** ISO 4217 numeric, tag 53. */
  readonly currencyNumeric: string;
  /** The currency if tilld knows it. */
  readonly currency: Currency | null;
  /** Tag 54 as written; null when the payer types the amount. */
  readonly amountText: string | null;
  /** Tag 54 read; null without one, or in a currency tilld does not know. */
  readonly amount: Money | null;
  readonly tip: Tip | null;
  readonly country: string;
  readonly categoryCode: string | null;
  readonly merchantName: string | null;
  readonly merchantCity: string | null;
  readonly postalCode: string | null;
  /** Tag 62 by sub-id: 01 bill, 05 reference, 07 terminal, 08 purpose … */
  readonly additional: Readonly<Record<string, string>>;
}

/** A QR text, read: a payment QR, or every fault that was found with as much as could be read. */
export type PaymentQrResult =
  | { readonly ok: true; readonly qr: PaymentQr; readonly objects: readonly TlvObject[] }
  | { readonly ok: false; readonly faults: readonly QrFault[]; readonly scheme: Scheme | null; readonly objects: readonly TlvObject[] };
