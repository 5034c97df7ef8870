import type { DatabaseSync } from 'node:sqlite';
import type { PackageOffer } from '../../domain/ota/update.ts';
import type { StatusReport } from '../../protocols/ds50/tms.ts';
import { type BackendClock, type BackendEntropy, randomText } from '../environment.ts';
import { Refusal } from '../refusal.ts';
import { inTransaction } from '../store.ts';
import { type DeploymentPlan, DeploymentStore, type DeploymentSummary } from './deployment-store.ts';
import { advance, type RolloutEvent, type RolloutState } from './rollout.ts';
import type { StatusHistory } from './status.ts';

/** Sends a device its instruction. What it cannot send it says itself: the roll-out goes on. */
type Instruct = (deviceSn: string, offer: PackageOffer) => void;

const MAX_DEPLOYMENTS = 500;
/** Timers are set for this long at most: further ones overflow, and the wall clock may be set meanwhile. */
const LONGEST_WAIT_MS = 3_600_000;
const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** What a person may do to a roll-out, and the states in which it makes sense. */
const ORDERS = {
  pause: ['running'],
  resume: ['paused'],
  cancel: ['running', 'paused'],
  resend: ['running'],
} as const satisfies Readonly<Record<string, readonly RolloutState[]>>;
export type RolloutOrder = keyof typeof ORDERS;

/**
 * The roll-outs. Every step is on the disk before its instructions go out, so that a restart knows who was told; an
 * instruction that was lost on the way goes out again when its device next listens.
 */
export class Deployments {
  readonly #db: DatabaseSync;
  readonly #store: DeploymentStore;
  readonly #history: StatusHistory;
  readonly #clock: BackendClock;
  readonly #entropy: BackendEntropy;
  readonly #instruct: Instruct;
  readonly #changed: () => void;
  #timer = () => {};

  constructor(
    db: DatabaseSync,
    history: StatusHistory,
    { clock, entropy, instruct, changed }: { clock: BackendClock; entropy: BackendEntropy; instruct: Instruct; changed: () => void },
  ) {
    this.#db = db;
    this.#store = new DeploymentStore(db);
    this.#history = history;
    this.#clock = clock;
    this.#entropy = entropy;
    this.#instruct = instruct;
    this.#changed = changed;
  }

  /** Watches the deadlines, those of the last run too. */
  start(): void {
    this.#watch();
  }

  stop(): void {
    this.#timer();
  }

  /** Starts a roll-out and tells its first devices. @throws Refusal `deployment-limit` */
  create(plan: DeploymentPlan, devices: readonly string[]): DeploymentSummary {
    if (this.#store.count() >= MAX_DEPLOYMENTS) {
      throw new Refusal(409, 'There are too many roll-outs', { code: 'deployment-limit', expected: `at most ${MAX_DEPLOYMENTS}` });
    }
    const id = `dep_${randomText(this.#entropy, ID_ALPHABET, 16)}`;
    this.#apply(() => {
      this.#store.insert(id, plan, devices, this.#clock.wallMs());
      return this.#step(id, { kind: 'start' });
    });
    this.#watch();
    return this.#store.summary(id);
  }

  /**
   * Pauses, resumes, cancels, or tells those under way once more (`deviceSn` null: all of them).
   * @throws Refusal `deployment-unknown`, `deployment-state` when its state does not allow it, `device-not-under-way`
   */
  order(id: string, order: RolloutOrder, deviceSn: string | null = null): DeploymentSummary {
    this.#expire();
    const { state } = this.#store.summary(id);
    const allowed: readonly RolloutState[] = ORDERS[order];
    if (!allowed.includes(state)) {
      throw new Refusal(409, `The roll-out is ${state}`, { code: 'deployment-state', found: state, expected: allowed.join(' or ') });
    }
    const event: RolloutEvent = order === 'resend' ? { kind: 'resend', sn: deviceSn } : { kind: order };
    const told = this.#apply(() => this.#step(id, event));
    if (deviceSn !== null && told === 0) {
      throw new Refusal(409, 'The device is not under way in this roll-out', { code: 'device-not-under-way', found: deviceSn });
    }
    return this.#store.summary(id);
  }

  /** Keeps what a device reports and moves the roll-outs on. A report that was kept before does nothing. */
  receive({ deviceSn, reports }: StatusReport): void {
    this.#apply(() => reports.flatMap((report) => this.#report(deviceSn, report)));
  }

  /** A device has begun to listen: what it was told and has not answered may be lost. */
  listening(deviceSn: string): void {
    const silent = this.#store.silent(deviceSn);
    if (silent.length > 0) this.#apply(() => silent.flatMap((id) => this.#step(id, { kind: 'listening', sn: deviceSn })));
  }

  list(limit: number): DeploymentSummary[] {
    return this.#store.list(limit);
  }

  /** @throws Refusal `deployment-unknown` */
  get(id: string) {
    return { ...this.#store.summary(id), devices: this.#store.devices(id) };
  }

  #report(deviceSn: string, report: StatusReport['reports'][number]): Told[] {
    const nowMs = this.#clock.wallMs();
    if (!this.#history.keep(deviceSn, report, nowMs) || !this.#store.has(report.deployment)) return [];
    const { deployment, status, progress, reason } = report;
    this.#store.said(deployment, deviceSn, status, progress, reason, nowMs);
    return this.#step(deployment, { kind: 'report', sn: deviceSn, status });
  }

  #step(id: string, event: RolloutEvent): Told[] {
    const before = this.#store.rollout(id);
    const nowMs = this.#clock.wallMs();
    const { rollout, instruct } = advance(before, event, nowMs);
    this.#store.save(id, before, rollout, nowMs);
    return instruct.map((deviceSn) => ({ id, deviceSn }));
  }

  /** Runs `work` in one transaction, then sends what it says; resolves to how many were told. */
  #apply(work: () => readonly Told[]): number {
    const told = inTransaction(this.#db, work);
    for (const { id, deviceSn } of told) this.#instruct(deviceSn, this.#store.offer(id));
    this.#changed();
    return told.length;
  }

  /** Ends what is over. */
  #expire(): void {
    const due = this.#store.deadlines().filter(({ deadlineMs }) => deadlineMs <= this.#clock.wallMs());
    if (due.length > 0) this.#apply(() => due.flatMap(({ id }) => this.#step(id, { kind: 'time' })));
  }

  #watch(): void {
    this.#timer();
    this.#expire();
    const [next] = this.#store.deadlines();
    if (next === undefined) return;
    const waitMs = Math.min(Math.max(1, next.deadlineMs - this.#clock.wallMs()), LONGEST_WAIT_MS);
    this.#timer = this.#clock.after(waitMs, () => this.#watch());
  }
}

interface Told {
  readonly id: string;
  readonly deviceSn: string;
}
