import { CallerFault } from '../fault.ts';
import { decimalText, type Money, numericCode } from '../money.ts';
import { crc16 } from './crc.ts';
import { parsePaymentQr } from './parse.ts';
import type { Tip } from './payment-qr.ts';
import { quote } from './qr-fault.ts';
import { PROMPTPAY_AID, PROMPTPAY_BILL_AID, QRIS_DOMAIN, VIETQR_AID } from './schemes.ts';

/** What every QR may carry. A QR without an amount is static: many may pay it, each what they type. */
interface Common {
  readonly amount?: Money;
  readonly merchantName?: string;
  readonly merchantCity?: string;
  /** Tag 62-07. */
  readonly terminal?: string;
}

export interface PromptPay extends Common {
  /** A phone number in any usual form, a 13-digit national or tax id, a 15-digit e-wallet id, or bank code with account. */
  readonly to: { readonly kind: 'phone' | 'national-id' | 'e-wallet' | 'bank-account'; readonly id: string };
}

export interface PromptPayBill extends Common {
  readonly billerId: string;
  readonly ref1: string;
  readonly ref2?: string;
}

export interface VietQr extends Common {
  readonly to: { readonly kind: 'account' | 'card'; readonly bin: string; readonly id: string };
  /** Tag 62-08: what the transfer is for. */
  readonly purpose?: string;
}

export interface Qris extends Common {
  /** Reverse domain of the acquirer, and the merchant's PAN, id and size there. */
  readonly acquirer: string;
  readonly pan: string;
  readonly merchantId: string;
  readonly criteria: string;
  readonly nmid: string;
  readonly categoryCode: string;
  readonly merchantName: string;
  readonly merchantCity: string;
  readonly postalCode: string;
  readonly tip?: Tip;
}

/** PromptPay to a person or shop, tag 29. @throws CallerFault `qr-build` naming the field that does not fit */
export function buildPromptPay({ to, ...common }: PromptPay): string {
  const id = to.kind === 'phone' ? thaiPhone(to.id) : to.id;
  const sub = { phone: '01', 'national-id': '02', 'e-wallet': '03', 'bank-account': '04' }[to.kind];
  return seal(common, { '29': template({ '00': PROMPTPAY_AID, [sub]: id }), '53': '764', '58': 'TH' });
}

/** PromptPay bill payment, tag 30: the form a payment backend uses to recognise its own charge. @throws CallerFault `qr-build` */
export function buildPromptPayBill({ billerId, ref1, ref2, ...common }: PromptPayBill): string {
  return seal(common, {
    '30': template({ '00': PROMPTPAY_BILL_AID, '01': billerId, '02': ref1, '03': ref2 }),
    '53': '764',
    '58': 'TH',
  });
}

/** VietQR to a bank account or card, tag 38. @throws CallerFault `qr-build` */
export function buildVietQr({ to, purpose, ...common }: VietQr): string {
  const account = template({
    '00': VIETQR_AID,
    '01': template({ '00': to.bin, '01': to.id }),
    '02': to.kind === 'account' ? 'QRIBFTTA' : 'QRIBFTTC',
  });
  return seal(common, { '38': account, '53': '704', '58': 'VN' }, { '08': purpose });
}

/** QRIS, tags 26 and 51. @throws CallerFault `qr-build` */
export function buildQris({ acquirer, pan, merchantId, criteria, nmid, categoryCode, postalCode, tip, ...common }: Qris): string {
  return seal(common, {
    '26': template({ '00': acquirer, '01': pan, '02': merchantId, '03': criteria }),
    '51': template({ '00': QRIS_DOMAIN, '02': nmid, '03': criteria }),
    '52': categoryCode,
    '53': '360',
    ...tipFields(tip),
    '58': 'ID',
    '61': postalCode,
  });
}

type Fields = Readonly<Record<string, string | undefined>>;

/** Puts the objects in order, adds the checksum, and refuses to hand out what the box itself would refuse. */
function seal({ amount, merchantName, merchantCity, terminal }: Common, own: Fields, additional: Fields = {}): string {
  const currency = own['53'];
  if (amount && numericCode(amount.currency) !== currency) {
    throw notBuilt('53', `an amount in ${amount.currency}`, `an amount in the currency ${currency}`);
  }
  const more = template({ '07': terminal, ...additional });
  const fields: Fields = {
    '00': '01',
    '01': amount ? '12' : '11',
    ...own,
    '54': amount && decimalText(amount),
    '59': merchantName,
    '60': merchantCity,
    '62': more === '' ? undefined : more,
  };
  const body = `${template(fields)}6304`;
  const text = body + crc16(body);
  const parsed = parsePaymentQr(text);
  const fault = parsed.ok ? undefined : parsed.faults[0];
  if (fault) throw notBuilt(fault.path, fault.found, fault.expected);
  return text;
}

/** Objects of one level in the order of their ids; those without a value are left out. */
function template(fields: Fields): string {
  return Object.keys(fields)
    .sort()
    .map((id) => {
      const value = fields[id];
      return value === undefined ? '' : object(id, value);
    })
    .join('');
}

function object(id: string, value: string): string {
  const length = Array.from(value).length;
  if (length === 0 || length > 99) throw notBuilt(id, `${length} characters`, '1 to 99 characters');
  return `${id}${String(length).padStart(2, '0')}${value}`;
}

/** "081-234-5678" and "+66 81 234 5678" alike become "0066812345678". */
function thaiPhone(text: string): string {
  const digits = text.replace(/[\s().+-]/g, '');
  if (!/^\d{9,13}$/.test(digits)) throw notBuilt('29/01', quote(text), 'a Thai phone number');
  return digits.replace(/^0(?!0)/, '66').padStart(13, '0');
}

function tipFields(tip: Tip | undefined): Fields {
  switch (tip?.kind) {
    case undefined:
      return {};
    case 'prompt':
      return { '55': '01' };
    case 'fixed':
      return { '55': '02', '56': tip.amountText };
    case 'percent':
      return { '55': '03', '57': tip.percentText };
  }
}

const notBuilt = (path: string, found: string, expected: string): CallerFault =>
  new CallerFault(`A payment QR cannot be made: ${path === '' ? 'the whole text' : `field ${path}`} does not fit`, {
    code: 'qr-build',
    found,
    expected,
    remedy: 'Correct the field and build the QR again.',
  });
