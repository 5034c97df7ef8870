import type { Money } from './money.ts';

/** A screen as a backend that drives the dialogue wants it shown (contract 4, "Screen Identifier Values"). */
export type KioskScreen =
  | { readonly screen: 'amount-select'; readonly amounts: readonly Money[]; readonly other: boolean }
  | { readonly screen: 'keypad'; readonly min: Money; readonly max: Money; readonly allowCancel: boolean }
  /** Methods by the backend's names, such as DEBIT_CARD: 1 to 8 of `METHOD_NAME`. */
  | { readonly screen: 'payment-method'; readonly methods: readonly string[]; readonly allowCancel: boolean }
  | { readonly screen: 'processing' }
  | { readonly screen: 'success'; readonly receipt: boolean }
  | { readonly screen: 'failed'; readonly message: string; readonly code: string }
  | { readonly screen: 'limit-error'; readonly limit: Money; readonly remaining: Money }
  | { readonly screen: 'print-ticket' }
  | { readonly screen: 'collect-ticket' }
  | { readonly screen: 'thank-you' }
  | { readonly screen: 'device-error'; readonly message: string; readonly code: string };

export type KioskScreenName = KioskScreen['screen'];

/** What the box tells such a backend: what the customer chose, and how printing went. */
export type KioskAction =
  | { readonly action: 'amount'; readonly amount: Money }
  /** The customer wants to type an amount. */
  | { readonly action: 'other-amount' }
  | { readonly action: 'typed-amount'; readonly amount: Money }
  | { readonly action: 'method'; readonly method: string }
  | { readonly action: 'cancel'; readonly screen: 'keypad' | 'payment-method' }
  | { readonly action: 'printed' }
  | { readonly action: 'device-error'; readonly code: string; readonly message: string };

/** What such a backend says, or what became of the connection to it. */
export type KioskEvent =
  | { readonly event: 'connected' }
  | { readonly event: 'disconnected' }
  | { readonly event: 'screen'; readonly screen: KioskScreen; readonly transaction: string }
  /** The backend gave a transaction up; `code` is its own, such as TIMEOUT. */
  | { readonly event: 'error'; readonly code: string; readonly message: string; readonly transaction: string };

/** The transaction of a screen that belongs to none yet (contract 4, "Initial Connection"). */
export const NO_TRANSACTION = 'initial';
/** The code by which the backend says that a transaction took too long (contract 4, "Transaction Timeout Handling"). */
export const TIMED_OUT = 'TIMEOUT';
/** Why a charge failed that met the limit of the day. */
export const LIMIT_EXCEEDED = 'LIMIT_EXCEEDED';
/** How a backend may name a transaction, and the box does. */
export const TRANSACTION_ID = /^[A-Za-z0-9._:-]{1,64}$/;
export const METHOD_NAME = /^[A-Z][A-Z0-9_]{0,39}$/;
/** Most amounts and methods a screen may offer: as many as can be told apart and touched at 320x240. */
export const MOST_AMOUNTS = 12;
export const MOST_METHODS = 8;

/** Time limits of the dialogue, in milliseconds. */
export interface KioskTimings {
  /** How long the backend may take to answer a choice before it is asked for its screen anew. */
  readonly answerMs: number;
  /** How long the customer waits for a payment; what the backend says later is still believed. */
  readonly processingMs: number;
  /** How long the box may be without a screen of the backend's, since the connection went, before it shows that it is out of service. */
  readonly graceMs: number;
  /** Least time a result stays on the screen, whatever comes after it. */
  readonly resultMs: number;
}

export const DEFAULT_KIOSK_TIMINGS: KioskTimings = { answerMs: 10_000, processingMs: 120_000, graceMs: 15_000, resultMs: 2_000 };
