import { arch, cpus, freemem, loadavg, platform, totalmem } from 'node:os';
import type { DatabaseSync } from 'node:sqlite';
import { integerOf } from '../store.ts';
import type { Health } from './health.ts';
import { GATEWAY_NAME, GATEWAY_VERSION, type PaymentGatewaySettings } from './settings.ts';
import type { Transactions } from './transactions.ts';

export interface SystemInfoSide {
  readonly db: DatabaseSync;
  readonly health: Health;
  readonly transactions: Transactions;
  readonly settings: PaymentGatewaySettings;
  /** How many jobs the scheduler has. */
  readonly jobs: () => number;
}

/** What the gateway runs on (document 4.1). No key, no address of a service, of the database only a relative path. */
export async function systemInfo({ db, health, transactions, settings, jobs }: SystemInfoSide) {
  const { redis } = settings;
  const uptime = health.uptime();
  return {
    server: {
      name: GATEWAY_NAME,
      version: GATEWAY_VERSION,
      environment: settings.environment,
      uptime,
      uptime_text: uptimeText(uptime),
    },
    system: { platform: platform(), arch: arch(), nodeVersion: process.version, memory: memory(), cpu: cpu() },
    database: {
      type: 'SQLite',
      path: settings.databasePath,
      size: sizeText(databaseBytes(db)),
      transactions_count: transactions.count(),
    },
    redis:
      redis === null
        ? { connected: false, status: 'disabled' }
        : { connected: (await health.redis()).status === 'healthy', host: `${redis.host}:${redis.port}` },
    scheduler: { enabled: jobs() > 0, jobs_active: jobs() },
  };
}

/** `1 day, 0 hours, 0 minutes`. */
export function uptimeText(seconds: number): string {
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60];
  return [counted(days, 'day'), counted(hours, 'hour'), counted(minutes, 'minute')].join(', ');
}

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** `2.5 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1_048_576) return `${(bytes / 1_024).toFixed(1)} KB`;
  return bytes < 1_073_741_824 ? `${(bytes / 1_048_576).toFixed(1)} MB` : `${(bytes / 1_073_741_824).toFixed(1)} GB`;
}

function memory() {
  const [total, free] = [totalmem(), freemem()];
  const used = total - free;
  return { total, used, free, usage_percent: Math.round((used / total) * 100) };
}

/** The load of the last minute, over all cores. */
function cpu() {
  const all = cpus();
  const cores = Math.max(1, all.length);
  return {
    model: all[0]?.model.trim() || 'unknown',
    cores,
    usage_percent: Math.min(100, Math.round(((loadavg()[0] ?? 0) / cores) * 100)),
  };
}

function databaseBytes(db: DatabaseSync): number {
  const pages = integerOf(db.prepare('PRAGMA page_count').get() ?? {}, 'page_count');
  return pages * integerOf(db.prepare('PRAGMA page_size').get() ?? {}, 'page_size');
}
