import type { Drive } from './journal.ts';
import { type Currency, MAX_MINOR } from './money.ts';

/** How a sale drives the output: a fixed drive, or one credit pulse for every `unitMinor` of the price (rounded down). */
export type DriveRule =
  | Drive
  | { readonly mode: 'pulses-per'; readonly unitMinor: number; readonly pulseMs: number; readonly gapMs: number };

/** A thing the box sells at the press of a button. */
export interface Product {
  readonly button: string;
  readonly label: string;
  readonly priceMinor: number;
  readonly drive?: DriveRule;
}

/** What the owner of the box decides about sales; see the configuration reference in the README. */
export interface SalePolicy {
  readonly currency: Currency;
  readonly minMinor: number;
  readonly maxMinor: number;
  /** Money of a QR that was paid after its sale was over: the customer's credit on the box, or owed back. */
  readonly latePayment: 'credit' | 'refund';
  /** What was put in beyond the price. */
  readonly overpayment: 'credit' | 'refund';
  /** Cash that is in when a sale is cancelled. */
  readonly cancelledCash: 'credit' | 'refund';
  /** Cash with no sale in progress: kept as credit for the next sale, or sold at once in whole `unitMinor`s of the drive rule. */
  readonly idleCash: 'credit' | 'sell';
  /** Whether acceptors stay enabled while a QR is on the screen. */
  readonly cashWhileQr: boolean;
  /** Whether an unpaired box may take cash. */
  readonly requirePairing: boolean;
  readonly drive: DriveRule;
  readonly products: readonly Product[];
}

/** Every time limit of a sale, in milliseconds. */
export interface SaleTimings {
  /** How long the same charge request is repeated before the sale goes on without a QR. */
  readonly requestMs: number;
  /** Longest a QR stays on the screen, whatever the backend says. */
  readonly qrMaxMs: number;
  /** A sale without a QR and without money ends after this. */
  readonly cashIdleMs: number;
  /** Quiet time after the last piece before a QR for the rest is asked for. */
  readonly requoteMs: number;
  /** How long the answer to a card payment is waited for while the customer stands there. */
  readonly cardAnswerMs: number;
  /** How long the operator of a top-up card is waited for while the customer stands there. */
  readonly topUpAnswerMs: number;
  /** What is typed of a top-up card is forgotten when no key comes for so long. */
  readonly topUpTypingMs: number;
  readonly firstPollMs: number;
  /** Polls follow after this, doubling up to `pollMaxMs`. */
  readonly pollMinMs: number;
  readonly pollMaxMs: number;
  /** How long a charge is watched after its QR left the screen. */
  readonly graceMs: number;
  /** How long a result stays on the screen. */
  readonly resultMs: number;
}

export const DEFAULT_POLICY: SalePolicy = {
  currency: 'THB',
  minMinor: 100,
  maxMinor: 1_000_000,
  latePayment: 'credit',
  overpayment: 'credit',
  cancelledCash: 'credit',
  idleCash: 'credit',
  cashWhileQr: true,
  requirePairing: false,
  drive: { mode: 'hold', holdMs: 5_000 },
  products: [],
};

export const DEFAULT_TIMINGS: SaleTimings = {
  requestMs: 20_000,
  qrMaxMs: 900_000,
  cashIdleMs: 120_000,
  requoteMs: 3_000,
  cardAnswerMs: 75_000,
  topUpAnswerMs: 180_000,
  topUpTypingMs: 60_000,
  firstPollMs: 8_000,
  pollMinMs: 2_000,
  pollMaxMs: 30_000,
  graceMs: 600_000,
  resultMs: 4_000,
};

/** The drive for a price by a rule; null when the price buys no whole pulse. */
export function driveFor(rule: DriveRule, priceMinor: number): Drive | null {
  if (rule.mode !== 'pulses-per') return rule;
  const count = Math.floor(Math.min(priceMinor, MAX_MINOR) / rule.unitMinor);
  return count > 0 ? { mode: 'pulses', count, pulseMs: rule.pulseMs, gapMs: rule.gapMs } : null;
}
