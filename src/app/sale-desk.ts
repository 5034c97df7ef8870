import type { Board } from '../domain/board.ts';
import { excerpt } from '../domain/card-data.ts';
import { CallerFault } from '../domain/fault.ts';
import type { Origin } from '../domain/journal.ts';
import { money } from '../domain/money.ts';
import { driveFor, type SalePolicy } from '../domain/policy.ts';
import type { Readiness } from '../domain/readiness.ts';
import { type SaleView, saleView } from '../domain/till/view.ts';
import type { Store } from '../ports/store.ts';
import type { SellRequest } from './box.ts';
import { storableId } from './storable-id.ts';
import type { TillService } from './till.ts';

export interface SaleDeskOptions {
  readonly till: TillService;
  readonly store: Store;
  readonly policy: SalePolicy;
  readonly board: Board;
  readonly ready: () => Readiness;
}

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;
const MAX_DESCRIPTION = 200;
/** Where the inbox keeps the keys of sales. */
const KEY_SOURCE = 'sale-key';
/** Entries one sale can have: far more than any real one. */
const SALE_ENTRIES = 1_000;

/** Where sales are opened, looked up and cancelled; every request is checked here. Errors: see `Box`. */
export class SaleDesk {
  readonly #o: SaleDeskOptions;

  constructor(options: SaleDeskOptions) {
    this.#o = options;
  }

  sell(request: SellRequest): SaleView {
    const { policy, board, till } = this.#o;
    // What someone types or swipes into it must not reach the journal, which is kept for ever.
    const description = excerpt(request.description ?? '', MAX_DESCRIPTION + 1);
    const earlier = this.#underKey(request.idempotencyKey);
    if (earlier) return sameAs(earlier, request.amountMinor, description);
    if (description.length > MAX_DESCRIPTION) throw badText('description', 'description-too-long', `at most ${MAX_DESCRIPTION} characters`);
    const due = money(request.amountMinor, policy.currency, 1);
    // What the backend orders has been decided there: only what a person chose must be worth a sale.
    this.#checkRange(due.minor, request.origin === 'backend' ? 1 : this.#o.policy.minMinor);
    this.#checkReady();
    const product = policy.products.find((p) => p.button === request.product);
    const drive = board.delivery ? driveFor(product?.drive ?? policy.drive, due.minor) : null;
    if (board.delivery && !drive) throw buysNothing(due.minor);
    const sale = till.newId();
    const order = request.order === undefined ? {} : { order: request.order };
    const key = request.idempotencyKey;
    const along = key === undefined ? {} : { inbox: [{ source: KEY_SOURCE, id: storableId(key) }] };
    till.submit({ type: 'open', sale, dueMinor: due.minor, description, origin: request.origin, drive, ...order }, along);
    return this.known(sale);
  }

  sale(id: string): SaleView | null {
    return saleView(this.#o.store.ledger({ sale: id, limit: SALE_ENTRIES }), this.#o.till.currency);
  }

  cancel(id: string, origin: Origin): SaleView {
    this.known(id);
    this.#o.till.submit({ type: 'cancel', sale: id, reason: origin === 'api' ? 'api' : 'customer' });
    return this.known(id);
  }

  /** @throws CallerFault `sale-unknown` */
  known(id: string): SaleView {
    const view = this.sale(id);
    if (view) return view;
    throw new CallerFault('There is no such sale', {
      code: 'sale-unknown',
      found: excerpt(id, 64),
      expected: 'the id of a sale of this box',
    });
  }

  #underKey(key: string | undefined): SaleView | null {
    if (key === undefined) return null;
    if (!IDEMPOTENCY_KEY.test(key)) throw badText('idempotency key', 'idempotency-key-invalid', '1 to 128 printable ASCII characters');
    const seq = this.#o.store.seenAt({ source: KEY_SOURCE, id: storableId(key) });
    if (seq === null) return null;
    // Every entry of the commit that carried the key belongs to the sale.
    const [recorded] = this.#o.store.ledger({ after: seq - 1, limit: 1 });
    return recorded && 'sale' in recorded.entry && recorded.entry.sale !== null ? this.known(recorded.entry.sale) : null;
  }

  #checkRange(minor: number, leastMinor: number): void {
    const { maxMinor } = this.#o.policy;
    if (minor >= leastMinor && minor <= maxMinor) return;
    throw new CallerFault('The amount is out of range', {
      code: 'amount-out-of-range',
      found: String(minor),
      expected: `${leastMinor} to ${maxMinor} minor units`,
      remedy: 'Change the amount, or sale.minMinor and sale.maxMinor in the configuration.',
    });
  }

  #checkReady(): void {
    const ready = this.#o.ready();
    if (ready.qr || ready.cash || ready.card) return;
    throw new CallerFault('The box cannot take money now', {
      code: 'not-ready',
      found: ready.reasons.join(', '),
      expected: 'a ledger that can be written, a sound output, a paired box and no update under way',
      remedy: 'See `tilld status`.',
    });
  }
}

/** The sale from before, when the same was asked for under its key. @throws CallerFault `idempotency-mismatch` */
function sameAs(earlier: SaleView, amountMinor: number, description: string): SaleView {
  if (earlier.dueMinor === amountMinor && earlier.description === description) return earlier;
  throw new CallerFault('The idempotency key stands for another sale', {
    code: 'idempotency-mismatch',
    found: `${amountMinor} minor units`,
    expected: `${earlier.dueMinor} minor units and the same description, as sale ${earlier.id} has`,
    remedy: 'Use a new key for a new sale.',
  });
}

const buysNothing = (minor: number): CallerFault =>
  new CallerFault('The amount buys nothing', {
    code: 'amount-out-of-range',
    found: `${minor} minor units`,
    expected: 'at least the unitMinor of the drive, which is what one pulse costs',
  });

function badText(what: string, code: string, expected: string): CallerFault {
  return new CallerFault(`The ${what} is not usable`, { code, expected });
}
