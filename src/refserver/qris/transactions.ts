import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { QrRequest } from '../../protocols/qris-soundbox/codec.ts';
import { type BackendClock, type BackendEntropy, randomText } from '../environment.ts';
import { Refusal } from '../refusal.ts';
import { integerOf, integerOrNull, textOf } from '../store.ts';
import { keptId } from './kept.ts';
import { qrisCode } from './merchant.ts';

/** A payment some box asked for, as the control API shows it. Amount in rupiah. */
export interface Transaction {
  readonly transactionId: string;
  readonly deviceId: string;
  readonly requestId: string;
  readonly terminalId: string;
  readonly amountMinor: number;
  readonly qrPayload: string;
  /** `expired` is not stored: an open one is expired from its expiry on. */
  readonly state: 'open' | 'paid' | 'expired';
  /** Paid after it had expired. */
  readonly late: boolean;
  /** How often the box asked for it, under the same id. */
  readonly requests: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly paidAtMs: number | null;
}

export const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The payments that boxes asked for. */
export class Transactions {
  readonly #db: DatabaseSync;
  readonly #clock: BackendClock;
  readonly #entropy: BackendEntropy;
  readonly #lifeMs: number;

  /** `lifeMs`: how long a customer has to pay. */
  constructor(db: DatabaseSync, clock: BackendClock, entropy: BackendEntropy, lifeMs: number) {
    this.#db = db;
    this.#clock = clock;
    this.#entropy = entropy;
    this.#lifeMs = lifeMs;
  }

  /**
   * Makes a transaction, or finds the one that a request of the same id made before.
   * @throws Refusal `request-mismatch` when that one was over another amount or for another terminal
   */
  open({ deviceId, request, terminalId, amount }: QrRequest): Transaction {
    const [requestId, terminal] = [keptId(request), keptId(terminalId)];
    const nowMs = this.#clock.wallMs();
    const id = this.newId();
    // Times go out in whole seconds, and so does this one.
    const expiresAtMs = Math.floor((nowMs + this.#lifeMs) / 1_000) * 1_000;
    this.#db
      .prepare(
        `INSERT INTO qris_transactions (transaction_id, device_id, request_id, terminal_id, amount_minor, qr_payload, created_at_ms, expires_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device_id, request_id) DO UPDATE SET requests = requests + 1`,
      )
      .run(id, deviceId, requestId, terminal, amount.minor, qrisCode(id, amount.minor), nowMs, expiresAtMs);
    const row = this.#db.prepare('SELECT * FROM qris_transactions WHERE device_id = ? AND request_id = ?').get(deviceId, requestId);
    const transaction = this.#transaction(row ?? {});
    if (transaction.amountMinor === amount.minor && transaction.terminalId === terminal) return transaction;
    throw new Refusal(409, 'This request_id was used for another payment', {
      code: 'request-mismatch',
      remedy: 'Use a new one for every new payment, and the same for every try of one.',
    });
  }

  /** Keeps that it was paid now. */
  settle(transactionId: string): void {
    this.#db
      .prepare('UPDATE qris_transactions SET paid_at_ms = ? WHERE transaction_id = ? AND paid_at_ms IS NULL')
      .run(this.#clock.wallMs(), transactionId);
  }

  find(transactionId: string): Transaction | null {
    const row = this.#db.prepare('SELECT * FROM qris_transactions WHERE transaction_id = ?').get(transactionId);
    return row ? this.#transaction(row) : null;
  }

  /** The latest first, at most `limit`. */
  list(limit: number): Transaction[] {
    const rows = this.#db.prepare('SELECT * FROM qris_transactions ORDER BY seq DESC LIMIT ?').all(limit);
    return rows.map((row) => this.#transaction(row));
  }

  /** The id of a transaction there has never been. */
  newId(): string {
    return `tx_${randomText(this.#entropy, BASE62, 20)}`;
  }

  #transaction(row: Record<string, SQLOutputValue>): Transaction {
    const [expiresAtMs, paidAtMs] = [integerOf(row, 'expires_at_ms'), integerOrNull(row, 'paid_at_ms')];
    const unpaid = this.#clock.wallMs() >= expiresAtMs ? 'expired' : 'open';
    return {
      transactionId: textOf(row, 'transaction_id'),
      deviceId: textOf(row, 'device_id'),
      requestId: textOf(row, 'request_id'),
      terminalId: textOf(row, 'terminal_id'),
      amountMinor: integerOf(row, 'amount_minor'),
      qrPayload: textOf(row, 'qr_payload'),
      state: paidAtMs === null ? unpaid : 'paid',
      late: paidAtMs !== null && paidAtMs >= expiresAtMs,
      requests: integerOf(row, 'requests'),
      createdAtMs: integerOf(row, 'created_at_ms'),
      expiresAtMs,
      paidAtMs,
    };
  }
}
