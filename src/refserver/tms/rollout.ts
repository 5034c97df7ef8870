import type { UpdateStatusName } from '../../domain/ota/update.ts';

/** `cancelled`, `expired` and `completed` are ends: nothing is sent any more. */
export type RolloutState = 'running' | 'paused' | 'completed' | 'cancelled' | 'expired';

/** Where a device stands: `under-way` once it was told, until it reports an end or the deadline is over. */
export type DeviceState = 'waiting' | 'under-way' | 'succeeded' | 'failed' | 'cancelled' | 'expired';

export interface RolloutDevice {
  readonly sn: string;
  readonly state: DeviceState;
  /** Whether it has reported anything since it was told. */
  readonly heard: boolean;
}

/** One roll-out of a package to a list of devices. */
export interface Rollout {
  readonly state: RolloutState;
  /** Devices under way at the same time, at most. */
  readonly batchSize: number;
  readonly pauseAfterFailures: number;
  /** Wall time, milliseconds since 1970; null: no limit. */
  readonly deadlineMs: number | null;
  /** Failures since the start or the last resume. */
  readonly failures: number;
  readonly devices: readonly RolloutDevice[];
}

export type RolloutEvent =
  | { readonly kind: 'start' | 'pause' | 'resume' | 'cancel' | 'time' }
  | { readonly kind: 'report'; readonly sn: string; readonly status: UpdateStatusName }
  /** The device has subscribed to its topic: what was sent before may have been lost. */
  | { readonly kind: 'listening'; readonly sn: string }
  /** Tell those under way once more; `sn` null: all of them. */
  | { readonly kind: 'resend'; readonly sn: string | null };

export interface RolloutStep {
  readonly rollout: Rollout;
  /** Serial numbers of the devices to be told now. */
  readonly instruct: readonly string[];
}

const ENDS: Readonly<Partial<Record<UpdateStatusName, DeviceState>>> = {
  UPGRADE_SUCCESS: 'succeeded',
  DOWNLOAD_FAIL: 'failed',
  VERIFY_FAIL: 'failed',
  UPGRADE_FAIL: 'failed',
};

/**
 * What an event does to a roll-out at wall time `nowMs`. An event that has no place in the present state changes
 * nothing. Whatever comes, a roll-out whose deadline is over ends first.
 */
export function advance(rollout: Rollout, event: RolloutEvent, nowMs: number): RolloutStep {
  const due = expireWhenOver(rollout, nowMs);
  switch (event.kind) {
    case 'start':
      return fillBatch(due);
    case 'time':
      return quiet(due);
    case 'pause':
      return quiet(due.state === 'running' ? { ...due, state: 'paused' } : due);
    case 'resume':
      return due.state === 'paused' ? fillBatch({ ...due, state: 'running', failures: 0 }) : quiet(due);
    case 'cancel':
      return quiet(cancelled(due));
    case 'report':
      return fillBatch(reported(due, event.sn, event.status));
    case 'listening':
      return tell(due, ({ sn, heard }) => sn === event.sn && !heard);
    case 'resend':
      return tell(due, ({ sn }) => event.sn === null || sn === event.sn);
  }
}

const quiet = (rollout: Rollout): RolloutStep => ({ rollout, instruct: [] });

const isOpen = ({ state }: Rollout): boolean => state === 'running' || state === 'paused';

const has = ({ devices }: Rollout, state: DeviceState): boolean => devices.some((device) => device.state === state);

function moved(rollout: Rollout, from: readonly DeviceState[], to: DeviceState): readonly RolloutDevice[] {
  return rollout.devices.map((device) => (from.includes(device.state) ? { ...device, state: to } : device));
}

/** Also the devices that were under way when it was cancelled get their end. */
function expireWhenOver(rollout: Rollout, nowMs: number): Rollout {
  if (rollout.deadlineMs === null || nowMs < rollout.deadlineMs) return rollout;
  if (!isOpen(rollout) && !has(rollout, 'under-way')) return rollout;
  const state = isOpen(rollout) ? 'expired' : rollout.state;
  return { ...rollout, state, devices: moved(rollout, ['waiting', 'under-way'], 'expired') };
}

/** A device that was told already goes on by itself and is still listened to. */
function cancelled(rollout: Rollout): Rollout {
  if (!isOpen(rollout)) return rollout;
  return { ...rollout, state: 'cancelled', devices: moved(rollout, ['waiting'], 'cancelled') };
}

function reported(rollout: Rollout, sn: string, status: UpdateStatusName): Rollout {
  if (!rollout.devices.some((device) => device.sn === sn && device.state === 'under-way')) return rollout;
  const end = ENDS[status];
  const devices = rollout.devices.map((device) => (device.sn === sn ? { ...device, state: end ?? device.state, heard: true } : device));
  const failures = rollout.failures + (end === 'failed' ? 1 : 0);
  const next = { ...rollout, devices, failures };
  // With nobody left to be told there is nothing to pause.
  const tooMany = next.state === 'running' && failures >= rollout.pauseAfterFailures && has(next, 'waiting');
  return tooMany ? { ...next, state: 'paused' } : next;
}

/** As many as are missing from the batch; the end, once nobody is left. One that never answers holds up no other. */
function fillBatch(rollout: Rollout): RolloutStep {
  if (!isOpen(rollout)) return quiet(rollout);
  const waiting = rollout.devices.filter(({ state }) => state === 'waiting');
  const underWay = rollout.devices.filter(({ state }) => state === 'under-way').length;
  if (waiting.length === 0 && underWay === 0) return quiet({ ...rollout, state: 'completed' });
  const missing = rollout.batchSize - underWay;
  if (rollout.state === 'paused' || waiting.length === 0 || missing <= 0) return quiet(rollout);
  const batch = new Set(waiting.slice(0, missing).map(({ sn }) => sn));
  const devices = rollout.devices.map((device) =>
    batch.has(device.sn) ? { ...device, state: 'under-way' as const, heard: false } : device,
  );
  return { rollout: { ...rollout, devices }, instruct: [...batch] };
}

function tell(rollout: Rollout, wanted: (device: RolloutDevice) => boolean): RolloutStep {
  if (rollout.state !== 'running') return quiet(rollout);
  const told = rollout.devices.filter((device) => device.state === 'under-way' && wanted(device));
  return { rollout, instruct: told.map(({ sn }) => sn) };
}
