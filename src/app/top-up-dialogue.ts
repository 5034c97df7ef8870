import { CardSecret } from '../domain/card.ts';
import type { Recorded } from '../domain/journal.ts';
import type { Money } from '../domain/money.ts';
import type { Screen } from '../domain/screen.ts';
import { isDirect, restMinor, shownCharge } from '../domain/till/state.ts';
import { TOP_UP_LENGTHS, type TopUpCard, type TopUpSecret, type TopUpTerms } from '../domain/top-up.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { TillService } from './till.ts';

export interface TopUpDialogueOptions {
  readonly till: Pick<TillService, 'state' | 'currency' | 'onCommitted'>;
  readonly terms: TopUpTerms;
  readonly clock: Clock;
  /** What is typed is forgotten when no key comes for so long, milliseconds. */
  readonly typingMs: number;
  /** How long a result stays on the screen, milliseconds. */
  readonly resultMs: number;
  readonly ready: () => boolean;
  readonly enter: (sale: string, card: TopUpCard) => void;
  readonly changed: () => void;
}

/** Where the customer is. What is typed is nowhere else, and in no screen. */
type Step =
  | { readonly step: 'operator' }
  | { readonly step: 'amount'; readonly operator: string }
  | {
      readonly step: TopUpSecret;
      readonly operator: string;
      readonly amountMinor: number;
      readonly serial: CardSecret | null;
      readonly typed: CardSecret;
      readonly short: boolean;
    };

type Typing = Extract<Step, { readonly typed: CardSecret }>;

/** The sale it is for, and what of it. */
interface At<T> {
  readonly sale: string;
  readonly step: T;
}

type Result = Extract<Screen, { kind: 'top-up-result' | 'top-up-failed' }>;

const EMPTY = new CardSecret('');

/**
 * The dialogue by which a customer gives a top-up card at the box: operator, face value, serial, PIN. It lies over the sale
 * that is to be paid, begins with the key `top-up` (or 1), and shows what came of the card.
 */
export class TopUpDialogue {
  readonly #o: TopUpDialogueOptions;
  #at: At<Step> | null = null;
  #result: At<Result> | null = null;
  #cancelTimer: Cancel | null = null;
  /** Until when keys are taken for the rest of what was being typed when there was nothing more to type it for; monotonic. */
  #strayUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: TopUpDialogueOptions) {
    this.#o = options;
  }

  start(): void {
    this.#o.till.onCommitted((entries) => this.#follow(entries));
  }

  stop(): void {
    this.#leave();
  }

  /** Whether the customer is at it: no time limit of the sale may strike. */
  open(): boolean {
    return this.#at !== null;
  }

  /** Whether a card can be given for the sale on the front. */
  offered(): boolean {
    const { till, ready } = this.#o;
    const shown = shownCharge(till.state);
    return restMinor(till.state) > 0 && !(shown && isDirect(shown)) && ready();
  }

  screen(): Screen | null {
    const { till, terms } = this.#o;
    if (this.#result) return this.#result.sale === till.state.sale?.id ? this.#result.step : null;
    if (!this.#at) return null;
    const { step } = this.#at;
    switch (step.step) {
      case 'operator':
        return { kind: 'top-up-operator', rest: this.#rest(), operators: terms.operators };
      case 'amount':
        return { kind: 'top-up-amount', operator: step.operator, amounts: terms.faceValues.map((minor) => this.#money(minor)) };
      default: {
        const { operator, amountMinor, typed, short } = step;
        const length = typed.reveal().length;
        const allowed = TOP_UP_LENGTHS[step.step];
        return { kind: 'top-up-typing', field: step.step, operator, amount: this.#money(amountMinor), typed: length, ...allowed, short };
      }
    }
  }

  /** Whether the key belonged to the dialogue. */
  press(key: string): boolean {
    const { till } = this.#o;
    const at = this.#at;
    if (!at) {
      if (this.#isStray(key)) return true;
      if ((key !== 'top-up' && key !== '1') || !this.offered()) return false;
      this.#go(till.state.sale?.id ?? '', { step: 'operator' });
      return true;
    }
    if (key === 'cancel') this.#leave();
    else if (key === 'clear') this.#back(at);
    else this.#choose(at, key);
    return true;
  }

  #choose({ sale, step }: At<Step>, key: string): void {
    const { terms } = this.#o;
    switch (step.step) {
      case 'operator': {
        const operator = nth(terms.operators, key, 'operator');
        if (operator !== undefined) this.#go(sale, { step: 'amount', operator });
        return;
      }
      case 'amount': {
        const amountMinor = nth(terms.faceValues, key, 'amount');
        const { operator } = step;
        if (amountMinor !== undefined) this.#go(sale, { step: 'serial', operator, amountMinor, serial: null, typed: EMPTY, short: false });
        return;
      }
      default:
        if (/^[0-9]$/.test(key)) this.#type(sale, step, key);
        else if (key === 'ok') this.#typed(sale, step);
    }
  }

  #type(sale: string, step: Typing, digit: string): void {
    const text = step.typed.reveal() + digit;
    if (text.length <= TOP_UP_LENGTHS[step.step].most) this.#go(sale, { ...step, typed: new CardSecret(text), short: false });
  }

  #typed(sale: string, step: Typing): void {
    const { typed, serial, operator, amountMinor } = step;
    if (typed.reveal().length < TOP_UP_LENGTHS[step.step].least) {
      this.#go(sale, { ...step, short: true });
    } else if (serial === null) {
      this.#go(sale, { ...step, step: 'pin', serial: typed, typed: EMPTY, short: false });
    } else {
      this.#leave();
      this.#enter(sale, { operator, amountMinor, serial, pin: typed });
    }
  }

  #enter(sale: string, card: TopUpCard): void {
    try {
      this.#o.enter(sale, card);
    } catch (error) {
      this.#show(sale, { kind: 'top-up-failed', reason: 'not-possible', rest: this.#rest() });
      throw error;
    }
  }

  /** Forgets what was typed on this screen, or goes to the one before. */
  #back({ sale, step }: At<Step>): void {
    if (step.step === 'operator') this.#leave();
    else if (step.step === 'amount') this.#go(sale, { step: 'operator' });
    else if (step.typed.reveal() !== '') this.#go(sale, { ...step, typed: EMPTY, short: false });
    else if (step.step === 'serial') this.#go(sale, { step: 'amount', operator: step.operator });
    else this.#go(sale, { ...step, step: 'serial', serial: null, short: false });
  }

  #go(sale: string, step: Step): void {
    this.#at = { sale, step };
    this.#result = null;
    this.#wait(this.#o.typingMs);
  }

  #leave(): void {
    this.#at = null;
    this.#result = null;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#o.changed();
  }

  #wait(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#o.clock.after(ms, () => this.#leave());
    this.#o.changed();
  }

  #follow(entries: readonly Recorded[]): void {
    const { sale, resolved } = this.#o.till.state;
    // Nothing is typed for a sale that needs it no more.
    if (this.#at && (sale?.id !== this.#at.sale || !this.offered())) {
      if ('typed' in this.#at.step) this.#keepOff();
      this.#leave();
    }
    if (entries.some(({ entry }) => entry.kind === 'sale.settled')) this.#result = null;
    if (this.#at || !sale) return;
    const paying = sale.phase === 'paying';
    for (const { entry } of entries) {
      if (entry.kind === 'charge.paid' && entry.method === 'top-up' && entry.sale === sale.id) {
        const worth = entry.worthMinor === undefined ? null : this.#money(entry.worthMinor);
        // That it paid for everything is seen; that it was worth something else is not.
        if (!paying && (worth === null || entry.late)) continue;
        this.#show(sale.id, { kind: 'top-up-result', credited: this.#money(entry.amountMinor), worth, rest: this.#rest() });
      }
      if (
        paying &&
        entry.kind === 'charge.failed' &&
        entry.sale === sale.id &&
        resolved.some(({ id, topUp }) => id === entry.charge && topUp)
      ) {
        this.#show(sale.id, { kind: 'top-up-failed', reason: reasonOf(entry.reason), rest: this.#rest() });
      }
    }
  }

  /** The digits of a PIN are no amount to sell for: they go nowhere until none has come for as long as a result is shown. */
  #isStray(key: string): boolean {
    if (this.#o.clock.monotonicMs() >= this.#strayUntilMs) return false;
    if (/^(?:[0-9]|ok|clear)$/.test(key)) {
      this.#keepOff();
      return true;
    }
    this.#strayUntilMs = Number.NEGATIVE_INFINITY;
    return false;
  }

  #keepOff(): void {
    this.#strayUntilMs = this.#o.clock.monotonicMs() + this.#o.resultMs;
  }

  #show(sale: string, result: Result): void {
    this.#result = { sale, step: result };
    this.#wait(this.#o.resultMs);
  }

  #money = (minor: number): Money => ({ minor, currency: this.#o.till.currency });

  #rest = (): Money => this.#money(restMinor(this.#o.till.state));
}

/** The thing a key names by its place: `operator-3`, or `3` on a keypad. */
function nth<T>(things: readonly T[], key: string, kind: string): T | undefined {
  const place = /^(?:(operator|amount)-)?([1-9])$/.exec(key);
  return place && (place[1] === undefined || place[1] === kind) ? things[Number(place[2]) - 1] : undefined;
}

/** What a customer can do about it. */
function reasonOf(reason: string): Extract<Screen, { kind: 'top-up-failed' }>['reason'] {
  if (reason === 'duplicate-card' || reason === 'request-id-used') return 'used';
  if (reason === 'card-invalid' || reason === 'failed' || reason === 'worth-nothing') return 'bad';
  return 'not-possible';
}
