import type { Currency } from './money.ts';
import type { Order } from './order.ts';

/** How the box takes physical money. */
export type CashMethod = 'coin' | 'bill';
/** Which road a confirmation came by (`answer`: the reply to a card's sale request); they all feed one reducer. */
export type Via = 'push' | 'poll' | 'reconnect' | 'expiry' | 'grace' | 'answer';
/** Who opened or cancelled a sale. */
export type Origin = 'api' | 'button' | 'keypad' | 'backend' | 'cash' | 'kiosk';
export type CancelReason =
  | 'customer'
  | 'api'
  | 'timeout'
  | 'qr-expired'
  | 'qr-failed'
  | 'qr-refused'
  | 'card-declined'
  /** There was no connection to ask the payment server over: nothing was charged. */
  | 'card-not-sent'
  /** The payment server did not answer in time; its charge is still watched. */
  | 'card-unanswered'
  /** The backend's own terminal did not take the payment, or the backend has not said what became of it. */
  | 'terminal-declined'
  | 'terminal-unanswered'
  /** The operator of a top-up card has not decided in time; its charge is still watched. */
  | 'top-up-unanswered';
export type ActResult = 'done' | 'failed' | 'indeterminate';

/** All of a card that is ever written down. */
export interface CardFace {
  readonly org: string;
  /** First 6 and last 4 digits. */
  readonly maskedPan: string;
}

/** All of a top-up card that is ever written down; its declared face value is the amount of the charge. */
export interface TopUpFace {
  /** By the backend's name: `Viettel`. */
  readonly operator: string;
}

/** How a charge is paid. */
export type ChargeMethod = 'qr' | 'card' | 'terminal' | 'top-up';

/** Where sums by method are kept: on a sale, in a report, in the counters. */
export const SUM_OF = { qr: 'qrMinor', card: 'cardMinor', terminal: 'terminalMinor', 'top-up': 'topUpMinor' } as const;

/** What an output does for one sale: closed for a time, or a number of credit pulses. Times in milliseconds. */
export type Drive =
  | { readonly mode: 'hold'; readonly holdMs: number }
  | { readonly mode: 'pulses'; readonly count: number; readonly pulseMs: number; readonly gapMs: number };

/**
 * Everything that concerns money, as it is committed. The journal is append-only and the truth: the till's state is
 * the fold of these entries, and every effect (screen, voice, output, upload) is a consequence of a committed one.
 * Amounts are minor units of the box's one currency; ids are opaque texts unique for ever.
 */
export type Entry =
  | { readonly kind: 'boot'; readonly version: string; readonly currency: Currency }
  | {
      readonly kind: 'sale.opened';
      readonly sale: string;
      readonly dueMinor: number;
      readonly description: string;
      readonly origin: Origin;
      readonly drive: Drive | null;
      /** The backend's order it fulfils. */
      readonly order?: string;
    }
  /** A backend's order, as it came in; acted upon when the box is free. */
  | ({ readonly kind: 'order.received'; readonly order: string } & Omit<Order, 'id'>)
  | { readonly kind: 'order.refused'; readonly order: string; readonly code: string; readonly reason: string }
  | { readonly kind: 'order.announced'; readonly order: string; readonly spoken: boolean }
  | { readonly kind: 'charge.requested'; readonly sale: string; readonly request: string; readonly amountMinor: number }
  | {
      readonly kind: 'charge.created';
      readonly sale: string;
      readonly request: string;
      readonly charge: string;
      readonly amountMinor: number;
      readonly qr: string;
      /** By the backend's clock, milliseconds since 1970. */
      readonly expiresAtMs: number;
      /** On a card's charge, which has no QR: written before the sale request is sent. */
      readonly card?: CardFace;
      /** On a charge that the backend takes at its own terminal: the method by the backend's name. Written before the backend is told. */
      readonly terminal?: string;
      /** On a top-up card's charge: written before the card is sent. */
      readonly topUp?: TopUpFace;
    }
  | { readonly kind: 'charge.refused'; readonly sale: string; readonly request: string; readonly code: string; readonly reason: string }
  /** Taken off the screen because cash changed what is left to pay; still watched. */
  | { readonly kind: 'charge.superseded'; readonly sale: string; readonly charge: string }
  /** Its time is over and the last query did not resolve it; still watched through the grace time. */
  | { readonly kind: 'charge.expired'; readonly sale: string; readonly charge: string }
  | {
      readonly kind: 'charge.paid';
      readonly sale: string;
      readonly charge: string;
      readonly amountMinor: number;
      readonly via: Via;
      /** It no longer belonged to the sale on the front when it was paid. */
      readonly late: boolean;
      /** Absent: by QR. */
      readonly method?: Exclude<ChargeMethod, 'qr'>;
      /** Face value of a top-up card as its operator found it, where another one was declared; `amountMinor` is what was credited. */
      readonly worthMinor?: number;
      /** When the backend says that it was, by its clock, milliseconds since 1970. Absent: it does not say. */
      readonly paidAtMs?: number;
    }
  /** Some of it was paid, and it can still be paid whole: `amountMinor` is what came in since the entry before. */
  | {
      readonly kind: 'charge.part-paid';
      readonly sale: string;
      readonly charge: string;
      readonly amountMinor: number;
      readonly via: Via;
      readonly late: boolean;
    }
  | { readonly kind: 'charge.failed'; readonly sale: string; readonly charge: string; readonly via: Via; readonly reason: string }
  /** A backend contradicted its own earlier final answer. A payment that it took back keeps its effect; one that it granted after all is booked by an entry of its own. */
  | {
      readonly kind: 'charge.conflict';
      readonly sale: string;
      readonly charge: string;
      readonly via: Via;
      readonly claimed: 'paid' | 'failed';
    }
  | { readonly kind: 'charge.abandoned'; readonly sale: string; readonly charge: string }
  | {
      readonly kind: 'cash.credited';
      readonly sale: string | null;
      readonly method: CashMethod;
      readonly acceptor: string;
      readonly train: string;
      readonly amountMinor: number;
      /** Width of each pulse in milliseconds, so that a count can be audited; absent where no pulses were counted. */
      readonly widthsMs?: readonly number[];
      /** The held bill that this is. */
      readonly piece?: string;
    }
  /** Money no denomination matches: audited and reported, never dropped, never guessed. */
  | {
      readonly kind: 'cash.unassigned';
      readonly sale: string | null;
      readonly method: CashMethod;
      readonly acceptor: string;
      readonly train: string;
      readonly pulses: number;
      readonly widthsMs?: readonly number[];
      readonly piece?: string;
    }
  /** A bill is held and will be kept: written before the acceptor is told. `cash.credited` of the same piece follows, or one of the next two. */
  | {
      readonly kind: 'bill.held';
      readonly sale: string | null;
      readonly acceptor: string;
      readonly piece: string;
      readonly amountMinor: number;
    }
  | { readonly kind: 'bill.returned'; readonly sale: string | null; readonly piece: string; readonly reason: string }
  /** The box stopped in between, and the acceptor cannot say whether it was kept. */
  | { readonly kind: 'bill.unknown'; readonly sale: string | null; readonly piece: string }
  | { readonly kind: 'sale.settled'; readonly sale: string; readonly dueMinor: number }
  | { readonly kind: 'sale.cancelled'; readonly sale: string; readonly reason: CancelReason }
  | {
      readonly kind: 'refund.due';
      readonly sale: string;
      readonly amountMinor: number;
      readonly from: 'credit' | 'sales';
      readonly reason: string;
    }
  | { readonly kind: 'act.intent'; readonly sale: string; readonly act: string; readonly drive: Drive }
  | { readonly kind: 'act.outcome'; readonly sale: string; readonly act: string; readonly result: ActResult; readonly reason: string }
  /** A ticket is about to be printed; `copy` when one was tried before. */
  | { readonly kind: 'ticket.intent'; readonly sale: string; readonly ticket: string; readonly copy: boolean }
  | {
      readonly kind: 'ticket.outcome';
      readonly sale: string;
      readonly ticket: string;
      readonly result: ActResult;
      readonly reason: string;
    }
  | { readonly kind: 'announced'; readonly sale: string; readonly charge: string; readonly spoken: boolean }
  /** A sale report was put into the outbox in this same transaction. */
  | { readonly kind: 'report.queued'; readonly sale: string; readonly report: SaleReport }
  | { readonly kind: 'counters.reset' };

/** An entry as it stands in the journal. Order is `seq`; `atMs` is wall time and may jump or be wrong. */
export interface Recorded {
  readonly seq: number;
  readonly boot: string;
  readonly atMs: number;
  /** Whether the wall clock could be trusted when the entry was written. */
  readonly clockTrusted: boolean;
  readonly entry: Entry;
}

/** Pieces taken, by denomination in minor units: {"1000": 2} is two 10-baht coins. */
export type Tally = Readonly<Record<string, number>>;

export interface CashTally {
  readonly coin: Tally;
  readonly bill: Tally;
}

export type ReportStatus = 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** One sale as a backend hears of it, in no dialect; each dialect's codec shapes it. */
export interface SaleReport {
  readonly id: string;
  readonly sale: string;
  readonly status: ReportStatus;
  readonly qrMinor: number;
  /** Absent on reports of boxes without a card reader. */
  readonly cardMinor?: number;
  /** Absent where nothing was taken at a terminal of the backend's. */
  readonly terminalMinor?: number;
  /** Absent where no top-up card was credited. */
  readonly topUpMinor?: number;
  readonly charge: string | null;
  /** Pieces taken since the report before, so that the sum over all reports is all the cash there was. */
  readonly cash: CashTally;
  readonly currency: Currency;
}

/**
 * Where money stands. `cash`, `qr`, `card`, `terminal` (the backend's own) and `topup` (cards) are the outside world; the rest
 * are the box's own books. The store takes lower-case letters only.
 */
export type Account = 'cash' | 'qr' | 'card' | 'terminal' | 'topup' | 'credit' | 'sales' | 'refund';

export interface Posting {
  readonly from: Account;
  readonly to: Account;
  readonly minor: number;
}

/**
 * The money an entry moves, or null. Because every movement has a source and a destination, the books balance by
 * construction: cash + qr + card + terminal + topup taken = credit + sales + refund.
 */
export function posting(entry: Entry): Posting | null {
  switch (entry.kind) {
    case 'cash.credited':
      return { from: 'cash', to: 'credit', minor: entry.amountMinor };
    case 'charge.paid':
      return { from: entry.method === 'top-up' ? 'topup' : (entry.method ?? 'qr'), to: 'credit', minor: entry.amountMinor };
    case 'charge.part-paid':
      return { from: 'qr', to: 'credit', minor: entry.amountMinor };
    case 'sale.settled':
      return { from: 'credit', to: 'sales', minor: entry.dueMinor };
    case 'refund.due':
      return { from: entry.from, to: 'refund', minor: entry.amountMinor };
    default:
      return null;
  }
}
