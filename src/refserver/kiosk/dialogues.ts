import { NO_TRANSACTION, TIMED_OUT } from '../../domain/kiosk.ts';
import { encodeError, encodeScreen, SCREEN_IDENTIFIERS, type WireError } from '../../protocols/kiosk/codec.ts';
import type { BackendClock, BackendLog } from '../environment.ts';
import { ChoiceRefusal } from './choices.ts';
import { DeviceTimers } from './device-timers.ts';
import type { KioskLog } from './log.ts';
import { screenOf } from './screens.ts';
import { isWaiting, type Move, moveOn, resultStep, type SessionEvent, type Step } from './session.ts';
import type { SettingsBook } from './settings.ts';
import { type DeviceTrouble, type KioskTransaction, type KioskTransactions, newTransaction } from './transactions.ts';

/** The way to a box that is connected. */
export interface Link {
  send(text: string): void;
}

/** Where a device stands. */
export interface Session {
  readonly step: Step;
  /** The open transaction; null at the start. */
  readonly transaction: KioskTransaction | null;
  readonly trouble: DeviceTrouble;
}

/** What comes along with an event. */
export interface Occasion {
  /** The id of the transaction it begins. */
  readonly begins?: string;
  readonly changes?: Partial<KioskTransaction>;
  /** What is wrong with the device or its terminal. */
  readonly trouble?: Pick<DeviceTrouble, 'code' | 'message'>;
}

export interface DialoguesSide {
  readonly transactions: KioskTransactions;
  readonly settings: SettingsBook;
  readonly book: KioskLog;
  readonly clock: BackendClock;
  readonly log: BackendLog;
}

/**
 * The dialogues with all boxes: every step is kept first, then shown. Steps that wait have their time whether or not the
 * box is there; what is to be read or done at the box has its time only while it is connected.
 */
export class Dialogues {
  readonly #side: DialoguesSide;
  readonly #links = new Map<string, Link>();
  readonly #steps: DeviceTimers;
  readonly #approvals: DeviceTimers;
  readonly #replays: DeviceTimers;

  constructor(side: DialoguesSide) {
    this.#side = side;
    this.#steps = new DeviceTimers(side.clock, side.log);
    this.#approvals = new DeviceTimers(side.clock, side.log);
    this.#replays = new DeviceTimers(side.clock, side.log);
  }

  /** Takes up what an earlier run left. */
  start(): void {
    for (const device of this.#side.transactions.busyDevices()) this.#arm(device);
  }

  stop(): void {
    for (const timers of [this.#steps, this.#approvals, this.#replays]) timers.stop();
    this.#links.clear();
  }

  session(device: string): Session {
    const { transactions } = this.#side;
    const [transaction, trouble] = [transactions.openOf(device), transactions.trouble(device)];
    return { step: transaction?.step ?? (trouble.shown ? 'device-error' : 'amount-select'), transaction, trouble };
  }

  isConnected(device: string): boolean {
    return this.#links.has(device);
  }

  /** A box has connected; `asked` is the transaction it wants to go on with. Whatever has a result shows that first. */
  connected(device: string, link: Link, asked: string | null): void {
    this.#links.set(device, link);
    this.#replays.clear(device);
    const known = asked === null ? null : this.#side.transactions.find(asked);
    if (asked !== null && known?.device !== device) {
      this.refuse(device, 'TRANSACTION_UNKNOWN', 'There is no such transaction', NO_TRANSACTION);
    }
    if (known?.device === device && known.step === 'amount-select') this.replay(device, known);
    else this.#resume(device);
    this.#arm(device);
  }

  disconnected(device: string, link: Link): void {
    if (this.#links.get(device) !== link) return;
    this.#links.delete(device);
    this.#replays.clear(device);
    this.#arm(device);
  }

  /**
   * Something happened: the dialogue moves on and its new screen is sent.
   * @throws ChoiceRefusal `unexpected-action` where it cannot happen
   */
  advance(device: string, event: SessionEvent, { begins, changes, trouble }: Occasion = {}): void {
    const { transactions, clock, settings, book } = this.#side;
    const before = this.session(device);
    const fresh = () => (begins === undefined ? null : newTransaction(begins, device, settings.now().currency, clock.wallMs()));
    const transaction = before.transaction ?? fresh();
    const decided = transaction !== null && resultStep(transaction.state) !== null;
    const move = moveOn(before.step, event, { decided, ticket: transaction?.ticket === true });
    if ('impossible' in move) throw new ChoiceRefusal('unexpected-action', move.impossible);
    if (move.stays) return;
    const after = transaction === null ? null : this.#stepped(transaction, before.step, move, changes);
    transactions.keep(device, { transaction: after, trouble: troubleAfter(before, move.to, trouble) });
    if (after) {
      const { transactionId, state, step } = after;
      book.add('transaction', device, { event, transaction: transactionId, state, step });
    }
    if (move.by) this.#send(device, move.by, after);
    if (move.state === 'timed-out' && after) this.#timedOut(device, before.step, after.transactionId);
    this.#send(device, move.to, after);
    this.#arm(device);
  }

  /** The current screen again. */
  show(device: string): void {
    const { step, transaction } = this.session(device);
    this.#send(device, step, transaction);
  }

  /** What became of a transaction that is over, and then the current screen. */
  replay(device: string, transaction: KioskTransaction): void {
    const result = resultStep(transaction.state);
    if (result === null) {
      if (transaction.state === 'timed-out') this.#timedOut(device, lastStep(transaction), transaction.transactionId);
      this.show(device);
      return;
    }
    this.#send(device, result, transaction);
    this.#replays.set(device, this.#side.settings.now().durationsMs[result], () => this.show(device));
  }

  /** Tells a box what it did wrong. */
  refuse(device: string, code: string, message: string, transactionId: string): void {
    this.#error(device, { code, message, screen: SCREEN_IDENTIFIERS[this.session(device).step] }, transactionId);
  }

  /** What is offered may have changed, and so may how long things take. */
  settingsChanged(): void {
    for (const device of this.#links.keys()) {
      if (['amount-select', 'keypad', 'payment-method'].includes(this.session(device).step)) this.show(device);
    }
    for (const device of new Set([...this.#links.keys(), ...this.#side.transactions.busyDevices()])) this.#arm(device);
  }

  #stepped(transaction: KioskTransaction, from: Step, { to, state }: Move, changes: Partial<KioskTransaction> = {}): KioskTransaction {
    const nowMs = this.#side.clock.wallMs();
    const after = { ...transaction, ...changes, state: state ?? transaction.state, step: to, stepAtMs: nowMs };
    if (from === 'print-ticket') return { ...after, ticket: false };
    if (state === undefined || state === 'open' || state === 'processing') return after;
    const receipt = state === 'success' && this.#side.settings.now().showReceipt;
    return { ...after, decidedAtMs: nowMs, receipt, ticket: receipt };
  }

  /** As `show`, for a box that may have missed what its transaction came to. */
  #resume(device: string): void {
    const { step, transaction } = this.session(device);
    const result = transaction && resultStep(transaction.state);
    if (result && result !== step) this.#send(device, result, transaction);
    this.#send(device, step, transaction);
  }

  #arm(device: string): void {
    const { settings, clock } = this.#side;
    const { step, transaction } = this.session(device);
    const { durationsMs, autoMs } = settings.now();
    this.#steps.clear(device);
    this.#approvals.clear(device);
    if (step === 'amount-select') return;
    const pastMs = isWaiting(step) && transaction ? clock.wallMs() - transaction.stepAtMs : 0;
    if (isWaiting(step) || this.#links.has(device)) {
      this.#steps.set(device, durationsMs[step] - pastMs, () => this.advance(device, 'elapsed'));
    }
    if (step === 'processing' && autoMs !== null) {
      this.#approvals.set(device, autoMs - pastMs, () => this.advance(device, 'approved'));
    }
  }

  #send(device: string, step: Step, transaction: KioskTransaction | null): void {
    const { settings, transactions, clock, book } = this.#side;
    this.#replays.clear(device);
    const link = this.#links.get(device);
    if (!link) return;
    const id = step === 'amount-select' ? NO_TRANSACTION : (transaction?.transactionId ?? NO_TRANSACTION);
    const currency = transaction?.currency ?? settings.now().currency;
    const screen = screenOf(step, transaction, transactions.trouble(device), settings.now());
    book.add('out', device, { type: 'SCREEN_CHANGE', screen: SCREEN_IDENTIFIERS[step], transaction: id });
    link.send(encodeScreen(screen, id, clock.wallMs(), currency));
  }

  #timedOut(device: string, step: Step, transactionId: string): void {
    this.#error(device, { code: TIMED_OUT, message: 'Transaction timed out', screen: SCREEN_IDENTIFIERS[step] }, transactionId);
  }

  #error(device: string, error: WireError, transactionId: string): void {
    const { clock, book } = this.#side;
    const link = this.#links.get(device);
    if (!link) return;
    book.add('out', device, { type: 'ERROR', screen: error.screen, code: error.code, transaction: transactionId });
    link.send(encodeError(error, transactionId, clock.wallMs()));
  }
}

/** What is kept of a device's trouble: it stands in place of the start screen only where no transaction shows it. */
function troubleAfter({ transaction, trouble }: Session, to: Step, now: Occasion['trouble']): DeviceTrouble | null {
  if (to === 'device-error') return { code: '', message: '', ...now, shown: transaction === null };
  return trouble.shown ? { ...trouble, shown: false } : null;
}

/** Where a transaction was when its time was over. */
function lastStep({ amountMinor, method }: KioskTransaction): Step {
  if (amountMinor === null) return 'keypad';
  return method === null ? 'payment-method' : 'processing';
}
