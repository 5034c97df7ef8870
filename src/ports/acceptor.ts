import type { CashMethod } from '../domain/journal.ts';

export type AcceptorEvent =
  /** Money is in the box for good. `train` is unique for ever; `widthsMs` are the pulses it was counted from, where it was. */
  | { readonly kind: 'credited'; readonly train: string; readonly amountMinor: number; readonly widthsMs?: readonly number[] }
  /** Money is in the box but its value is not known. */
  | { readonly kind: 'unassigned'; readonly train: string; readonly pulses: number; readonly widthsMs: readonly number[] }
  /** Nothing was kept: a bounce, noise, a returned piece. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** The acceptor needs a person: stuck line, lost edges, jam. */
  | { readonly kind: 'fault'; readonly code: string; readonly detail: string }
  | { readonly kind: 'cleared'; readonly code: string };

/**
 * A coin or bill acceptor. It starts disabled; money that arrives while it is disabled is reported all the same,
 * because it is in the box. `enable` and `disable` are idempotent.
 */
export interface Acceptor {
  readonly name: string;
  readonly method: CashMethod;
  start(onEvent: (event: AcceptorEvent) => void): Promise<void>;
  enable(): Promise<void>;
  disable(): Promise<void>;
  /** True while a piece is being counted: no time limit may strike then. */
  busy(): boolean;
  stop(): Promise<void>;
}
