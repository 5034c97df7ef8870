import type { KioskScreenName } from '../../domain/kiosk.ts';

/** Where the dialogue on a box stands: the screen it shows. `amount-select` is the start, where no transaction is open. */
export type Step = KioskScreenName;

/** What moves the dialogue. */
export type SessionEvent =
  // The customer, through the box
  | 'amount'
  | 'other-amount'
  | 'typed-amount'
  | 'method'
  | 'method-over-limit'
  | 'cancel'
  // The box itself
  | 'printed'
  | 'box-error'
  // The terminal
  | 'approved'
  | 'declined'
  | 'terminal-error'
  // The step has taken as long as it may
  | 'elapsed';

/** What a transaction has come to. Once it is none of the first two it stays what it is. */
export type TransactionState = 'open' | 'processing' | 'success' | 'failed' | 'limited' | 'cancelled' | 'timed-out';

/** What decides the way on. */
export interface SessionFacts {
  /** The transaction has a result that the customer was told. */
  readonly decided: boolean;
  /** A ticket is still to be printed. */
  readonly ticket: boolean;
}

export interface Move {
  readonly to: Step;
  /** A screen that is sent before that of `to`. */
  readonly by?: Step;
  /** What the transaction becomes. */
  readonly state?: TransactionState;
  /** Nothing is shown anew and no time begins anew. */
  readonly stays?: true;
}

/** A pair the table does not have: why, in words that can be sent to the box. */
export interface Impossible {
  readonly impossible: string;
}

/** `onward`: the ticket where one is to be printed, then thanks; the start where nothing came of the transaction. */
type Target = Step | 'onward' | 'stay';
type Cell = readonly [to: Target, state?: TransactionState, by?: Step];

/**
 * The whole dialogue (contract 4, "Transaction Flow and Messages"). What is not here is refused. A terminal that fails
 * while it takes a payment fails the payment; what the box says of itself never does.
 */
const TABLE: Readonly<Record<Step, Readonly<Partial<Record<SessionEvent, Cell>>>>> = {
  'amount-select': {
    amount: ['payment-method', 'open'],
    'other-amount': ['keypad', 'open'],
    'box-error': ['device-error'],
    'terminal-error': ['device-error'],
  },
  keypad: {
    'typed-amount': ['payment-method'],
    cancel: ['amount-select', 'cancelled'],
    elapsed: ['amount-select', 'timed-out'],
    'box-error': ['device-error', 'cancelled'],
    'terminal-error': ['device-error', 'cancelled'],
  },
  'payment-method': {
    method: ['processing', 'processing'],
    'method-over-limit': ['limit-error', 'limited', 'processing'],
    cancel: ['amount-select', 'cancelled'],
    elapsed: ['amount-select', 'timed-out'],
    'box-error': ['device-error', 'cancelled'],
    'terminal-error': ['device-error', 'cancelled'],
  },
  processing: {
    approved: ['success', 'success'],
    declined: ['failed', 'failed'],
    elapsed: ['amount-select', 'timed-out'],
    'box-error': ['stay'],
    'terminal-error': ['device-error', 'failed', 'failed'],
  },
  success: { elapsed: ['onward'], 'box-error': ['device-error'], 'terminal-error': ['device-error'] },
  failed: { elapsed: ['onward'], 'box-error': ['device-error'], 'terminal-error': ['device-error'] },
  'limit-error': { elapsed: ['onward'], 'box-error': ['device-error'], 'terminal-error': ['device-error'] },
  'print-ticket': {
    printed: ['collect-ticket'],
    elapsed: ['thank-you'],
    'box-error': ['device-error'],
    'terminal-error': ['device-error'],
  },
  'collect-ticket': { elapsed: ['thank-you'], printed: ['stay'], 'box-error': ['device-error'], 'terminal-error': ['device-error'] },
  'thank-you': { elapsed: ['amount-select'], printed: ['stay'], 'box-error': ['device-error'], 'terminal-error': ['device-error'] },
  'device-error': { elapsed: ['onward'], printed: ['stay'], 'box-error': ['device-error'], 'terminal-error': ['device-error'] },
};

/** What an event is, as the subject of a sentence. */
const WORDS: Readonly<Record<SessionEvent, string>> = {
  amount: 'Choosing an amount',
  'other-amount': 'Asking for another amount',
  'typed-amount': 'Typing an amount',
  method: 'Choosing a method',
  'method-over-limit': 'Choosing a method',
  cancel: 'Cancelling',
  printed: 'A printed ticket',
  'box-error': 'An error of the box',
  approved: 'An approval',
  declined: 'A refusal',
  'terminal-error': 'An error of the terminal',
  elapsed: 'Running out of time',
};

/** What an event means at a step. Total: every pair moves the dialogue, leaves it, or is refused with a reason. */
export function moveOn(step: Step, event: SessionEvent, facts: SessionFacts): Move | Impossible {
  const cell = TABLE[step][event];
  if (!cell) return { impossible: `${WORDS[event]} is not possible on this screen` };
  const [target, state, by] = cell;
  if (target === 'stay') return { to: step, stays: true };
  const to = target === 'onward' ? onward(facts) : target;
  return { to, ...(state === undefined ? {} : { state }), ...(by === undefined ? {} : { by }) };
}

function onward({ decided, ticket }: SessionFacts): Step {
  if (ticket) return 'print-ticket';
  return decided ? 'thank-you' : 'amount-select';
}

/** Steps that wait for the customer or the terminal. Their time runs on whether or not the box is connected. */
const WAITING: ReadonlySet<Step> = new Set(['keypad', 'payment-method', 'processing']);
export const isWaiting = (step: Step): boolean => WAITING.has(step);

/** The screen that tells the customer what a transaction has come to; null where no screen does. */
export function resultStep(state: TransactionState): 'success' | 'failed' | 'limit-error' | null {
  if (state === 'limited') return 'limit-error';
  return state === 'success' || state === 'failed' ? state : null;
}
