import {
  type ActResult,
  type CancelReason,
  type CardFace,
  type CashTally,
  type Entry,
  type Origin,
  type Recorded,
  SUM_OF,
  type TopUpFace,
} from '../journal.ts';
import type { Currency } from '../money.ts';
import { addPieces, EMPTY_TALLY } from './state.ts';

type SaleState =
  | 'requesting'
  | 'qr'
  | 'authorising'
  | 'cash'
  | 'delivering'
  | 'delivered'
  | 'delivery-failed'
  | 'delivery-unknown'
  | 'cancelled';

/** One sale as programs see it. */
export interface SaleView {
  readonly id: string;
  readonly state: SaleState;
  readonly dueMinor: number;
  readonly currency: Currency;
  readonly description: string;
  readonly origin: Origin;
  /** Paid by QR, by card, and by coins and bills put in during the sale. */
  readonly qrMinor: number;
  readonly cardMinor: number;
  /** Taken by the backend's own terminal. */
  readonly terminalMinor: number;
  /** Credited for top-up cards. */
  readonly topUpMinor: number;
  readonly cashMinor: number;
  readonly cash: CashTally;
  /** The charge whose QR is or was last shown. */
  readonly charge: string | null;
  readonly qr: string | null;
  /** The card that was presented last. */
  readonly card: CardFace | null;
  /** How the customer chose to pay at the backend's terminal, by the backend's name. */
  readonly terminal: string | null;
  /** The top-up card that was sent last: all that is kept of it. */
  readonly topUp: TopUpFace | null;
  readonly cancelReason: CancelReason | null;
  /** Why there is no QR, when the backend or the box refused one. */
  readonly qrRefusal: { readonly code: string; readonly reason: string } | null;
  readonly delivery: ActResult | null;
  readonly refundMinor: number;
  readonly openedAtMs: number;
}

/** One sale as its journal entries tell it, in order; null when the first of them does not open a sale. */
export function saleView(recorded: readonly Recorded[], currency: Currency): SaleView | null {
  const first = recorded[0];
  if (first?.entry.kind !== 'sale.opened') return null;
  const { sale, dueMinor, description, origin } = first.entry;
  let view: SaleView = {
    id: sale,
    state: 'cash',
    dueMinor,
    currency,
    description,
    origin,
    qrMinor: 0,
    cardMinor: 0,
    terminalMinor: 0,
    topUpMinor: 0,
    cashMinor: 0,
    cash: EMPTY_TALLY,
    charge: null,
    qr: null,
    card: null,
    terminal: null,
    topUp: null,
    cancelReason: null,
    qrRefusal: null,
    delivery: null,
    refundMinor: 0,
    openedAtMs: first.atMs,
  };
  for (const { entry } of recorded) view = { ...view, ...after(view, entry) };
  return view;
}

const AFTER_ACT: Record<ActResult, SaleState> = { done: 'delivered', failed: 'delivery-failed', indeterminate: 'delivery-unknown' };

function after(view: SaleView, entry: Entry): Partial<SaleView> {
  switch (entry.kind) {
    case 'charge.requested':
      return { state: 'requesting', qrRefusal: null };
    case 'charge.created':
      if (entry.card) return { state: 'authorising', charge: entry.charge, card: entry.card };
      if (entry.terminal) return { state: 'authorising', charge: entry.charge, terminal: entry.terminal };
      if (entry.topUp) return { state: 'authorising', charge: entry.charge, topUp: entry.topUp };
      return { state: 'qr', charge: entry.charge, qr: entry.qr };
    case 'charge.refused':
      return { state: 'cash', qrRefusal: { code: entry.code, reason: entry.reason } };
    case 'charge.superseded':
    case 'charge.expired':
    case 'charge.failed':
      return (view.state === 'qr' || view.state === 'authorising') && entry.charge === view.charge ? { state: 'cash', qr: null } : {};
    case 'charge.paid': {
      const taken = SUM_OF[entry.method ?? 'qr'];
      // A top-up card may have brought only a part.
      const state = view.state === 'authorising' && entry.charge === view.charge ? 'cash' : view.state;
      return { state, charge: entry.charge, [taken]: view[taken] + entry.amountMinor };
    }
    case 'charge.part-paid':
      // A card that is being asked about stays the charge.
      return { charge: view.state === 'authorising' ? view.charge : entry.charge, qrMinor: view.qrMinor + entry.amountMinor };
    case 'cash.credited':
      return { cashMinor: view.cashMinor + entry.amountMinor, cash: addPieces(view.cash, entry.method, String(entry.amountMinor), 1) };
    case 'sale.settled':
      return { state: 'delivered', qr: null };
    case 'sale.cancelled':
      return { state: 'cancelled', cancelReason: entry.reason, qr: null };
    case 'refund.due':
      return { refundMinor: view.refundMinor + entry.amountMinor };
    case 'act.intent':
      return { state: 'delivering' };
    case 'act.outcome':
      return { state: AFTER_ACT[entry.result], delivery: entry.result };
    default:
      return {};
  }
}
