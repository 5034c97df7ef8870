import type { Board } from '../domain/board.ts';
import type { KioskScreen } from '../domain/kiosk.ts';
import { fractionDigits, type Money } from '../domain/money.ts';
import { driveFor, type SalePolicy } from '../domain/policy.ts';

export interface KioskAmountOptions {
  readonly policy: Pick<SalePolicy, 'currency' | 'minMinor' | 'maxMinor' | 'drive'>;
  readonly board: Pick<Board, 'delivery'>;
  /** What a digit counts: whole units of the currency, or its minor units. */
  readonly keypad: 'major' | 'minor';
}

type Limits = Pick<Extract<KioskScreen, { screen: 'keypad' }>, 'min' | 'max'>;
export type AmountProblem = 'too-low' | 'too-high';

/** Digits of an amount there is room for. */
const MOST_DIGITS = 8;

/** The amount that is being typed, and what amounts the box sells for at all. */
export class KioskAmount {
  readonly #o: KioskAmountOptions;
  /** Minor units that the last digit typed counts. */
  readonly #unitMinor: number;
  #digits = '';
  #problem: AmountProblem | null = null;

  constructor(options: KioskAmountOptions) {
    this.#o = options;
    this.#unitMinor = options.keypad === 'minor' ? 1 : 10 ** fractionDigits(options.policy.currency);
  }

  typed(): Money {
    return { minor: Number(this.#digits) * this.#unitMinor, currency: this.#o.policy.currency };
  }

  /** Why the amount was not taken. */
  problem(): AmountProblem | null {
    return this.#problem;
  }

  type(digit: string): void {
    const digits = (this.#digits + digit).replace(/^0+/, '');
    this.#problem = null;
    if (digits.length <= MOST_DIGITS) this.#digits = digits;
  }

  clear(): void {
    this.#digits = '';
    this.#problem = null;
  }

  /** Nothing is wrong as long as nobody has said that it is all. */
  forgive(): void {
    this.#problem = null;
  }

  /** The amount, if it is within the limits; else why not is kept, and null. */
  take(limits: Limits): Money | null {
    const amount = this.typed();
    const { min, max } = this.within(limits);
    this.#problem = amount.minor < min.minor || !this.#buys(amount) ? 'too-low' : amount.minor > max.minor ? 'too-high' : null;
    return this.#problem ? null : amount;
  }

  /** The backend's limits, within the owner's. */
  within({ min, max }: Limits): Limits {
    const { currency, minMinor, maxMinor } = this.#o.policy;
    return { min: { minor: Math.max(min.minor, minMinor), currency }, max: { minor: Math.min(max.minor, maxMinor), currency } };
  }

  /** Amounts this box cannot sell for are not offered. */
  sellable(screen: KioskScreen): KioskScreen {
    if (screen.screen !== 'amount-select') return screen;
    return { ...screen, amounts: screen.amounts.filter((amount) => this.sells(amount)) };
  }

  /** Whether it is within the owner's limits, and buys anything. */
  sells(amount: Money): boolean {
    const { minMinor, maxMinor } = this.#o.policy;
    return amount.minor >= minMinor && amount.minor <= maxMinor && this.#buys(amount);
  }

  #buys({ minor }: Money): boolean {
    const { board, policy } = this.#o;
    return board.delivery === null || driveFor(policy.drive, minor) !== null;
  }
}
