import type { ChargeAnswer } from '../../ports/gateway.ts';
import type { KeptOrder, PaymentInfo } from './codec.ts';

const PAID = ['PAID', 'SUCCESS'];
const OVER = ['CANCELLED', 'EXPIRED', 'FAILED'];

type Kept = Pick<KeptOrder, 'amount' | 'amountPaid' | 'status'>;
type Told = Pick<PaymentInfo, 'amount' | 'amountPaid' | 'status'>;

/**
 * What the order as the gateway keeps it settles by itself, or null: PayOS may know more. Only where it says how much came
 * is nothing left to ask; the document has no such field. @param amount what the charge is for; null when that is not known
 */
export function answerOfOrder(order: Kept, amount: number | null): ChargeAnswer | null {
  if (amount !== null && order.amount !== amount) return unresolved('amount-mismatch');
  const { amountPaid } = order;
  return isPaid(order) && amountPaid !== null && amountPaid >= order.amount ? whole(amountPaid, order.amount) : null;
}

/** Whether the gateway keeps an order as paid without a word of how much came. */
export const paidUncounted = (order: Kept | null): boolean => order !== null && isPaid(order) && order.amountPaid === null;

/**
 * What PayOS says of an order (null: nothing), beside what the gateway keeps. That a part came is believed whoever says so,
 * `underpaid:` and how much, whatever the status; that the whole came needs a status that says so, or that the link is over.
 * Where the gateway keeps it as paid and nobody counts the money, that is its word. Nothing is ever failed: money may
 * still be on its way to a link that is over, and both PayOS and the gateway notice it.
 */
export function answerOfInfo(info: Told | null, order: Kept | null, amount: number | null): ChargeAnswer {
  const last = info ?? order;
  if (last === null) return unresolved('not-found');
  const due = amount ?? order?.amount ?? last.amount;
  if (last.amount !== due) return unresolved('amount-mismatch');
  const paid = Math.max(info?.amountPaid ?? 0, order?.amountPaid ?? 0);
  const word = last.status.toLowerCase();
  const over = OVER.includes(last.status);
  const saidPaid = isPaid(last) || (order !== null && isPaid(order));
  if (paid === 0 && paidUncounted(order)) return { state: 'paid' };
  if (paid >= due && (saidPaid || over)) return whole(paid, due);
  if (paid > 0 && paid < due) return partly(over ? word : 'underpaid', paid);
  if (saidPaid || [last.status, order?.status].includes('UNDERPAID')) return unresolved('contradictory-answer');
  return over ? { ...unresolved(word), over: true } : unresolved(word);
}

const isPaid = ({ status }: Pick<Told, 'status'>): boolean => PAID.includes(status);

/** What came beyond the amount is the customer's, too. */
const whole = (paid: number, due: number): ChargeAnswer => (paid > due ? { state: 'paid', paidMinor: paid } : { state: 'paid' });

/** The dong has no minor unit: an amount is its own number of minor units. */
const partly = (word: string, paid: number): ChargeAnswer => ({ state: 'unresolved', reason: `${word}:${paid}`, paidMinor: paid });

const unresolved = (reason: string) => ({ state: 'unresolved', reason }) as const;
