import { NO_TRANSACTION, TRANSACTION_ID } from '../domain/kiosk.ts';
import { type Currency, MAX_MINOR, type Money } from '../domain/money.ts';
import type { Store } from '../ports/store.ts';

/** A customer's way through one transaction: named at the first choice, with the amount once that is known. */
export interface Dialogue {
  readonly transaction: string;
  readonly amount: Money | null;
}

const FACT = 'kiosk.dialogue';

/**
 * The transaction the box is in, kept over a power cut: the backend resumes it by its name only, and never says the
 * amount again. What it holds is on the disk before the backend hears of it.
 */
export class DialogueBook {
  readonly #store: Pick<Store, 'commit' | 'fact'>;
  readonly #currency: Currency;
  #current: Dialogue | null = null;

  constructor(store: Pick<Store, 'commit' | 'fact'>, currency: Currency) {
    this.#store = store;
    this.#currency = currency;
  }

  get current(): Dialogue | null {
    return this.#current;
  }

  /** Takes up what was under way before the restart. */
  start(): void {
    const [transaction = '', minor = ''] = this.#store.fact(FACT)?.split(' ') ?? [];
    if (!TRANSACTION_ID.test(transaction) || transaction === NO_TRANSACTION) return;
    const amount = /^\d{1,13}$/.test(minor) && Number(minor) <= MAX_MINOR ? { minor: Number(minor), currency: this.#currency } : null;
    this.#current = { transaction, amount };
  }

  /** @throws StoreFault; then nothing has changed */
  enter(dialogue: Dialogue): void {
    this.#keep(`${dialogue.transaction} ${dialogue.amount?.minor ?? ''}`);
    this.#current = dialogue;
  }

  /** @throws StoreFault; then nothing has changed */
  leave(): void {
    if (!this.#current) return;
    this.#keep(null);
    this.#current = null;
  }

  #keep(value: string | null): void {
    this.#store.commit({ entries: [], facts: { [FACT]: value } });
  }
}
