import type { ChargeAnswer } from '../../ports/gateway.ts';
import type { KeptOrder, PaymentInfo } from './codec.ts';

const PAID = ['PAID', 'SUCCESS'];
const OVER = ['CANCELLED', 'EXPIRED', 'FAILED'];

type Kept = Pick<KeptOrder, 'amount' | 'amountPaid' | 'status'>;
type Told = Pick<PaymentInfo, 'amount' | 'amountPaid' | 'status'>;

/**
 * What the order as the gateway keeps it settles by itself, or null: it is not paid as far as the gateway knows, and
 * PayOS may know more. @param amount what the charge is for; null when that is not known
 */
export function answerOfOrder(order: Kept, amount: number | null): ChargeAnswer | null {
  if (amount !== null && order.amount !== amount) return unresolved('amount-mismatch');
  if (!PAID.includes(order.status)) return null;
  return paidAnswer(order.amountPaid ?? order.amount, order.amount);
}

/**
 * What PayOS says of an order (null: it knows none), beside what the gateway keeps, which is not paid. Nothing is failed
 * that money came for, whoever of the two says so: it is unresolved, with the status and how much came. Some of the amount
 * for an order that can still be paid is `underpaid:` and how much.
 */
export function answerOfInfo(info: Told | null, order: Kept | null, amount: number | null): ChargeAnswer {
  const last = info ?? order;
  if (last === null) return unresolved('not-found');
  const due = amount ?? order?.amount ?? last.amount;
  if (last.amount !== due) return unresolved('amount-mismatch');
  const paid = Math.max(info?.amountPaid ?? 0, order?.amountPaid ?? 0);
  if (PAID.includes(last.status)) return paidAnswer(paid, due);
  const word = last.status.toLowerCase();
  if (OVER.includes(last.status)) {
    if (paid > 0) return partly(word, paid);
    if (order?.status === 'UNDERPAID') return unresolved('contradictory-answer');
    return info !== null || order?.amountPaid === 0 ? { state: 'failed', reason: word } : unresolved(word);
  }
  if (paid > 0 && paid < due) return partly('underpaid', paid);
  return unresolved(last.status === 'UNDERPAID' ? 'contradictory-answer' : word);
}

/** Whole; what came beyond the amount is the customer's, too. */
function paidAnswer(paid: number, due: number): ChargeAnswer {
  if (paid < due) return unresolved('contradictory-answer');
  return paid > due ? { state: 'paid', paidMinor: paid } : { state: 'paid' };
}

/** The dong has no minor unit: an amount is its own number of minor units. */
const partly = (word: string, paid: number): ChargeAnswer => ({ state: 'unresolved', reason: `${word}:${paid}`, paidMinor: paid });

const unresolved = (reason: string): ChargeAnswer => ({ state: 'unresolved', reason });
