import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { excerpt } from '../../domain/card-data.ts';
import type { CommandAck, ConfigAck, Heartbeat } from '../../protocols/qris-soundbox/codec.ts';
import type { BackendClock } from '../environment.ts';
import { inTransaction, integerOf, textOf } from '../store.ts';
import { keptId, keptJson } from './kept.ts';

/** What a box last said of itself, as the control API shows it. */
export interface KnownHeartbeat {
  readonly heartbeat: Heartbeat;
  readonly receivedAtMs: number;
}

/** An answer of a box, as the control API shows it. */
export interface KnownAck {
  readonly ack: ({ readonly kind: 'config' } & ConfigAck) | ({ readonly kind: 'command' } & CommandAck);
  /** How often it came. */
  readonly copies: number;
  readonly receivedAtMs: number;
}

/** Heartbeats kept of each device. */
const HISTORY = 100;

/** What boxes say of themselves, and of what they were told to do. */
export class Reports {
  readonly #db: DatabaseSync;
  readonly #clock: BackendClock;

  constructor(db: DatabaseSync, clock: BackendClock) {
    this.#db = db;
    this.#clock = clock;
  }

  keepHeartbeat(heartbeat: Heartbeat): void {
    const kept = { ...heartbeat, firmwareVersion: excerpt(heartbeat.firmwareVersion, 64) };
    inTransaction(this.#db, () => {
      this.#db
        .prepare('INSERT INTO qris_heartbeats (device_id, heartbeat, received_at_ms) VALUES (?, ?, ?)')
        .run(heartbeat.deviceId, JSON.stringify(kept), this.#clock.wallMs());
      this.#db
        .prepare(
          `DELETE FROM qris_heartbeats WHERE device_id = ?1
           AND seq NOT IN (SELECT seq FROM qris_heartbeats WHERE device_id = ?1 ORDER BY seq DESC LIMIT ?2)`,
        )
        .run(heartbeat.deviceId, HISTORY);
    });
  }

  /** The last of every device. */
  heartbeats(): KnownHeartbeat[] {
    const rows = this.#db.prepare(
      'SELECT * FROM qris_heartbeats WHERE seq IN (SELECT max(seq) FROM qris_heartbeats GROUP BY device_id) ORDER BY device_id',
    );
    return rows.all().map((row) => ({ heartbeat: JSON.parse(textOf(row, 'heartbeat')), receivedAtMs: integerOf(row, 'received_at_ms') }));
  }

  /** The same answer again is counted and not kept twice. */
  keepAck(ack: KnownAck['ack']): void {
    const texts = { code: excerpt(ack.code, 64), reason: excerpt(ack.reason, 500) };
    const kept =
      ack.kind === 'config'
        ? { ...ack, ...texts }
        : { ...ack, ...texts, command: keptId(ack.command), name: excerpt(ack.name, 64), result: JSON.parse(keptJson(ack.result)) };
    this.#db
      .prepare(
        'INSERT INTO qris_acks (device_id, ack, received_at_ms) VALUES (?, ?, ?) ON CONFLICT (device_id, ack) DO UPDATE SET copies = copies + 1',
      )
      .run(ack.deviceId, JSON.stringify(kept), this.#clock.wallMs());
  }

  /** The latest first, at most `limit`. */
  acks(limit: number): KnownAck[] {
    return this.#db.prepare('SELECT * FROM qris_acks ORDER BY seq DESC LIMIT ?').all(limit).map(toAck);
  }
}

const toAck = (row: Record<string, SQLOutputValue>): KnownAck => ({
  ack: JSON.parse(textOf(row, 'ack')),
  copies: integerOf(row, 'copies'),
  receivedAtMs: integerOf(row, 'received_at_ms'),
});
