import type { KioskScreen } from '../domain/kiosk.ts';
import { knownCharge, type OpenCharge, type ResolvedCharge, type Till } from '../domain/till/state.ts';
import type { Dialogue } from './kiosk-dialogue.ts';

/** What the box knows when a screen comes. */
interface KnownToBox {
  readonly dialogue: Dialogue | null;
  readonly till: Till;
  /** Whether a sale of this box was cancelled. */
  readonly cancelled: (sale: string) => boolean;
}

/** Why a screen cannot be shown, or null: every one must fit what the box itself knows. */
export function refusalOf(screen: KioskScreen, transaction: string, { dialogue, till, cancelled }: KnownToBox): string | null {
  if (screen.screen === 'device-error') return null;
  if (screen.screen === 'amount-select') {
    return screen.other || screen.amounts.length > 0 ? null : 'this box can sell for none of its amounts';
  }
  if (dialogue?.transaction !== transaction) return 'it belongs to another transaction';
  const charge = knownCharge(till, transaction);
  if (screen.screen === 'keypad' && charge) return 'the method was chosen already';
  if (screen.screen === 'payment-method' && !dialogue.amount) return 'no amount was chosen';
  if (screen.screen === 'payment-method' && charge && !isShown(charge)) return 'the payment is over';
  // Whoever has paid is not told to wait or to pay again.
  if (UNPAID.has(screen.screen) && charge && isPaid(charge)) return 'it was paid';
  if (!PAYING.has(screen.screen)) return null;
  if (!charge) return 'no method was chosen';
  // The customer was told not to pay again; what comes of the charge now is booked, and owed back.
  if (cancelled(charge.sale)) return 'the box has given the payment up';
  return PAID.has(screen.screen) && !isPaid(charge) ? 'the box has not heard that it was paid' : null;
}

/** Whether the backend has said that it was paid. */
export const isPaid = (charge: OpenCharge | ResolvedCharge): boolean => 'outcome' in charge && charge.outcome === 'paid';

/** Whether the customer still waits for what becomes of it. */
const isShown = (charge: OpenCharge | ResolvedCharge): boolean => 'state' in charge && charge.state === 'shown';

/** Screens of a payment that the box is in. */
const PAYING: ReadonlySet<KioskScreen['screen']> = new Set(['processing', 'success', 'print-ticket', 'collect-ticket']);
/** Screens before a payment is taken, or of one that was not. */
const UNPAID: ReadonlySet<KioskScreen['screen']> = new Set(['processing', 'failed', 'limit-error']);
/** Screens for who has paid. */
const PAID: ReadonlySet<KioskScreen['screen']> = new Set(['success', 'print-ticket', 'collect-ticket']);
