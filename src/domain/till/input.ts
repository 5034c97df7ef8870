import type { ActResult, CancelReason, CardFace, CashMethod, Drive, Origin, Via } from '../journal.ts';
import type { Order } from '../order.ts';
import type { SalePolicy } from '../policy.ts';

/** Everything that can happen to the till. */
export type TillInput =
  | {
      readonly type: 'open';
      readonly sale: string;
      readonly dueMinor: number;
      readonly description: string;
      readonly origin: Origin;
      readonly drive: Drive | null;
      /** The waiting order it fulfils. */
      readonly order?: string;
    }
  | { readonly type: 'order'; readonly order: Order }
  | { readonly type: 'order-refused'; readonly order: string; readonly code: string; readonly reason: string }
  /** All of them in one announcement. */
  | { readonly type: 'orders-announced'; readonly orders: readonly string[]; readonly spoken: boolean }
  /** A card was read for what is left to pay; the sale request goes out once this is committed. */
  | {
      readonly type: 'card-read';
      readonly sale: string;
      readonly charge: string;
      readonly amountMinor: number;
      readonly card: CardFace;
      readonly expiresAtMs: number;
    }
  /** The customer chose how to pay at the backend's terminal; the backend hears of it once this is committed. */
  | {
      readonly type: 'terminal-chosen';
      readonly sale: string;
      readonly charge: string;
      readonly dueMinor: number;
      readonly description: string;
      readonly drive: Drive | null;
      readonly method: string;
      readonly expiresAtMs: number;
    }
  /** A top-up card was typed in for the sale on the front; it goes out once this is committed. `operator` by the backend's name. */
  | {
      readonly type: 'top-up-entered';
      readonly sale: string;
      readonly charge: string;
      readonly operator: string;
      readonly declaredMinor: number;
      readonly expiresAtMs: number;
    }
  /** A ticket is to be printed for a sale. */
  | { readonly type: 'ticket'; readonly sale: string; readonly ticket: string; readonly copy: boolean }
  | { readonly type: 'ticket-done'; readonly ticket: string; readonly result: ActResult; readonly reason: string }
  | { readonly type: 'qr-offered'; readonly request: string; readonly charge: string; readonly qr: string; readonly expiresAtMs: number }
  | { readonly type: 'qr-refused'; readonly request: string; readonly code: string; readonly reason: string }
  /** `atMs`: when, where the backend says so. `order`: the waiting order in which it was kept before the charge was known. `paidMinor`: all that was paid on it, if that is another amount; what a top-up card was credited with. `worthMinor`: its face value, if another one was declared. */
  | {
      readonly type: 'paid';
      readonly charge: string;
      readonly via: Via;
      readonly atMs?: number;
      readonly order?: string;
      readonly paidMinor?: number;
      readonly worthMinor?: number;
    }
  /** So much has been paid on a charge in all; it is not settled by it. */
  | { readonly type: 'part-paid'; readonly charge: string; readonly via: Via; readonly paidMinor: number }
  | { readonly type: 'charge-failed'; readonly charge: string; readonly via: Via; readonly reason: string }
  | { readonly type: 'expired'; readonly charge: string }
  | { readonly type: 'grace-over'; readonly charge: string }
  | {
      readonly type: 'cash';
      readonly method: CashMethod;
      readonly acceptor: string;
      readonly train: string;
      readonly amountMinor: number;
      readonly widthsMs?: readonly number[];
      readonly piece?: string;
    }
  | {
      readonly type: 'unassigned';
      readonly method: CashMethod;
      readonly acceptor: string;
      readonly train: string;
      readonly pulses: number;
      readonly widthsMs?: readonly number[];
      readonly piece?: string;
    }
  /** A bill waits in an acceptor; it is kept once this is committed. */
  | { readonly type: 'bill-held'; readonly acceptor: string; readonly piece: string; readonly amountMinor: number }
  | { readonly type: 'bill-returned'; readonly piece: string; readonly reason: string }
  /** After a restart its acceptor has said all it knows of a bill, and it was nothing. */
  | { readonly type: 'bill-unknown'; readonly piece: string }
  /** Ask for a QR over what is left to pay. */
  | { readonly type: 'requote' }
  | { readonly type: 'cancel'; readonly sale: string; readonly reason: CancelReason }
  | { readonly type: 'act-done'; readonly act: string; readonly result: ActResult; readonly reason: string }
  | { readonly type: 'announced'; readonly charge: string; readonly spoken: boolean }
  | { readonly type: 'reset-counters' }
  | { readonly type: 'restart'; readonly version: string };

/** What a decision depends on besides the till itself. */
export interface DecisionContext {
  readonly policy: SalePolicy;
  /** Whether a QR can be asked for, and whether coins or bills can be taken. */
  readonly qrPossible: boolean;
  readonly cashPossible: boolean;
  /** A piece is being counted right now: no time limit may strike. */
  readonly cashBusy: boolean;
  /** A new id, unique for ever. */
  readonly newId: () => string;
}
