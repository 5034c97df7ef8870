import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Currency, Money } from '../../domain/money.ts';
import { inTransaction, integerOf, integerOrNull, textOf, textOrNull } from '../store.ts';
import type { Step, TransactionState } from './session.ts';

/** A transaction of a kiosk, as the control API shows it. Amounts in minor units of its currency. */
export interface KioskTransaction {
  readonly transactionId: string;
  readonly device: string;
  readonly currency: Currency;
  /** Null until it is chosen. */
  readonly amountMinor: number | null;
  readonly method: string | null;
  readonly state: TransactionState;
  /** What its box shows; `amount-select` once it is over. */
  readonly step: Step;
  /** What SUCCESS said of a receipt. */
  readonly receipt: boolean;
  /** A ticket is still to be printed. */
  readonly ticket: boolean;
  /** Why it failed. */
  readonly reasonCode: string;
  readonly reason: string;
  /** On one that was over the limit: the limit of the day, and what was left of it. */
  readonly limitMinor: number | null;
  readonly remainingMinor: number | null;
  readonly createdAtMs: number;
  /** When the step began. */
  readonly stepAtMs: number;
  readonly decidedAtMs: number | null;
}

/** What went wrong with a device, and whether it is shown in place of its start screen. */
export interface DeviceTrouble {
  readonly shown: boolean;
  readonly code: string;
  readonly message: string;
}

/** A change of both, kept at once or not at all. */
export interface SessionChange {
  readonly transaction: KioskTransaction | null;
  readonly trouble: DeviceTrouble | null;
}

const DAY_MS = 86_400_000;

/** The transactions of all kiosks, and what is wrong with each. */
export class KioskTransactions {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  find(transactionId: string): KioskTransaction | null {
    const row = this.#db.prepare('SELECT * FROM kiosk_transactions WHERE transaction_id = ?').get(transactionId);
    return row ? toTransaction(row) : null;
  }

  /** The one that a device is busy with. */
  openOf(device: string): KioskTransaction | null {
    const row = this.#db.prepare("SELECT * FROM kiosk_transactions WHERE device = ? AND step <> 'amount-select'").get(device);
    return row ? toTransaction(row) : null;
  }

  /** The latest first, at most `limit`. */
  list(limit: number): KioskTransaction[] {
    return this.#db.prepare('SELECT * FROM kiosk_transactions ORDER BY seq DESC LIMIT ?').all(limit).map(toTransaction);
  }

  /** Devices with one that is open. */
  busyDevices(): string[] {
    const rows = this.#db.prepare("SELECT device FROM kiosk_transactions WHERE step <> 'amount-select' ORDER BY device").all();
    return rows.map((row) => textOf(row, 'device'));
  }

  /** What a device has been paid on the UTC day of a moment, in minor units. */
  paidThatDay(device: string, currency: Currency, atMs: number): number {
    const from = Math.floor(atMs / DAY_MS) * DAY_MS;
    const row = this.#db
      .prepare(
        `SELECT coalesce(sum(amount_minor), 0) AS total FROM kiosk_transactions
         WHERE device = ? AND currency = ? AND state = 'success' AND decided_at_ms >= ? AND decided_at_ms < ?`,
      )
      .get(device, currency, from, from + DAY_MS);
    return row ? integerOf(row, 'total') : 0;
  }

  trouble(device: string): DeviceTrouble {
    const row = this.#db.prepare('SELECT * FROM kiosk_devices WHERE device = ?').get(device);
    if (!row) return { shown: false, code: '', message: '' };
    return { shown: integerOf(row, 'error_shown') === 1, code: textOf(row, 'error_code'), message: textOf(row, 'error_message') };
  }

  /** Keeps a step of the dialogue. The database refuses to change what a settled transaction has come to. */
  keep(device: string, { transaction, trouble }: SessionChange): void {
    inTransaction(this.#db, () => {
      if (transaction) this.#put(transaction);
      if (trouble) {
        this.#db
          .prepare(
            `INSERT INTO kiosk_devices (device, error_shown, error_code, error_message) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET error_shown = excluded.error_shown, error_code = excluded.error_code, error_message = excluded.error_message`,
          )
          .run(device, trouble.shown ? 1 : 0, trouble.code, trouble.message);
      }
    });
  }

  #put(one: KioskTransaction): void {
    this.#db
      .prepare(
        `INSERT INTO kiosk_transactions (transaction_id, device, currency, amount_minor, method, state, step, receipt, ticket, reason_code,
           reason, limit_minor, remaining_minor, created_at_ms, step_at_ms, decided_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (transaction_id) DO UPDATE SET device = excluded.device, currency = excluded.currency,
           amount_minor = excluded.amount_minor, method = excluded.method, state = excluded.state, step = excluded.step,
           receipt = excluded.receipt, ticket = excluded.ticket, reason_code = excluded.reason_code, reason = excluded.reason,
           limit_minor = excluded.limit_minor, remaining_minor = excluded.remaining_minor, step_at_ms = excluded.step_at_ms,
           decided_at_ms = excluded.decided_at_ms`,
      )
      .run(
        one.transactionId,
        one.device,
        one.currency,
        one.amountMinor,
        one.method,
        one.state,
        one.step,
        one.receipt ? 1 : 0,
        one.ticket ? 1 : 0,
        one.reasonCode,
        one.reason,
        one.limitMinor,
        one.remainingMinor,
        one.createdAtMs,
        one.stepAtMs,
        one.decidedAtMs,
      );
  }
}

/** A transaction that has just begun. */
export const newTransaction = (transactionId: string, device: string, currency: Currency, atMs: number): KioskTransaction => ({
  transactionId,
  device,
  currency,
  amountMinor: null,
  method: null,
  state: 'open',
  step: 'amount-select',
  receipt: false,
  ticket: false,
  reasonCode: '',
  reason: '',
  limitMinor: null,
  remainingMinor: null,
  createdAtMs: atMs,
  stepAtMs: atMs,
  decidedAtMs: null,
});

/** What it is over; null until that is chosen. */
export const amountOf = ({ amountMinor, currency }: KioskTransaction): Money | null =>
  amountMinor === null ? null : { minor: amountMinor, currency };

const toTransaction = (row: Record<string, SQLOutputValue>): KioskTransaction => ({
  transactionId: textOf(row, 'transaction_id'),
  device: textOf(row, 'device'),
  currency: textOf(row, 'currency') as Currency,
  amountMinor: integerOrNull(row, 'amount_minor'),
  method: textOrNull(row, 'method'),
  state: textOf(row, 'state') as TransactionState,
  step: textOf(row, 'step') as Step,
  receipt: integerOf(row, 'receipt') === 1,
  ticket: integerOf(row, 'ticket') === 1,
  reasonCode: textOf(row, 'reason_code'),
  reason: textOf(row, 'reason'),
  limitMinor: integerOrNull(row, 'limit_minor'),
  remainingMinor: integerOrNull(row, 'remaining_minor'),
  createdAtMs: integerOf(row, 'created_at_ms'),
  stepAtMs: integerOf(row, 'step_at_ms'),
  decidedAtMs: integerOrNull(row, 'decided_at_ms'),
});
