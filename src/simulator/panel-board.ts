import type { Board, BoardAcceptor } from '../domain/board.ts';
import { inhibitsWhileActive, profileNamed } from '../domain/cash/profiles.ts';
import type { CashMethod } from '../domain/journal.ts';
import { type Currency, fractionDigits } from '../domain/money.ts';
import type { SalePolicy } from '../domain/policy.ts';

/** What the panel must know of the box to draw it. Amounts are minor units. */
export interface PanelBoard {
  readonly title: string;
  readonly serial: string;
  readonly currency: Currency;
  readonly fractionDigits: number;
  readonly display: Board['display'];
  /** Denominations each kind of acceptor takes, ascending; empty when the board has none. */
  readonly denominations: Readonly<Record<CashMethod, readonly number[]>>;
  readonly products: readonly { readonly button: string; readonly label: string; readonly priceMinor: number }[];
  readonly buttons: readonly string[];
  /** The output a sale drives, or null. */
  readonly delivery: string | null;
  /** The outputs that shut a slot, and whether they do so while active or while inactive. */
  readonly inhibits: Readonly<Record<string, { readonly method: CashMethod; readonly whileActive: boolean }>>;
}

/** The summary of a board file and a sale policy for the panel. */
export function panelBoard(board: Board, serial: string, policy: Pick<SalePolicy, 'currency' | 'products'>): PanelBoard {
  const taken = (method: CashMethod) => {
    const amounts = board.acceptors.filter((a) => a.kind === 'pulse' && a.method === method).flatMap((a) => Object.values(a.denominations));
    return [...new Set(amounts)].sort((a, b) => a - b);
  };
  return {
    title: board.title,
    serial,
    currency: policy.currency,
    fractionDigits: fractionDigits(policy.currency),
    display: board.display,
    denominations: { coin: taken('coin'), bill: taken('bill') },
    products: policy.products.map(({ button, label, priceMinor }) => ({ button, label, priceMinor })),
    buttons: Object.keys(board.buttons),
    delivery: board.delivery?.output ?? null,
    inhibits: Object.fromEntries(board.acceptors.flatMap((acceptor) => inhibitOf(board, acceptor))),
  };
}

function inhibitOf(board: Board, acceptor: BoardAcceptor) {
  if (acceptor.kind !== 'pulse') return [];
  const { inhibit, method, profile } = acceptor;
  const pin = inhibit === undefined ? undefined : board.outputs[inhibit];
  const known = profileNamed(profile);
  return inhibit !== undefined && pin && known ? [[inhibit, { method, whileActive: inhibitsWhileActive(known, pin) }] as const] : [];
}
