/** Headers of the ccTalk generic specification that a host of acceptors sends. */
export const HEADER = {
  simplePoll: 254,
  manufacturer: 246,
  category: 245,
  product: 244,
  serialNumber: 242,
  modifyInhibits: 231,
  requestInhibits: 230,
  readCoins: 229,
  masterInhibit: 228,
  coinId: 184,
  readBills: 159,
  billId: 157,
  scaling: 156,
  routeBill: 154,
  billMode: 153,
} as const;

/** Headers of replies. */
export const REPLY = { ok: 0, nak: 5, busy: 6 } as const;

/** What 154 is sent with. */
export const ROUTE = { giveBack: 0, stack: 1 } as const;
/** What it is answered with when nothing was done. */
export const ROUTE_ANSWER = { empty: 254, failed: 255 } as const;

/** Uses the stacker and the escrow (153). */
export const BILL_MODE = 0b11;
/** 231, 230: one bit a position; 16 of them. */
export const POSITIONS = 16;

/** The bytes of an inhibit mask in which only these positions are enabled. */
export function inhibitMask(positions: Iterable<number>): readonly [number, number] {
  let bits = 0;
  for (const position of positions) bits |= 1 << (position - 1);
  return [bits & 0xff, (bits >> 8) & 0xff];
}
