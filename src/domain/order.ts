/**
 * What a backend asks a box for by a message of its own: to sell something for an amount, or to show and speak an
 * amount that was paid elsewhere. The id is the backend's; a box acts on each id once, for ever.
 */
export interface Order {
  readonly id: string;
  readonly purpose: 'sale' | 'announcement';
  /** Minor units of the box's currency. */
  readonly amountMinor: number;
  /** Text to show with it; may be empty. */
  readonly message: string;
  /** On a payment that the box did not ask for: the backend's transaction, and when it was paid by the backend's clock, milliseconds since 1970. */
  readonly paid?: { readonly transaction: string; readonly atMs: number };
}
