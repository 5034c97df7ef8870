import { createHash } from 'node:crypto';
import { money } from '../domain/money.ts';
import { buildPromptPayBill } from '../domain/qr/build.ts';
import { crc16 } from '../domain/qr/crc.ts';
import { parsePaymentQr } from '../domain/qr/parse.ts';
import type { FaultBoard } from './faults.ts';

/** Synthetic: no such biller exists. */
const BILLER = '099999999999990';
const MERCHANT = 'TILLD TEST';

/** The PromptPay bill payment of a charge: exactly `amountMinor` satang, with a reference made of the charge's id. @throws CallerFault `qr-build` */
export function chargeQr(chargeId: string, deviceId: string, amountMinor: number): string {
  return buildPromptPayBill({
    billerId: BILLER,
    ref1: createHash('sha256').update(chargeId).digest('hex').slice(0, 20).toUpperCase(),
    ref2: deviceId
      .replace(/[^A-Za-z0-9]/g, '')
      .toUpperCase()
      .slice(0, 20),
    amount: money(amountMinor, 'THB', 1),
    merchantName: MERCHANT,
  });
}

/** The QR as the reply carries it: the charge's own, or spoilt as the faults that are switched on say; `dearer` makes one over more. */
export function offeredQr(qr: string, dearer: () => string, faults: FaultBoard): string {
  if (faults.strike('wrong-amount-qr')) return dearer();
  if (faults.strike('wrong-currency-qr')) return inDollars(qr);
  if (faults.strike('wrong-crc-qr')) return qr.slice(0, -1) + (qr.endsWith('0') ? '1' : '0');
  return qr;
}

/** The same text with the currency 840 and a right checksum: only a look at tag 53 can tell. */
function inDollars(qr: string): string {
  const objects = parsePaymentQr(qr).objects.filter(({ id }) => id !== '63');
  const body = objects.map(({ id, value }) => object(id, id === '53' ? '840' : value)).join('');
  return `${body}6304${crc16(`${body}6304`)}`;
}

const object = (id: string, value: string): string => `${id}${String(value.length).padStart(2, '0')}${value}`;

/** The QR symbol as a PNG, base64. */
export async function qrPicture(qr: string): Promise<string> {
  const { default: qrcode } = await import('qrcode');
  const png = await qrcode.toBuffer(qr, { type: 'png', errorCorrectionLevel: 'M', margin: 4, width: 320 });
  return png.toString('base64');
}
