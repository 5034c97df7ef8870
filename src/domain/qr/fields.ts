import { type Currency, fractionDigits, type Money, parseDecimal } from '../money.ts';
import type { Scheme, Tip } from './payment-qr.ts';
import { type QrFault, type QrFaultCode, quote } from './qr-fault.ts';
import { fieldOf, type TlvObject } from './tlv.ts';

/** The form of a field: what it must match, and that in words. */
interface Form {
  readonly pattern: RegExp;
  readonly expected: string;
}

const FORMS: Readonly<Record<string, Form>> = {
  '01': { pattern: /^1[12]$/, expected: '11 (static) or 12 (dynamic)' },
  '52': { pattern: /^\d{4}$/, expected: 'a merchant category of 4 digits' },
  '53': { pattern: /^\d{3}$/, expected: 'a currency of 3 digits' },
  '58': { pattern: /^[A-Z]{2}$/, expected: 'a country of 2 capital letters' },
  '59': { pattern: /^.{1,25}$/u, expected: 'a merchant name of at most 25 characters' },
  '60': { pattern: /^.{1,15}$/u, expected: 'a merchant city of at most 15 characters' },
  '61': { pattern: /^.{1,10}$/u, expected: 'a postal code of at most 10 characters' },
};

/** Fields that must be there, by scheme: PromptPay and VietQR leave out category, name and city. */
const MANDATORY: Readonly<Record<Scheme, readonly string[]>> = {
  promptpay: ['53', '58'],
  'promptpay-bill': ['53', '58'],
  vietqr: ['53', '58'],
  qris: ['52', '53', '58', '59', '60', '61'],
  other: ['52', '53', '58', '59', '60'],
};

/** Currency and country of the national schemes. */
const NATION: Readonly<Partial<Record<Scheme, { readonly currency: string; readonly country: string }>>> = {
  promptpay: { currency: '764', country: 'TH' },
  'promptpay-bill': { currency: '764', country: 'TH' },
  qris: { currency: '360', country: 'ID' },
  vietqr: { currency: '704', country: 'VN' },
};

export const fault = (code: QrFaultCode, path: string, found: string | null, expected: string): QrFault => ({
  code,
  path,
  found: found === null ? 'nothing' : quote(found),
  expected,
});

/** Faults of the fields every scheme has: presence, form, and the nation's currency and country. */
export function fieldFaults(scheme: Scheme, root: readonly TlvObject[]): QrFault[] {
  const faults: QrFault[] = [];
  for (const id of MANDATORY[scheme]) {
    if (fieldOf(root, id) === null) faults.push(fault('qr-field-missing', id, null, FORMS[id]?.expected ?? 'a value'));
  }
  for (const [id, form] of Object.entries(FORMS)) {
    const value = fieldOf(root, id);
    if (value !== null && !form.pattern.test(value)) faults.push(fault('qr-field', id, value, form.expected));
  }
  const nation = NATION[scheme];
  const currency = fieldOf(root, '53');
  const country = fieldOf(root, '58');
  if (nation && currency !== null && currency !== nation.currency) faults.push(fault('qr-currency', '53', currency, nation.currency));
  if (nation && country !== null && country !== nation.country) faults.push(fault('qr-field', '58', country, nation.country));
  return faults;
}

export interface Amounts {
  readonly amount: Money | null;
  readonly tip: Tip | null;
  readonly faults: readonly QrFault[];
}

/** Reads amount (54) and tip (55-57). In a currency tilld does not know only their form is checked, and `amount` is null. */
export function readAmounts(root: readonly TlvObject[], currency: Currency | null): Amounts {
  const faults: QrFault[] = [];
  const amountText = fieldOf(root, '54');
  if (amountText !== null && !isAmount(amountText, currency)) {
    faults.push(fault('qr-amount-invalid', '54', amountText, amountForm(currency)));
  }
  const amount = amountText !== null && currency !== null && faults.length === 0 ? parseDecimal(amountText, currency) : null;
  return { amount, tip: readTip(root, currency, faults), faults };
}

function readTip(root: readonly TlvObject[], currency: Currency | null, faults: QrFault[]): Tip | null {
  const indicator = fieldOf(root, '55');
  const fixed = fieldOf(root, '56');
  const percent = fieldOf(root, '57');
  if (indicator !== null && !/^0[123]$/.test(indicator)) faults.push(fault('qr-field', '55', indicator, '01, 02 or 03'));
  if (indicator !== '02' && fixed !== null) faults.push(fault('qr-field', '56', fixed, 'no fixed tip unless 55 is 02'));
  if (indicator !== '03' && percent !== null) faults.push(fault('qr-field', '57', percent, 'no tip percentage unless 55 is 03'));
  if (indicator === '02') {
    if (fixed === null) faults.push(fault('qr-field-missing', '56', null, amountForm(currency)));
    else if (!isAmount(fixed, currency)) faults.push(fault('qr-amount-invalid', '56', fixed, amountForm(currency)));
    else return { kind: 'fixed', amountText: fixed };
  }
  if (indicator === '03') {
    if (percent === null) faults.push(fault('qr-field-missing', '57', null, 'a percentage from 00.01 to 99.99'));
    else if (!/^\d{1,2}(\.\d{1,2})?$/.test(percent) || !/[1-9]/.test(percent)) {
      faults.push(fault('qr-field', '57', percent, 'a percentage from 00.01 to 99.99'));
    } else return { kind: 'percent', percentText: percent };
  }
  return indicator === '01' ? { kind: 'prompt' } : null;
}

function isAmount(text: string, currency: Currency | null): boolean {
  if (text.length > 13 || !/^\d+(\.\d*)?$/.test(text) || !/[1-9]/.test(text)) return false;
  return currency === null || parseDecimal(text, currency) !== null;
}

function amountForm(currency: Currency | null): string {
  const decimals = currency === null ? '' : ` with at most ${fractionDigits(currency)} decimals`;
  return `an amount above 0 of at most 13 digits and "."${decimals}`;
}
