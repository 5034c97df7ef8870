import type { DatabaseSync } from 'node:sqlite';
import type { StreamedState } from '../protocols/promptpay/codec.ts';
import type { BackendClock } from './environment.ts';
import { inTransaction, integerOf, textOf } from './store.ts';

/** What a box last said of itself, as the control API shows it. */
export interface KnownState {
  readonly deviceId: string;
  readonly state: StreamedState;
  readonly receivedAtMs: number;
}

/** States kept of each device; one a minute makes this a little over an hour and a half. */
const HISTORY = 100;

/** What the boxes stream of themselves: the last state of each, and a short history. */
export class States {
  readonly #db: DatabaseSync;
  readonly #clock: BackendClock;

  constructor(db: DatabaseSync, clock: BackendClock) {
    this.#db = db;
    this.#clock = clock;
  }

  keep(deviceId: string, state: StreamedState): void {
    inTransaction(this.#db, () => {
      this.#db
        .prepare('INSERT INTO states (device_id, state, received_at_ms) VALUES (?, ?, ?)')
        .run(deviceId, JSON.stringify(state), this.#clock.wallMs());
      this.#db
        .prepare(
          'DELETE FROM states WHERE device_id = ?1 AND seq NOT IN (SELECT seq FROM states WHERE device_id = ?1 ORDER BY seq DESC LIMIT ?2)',
        )
        .run(deviceId, HISTORY);
    });
  }

  /** The last state of every device that sent one. */
  last(): KnownState[] {
    return this.#read('SELECT * FROM states WHERE seq IN (SELECT max(seq) FROM states GROUP BY device_id) ORDER BY seq DESC');
  }

  /** The latest first. */
  history(deviceId: string): KnownState[] {
    return this.#read('SELECT * FROM states WHERE device_id = ? ORDER BY seq DESC', deviceId);
  }

  #read(sql: string, ...values: string[]): KnownState[] {
    const rows = this.#db.prepare(sql).all(...values);
    return rows.map((row) => ({
      deviceId: textOf(row, 'device_id'),
      state: JSON.parse(textOf(row, 'state')) as StreamedState,
      receivedAtMs: integerOf(row, 'received_at_ms'),
    }));
  }
}
