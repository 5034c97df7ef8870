import { fractionDigits, MAX_MINOR, type Money } from '../domain/money.ts';
import type { Product, SalePolicy } from '../domain/policy.ts';
import type { Log } from '../ports/log.ts';
import type { SellRequest } from './box.ts';
import type { TillService } from './till.ts';

export interface KeypadOptions {
  readonly till: TillService;
  readonly policy: SalePolicy;
  readonly log: Log;
  readonly sell: (request: SellRequest) => void;
  readonly cancel: (sale: string) => void;
  readonly pair: () => void;
  /** Asks for a QR over what is left to pay, if that is possible. */
  readonly requote: () => void;
  /** What is typed has changed. */
  readonly changed: () => void;
}

/** The box's own keys: amounts in whole major units, product buttons, OK, cancel, clear and pairing. */
export class Keypad {
  readonly #o: KeypadOptions;
  #digits = '';

  constructor(options: KeypadOptions) {
    this.#o = options;
  }

  /** The amount typed so far, or null. */
  typed(): Money | null {
    if (this.#digits === '') return null;
    return { minor: Number(this.#digits) * 10 ** fractionDigits(this.#o.policy.currency), currency: this.#o.policy.currency };
  }

  press(button: string): void {
    const { till, policy } = this.#o;
    const sale = till.state.sale;
    if (/^[0-9]$/.test(button)) this.#type(button);
    else if (button === 'clear') this.#set('');
    else if (button === 'pair') this.#o.pair();
    else if (button === 'ok') this.#ok();
    else if (button === 'cancel') {
      this.#set('');
      if (sale?.phase === 'paying') this.#o.cancel(sale.id);
    } else {
      const product = policy.products.find((p) => p.button === button);
      if (product && !sale) this.#sellProduct(product);
    }
  }

  #type(digit: string): void {
    if (this.#o.till.state.sale) return;
    const digits = (this.#digits + digit).replace(/^0+/, '');
    if (Number(digits) * 10 ** fractionDigits(this.#o.policy.currency) <= Math.min(this.#o.policy.maxMinor, MAX_MINOR)) this.#set(digits);
  }

  #ok(): void {
    const { till, sell } = this.#o;
    const typed = this.typed();
    if (till.state.sale) {
      // A sale whose QR came to nothing: OK asks for a new one over the rest.
      this.#o.requote();
      return;
    }
    if (!typed) return;
    this.#set('');
    sell({ amountMinor: typed.minor, origin: 'keypad' });
  }

  #sellProduct(product: Product): void {
    this.#set('');
    this.#o.sell({ amountMinor: product.priceMinor, description: product.label, origin: 'button', product: product.button });
  }

  #set(digits: string): void {
    if (digits === this.#digits) return;
    this.#digits = digits;
    this.#o.changed();
  }
}
