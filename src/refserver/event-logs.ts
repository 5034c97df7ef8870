import type { DatabaseSync } from 'node:sqlite';
import { encodeUploadRequest, type LoggedSale } from '../protocols/promptpay/codec.ts';
import type { BackendClock } from './environment.ts';
import { inTransaction, integerOf, textOf } from './store.ts';

/** One uploaded sale, as the control API shows it. */
export interface EventLog {
  readonly seq: number;
  /** Null when the upload did not tell which box it came from. */
  readonly deviceId: string | null;
  /** The item in the contract's shape. */
  readonly item: unknown;
  readonly receivedAtMs: number;
}

/** The uploaded sales. The same item of the same device is kept once, however often it is uploaded. */
export class EventLogs {
  readonly #db: DatabaseSync;
  readonly #clock: BackendClock;

  constructor(db: DatabaseSync, clock: BackendClock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Keeps a whole batch or, when it throws, nothing of it. Returns how many of the items were new. */
  keep(deviceId: string | null, sales: readonly LoggedSale[]): number {
    const insert = this.#db.prepare('INSERT INTO event_logs (device_id, item, received_at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
    const nowMs = this.#clock.wallMs();
    return inTransaction(this.#db, () => {
      let added = 0;
      for (const sale of sales) added += Number(insert.run(deviceId ?? '', itemText(sale), nowMs).changes);
      return added;
    });
  }

  count(): number {
    return integerOf(this.#db.prepare('SELECT count(*) AS n FROM event_logs').get() ?? {}, 'n');
  }

  /** The latest first, at most `limit`. */
  list(limit: number): EventLog[] {
    const rows = this.#db.prepare('SELECT * FROM event_logs ORDER BY seq DESC LIMIT ?').all(limit);
    return rows.map((row) => ({
      seq: integerOf(row, 'seq'),
      deviceId: textOf(row, 'device_id') || null,
      item: JSON.parse(textOf(row, 'item')) as unknown,
      receivedAtMs: integerOf(row, 'received_at_ms'),
    }));
  }
}

/** The item as the codec writes it, so that two uploads of one sale compare equal whatever their spacing was. */
function itemText(sale: LoggedSale): string {
  const { items } = JSON.parse(new TextDecoder().decode(encodeUploadRequest([sale]))) as { items: unknown[] };
  return JSON.stringify(items[0]);
}
