import type { Board } from '../domain/board.ts';
import { ConfigInvalid, type Settings } from './config.ts';

/** Keys that mean something else than a product. */
const OTHER_KEYS = new Set([...'0123456789', 'ok', 'cancel', 'clear', 'pair', 'volume-up', 'volume-down']);

/**
 * Makes sure that every product hangs on a button the board has and that is free for one.
 * @throws ConfigInvalid `config-invalid` with every product that does not
 */
export function checkProducts(file: string, { sale }: Pick<Settings, 'sale'>, board: Board): void {
  const free = Object.keys(board.buttons).filter((name) => !OTHER_KEYS.has(name));
  const faults = sale.policy.products.flatMap(({ button }, i) =>
    free.includes(button)
      ? []
      : [
          {
            path: `$.sale.products[${i}].button`,
            found: JSON.stringify(button),
            expected: free.length > 0 ? free.join(' or ') : `a board with free buttons; ${board.name} has none`,
          },
        ],
  );
  if (faults.length > 0) throw new ConfigInvalid(file, faults);
}
