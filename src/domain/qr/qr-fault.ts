import { excerpt } from '../card-data.ts';

/** What can be wrong with a payment QR. Part of the interface: programs match on the code. */
export type QrFaultCode =
  | 'qr-empty'
  | 'qr-too-long'
  /** Control characters or half characters, which wallets read differently. */
  | 'qr-characters'
  /** An id or a length that is not two digits, or a length of zero. */
  | 'qr-malformed'
  | 'qr-truncated'
  | 'qr-duplicate'
  /** It does not begin with payload format 01. */
  | 'qr-not-emvco'
  /** The mini QR of a Thai bank slip: proof of a transfer, not a request for one. */
  | 'qr-slip'
  | 'qr-crc-missing'
  | 'qr-crc'
  | 'qr-field-missing'
  | 'qr-field'
  | 'qr-currency'
  | 'qr-amount-invalid'
  /** A QRIS transfer between people, which is not a sale. */
  | 'qr-transfer'
  /** A QR the customer shows to the merchant. */
  | 'qr-customer-presented';

/** One fault of a QR text. `path` is the object's id, or template/id, or empty for the whole text. */
export interface QrFault {
  readonly code: QrFaultCode;
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

const LONGEST_QUOTE = 40;

/** Quotes hostile text for a message: printable characters only and no card data, cut to 40. */
export function quote(text: string): string {
  const printable = Array.from(excerpt(text, 4 * LONGEST_QUOTE), (character) =>
    /[\p{C}\p{Z}]/u.test(character) && character !== ' ' ? '\u{fffd}' : character,
  );
  return printable.length > LONGEST_QUOTE ? `"${printable.slice(0, LONGEST_QUOTE).join('')}…"` : `"${printable.join('')}"`;
}
