import { decimalText, type Money, numericCode } from '../money.ts';
import { parsePaymentQr } from './parse.ts';
import type { PaymentQr, Scheme } from './payment-qr.ts';
import type { QrFaultCode } from './qr-fault.ts';

/** What the box asked the backend for. */
export interface OfferTerms {
  readonly amount: Money;
  /** Whether a QR without an amount in it (the payer types it) may be shown. */
  readonly allowStatic: boolean;
  /** Schemes the backend may answer with. */
  readonly schemes: readonly Scheme[];
}

interface OfferRefusal {
  readonly code: QrFaultCode | 'qr-scheme' | 'qr-amount' | 'qr-amount-missing';
  readonly found: string;
  readonly expected: string;
}

export type OfferCheck = { readonly ok: true; readonly qr: PaymentQr } | { readonly ok: false; readonly refusal: OfferRefusal };

/**
 * Whether a QR from the backend may be shown to a customer: it must be a valid payment QR of an expected scheme, in the
 * currency and for exactly the amount that was asked for. Takes any text and never throws. Whether it has expired is not
 * in the text; the caller checks that by the backend's answer.
 */
export function checkOffer(text: string, { amount, allowStatic, schemes }: OfferTerms): OfferCheck {
  const parsed = parsePaymentQr(text);
  if (!parsed.ok) {
    const [first] = parsed.faults;
    if (!first) return refuse('qr-malformed', 'an unreadable text', 'a payment QR');
    const place = first.path === '' ? '' : ` in ${first.path}`;
    return refuse(first.code, `${first.found}${place}`, first.expected);
  }
  const { qr } = parsed;
  if (!schemes.includes(qr.scheme)) return refuse('qr-scheme', qr.scheme, schemes.join(' or '));
  const wanted = numericCode(amount.currency);
  if (qr.currencyNumeric !== wanted) return refuse('qr-currency', qr.currencyNumeric, `${wanted} (${amount.currency})`);
  if (qr.amount === null) return allowStatic ? { ok: true, qr } : refuse('qr-amount-missing', 'no amount', decimalText(amount));
  if (qr.amount.minor !== amount.minor) return refuse('qr-amount', decimalText(qr.amount), decimalText(amount));
  return { ok: true, qr };
}

const refuse = (code: OfferRefusal['code'], found: string, expected: string): OfferCheck => ({
  ok: false,
  refusal: { code, found, expected },
});
