import { fractionDigits, MAX_MINOR, type Money } from '../domain/money.ts';
import type { Product, SalePolicy } from '../domain/policy.ts';
import type { Log } from '../ports/log.ts';
import type { SellRequest } from './box.ts';
import type { TillService } from './till.ts';

/** A display like the DS50's has room for so many digits of an amount. */
const MOST_DIGITS = 8;

export interface KeypadOptions {
  readonly till: Pick<TillService, 'state'>;
  readonly policy: Pick<SalePolicy, 'currency' | 'maxMinor' | 'products'>;
  /** What a digit counts: whole units of the currency, or its minor units (cents) as on a DS50. Default `major`. */
  readonly keypad?: 'major' | 'minor';
  readonly log: Log;
  readonly sell: (request: SellRequest) => void;
  readonly cancel: (sale: string) => void;
  readonly pair: () => void;
  /** Asks for a QR over what is left to pay, if that is possible. */
  readonly requote: () => void;
  /** One step louder or softer. */
  readonly volume: (step: 1 | -1) => void;
  /** What is typed has changed. */
  readonly changed: () => void;
}

/** The box's own keys: amounts, product buttons, OK, cancel, clear, pairing and volume. */
export class Keypad {
  readonly #o: KeypadOptions;
  /** Minor units that the last digit typed counts. */
  readonly #unitMinor: number;
  #digits = '';

  constructor(options: KeypadOptions) {
    this.#o = options;
    this.#unitMinor = options.keypad === 'minor' ? 1 : 10 ** fractionDigits(options.policy.currency);
  }

  /** The amount typed so far, or null. */
  typed(): Money | null {
    if (this.#digits === '') return null;
    return { minor: Number(this.#digits) * this.#unitMinor, currency: this.#o.policy.currency };
  }

  press(button: string): void {
    const { till, policy } = this.#o;
    const sale = till.state.sale;
    if (/^[0-9]$/.test(button)) this.#type(button);
    else if (button === 'clear') this.#set('');
    else if (button === 'pair') this.#o.pair();
    else if (button === 'volume-up') this.#o.volume(1);
    else if (button === 'volume-down') this.#o.volume(-1);
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
    if (digits.length > MOST_DIGITS) return;
    if (Number(digits) * this.#unitMinor <= Math.min(this.#o.policy.maxMinor, MAX_MINOR)) this.#set(digits);
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
