import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../domain/fault.ts';
import type { BackendClock } from '../environment.ts';
import { probeRedis } from './redis-probe.ts';
import type { PaymentGatewaySettings } from './settings.ts';
import type { UpstreamCalls } from './upstream-call.ts';
import type { Upstreams } from './upstreams.ts';

export interface HealthSide {
  readonly db: DatabaseSync;
  readonly upstreams: Upstreams;
  readonly calls: UpstreamCalls;
  readonly settings: PaymentGatewaySettings;
  readonly clock: BackendClock;
}

interface Check {
  readonly status: 'healthy' | 'unhealthy' | 'disabled';
  readonly responseTime?: number;
  readonly lastCheck?: string;
  readonly error?: string;
  /** Of the services upstream: a simulation says nothing about the real one. */
  readonly upstream?: 'real' | 'simulated';
}

/** Anybody may ask for the health: what is far away is not asked every time. */
const FRESH_MS = 30_000;
const MOST_WAIT_MS = 5_000;

/** Whether everything the gateway needs is there. */
export class Health {
  readonly #side: HealthSide;
  readonly #startedAtMs: number;
  readonly #seen = new Map<string, { readonly atMs: number; readonly there: Promise<boolean> }>();

  constructor(side: HealthSide) {
    this.#side = side;
    this.#startedAtMs = side.clock.wallMs();
  }

  /** Whole seconds. */
  uptime(): number {
    return Math.max(0, Math.floor((this.#side.clock.wallMs() - this.#startedAtMs) / 1_000));
  }

  /** Everything, as document 5.3: unhealthy when any of it is. */
  async all() {
    const { upstreams, clock, settings } = this.#side;
    const [redis, thesieutoc, payos] = await Promise.all([
      this.redis(),
      this.#remote('thesieutoc', (signal) => upstreams.thesieutoc.probe(signal)),
      this.#remote('payos', (signal) => upstreams.payos.probe(signal)),
    ]);
    const { simulated } = settings;
    const checks = {
      database: this.database(),
      redis,
      thesieutoc: { ...thesieutoc, upstream: kind(simulated.thesieutoc) },
      payos: { ...payos, upstream: kind(simulated.payos) },
    };
    const healthy = Object.values(checks).every(({ status }) => status !== 'unhealthy');
    return {
      status: healthy ? 'healthy' : 'unhealthy',
      timestamp: new Date(clock.wallMs()).toISOString(),
      uptime: this.uptime(),
      checks,
    };
  }

  database(): Check {
    const { db, clock } = this.#side;
    const beganMs = clock.wallMs();
    try {
      db.prepare('SELECT count(*) FROM gateway_numbers').get();
      return { status: 'healthy', responseTime: Math.max(0, clock.wallMs() - beganMs) };
    } catch {
      return { status: 'unhealthy', error: 'Database is not readable' };
    }
  }

  async redis(): Promise<Check> {
    const { redis } = this.#side.settings;
    if (redis === null) return { status: 'disabled' };
    const { lastCheck: _, ...check } = await this.#remote('redis', (signal) => probeRedis(redis.host, redis.port, signal));
    return check;
  }

  async #remote(name: string, probe: (signal: AbortSignal) => Promise<boolean>): Promise<Check> {
    const { clock, calls } = this.#side;
    const nowMs = clock.wallMs();
    let seen = this.#seen.get(name);
    if (!seen || nowMs < seen.atMs || nowMs - seen.atMs >= FRESH_MS) {
      seen = { atMs: nowMs, there: calls.ask(probe, MOST_WAIT_MS).catch(silent) };
      this.#seen.set(name, seen);
    }
    const there = await seen.there;
    const lastCheck = new Date(seen.atMs).toISOString();
    return there ? { status: 'healthy', lastCheck } : { status: 'unhealthy', lastCheck, error: 'No answer' };
  }
}

const kind = (simulated: boolean) => (simulated ? 'simulated' : 'real');

/** One that does not answer in time is not there; anything else is a mistake of ours. */
function silent(error: unknown): false {
  if (error instanceof Fault) return false;
  throw error;
}
