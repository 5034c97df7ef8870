import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { UpdateStatusName } from '../../domain/ota/update.ts';
import type { TimedUpdateReport } from '../../protocols/ds50/tms.ts';
import { integerOf, textOf } from '../store.ts';

/** One report as it is kept. */
export interface KeptReport {
  readonly id: string;
  readonly deviceSn: string;
  readonly deployment: string;
  readonly status: UpdateStatusName;
  readonly progress: number;
  readonly reason: string;
  /** The device's own clock. */
  readonly deviceTimeMs: number;
  readonly receivedAtMs: number;
}

/** Reports kept of all devices together; the oldest go first. */
const MAX_REPORTS = 200_000;
/** Of one device in one answer. */
const MAX_HISTORY = 100;

/** Every report of every device, once by its id, also of devices and roll-outs that are not known here. */
export class StatusHistory {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Whether the report is a new one. */
  keep(deviceSn: string, report: TimedUpdateReport, nowMs: number): boolean {
    const { id, deployment, status, progress, reason, atMs } = report;
    const { changes, lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO tms_reports (device_sn, report_id, deployment_id, status, progress, reason, device_time_ms, received_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      )
      .run(deviceSn, id, deployment, status, progress, reason, atMs, nowMs);
    if (changes === 0) return false;
    this.#db.prepare('DELETE FROM tms_reports WHERE seq <= ?').run(Number(lastInsertRowid) - MAX_REPORTS);
    return true;
  }

  /** What a device has reported, in whatever roll-out: the newest 100, the latest first. */
  ofDevice(deviceSn: string): KeptReport[] {
    return this.#db
      .prepare('SELECT * FROM tms_reports WHERE device_sn = ? ORDER BY seq DESC LIMIT ?')
      .all(deviceSn, MAX_HISTORY)
      .map(toReport);
  }

  /** What the devices have reported in a roll-out, by serial number: the newest 100 of each, the latest first. */
  ofDeployment(id: string): ReadonlyMap<string, readonly KeptReport[]> {
    const rows = this.#db
      .prepare(
        `SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY device_sn ORDER BY seq DESC) AS place FROM tms_reports WHERE deployment_id = ?)
         WHERE place <= ? ORDER BY seq DESC`,
      )
      .all(id, MAX_HISTORY);
    return Map.groupBy(rows.map(toReport), ({ deviceSn }) => deviceSn);
  }
}

const toReport = (row: Record<string, SQLOutputValue>): KeptReport => ({
  id: textOf(row, 'report_id'),
  deviceSn: textOf(row, 'device_sn'),
  deployment: textOf(row, 'deployment_id'),
  status: textOf(row, 'status') as UpdateStatusName,
  progress: integerOf(row, 'progress'),
  reason: textOf(row, 'reason'),
  deviceTimeMs: integerOf(row, 'device_time_ms'),
  receivedAtMs: integerOf(row, 'received_at_ms'),
});
