import { createHash } from 'node:crypto';
import { money } from '../../domain/money.ts';
import { buildQris } from '../../domain/qr/build.ts';

/** As payment notices call the shop. */
export const MERCHANT_NAME = 'Toko Contoh';
/** Synthetic: no such merchant exists. */
const MERCHANT = {
  acquirer: 'ID.CO.EXAMPLE.WWW',
  pan: '936000990000000005',
  merchantId: 'MIDTEST00000001',
  criteria: 'UMI',
  nmid: 'ID1020000000001',
  categoryCode: '5411',
  merchantName: 'TOKO CONTOH',
  merchantCity: 'JAKARTA',
  postalCode: '10110',
} as const;

/** The QRIS code of a transaction over so many rupiah; its terminal label is made of the transaction's id, so that no two are alike. @throws CallerFault `qr-build` */
export function qrisCode(transactionId: string, amountMinor: number): string {
  const terminal = createHash('sha256').update(transactionId).digest('hex').slice(0, 16).toUpperCase();
  return buildQris({ ...MERCHANT, terminal, amount: money(amountMinor, 'IDR', 1) });
}
