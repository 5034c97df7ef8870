import type { CancelReason, CardFace, CashTally, Drive, Origin, TopUpFace } from '../journal.ts';
import type { Currency } from '../money.ts';
import type { Order } from '../order.ts';

/** A charge whose outcome is not known yet; only a `shown` one is on the screen (a card's: while the answer is waited for). */
export interface OpenCharge {
  readonly id: string;
  readonly sale: string;
  readonly amountMinor: number;
  readonly qr: string;
  readonly expiresAtMs: number;
  readonly card?: CardFace;
  /** The method, on a charge that the backend's own terminal takes. */
  readonly terminal?: string;
  /** On a top-up card's charge, whose amount is the declared face value. */
  readonly topUp?: TopUpFace;
  /** What has been paid of it and booked already. */
  readonly partMinor?: number;
  readonly state: 'shown' | 'superseded' | 'expired';
}

/** The sale on the front; there is at most one. */
export interface Sale {
  readonly id: string;
  readonly dueMinor: number;
  readonly description: string;
  readonly origin: Origin;
  readonly drive: Drive | null;
  readonly phase: 'paying' | 'delivering';
  /** A charge asked for and not answered yet. */
  readonly request: { readonly id: string; readonly amountMinor: number } | null;
  /** The charge whose QR is on the screen. */
  readonly charge: string | null;
  readonly qrRefusal: { readonly code: string; readonly reason: string } | null;
  /** Money that came in during this sale; while there is any, no time limit strikes. */
  readonly cashMinor: number;
  readonly qrMinor: number;
  readonly cardMinor: number;
  readonly terminalMinor: number;
  readonly topUpMinor: number;
  /** The charge that paid, or the last one shown. */
  readonly lastCharge: string | null;
  readonly act: string | null;
}

/** A cancelled sale that is reported once all its charges are resolved. */
interface OwedReport {
  readonly reason: CancelReason;
  readonly cash: CashTally;
  readonly qrMinor: number;
  readonly cardMinor: number;
  readonly terminalMinor: number;
  readonly topUpMinor: number;
  readonly lastCharge: string | null;
}

export interface ResolvedCharge {
  readonly id: string;
  readonly sale: string;
  readonly amountMinor: number;
  /** On a card's charge. */
  readonly card?: CardFace;
  readonly terminal?: string;
  readonly topUp?: TopUpFace;
  readonly partMinor?: number;
  readonly outcome: 'paid' | 'failed' | 'abandoned';
  readonly contradicted: boolean;
}

interface Unannounced {
  readonly charge: string;
  readonly sale: string;
  readonly amountMinor: number;
}

/** A bill that an acceptor holds and was told to keep. */
export interface HeldBill {
  readonly acceptor: string;
  readonly amountMinor: number;
  readonly sale: string | null;
}

/** All that the journal says about the box's money, folded. */
export interface Till {
  readonly seq: number;
  readonly currency: Currency;
  /** Customers' money on the box that no sale has used. */
  readonly creditMinor: number;
  readonly sale: Sale | null;
  readonly charges: Readonly<Record<string, OpenCharge>>;
  /** The last resolved charges, oldest first, so that duplicates and contradictions are recognised. */
  readonly resolved: readonly ResolvedCharge[];
  /** Pieces taken since the report before. */
  readonly tally: CashTally;
  readonly owed: Readonly<Record<string, OwedReport>>;
  readonly unannounced: readonly Unannounced[];
  /** The backend's orders that wait for the box to be free, oldest first. */
  readonly orders: readonly Order[];
  /** Tickets that are being printed, and whose. */
  readonly tickets: Readonly<Record<string, string>>;
  /** Bills that are being kept, by piece. */
  readonly held: Readonly<Record<string, HeldBill>>;
}

/** Orders to sell beyond this many are refused: a box that is so far behind does nobody a service by catching up. */
export const ORDERS_KEPT = 200;

/** How many resolved charges the till remembers; older ones are still in the journal, whose unique index refuses a second payment. */
export const RESOLVED_KEPT = 200;

export const EMPTY_TALLY: CashTally = { coin: {}, bill: {} };

export function emptyTill(currency: Currency): Till {
  return {
    seq: 0,
    currency,
    creditMinor: 0,
    sale: null,
    charges: {},
    resolved: [],
    tally: EMPTY_TALLY,
    owed: {},
    unannounced: [],
    orders: [],
    tickets: {},
    held: {},
  };
}

/** Money that came in during a sale, by whatever road. */
export const takenMinor = (sale: Sale): number => sale.cashMinor + sale.qrMinor + sale.cardMinor + sale.terminalMinor + sale.topUpMinor;

/**
 * Money that keeps a sale open for a customer who may be looking for the rest. Where there is no cash nothing pays the rest of
 * a QR or a top-up card but another of them: such a sale would stand in everybody's way.
 */
export const keepingMinor = (sale: Sale, cashPossible: boolean): number =>
  takenMinor(sale) - (cashPossible ? 0 : sale.qrMinor + sale.topUpMinor);

/** Whether a charge is taken without a QR: once it is sent, only its answer or its time limit ends it. */
export const isDirect = ({ card, terminal, topUp }: Pick<OpenCharge, 'card' | 'terminal' | 'topUp'>): boolean =>
  card !== undefined || terminal !== undefined || topUp !== undefined;

/** An open charge of this box. Ids come from outside: one such as `constructor` is nobody's. */
export const openCharge = (till: Till, charge: string): OpenCharge | undefined =>
  Object.hasOwn(till.charges, charge) ? till.charges[charge] : undefined;

/** A charge of this box, open or among the last resolved, or null. */
export const knownCharge = (till: Till, charge: string): OpenCharge | ResolvedCharge | null =>
  openCharge(till, charge) ?? till.resolved.find(({ id }) => id === charge) ?? null;

/** What is still to pay of the sale on the front; 0 without one. */
export function restMinor(till: Till): number {
  return till.sale?.phase === 'paying' ? Math.max(0, till.sale.dueMinor - till.creditMinor) : 0;
}

export const shownCharge = (till: Till): OpenCharge | null => {
  const id = till.sale?.charge;
  return id ? (till.charges[id] ?? null) : null;
};

/**
 * Whether a QR for the rest is asked for without anybody's doing: after money that came in has changed the amount, and after
 * a top-up card that took the place of one, but not after a QR was refused, failed or ran out. Then OK asks: a sale left
 * behind makes no charges for ever.
 */
export function wantsNewQr({ sale, charges, resolved }: Till): boolean {
  if (sale?.phase !== 'paying') return false;
  if (sale.qrRefusal !== null) return sale.qrRefusal.code === 'amount-changed';
  if (sale.lastCharge === null) return takenMinor(sale) > 0;
  const { lastCharge } = sale;
  const open = charges[lastCharge];
  // Of one that ran out, too, a part may come.
  if (open) return open.state === 'superseded' || open.partMinor !== undefined;
  const last = resolved.find(({ id }) => id === lastCharge);
  return last?.topUp !== undefined && last.outcome !== 'abandoned';
}

/** Adds `by` pieces (negative to take away) of one denomination. */
export function addPieces(tally: CashTally, method: keyof CashTally, minor: string, by: number): CashTally {
  const count = (tally[method][minor] ?? 0) + by;
  const { [minor]: _, ...others } = tally[method];
  return { ...tally, [method]: count === 0 ? others : { ...others, [minor]: count } };
}

/** `from` without the pieces of `taken`. */
export function withoutPieces(from: CashTally, taken: CashTally): CashTally {
  let left = from;
  for (const method of ['coin', 'bill'] as const) {
    for (const [minor, count] of Object.entries(taken[method])) left = addPieces(left, method, minor, -count);
  }
  return left;
}
