import { createHash } from 'node:crypto';
import { withoutCardData } from '../../domain/card-data.ts';
import { CallerFault } from '../../domain/fault.ts';

/**
 * The order code of a request, 1 to 2^53 - 1: 53 bits of SHA-256 over the box's serial number, the request's id and the
 * number of the try. A request that is repeated, after a lost answer or a restart, is thereby the same order, and nothing
 * needs to be kept. The next try is made when the digits could be a card number (one in ten): those are masked in logs.
 *
 * Two of n orders of one gateway have the same code with a probability of about n^2 / 2^54: one in 18,000 among a million.
 * It matters only when both are open at the same time, for a code whose order is over is not shown; among 10,000 orders of
 * one day that is one in 180 million, and then amount and description have to be the same as well.
 */
export function orderCodeOf(serial: string, request: string): number {
  for (let number = 0; ; number++) {
    const digest = createHash('sha256')
      .update(JSON.stringify(['tilld order code', serial, request, number]))
      .digest();
    const code = Number(digest.readBigUInt64BE() >> 11n);
    const text = String(code);
    if (code > 0 && withoutCardData(text) === text) return code;
  }
}

/** The order code a charge id is. @throws CallerFault `charge-invalid` */
export function orderCodeIn(charge: string): number {
  const code = /^[1-9]\d{0,15}$/.test(charge) ? Number(charge) : Number.NaN;
  if (Number.isSafeInteger(code)) return code;
  throw new CallerFault('The charge is none of this gateway', {
    code: 'charge-invalid',
    found: `${charge.length} characters`,
    expected: `an order code, 1 to ${Number.MAX_SAFE_INTEGER}`,
  });
}
