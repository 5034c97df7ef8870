import type { CcTalkEvent } from './event-list.ts';

/** What one event of a coin acceptor means. */
export type CoinEvent =
  | { readonly kind: 'credit'; readonly position: number }
  | { readonly kind: 'rejected'; readonly reason: string }
  /** It stands until the device has been read a good while without it. */
  | { readonly kind: 'fault'; readonly code: string; readonly detail: string }
  | { readonly kind: 'nothing' };

const REJECTIONS: Readonly<Record<number, string>> = {
  1: 'a coin that was not recognised',
  2: 'a coin that is not taken now',
  3: 'a coin that looks like more than one kind',
  4: 'the coin did not come far enough to be measured',
  5: 'the coin was not measured in time',
  6: 'the coin did not come to the credit sensor',
  7: 'the coin did not come through the sorter',
  8: 'a second coin came too close behind',
  16: 'the coin passed the sensors in a wrong order',
  17: 'the coin went backwards',
  18: 'the coin was too fast',
  19: 'the coin was too slow',
  254: 'the return lever was pushed',
};

const FAULTS: Readonly<Record<number, { readonly code: string; readonly detail: string }>> = {
  14: { code: 'coin-sensor-blocked', detail: 'Something blocks the sensor of the coin acceptor: take it out' },
  15: { code: 'coin-sorter-blocked', detail: 'Something blocks the sorter of the coin acceptor: take it out' },
  20: { code: 'coin-on-string', detail: 'A coin on a string was in the coin acceptor: look what was done to it' },
};

const INHIBITED = { first: 128, last: 159 } as const;

/** An event of 229: `a` is the position of a coin that was taken, or 0 with an error in `b`. */
export function coinEvent({ a, b }: CcTalkEvent): CoinEvent {
  if (a > 0) return { kind: 'credit', position: a };
  if (b === 0) return { kind: 'nothing' };
  const fault = FAULTS[b];
  if (fault) return { kind: 'fault', ...fault };
  if (b >= INHIBITED.first && b <= INHIBITED.last) {
    return { kind: 'rejected', reason: `a coin of position ${b - INHIBITED.first + 1}, which is not taken now` };
  }
  return { kind: 'rejected', reason: REJECTIONS[b] ?? `the coin acceptor's error ${b}` };
}
