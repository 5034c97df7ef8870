import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { type BackendClock, type BackendEntropy, randomText } from './environment.ts';
import { Refusal } from './refusal.ts';
import { integerOf, integerOrNull, textOf, textOrNull } from './store.ts';

/** `expired` is not stored: an open charge is expired from its expiry on. */
type ChargeState = 'open' | 'paid' | 'failed' | 'expired';

/** One charge, as the control API shows it. Amount in satang. */
export interface Charge {
  readonly chargeId: string;
  readonly deviceId: string;
  readonly amountMinor: number;
  readonly description: string;
  readonly rawData: string;
  /** RFC 3339 with nanoseconds, as the box was told; the same instant as `expiresAtMs`. */
  readonly expiry: string;
  readonly state: ChargeState;
  /** Paid after it had expired. */
  readonly late: boolean;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly settledAtMs: number | null;
  readonly idempotencyKey: string | null;
}

export interface ChargeRequest {
  readonly deviceId: string;
  readonly amountMinor: number;
  readonly description: string;
  /** Two requests of one device with the same key are one charge. */
  readonly idempotencyKey: string | null;
}

/** Whether this call changed the charge; false when it was so already. */
export interface Settled {
  readonly charge: Charge;
  readonly changed: boolean;
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The charges. A charge is settled once, as paid or as failed, and stays so. */
export class Charges {
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
   * Makes a charge, or returns the one its key made before; `qrOf` builds the QR for the new charge's id.
   * @throws Refusal `idempotency-mismatch` when the key came with another amount or description
   */
  create(request: ChargeRequest, qrOf: (chargeId: string) => string): Charge {
    const before = request.idempotencyKey === null ? null : this.#byKey(request.deviceId, request.idempotencyKey);
    if (before) return sameRequest(before, request);
    const chargeId = `ch_${randomText(this.#entropy, BASE62, 27)}`;
    const nowMs = this.#clock.wallMs();
    const expiresAtMs = nowMs + this.#lifeMs;
    this.#db
      .prepare(
        `INSERT INTO charges (charge_id, device_id, amount_minor, description, raw_data, expiry, created_at_ms, expires_at_ms, idempotency_key)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        chargeId,
        request.deviceId,
        request.amountMinor,
        request.description,
        qrOf(chargeId),
        this.#nanosecondTime(expiresAtMs),
        nowMs,
        expiresAtMs,
        request.idempotencyKey,
      );
    return this.get(chargeId);
  }

  /**
   * The customer pays. Paying a paid charge changes nothing.
   * @throws Refusal `charge-unknown`; `charge-failed`; `charge-expired` unless `late` allows it
   */
  pay(chargeId: string, late: boolean): Settled {
    const charge = this.get(chargeId);
    if (charge.state === 'paid') return { charge, changed: false };
    if (charge.state === 'failed') throw settledAlready('charge-failed', 'The payment of this charge has failed already');
    if (charge.state === 'expired' && !late) {
      throw new Refusal(409, 'This charge has expired', { code: 'charge-expired', remedy: 'Send {"late": true} to pay it all the same.' });
    }
    return this.#settle(charge, 'paid');
  }

  /** The customer's payment fails. @throws Refusal `charge-unknown`, `charge-paid` */
  fail(chargeId: string): Settled {
    const charge = this.get(chargeId);
    if (charge.state === 'failed') return { charge, changed: false };
    if (charge.state === 'paid') throw settledAlready('charge-paid', 'This charge has been paid already');
    return this.#settle(charge, 'failed');
  }

  /** Time is up for an open charge, at once. @throws Refusal `charge-unknown`, `charge-paid`, `charge-failed` */
  expire(chargeId: string): Settled {
    const charge = this.get(chargeId);
    if (charge.state === 'expired') return { charge, changed: false };
    if (charge.state !== 'open') throw settledAlready(`charge-${charge.state}`, `This charge is ${charge.state} already`);
    this.#db.prepare('UPDATE charges SET expires_at_ms = ? WHERE charge_id = ?').run(this.#clock.wallMs(), chargeId);
    return { charge: this.get(chargeId), changed: true };
  }

  find(chargeId: string): Charge | null {
    const row = this.#db.prepare('SELECT * FROM charges WHERE charge_id = ?').get(chargeId);
    return row ? this.#toCharge(row) : null;
  }

  /** @throws Refusal `charge-unknown` */
  get(chargeId: string): Charge {
    const charge = this.find(chargeId);
    if (charge) return charge;
    throw new Refusal(404, 'No such charge', { code: 'charge-unknown', found: chargeId });
  }

  /** The latest first, at most `limit`. */
  list(limit: number): Charge[] {
    const rows = this.#db.prepare('SELECT * FROM charges ORDER BY seq DESC LIMIT ?').all(limit);
    return rows.map((row) => this.#toCharge(row));
  }

  #byKey(deviceId: string, key: string): Charge | null {
    const row = this.#db.prepare('SELECT * FROM charges WHERE device_id = ? AND idempotency_key = ?').get(deviceId, key);
    return row ? this.#toCharge(row) : null;
  }

  #settle(charge: Charge, state: 'paid' | 'failed'): Settled {
    const late = state === 'paid' && charge.state === 'expired' ? 1 : 0;
    this.#db
      .prepare(`UPDATE charges SET state = ?, late = ?, settled_at_ms = ? WHERE charge_id = ? AND state = 'open'`)
      .run(state, late, this.#clock.wallMs(), charge.chargeId);
    return { charge: this.get(charge.chargeId), changed: true };
  }

  #toCharge(row: Record<string, SQLOutputValue>): Charge {
    const expiresAtMs = integerOf(row, 'expires_at_ms');
    const stored = textOf(row, 'state') as 'open' | 'paid' | 'failed';
    return {
      chargeId: textOf(row, 'charge_id'),
      deviceId: textOf(row, 'device_id'),
      amountMinor: integerOf(row, 'amount_minor'),
      description: textOf(row, 'description'),
      rawData: textOf(row, 'raw_data'),
      expiry: textOf(row, 'expiry'),
      state: stored === 'open' && this.#clock.wallMs() >= expiresAtMs ? 'expired' : stored,
      late: integerOf(row, 'late') === 1,
      createdAtMs: integerOf(row, 'created_at_ms'),
      expiresAtMs,
      settledAtMs: integerOrNull(row, 'settled_at_ms'),
      idempotencyKey: textOrNull(row, 'idempotency_key'),
    };
  }

  /** Go's RFC 3339: nanoseconds with trailing zeros cut off, as in the contract's "2025-09-20T09:39:02.63620927Z". */
  #nanosecondTime(ms: number): string {
    const fraction = new Date(ms).toISOString().slice(20, 23) + randomText(this.#entropy, '0123456789', 6);
    const digits = fraction.replace(/0+$/, '');
    const seconds = new Date(ms).toISOString().slice(0, 19);
    return digits === '' ? `${seconds}Z` : `${seconds}.${digits}Z`;
  }
}

function sameRequest(charge: Charge, request: ChargeRequest): Charge {
  if (charge.amountMinor === request.amountMinor && charge.description === request.description) return charge;
  throw new Refusal(400, 'This idempotency key was used for another payment', {
    code: 'idempotency-mismatch',
    remedy: 'Use a new key for every new payment, and the same body for every try of one.',
  });
}

function settledAlready(code: string, message: string): Refusal {
  return new Refusal(409, message, { code, remedy: 'Create a new charge.' });
}
