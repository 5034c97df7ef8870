import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { excerpt } from '../../domain/card-data.ts';
import type { PackageOffer, UpdateStatusName } from '../../domain/ota/update.ts';
import { packagePath } from '../../protocols/ds50/tms.ts';
import { Refusal } from '../refusal.ts';
import { integerOf, integerOrNull, textOf, textOrNull } from '../store.ts';
import type { DeviceState, Rollout, RolloutDevice, RolloutState } from './rollout.ts';

/** What a roll-out was started with. */
export interface DeploymentPlan {
  readonly sha256: string;
  readonly group: string;
  readonly batchSize: number;
  readonly pauseAfterFailures: number;
  /** Wall time, milliseconds since 1970; null: no limit. */
  readonly deadlineMs: number | null;
  readonly permitDowngrade: boolean;
}

/** A roll-out as the control API lists it. */
export interface DeploymentSummary extends DeploymentPlan {
  readonly id: string;
  readonly state: RolloutState;
  readonly failures: number;
  /** File name of the package. */
  readonly name: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** Devices in each state; they add up to all of them. */
  readonly counts: Readonly<Record<DeviceState, number>>;
}

/** Where one device of a roll-out stands, with what it last said. */
export interface DeploymentDevice {
  readonly deviceSn: string;
  readonly state: DeviceState;
  readonly status: UpdateStatusName | null;
  /** Percent. */
  readonly progress: number;
  readonly reason: string;
  readonly toldAtMs: number | null;
  readonly reportedAtMs: number | null;
}

const NO_DEVICES: Readonly<Record<DeviceState, number>> = {
  waiting: 0,
  'under-way': 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  expired: 0,
};

/** The rows of the roll-outs. Whoever changes several calls it in one transaction. */
export class DeploymentStore {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  insert(id: string, plan: DeploymentPlan, devices: readonly string[], nowMs: number): void {
    const { sha256, group, batchSize, pauseAfterFailures, deadlineMs, permitDowngrade } = plan;
    this.#db
      .prepare(
        `INSERT INTO tms_deployments (id, sha256, group_name, batch_size, pause_after_failures, deadline_ms, permit_downgrade, state, created_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?)`,
      )
      .run(id, sha256, group, batchSize, pauseAfterFailures, deadlineMs, permitDowngrade ? 1 : 0, nowMs);
    const device = this.#db.prepare(
      "INSERT INTO tms_deployment_devices (deployment_id, position, device_sn, state) VALUES (?, ?, ?, 'waiting')",
    );
    for (const [position, sn] of devices.entries()) device.run(id, position, sn);
  }

  count(): number {
    return integerOf(this.#db.prepare('SELECT count(*) AS n FROM tms_deployments').get() ?? {}, 'n');
  }

  has(id: string): boolean {
    return this.#db.prepare('SELECT 1 FROM tms_deployments WHERE id = ?').get(id) !== undefined;
  }

  /** @throws Refusal `deployment-unknown` */
  rollout(id: string): Rollout {
    const row = this.#row(id);
    return {
      state: textOf(row, 'state') as RolloutState,
      batchSize: integerOf(row, 'batch_size'),
      pauseAfterFailures: integerOf(row, 'pause_after_failures'),
      deadlineMs: integerOrNull(row, 'deadline_ms'),
      failures: integerOf(row, 'failures'),
      devices: this.devices(id).map(({ deviceSn, state, status }) => ({ sn: deviceSn, state, heard: status !== null })),
    };
  }

  /** Writes what a step has changed. `before` is what `rollout` returned. */
  save(id: string, before: Rollout, after: Rollout, nowMs: number): void {
    if (after === before) return;
    const ended = after.state !== before.state && after.state !== 'running' && after.state !== 'paused';
    this.#db
      .prepare('UPDATE tms_deployments SET state = ?, failures = ?, ended_at_ms = coalesce(ended_at_ms, ?) WHERE id = ?')
      .run(after.state, after.failures, ended ? nowMs : null, id);
    const told = this.#db.prepare(
      'UPDATE tms_deployment_devices SET state = ?, told_at_ms = coalesce(told_at_ms, ?) WHERE deployment_id = ? AND device_sn = ?',
    );
    const states = new Map(before.devices.map(({ sn, state }) => [sn, state]));
    const changed = ({ sn, state }: RolloutDevice) => states.get(sn) !== state;
    for (const { sn, state } of after.devices.filter(changed)) told.run(state, state === 'under-way' ? nowMs : null, id, sn);
  }

  /**
   * Keeps what a device last said; only of one that was told and has not ended, or was given up. How far it was does not
   * go back: a report of a failure says 0.
   */
  said(id: string, sn: string, status: UpdateStatusName, progress: number, reason: string, nowMs: number): void {
    this.#db
      .prepare(
        `UPDATE tms_deployment_devices SET status = ?, progress = max(progress, ?), reason = ?, reported_at_ms = ?
         WHERE deployment_id = ? AND device_sn = ? AND state IN ('under-way', 'expired')`,
      )
      .run(status, progress, reason, nowMs, id, sn);
  }

  /** What the devices of a roll-out are told. @throws Refusal `deployment-unknown` */
  offer(id: string): PackageOffer {
    const row = this.#row(id);
    const sha256 = textOf(row, 'sha256');
    return {
      deployment: id,
      name: textOf(row, 'name'),
      size: integerOf(row, 'size'),
      sha256,
      path: packagePath(sha256),
      permitDowngrade: integerOf(row, 'permit_downgrade') === 1,
      deadlineMs: integerOrNull(row, 'deadline_ms'),
    };
  }

  /** @throws Refusal `deployment-unknown` */
  summary(id: string): DeploymentSummary {
    return this.#summary(this.#row(id));
  }

  /** The latest first, at most `limit`. */
  list(limit: number): DeploymentSummary[] {
    return this.#db
      .prepare(`${ROWS} ORDER BY d.seq DESC LIMIT ?`)
      .all(limit)
      .map((row) => this.#summary(row));
  }

  /** In the order they are told. */
  devices(id: string): DeploymentDevice[] {
    return this.#db.prepare('SELECT * FROM tms_deployment_devices WHERE deployment_id = ? ORDER BY position').all(id).map(toDevice);
  }

  /** Roll-outs in which this device was told and has said nothing since, the oldest first. */
  silent(sn: string): string[] {
    return this.#db
      .prepare(
        `SELECT v.deployment_id AS id FROM tms_deployment_devices v JOIN tms_deployments d ON d.id = v.deployment_id
         WHERE v.device_sn = ? AND v.state = 'under-way' AND v.status IS NULL AND d.state = 'running' ORDER BY d.seq`,
      )
      .all(sn)
      .map((row) => textOf(row, 'id'));
  }

  /** Roll-outs that a deadline has still something to end in, with it, the earliest first. */
  deadlines(): { readonly id: string; readonly deadlineMs: number }[] {
    return this.#db
      .prepare(
        `SELECT id, deadline_ms FROM tms_deployments d WHERE deadline_ms IS NOT NULL AND (state IN ('running', 'paused')
         OR EXISTS (SELECT 1 FROM tms_deployment_devices v WHERE v.deployment_id = d.id AND v.state = 'under-way')) ORDER BY deadline_ms`,
      )
      .all()
      .map((row) => ({ id: textOf(row, 'id'), deadlineMs: integerOf(row, 'deadline_ms') }));
  }

  #row(id: string): Record<string, SQLOutputValue> {
    const row = this.#db.prepare(`${ROWS} WHERE d.id = ?`).get(id);
    if (row) return row;
    throw new Refusal(404, 'There is no such roll-out', { code: 'deployment-unknown', found: excerpt(id, 64) });
  }

  #summary(row: Record<string, SQLOutputValue>): DeploymentSummary {
    const id = textOf(row, 'id');
    const counted = this.#db
      .prepare('SELECT state, count(*) AS n FROM tms_deployment_devices WHERE deployment_id = ? GROUP BY state')
      .all(id)
      .map((count) => [textOf(count, 'state'), integerOf(count, 'n')]);
    return {
      id,
      state: textOf(row, 'state') as RolloutState,
      failures: integerOf(row, 'failures'),
      sha256: textOf(row, 'sha256'),
      name: textOf(row, 'name'),
      group: textOf(row, 'group_name'),
      batchSize: integerOf(row, 'batch_size'),
      pauseAfterFailures: integerOf(row, 'pause_after_failures'),
      deadlineMs: integerOrNull(row, 'deadline_ms'),
      permitDowngrade: integerOf(row, 'permit_downgrade') === 1,
      createdAtMs: integerOf(row, 'created_at_ms'),
      endedAtMs: integerOrNull(row, 'ended_at_ms'),
      counts: { ...NO_DEVICES, ...Object.fromEntries(counted) },
    };
  }
}

const ROWS = 'SELECT d.*, p.name, p.size FROM tms_deployments d JOIN tms_packages p ON p.sha256 = d.sha256';

const toDevice = (row: Record<string, SQLOutputValue>): DeploymentDevice => ({
  deviceSn: textOf(row, 'device_sn'),
  state: textOf(row, 'state') as DeviceState,
  status: textOrNull(row, 'status') as UpdateStatusName | null,
  progress: integerOf(row, 'progress'),
  reason: textOf(row, 'reason'),
  toldAtMs: integerOrNull(row, 'told_at_ms'),
  reportedAtMs: integerOrNull(row, 'reported_at_ms'),
});
