import type { CcTalkEvent } from './event-list.ts';

/** What one event of a bill acceptor means. */
export type BillEvent =
  | { readonly kind: 'held'; readonly type: number }
  /** In the box for good. Type null: the device does not know which it was. */
  | { readonly kind: 'stacked'; readonly type: number | null }
  /** Nothing of the bill is in the box. */
  | { readonly kind: 'returned'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string }
  /** `ends`: what the device says when it is over, or that it has been read a good while without it. */
  | { readonly kind: 'fault'; readonly code: string; readonly detail: string; readonly ends: 'told' | 'quiet'; readonly jams: boolean }
  | { readonly kind: 'cleared'; readonly codes: readonly string[] }
  | { readonly kind: 'nothing' };

const STACKED = 0;
const HELD = 1;
const CODES = { jammed: 'stacker-jammed', removed: 'stacker-removed', faulty: 'stacker-faulty', full: 'stacker-full' } as const;

const fault = (code: string, detail: string, ends: 'told' | 'quiet', jams = false): BillEvent => ({
  kind: 'fault',
  code,
  detail,
  ends,
  jams,
});
const rejected = (reason: string): BillEvent => ({ kind: 'rejected', reason });

const STATUS: Readonly<Record<number, BillEvent>> = {
  0: { kind: 'nothing' },
  1: { kind: 'returned', reason: 'given back from escrow' },
  2: rejected('a bill that was not recognised'),
  3: rejected('the bill did not go through'),
  4: rejected('a bill of a kind that is not taken now'),
  5: rejected('a bill of a kind that is not taken, by its switches'),
  6: fault('bill-jam', 'A bill is stuck where it can be pulled out: take it out', 'quiet', true),
  7: fault('bill-jam-stacker', 'A bill is stuck before the stacker: take it out', 'quiet', true),
  8: { kind: 'returned', reason: 'pulled back' },
  9: fault('bill-tamper', 'Somebody has tampered with the bill acceptor: look what was done to it', 'quiet'),
  10: { kind: 'cleared', codes: Object.values(CODES) },
  11: fault(CODES.removed, 'The stacker of the bill acceptor is not in: put it back', 'told'),
  12: { kind: 'cleared', codes: Object.values(CODES) },
  13: fault(CODES.faulty, 'The stacker of the bill acceptor does not work', 'told'),
  14: fault(CODES.full, 'The stacker of the bill acceptor is full: empty it', 'told'),
  15: fault(CODES.jammed, 'The stacker of the bill acceptor is jammed: take the bill out', 'told', true),
  16: fault('bill-jam', 'A bill is stuck where it cannot be pulled out: open the acceptor', 'quiet', true),
  17: fault('bill-fraud', 'The sensors of the bill acceptor saw a fraud: look what was done to it', 'quiet'),
  18: fault('bill-fraud', 'A bill on a string was in the acceptor: look what was done to it', 'quiet'),
  19: fault('bill-string-guard', 'The guard of the bill acceptor against strings does not work', 'quiet'),
  20: rejected('a barcode, which is no money'),
  21: { kind: 'stacked', type: null },
};

/** An event of 159: `a` is the type of a bill with `b` saying where it is, or 0 with a status in `b`. */
export function billEvent({ a, b }: CcTalkEvent): BillEvent {
  if (a === 0) return STATUS[b] ?? rejected(`the bill acceptor's status ${b}`);
  if (b === STACKED) return { kind: 'stacked', type: a };
  if (b === HELD) return { kind: 'held', type: a };
  return rejected(`a bill of type ${a} at a place ${b} that is not known`);
}
