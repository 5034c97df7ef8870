import type { LinkStatus } from './upstreams.ts';

/** What counts more comes later; among equals what was first stays. Money that came counts more than that nobody waits for it. */
const RANKS: Readonly<Record<LinkStatus, number>> = {
  PENDING: 0,
  PROCESSING: 1,
  EXPIRED: 2,
  CANCELLED: 2,
  FAILED: 2,
  UNDERPAID: 3,
  PAID: 4,
};

/**
 * What a link is, when `told` is said of it and `amountPaid` is known to have come. Never less than it was: a link that
 * has expired can still be paid, one that is paid stays so. That it is paid or underpaid only money can say.
 */
export function linkStatus(now: LinkStatus, told: LinkStatus, amount: number, amountPaid: number): LinkStatus {
  const next = amountPaid >= amount ? 'PAID' : amountPaid > 0 ? 'UNDERPAID' : told;
  if (amountPaid === 0 && (told === 'PAID' || told === 'UNDERPAID')) return now;
  return RANKS[next] > RANKS[now] ? next : now;
}

/** Whether more can become of a link by itself: of one that is over a late payment is still noticed. */
export const isOpen = (status: LinkStatus): boolean => RANKS[status] < RANKS.EXPIRED || status === 'UNDERPAID';

/** Paid is SUCCESS where the document shows what the gateway itself keeps (2.3, 3.1). */
export const keptStatus = (status: LinkStatus): string => (status === 'PAID' ? 'SUCCESS' : status);
