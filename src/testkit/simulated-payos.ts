import { DatabaseSync } from 'node:sqlite';
import { DELIVERY_TABLES } from '../refserver/payment-gateway/delivery-tables.ts';
import { PayOsSimulation, type PayOsSimulationSettings } from '../refserver/payment-gateway/payos/simulation.ts';
import { PAYOS_SIMULATION_TABLES } from '../refserver/payment-gateway/payos/tables.ts';
import type { LinkRequest } from '../refserver/payment-gateway/upstreams.ts';
import { FakeClock } from './clock.ts';
import { seededEntropy } from './entropy.ts';
import { memoryLog } from './log.ts';

/** They open nothing. */
export const FAKE_PAYOS_KEYS = {
  clientId: 'fake-client-0000',
  apiKey: 'fake-api-key-0000',
  checksumKey: 'fake-checksum-key-0000',
} as const;

/** A simulated PayOS in a database of its own (or a given one), under a clock the test moves. */
export function simulatedPayOs(settings: Partial<PayOsSimulationSettings> = {}, db = payOsDatabase(), clock = new FakeClock()) {
  const log = memoryLog();
  const simulation = new PayOsSimulation({ db, clock, entropy: seededEntropy(), log }, { ...FAKE_PAYOS_KEYS, ...settings });
  return { simulation, clock, db, log };
}

export function payOsDatabase(file = ':memory:'): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(PAYOS_SIMULATION_TABLES + DELIVERY_TABLES);
  return db;
}

export const sampleLinkRequest = (clock: FakeClock, more: Partial<LinkRequest> = {}): LinkRequest => ({
  orderCode: 123_456,
  amount: 50_000,
  description: 'Thanh toan don hang 123',
  returnUrl: 'https://your-site.example/success',
  cancelUrl: 'https://your-site.example/cancel',
  expiresAtMs: clock.wallMs() + 86_400_000,
  ...more,
});
