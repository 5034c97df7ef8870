import fs from 'node:fs';
import path from 'node:path';
import { TillService } from '../../src/app/till.ts';
import type { BoardPulseAcceptor } from '../../src/domain/board.ts';
import type { AcceptorProfile } from '../../src/domain/cash/profiles.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { pulseAcceptor } from '../../src/drivers/acceptors/pulse.ts';
import type { Acceptor } from '../../src/ports/acceptor.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { systemEntropy } from '../../src/runtime/entropy.ts';
import { SimulatedGpio } from '../../src/simulator/gpio.ts';
import { openStore } from '../../src/store/open.ts';

/** Pulses through line, decoder and journal; every train is one durable entry. */
interface PulseBench {
  readonly pulses: number;
  readonly lost: number;
  readonly pulsesPerSecond: number;
  readonly trains: number;
  /** Time of the whole against the time the pulses themselves took on the line: 1 means that nothing lagged. */
  readonly lagRatio: number;
}

const PULSES_PER_TRAIN = 10;
/** 10,000 pulses a second within a train; far quicker than any acceptor, so that the box is the limit. */
const QUICK: AcceptorProfile = {
  idle: 'high',
  minPulseMs: 0.02,
  maxPulseMs: 0.2,
  minGapMs: 0.01,
  maxGapMs: 0.2,
  nominal: { pulseMs: 0.05, gapMs: 0.05 },
  inhibit: 'high',
};
/** Longer than the end of a train, which is 50 ms and a little for this profile. */
const PAUSE_MS = 60;

/** Plays `trains` trains on each of `lines` lines at once, so that the lines together carry more than 10,000 pulses a second. */
export async function benchPulses(dir: string, lines = 64, trains = 20): Promise<PulseBench> {
  const home = fs.mkdtempSync(path.join(dir, 'pulses-'));
  const clock = systemClock();
  const names = Array.from({ length: lines }, (_, i) => `line${i}`);
  const inputs = Object.fromEntries(names.map((name) => [name, { chip: 'sim', line: name, idle: 'high' as const }]));
  const gpio = new SimulatedGpio(clock, { inputs, outputs: {} });
  const store = openStore({ file: path.join(home, 'tilld.db'), boot: 'bench', clock });
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const acceptors: Acceptor[] = [];
  const till = new TillService({ store, entropy: systemEntropy, log: silent, policy: DEFAULT_POLICY, reports: true, version: 'bench' });
  try {
    till.start({ qrPossible: () => false, cashPossible: () => true, cashBusy: () => false });
    await gpio.open();
    const expected = lines * trains;
    let credited = 0;
    let pulses = 0;
    const all = Promise.withResolvers<void>();
    for (const name of names) {
      const entry: BoardPulseAcceptor = {
        name,
        method: 'coin',
        kind: 'pulse',
        input: name,
        profile: 'quick',
        denominations: { [PULSES_PER_TRAIN]: 1_000 },
      };
      const acceptor = pulseAcceptor({ gpio, clock, entry, profile: QUICK, outputs: {}, boot: 'bench' });
      acceptors.push(acceptor);
      await acceptor.start((event) => {
        if (event.kind === 'rejected' || event.kind === 'fault' || event.kind === 'cleared') return;
        if (event.kind === 'credited') {
          till.submit({ type: 'cash', method: 'coin', acceptor: name, train: event.train, amountMinor: event.amountMinor });
          pulses += PULSES_PER_TRAIN;
        }
        if (++credited === expected) all.resolve();
      });
    }
    const train = Array.from({ length: PULSES_PER_TRAIN }, () => [
      { level: 'low' as const, ms: QUICK.nominal.pulseMs },
      { level: 'high' as const, ms: QUICK.nominal.gapMs },
    ]).flat();
    const started = performance.now();
    const played = names.map((name) =>
      gpio.play(name, Array.from({ length: trains }, () => [...train, { level: 'high' as const, ms: PAUSE_MS }]).flat()),
    );
    await Promise.all(played);
    await all.promise;
    const elapsedMs = performance.now() - started;
    const lineMs = trains * (PULSES_PER_TRAIN * (QUICK.nominal.pulseMs + QUICK.nominal.gapMs) + PAUSE_MS);
    const sent = expected * PULSES_PER_TRAIN;
    return {
      pulses: sent,
      lost: sent - pulses,
      pulsesPerSecond: sent / (elapsedMs / 1_000),
      trains: expected,
      lagRatio: elapsedMs / lineMs,
    };
  } finally {
    for (const acceptor of acceptors) await acceptor.stop();
    await gpio.close();
    store.close();
    fs.rmSync(home, { recursive: true, force: true });
  }
}
