import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { excerpt } from '../../domain/card-data.ts';
import type { JsonObject } from '../../domain/json.ts';
import { MAX_MINOR, type Money } from '../../domain/money.ts';
import { moneyText } from '../../domain/money-text.ts';
import { spokenText } from '../../domain/speech/spoken-text.ts';
import { utterance } from '../../domain/speech/utterance.ts';
import { downlinkTopic, encodePaymentSuccess, isDeviceId } from '../../protocols/qris-soundbox/codec.ts';
import type { Announcer } from '../announcer.ts';
import { demandNothingElse, invalid } from '../control-request.ts';
import { type BackendClock, type BackendEntropy, randomText } from '../environment.ts';
import type { FaultBoard } from '../faults.ts';
import { Refusal } from '../refusal.ts';
import { inTransaction, integerOf, textOf } from '../store.ts';
import { MERCHANT_NAME } from './merchant.ts';
import { BASE62, type Transactions } from './transactions.ts';

/** A payment that a box was told of, as the control API shows it. Amount in rupiah. */
export interface PaymentEvent {
  readonly eventId: string;
  /** Of a payment nobody asked for: one there is no transaction of. */
  readonly transactionId: string;
  readonly deviceId: string;
  readonly amountMinor: number;
  readonly displayText: string;
  readonly paidAtMs: number;
  /** How often it was published. */
  readonly published: number;
}

export interface PaymentsSide {
  readonly db: DatabaseSync;
  readonly transactions: Transactions;
  readonly announcer: Announcer;
  readonly faults: FaultBoard;
  readonly clock: BackendClock;
  readonly entropy: BackendEntropy;
}

/** Longest text to show, characters. */
const MOST_TEXT = 200;
const YEAR_SECONDS = 31_536_000;

/** The customers: what they pay, and how the boxes hear of it. Every payment is one event, however often it is told. */
export class QrisPayments {
  readonly #side: PaymentsSide;

  constructor(side: PaymentsSide) {
    this.#side = side;
  }

  /**
   * The customer pays `{transactionId, again?, late?}`: told once, and once more by `again`, as the same event.
   * @throws Refusal `request-invalid`, `transaction-unknown`, `transaction-unpaid`; `transaction-expired` unless `late` allows it
   */
  async pay({ transactionId, again, late, ...rest }: JsonObject): Promise<PaymentEvent> {
    demandNothingElse(rest);
    if (typeof transactionId !== 'string') throw invalid('transactionId', 'the id of a transaction');
    const [repeated, allowed] = [flag('again', again), flag('late', late)];
    const told = this.#told(transactionId);
    if (told) return repeated ? this.#publish(told) : told;
    const { transactions, faults, db } = this.#side;
    const transaction = transactions.find(transactionId);
    if (!transaction) throw new Refusal(404, 'No such transaction', { code: 'transaction-unknown', found: excerpt(transactionId, 64) });
    if (repeated) throw new Refusal(409, 'This transaction has not been paid yet', { code: 'transaction-unpaid' });
    if (transaction.state === 'expired' && !allowed && faults.strike('late-payment') === null) {
      const remedy = 'Send {"late": true} to pay it all the same.';
      throw new Refusal(409, 'This transaction has expired', { code: 'transaction-expired', remedy });
    }
    const { deviceId, amountMinor } = transaction;
    const event = inTransaction(db, () => {
      transactions.settle(transactionId);
      return this.#keep({ transactionId, deviceId, amountMinor, displayText: shown(amountMinor), paidAtMs: this.#nowMs() });
    });
    return this.#publish(event);
  }

  /**
   * A payment that the box did not ask for: `{deviceId, amount, text?, secondsAgo?}`. The text is shown instead of the usual one.
   * @throws Refusal `request-invalid`
   */
  async announce({ deviceId, amount, text, secondsAgo = 0, ...rest }: JsonObject): Promise<PaymentEvent> {
    demandNothingElse(rest);
    if (typeof deviceId !== 'string' || !isDeviceId(deviceId)) throw invalid('deviceId', '1 to 64 of A-Z a-z 0-9 _ -');
    const amountMinor = integer('amount', amount, 1, MAX_MINOR);
    if (text !== undefined && (typeof text !== 'string' || text.length > MOST_TEXT)) {
      throw invalid('text', `a text of at most ${MOST_TEXT} characters`);
    }
    const paidAtMs = this.#nowMs() - integer('secondsAgo', secondsAgo, 0, YEAR_SECONDS) * 1_000;
    const displayText = text === undefined ? shown(amountMinor) : excerpt(text, MOST_TEXT);
    return this.#publish(this.#keep({ transactionId: this.#side.transactions.newId(), deviceId, amountMinor, displayText, paidAtMs }));
  }

  /** The latest first, at most `limit`. */
  list(limit: number): PaymentEvent[] {
    return this.#side.db.prepare('SELECT * FROM qris_events ORDER BY seq DESC LIMIT ?').all(limit).map(toEvent);
  }

  #told(transactionId: string): PaymentEvent | null {
    const row = this.#side.db.prepare('SELECT * FROM qris_events WHERE transaction_id = ?').get(transactionId);
    return row ? toEvent(row) : null;
  }

  #keep(payment: Omit<PaymentEvent, 'eventId' | 'published'>): PaymentEvent {
    const eventId = `evt_${randomText(this.#side.entropy, BASE62, 20)}`;
    const { transactionId, deviceId, amountMinor, displayText, paidAtMs } = payment;
    this.#side.db
      .prepare(
        'INSERT INTO qris_events (event_id, transaction_id, device_id, amount_minor, display_text, paid_at_ms) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(eventId, transactionId, deviceId, amountMinor, displayText, paidAtMs);
    return { ...payment, eventId, published: 0 };
  }

  async #publish(event: PaymentEvent): Promise<PaymentEvent> {
    const { db, announcer } = this.#side;
    db.prepare('UPDATE qris_events SET published = published + 1 WHERE event_id = ?').run(event.eventId);
    const topic = downlinkTopic(event.deviceId, 'payment/success');
    await announcer.announcePayment(topic, event.transactionId, (charge) => payload(event, charge));
    return { ...event, published: event.published + 1 };
  }

  #nowMs(): number {
    return this.#side.clock.wallMs();
  }
}

const rupiah = (minor: number): Money => ({ minor, currency: 'IDR' });
const shown = (minor: number): string => `Pembayaran diterima ${moneyText(rupiah(minor))}`;

function payload({ eventId, amountMinor, displayText, paidAtMs }: PaymentEvent, charge: string): Uint8Array {
  const amount = rupiah(amountMinor);
  return encodePaymentSuccess({
    event: eventId,
    charge,
    merchantName: MERCHANT_NAME,
    amount,
    paidAtMs,
    audioText: spokenText(utterance({ phrase: 'received', amount }, 'id'), 'id'),
    text: displayText,
  });
}

function flag(name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw invalid(name, 'true or false');
  return value === true;
}

function integer(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    throw invalid(name, `a whole number from ${least} to ${most}`);
  }
  return value;
}

const toEvent = (row: Record<string, SQLOutputValue>): PaymentEvent => ({
  eventId: textOf(row, 'event_id'),
  transactionId: textOf(row, 'transaction_id'),
  deviceId: textOf(row, 'device_id'),
  amountMinor: integerOf(row, 'amount_minor'),
  displayText: textOf(row, 'display_text'),
  paidAtMs: integerOf(row, 'paid_at_ms'),
  published: integerOf(row, 'published'),
});
