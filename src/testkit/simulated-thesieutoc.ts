import { DatabaseSync } from 'node:sqlite';
import { DELIVERY_TABLES } from '../refserver/payment-gateway/delivery-tables.ts';
import { TheSieuTocSimulation, type TheSieuTocSimulationSettings } from '../refserver/payment-gateway/thesieutoc/simulation.ts';
import { THESIEUTOC_SIMULATION_TABLES } from '../refserver/payment-gateway/thesieutoc/tables.ts';
import type { CardSubmission } from '../refserver/payment-gateway/upstreams.ts';
import { FakeClock } from './clock.ts';
import { seededEntropy } from './entropy.ts';
import { memoryLog } from './log.ts';

/** It opens nothing. */
export const FAKE_THESIEUTOC_KEY = 'FAKE0000FAKE0000FAKE0000FAKE0000';

/** A simulated TheSieuToc in a database of its own (or a given one), under a clock the test moves. */
export function simulatedTheSieuToc(
  settings: Partial<TheSieuTocSimulationSettings> = {},
  db = theSieuTocDatabase(),
  clock = new FakeClock(),
  seed = 1,
) {
  const log = memoryLog();
  const simulation = new TheSieuTocSimulation(
    { db, clock, entropy: seededEntropy(seed), log },
    { apiKey: FAKE_THESIEUTOC_KEY, cardKey: new Uint8Array(32).fill(7), ...settings },
  );
  return { simulation, clock, db, log };
}

export function theSieuTocDatabase(file = ':memory:'): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(THESIEUTOC_SIMULATION_TABLES + DELIVERY_TABLES);
  return db;
}

/** A card nobody sells: PIN and serial can be told from everything else when they turn up somewhere. */
export const sampleCard = (more: Partial<CardSubmission> = {}): CardSubmission => ({
  id: 'TRANS_0000000000001',
  type: 'Viettel',
  amount: 50_000,
  pin: 'FAKEPIN123456',
  serial: 'FAKESERIAL99',
  ...more,
});
