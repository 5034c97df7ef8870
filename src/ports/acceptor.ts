import type { CashMethod } from '../domain/journal.ts';

/**
 * `mark` is how far a device that keeps a list of its own events had been read: it is committed together with what the
 * event brought, and given back at the next start, so that nothing is counted twice or missed. At most 64 visible ASCII characters.
 */
export type AcceptorEvent =
  /** Money is in the box for good. `train` is unique for ever; `widthsMs` are the pulses it was counted from, where it was. `piece`: the one that was held. */
  | {
      readonly kind: 'credited';
      readonly train: string;
      readonly amountMinor: number;
      readonly widthsMs?: readonly number[];
      readonly piece?: string;
      readonly mark?: string;
    }
  /** Money is in the box but its value is not known. `pulses`: of a device that names its pieces itself, how many pieces at most. */
  | {
      readonly kind: 'unassigned';
      readonly train: string;
      readonly pulses: number;
      readonly widthsMs: readonly number[];
      readonly piece?: string;
      readonly mark?: string;
    }
  /** A bill is held and waits for `stack` or `giveBack`. `piece` is unique for ever. */
  | { readonly kind: 'escrowed'; readonly piece: string; readonly amountMinor: number }
  /** The held piece has left again: nothing of it is in the box. */
  | { readonly kind: 'returned'; readonly piece: string; readonly reason: string; readonly mark?: string }
  /** The device was read so far, and nothing of it was money. */
  | { readonly kind: 'read'; readonly mark: string }
  /** Nothing was kept: a bounce, noise, a returned piece. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** The acceptor needs a person: stuck line, lost edges, jam. */
  | { readonly kind: 'fault'; readonly code: string; readonly detail: string }
  | { readonly kind: 'cleared'; readonly code: string };

/**
 * What an acceptor can do that holds a bill until it is told what to do with it. The piece is then credited, returned
 * or unassigned by an event of its own: these calls say only that the device was told. One that is not held any more is left alone.
 */
export interface Escrow {
  /** @throws DeviceFault when the device could not be told */
  stack(piece: string): Promise<void>;
  /** @throws DeviceFault when the device could not be told */
  giveBack(piece: string): Promise<void>;
}

/**
 * A coin or bill acceptor. It starts disabled; money that arrives while it is disabled is reported all the same,
 * because it is in the box. `enable` and `disable` are idempotent. A device that is not there, or stops answering, is a
 * fault that clears by itself when it is back; start never fails for it.
 */
export interface Acceptor {
  readonly name: string;
  readonly method: CashMethod;
  /** Null where a piece that is in is in for good. */
  readonly escrow: Escrow | null;
  /** `mark`: the newest one that was committed, if any. What the device did meanwhile is told before this resolves, where it is there. */
  start(onEvent: (event: AcceptorEvent) => void, mark?: string): Promise<void>;
  enable(): Promise<void>;
  disable(): Promise<void>;
  /** True while a piece is being counted: no time limit may strike then. */
  busy(): boolean;
  stop(): Promise<void>;
}
