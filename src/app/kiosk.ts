import type { Recorded } from '../domain/journal.ts';
import { type KioskEvent, type KioskScreen, type KioskTimings, LIMIT_EXCEEDED, TIMED_OUT } from '../domain/kiosk.ts';
import { choiceOf, type KioskChoice } from '../domain/kiosk-keys.ts';
import type { Money } from '../domain/money.ts';
import { driveFor } from '../domain/policy.ts';
import type { Screen } from '../domain/screen.ts';
import { knownCharge, openCharge } from '../domain/till/state.ts';
import { saleView } from '../domain/till/view.ts';
import type { Clock } from '../ports/clock.ts';
import type { ChargeAnswer, KioskGateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Confirm } from './confirm.ts';
import type { HealthService } from './health.ts';
import { KioskAmount, type KioskAmountOptions } from './kiosk-amount.ts';
import { DialogueBook } from './kiosk-dialogue.ts';
import { kioskPicture } from './kiosk-picture.ts';
import { isPaid, refusalOf } from './kiosk-refusal.ts';
import { KioskStage } from './kiosk-stage.ts';
import { KioskTalk } from './kiosk-talk.ts';
import type { Tickets } from './tickets.ts';
import type { TillService } from './till.ts';

export interface KioskOptions extends KioskAmountOptions {
  readonly till: TillService;
  readonly store: Store;
  readonly gateway: KioskGateway;
  readonly confirm: Pick<Confirm, 'receive'>;
  readonly health: Pick<HealthService, 'ready'>;
  readonly tickets: Pick<Tickets, 'once'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly timings: KioskTimings;
  readonly backendNowMs: () => number;
  readonly changed: () => void;
}

/**
 * Leads the customer through the screens of a backend that drives the dialogue (contract 4). The box checks every
 * screen against what it knows, names the transaction, and commits the charge before the backend hears of the method;
 * what became of the charge goes the same way as in every other dialect.
 */
export class Kiosk {
  readonly #o: KioskOptions;
  readonly #book: DialogueBook;
  readonly #stage: KioskStage;
  readonly #amount: KioskAmount;
  readonly #talk: KioskTalk;
  #connected = false;
  /** A screen came over the connection there is: what stands from an earlier one may have been answered already. */
  #current = false;
  /** The transaction whose result was missing, and was asked for. */
  #asked: string | null = null;
  readonly #printing = new Set<string>();
  #stopped = false;

  constructor(options: KioskOptions) {
    this.#o = options;
    const { store, policy, clock, timings, changed } = options;
    this.#book = new DialogueBook(store, policy.currency);
    this.#stage = new KioskStage({ clock, resultMs: timings.resultMs, graceMs: timings.graceMs, changed });
    this.#amount = new KioskAmount(options);
    this.#talk = new KioskTalk({ ...options, answerMs: timings.answerMs, busy: () => this.#printing.size > 0 });
  }

  start(): void {
    this.#book.start();
    this.#o.gateway.resume(this.#book.current?.transaction ?? null);
    this.#o.till.onCommitted((entries) => this.#follow(entries));
    this.#stage.start();
  }

  stop(): void {
    this.#stopped = true;
    this.#talk.stop();
    this.#stage.stop();
  }

  /** What could not be committed is asked for again: the backend says it anew on a new connection. */
  receive(event: KioskEvent): void {
    if (this.#stopped) return;
    try {
      this.#receive(event);
    } catch (error) {
      this.#o.log.error('kiosk.not-recorded', { event: event.event, error });
      this.#talk.askAgain();
    }
  }

  #receive(event: KioskEvent): void {
    switch (event.event) {
      case 'connected':
        this.#connected = true;
        return;
      case 'disconnected':
        this.#connected = false;
        this.#current = false;
        this.#talk.disconnected();
        this.#stage.disconnected();
        return;
      case 'error':
        this.#failed(event);
        return;
      case 'screen':
        this.#take(this.#amount.sellable(event.screen), event.transaction);
    }
  }

  /** What the customer sees, as far as the backend decides it. */
  screen(): Screen {
    const on = this.#stage.on();
    return 'kind' in on ? on : this.#picture(on);
  }

  /** A key of the board, a finger on the screen or a program; what means nothing on the screen that is shown does nothing. */
  press(key: string): void {
    const on = this.#stage.on();
    // What is being held back is not what the customer sees.
    if ('kind' in on || this.#talk.waiting() || !this.#connected || !this.#current || this.#o.till.state.sale !== null) return;
    const choice = choiceOf(on, key);
    if (!choice || !this.#o.health.ready().terminal) return;
    this.#choose(choice, on);
  }

  #choose(choice: KioskChoice, on: KioskScreen): void {
    const transaction = this.#book.current?.transaction;
    switch (choice.choice) {
      case 'amount':
      case 'other-amount': {
        const amount = choice.choice === 'amount' ? choice.amount : null;
        // The first choice names the transaction (contract 4, "Amount Selection").
        const named = `T${this.#o.till.newId().toUpperCase()}`;
        this.#enter(named, amount);
        this.#talk.say(amount ? { action: 'amount', amount } : { action: 'other-amount' }, named);
        return;
      }
      case 'digit':
        this.#amount.type(choice.digit);
        this.#o.changed();
        return;
      case 'clear':
        this.#amount.clear();
        this.#o.changed();
        return;
      case 'typed-amount':
        if (on.screen === 'keypad' && transaction !== undefined) this.#takeTyped(on, transaction);
        return;
      case 'method':
        if (transaction !== undefined) this.#pay(choice.method, transaction);
        return;
      case 'cancel':
        if (transaction !== undefined) this.#talk.say({ action: 'cancel', screen: choice.screen }, transaction);
    }
  }

  #takeTyped(on: Extract<KioskScreen, { screen: 'keypad' }>, transaction: string): void {
    const amount = this.#amount.take(on);
    if (!amount) {
      this.#o.changed();
      return;
    }
    this.#enter(transaction, amount);
    this.#talk.say({ action: 'typed-amount', amount }, transaction);
  }

  #pay(method: string, transaction: string): void {
    const { till, policy, board, timings, backendNowMs } = this.#o;
    const amount = this.#book.current?.amount;
    // The owner may have changed what it sells for since the amount was chosen.
    if (!amount || !this.#amount.sells(amount) || knownCharge(till.state, transaction)) return;
    till.submit({
      type: 'terminal-chosen',
      sale: till.newId(),
      charge: transaction,
      dueMinor: amount.minor,
      description: '',
      drive: board.delivery ? driveFor(policy.drive, amount.minor) : null,
      method,
      expiresAtMs: backendNowMs() + timings.processingMs,
    });
    this.#talk.say({ action: 'method', method }, transaction);
  }

  #enter(transaction: string, amount: Money | null): void {
    this.#book.enter({ transaction, amount });
    this.#o.gateway.resume(transaction);
  }

  #take(screen: KioskScreen, transaction: string): void {
    const { log, till } = this.#o;
    this.#settle(screen, transaction);
    const known = { dialogue: this.#book.current, till: till.state, cancelled: (sale: string) => this.#wasCancelled(sale) };
    const refusal = refusalOf(screen, transaction, known);
    if (refusal !== null) {
      log.warn('kiosk.screen-refused', { screen: screen.screen, transaction, reason: refusal });
      this.#callOff(screen, transaction);
      this.#talk.awaitNext();
      return;
    }
    if (screen.screen === 'amount-select' && !this.#begin()) return;
    this.#talk.answered();
    this.#current = true;
    if (screen.screen === 'keypad') this.#amount.forgive();
    else this.#amount.clear();
    // What was paid is still to be read when the next dialogue has begun.
    this.#stage.show(screen.screen === 'success' ? this.#picture(screen) : screen);
    if (screen.screen === 'print-ticket') void this.#print(transaction);
    if (screen.screen === 'payment-method') this.#chooseAgain(screen, transaction);
    if (STALLING.has(screen.screen)) this.#talk.awaitNext();
  }

  /** What a result means for the charge, whether or not its picture is wanted now. */
  #settle(screen: KioskScreen, transaction: string): void {
    if (!knownCharge(this.#o.till.state, transaction)) return;
    if (screen.screen === 'success') this.#confirm(transaction, { state: 'paid' });
    if (screen.screen === 'failed') this.#confirm(transaction, { state: 'failed', reason: screen.code });
    if (screen.screen === 'limit-error') this.#confirm(transaction, { state: 'failed', reason: LIMIT_EXCEEDED });
  }

  #confirm(charge: string, answer: ChargeAnswer): void {
    this.#o.confirm.receive({ kind: 'confirmation', charge, answer, done: () => undefined });
  }

  #wasCancelled(sale: string): boolean {
    const { till, store } = this.#o;
    return saleView(store.ledger({ sale }), till.currency)?.state === 'cancelled';
  }

  /**
   * The backend is at its start: whatever was under way is over. What became of a payment it says to who asks for it by
   * name, on a new connection; what is not known even then is looked after in the background. False: it is being asked.
   */
  #begin(): boolean {
    const { till, gateway } = this.#o;
    const transaction = this.#book.current?.transaction;
    if (transaction === undefined) return true;
    const charge = openCharge(till.state, transaction);
    if (charge && (this.#asked !== transaction || !this.#connected)) {
      if (this.#connected) gateway.reconnect();
      this.#asked = transaction;
      // Whatever else the old connection has said counts for nothing.
      this.#connected = false;
      return false;
    }
    if (charge?.state === 'shown') till.submit({ type: 'expired', charge: transaction });
    this.#book.leave();
    gateway.resume(null);
    return true;
  }

  /** The choice of the method was committed and never heard: it is said again, for the customer can choose no other. */
  #chooseAgain(screen: KioskScreen, transaction: string): void {
    const { till, health } = this.#o;
    const method = openCharge(till.state, transaction)?.terminal;
    if (method === undefined) return;
    if (health.ready().terminal) this.#talk.sayAgain({ action: 'method', method }, transaction);
    else this.#callOff(screen, transaction);
  }

  /** It was never heard, and nothing is to come of it: the customer has been told so, or the box cannot keep its side any more. */
  #callOff(screen: KioskScreen, transaction: string): void {
    if (screen.screen !== 'payment-method' || !screen.allowCancel || !openCharge(this.#o.till.state, transaction)) return;
    this.#talk.sayAgain({ action: 'cancel', screen: screen.screen }, transaction);
  }

  #failed({ code, message, transaction }: Extract<KioskEvent, { event: 'error' }>): void {
    this.#o.log.warn('kiosk.error', { code, message, transaction });
    const isCurrent = this.#book.current?.transaction === transaction;
    if (isCurrent) this.#talk.answered();
    if (code !== TIMED_OUT) return;
    const charge = knownCharge(this.#o.till.state, transaction);
    // Of a payment that was taken only what follows it can have taken too long.
    const paid = charge !== null && isPaid(charge);
    if (charge && !paid) this.#confirm(transaction, { state: 'failed', reason: TIMED_OUT });
    if (!isCurrent) return;
    if (!paid) this.#stage.tell({ kind: 'failed', reason: 'timeout', credit: this.#zero() });
    this.#talk.awaitNext();
  }

  async #print(transaction: string): Promise<void> {
    const { till, tickets, gateway } = this.#o;
    const sale = knownCharge(till.state, transaction)?.sale;
    if (sale === undefined || this.#printing.has(transaction)) return;
    this.#printing.add(transaction);
    const { result, code, reason } = await tickets.once(sale);
    this.#printing.delete(transaction);
    gateway.send(result === 'done' ? { action: 'printed' } : { action: 'device-error', code, message: reason }, transaction);
  }

  /** A payment that was waited for in vain is news to the customer, a machine that did not deliver to the backend. */
  #follow(entries: readonly Recorded[]): void {
    const { till, gateway } = this.#o;
    for (const { entry } of entries) {
      if (entry.kind === 'sale.cancelled' && entry.reason === 'terminal-unanswered') {
        this.#stage.tell({ kind: 'failed', reason: 'terminal-unanswered', credit: this.#zero() });
        this.#talk.awaitNext();
      }
      if (entry.kind !== 'act.outcome' || entry.result === 'done') continue;
      // A machine may take longer than the dialogue.
      const charge = till.state.resolved.findLast(({ sale, terminal }) => sale === entry.sale && terminal !== undefined);
      if (charge) gateway.send({ action: 'device-error', code: 'DELIVERY_FAILED', message: entry.reason }, charge.id);
    }
  }

  #picture(on: KioskScreen): Screen {
    return kioskPicture(on, this.#book.current?.amount ?? this.#zero(), this.#amount);
  }

  #zero = (): Money => ({ minor: 0, currency: this.#o.policy.currency });
}

/** Screens that nobody at the box can end. */
const STALLING: ReadonlySet<KioskScreen['screen']> = new Set([
  'success',
  'failed',
  'limit-error',
  'print-ticket',
  'collect-ticket',
  'thank-you',
]);
