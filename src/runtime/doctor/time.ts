import { existsSync, readlinkSync } from 'node:fs';
import { OLDEST_MS, RUNTIME, SYNCHRONIZED } from '../clock.ts';
import type { Settings } from '../config.ts';
import { type Check, type Finding, fault, ok, warning } from './finding.ts';
import { place, textOf, type World } from './world.ts';

const SET_IT =
  'Connect the network and switch the time service on: sudo timedatectl set-ntp true; then look at: timedatectl timesync-status';

/** @param livedUntilMs the newest time the journal knows for sure, milliseconds since 1970; 0 when it knows none */
export function timeChecks(world: World, settings: Settings | null, livedUntilMs: number): Check[] {
  return [
    { code: 'clock', title: 'Clock', run: async () => clock(world, livedUntilMs) },
    { code: 'time-zone', title: 'Time zone', run: async () => zone(world, settings) },
  ];
}

function clock(world: World, livedUntilMs: number): Finding {
  const nowMs = world.clock.wallMs();
  const found = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  if (nowMs < OLDEST_MS) {
    return fault('clock-not-set', found, {
      expected: `later than ${new Date(OLDEST_MS).toISOString().slice(0, 10)}: certificates are refused before`,
      remedy: SET_IT,
    });
  }
  if (existsSync(place(world, SYNCHRONIZED))) return ok(`${found}, synchronised`);
  if (nowMs < livedUntilMs) {
    return fault('clock-behind', `${found}, not synchronised`, {
      expected: `later than ${new Date(livedUntilMs).toISOString().slice(0, 19)}Z, which the box has lived through`,
      remedy: SET_IT,
    });
  }
  if (!existsSync(place(world, RUNTIME))) return ok(`${found}; systemd's time service does not run, so the clock is taken at its word`);
  return warning('clock-not-synchronised', `${found}, not synchronised since this start`, {
    expected: 'a clock that the network has set',
    remedy: SET_IT,
  });
}

function zone(world: World, settings: Settings | null): Finding {
  const system = systemZone(world);
  const tickets = settings?.ticket.timeZone;
  if (settings?.printer === undefined || tickets === undefined) return ok(system);
  if (tickets !== 'UTC' || system === 'UTC' || system === 'Etc/UTC') return ok(`${system}; tickets show ${tickets}`);
  return warning('time-zone-differs', `${system}; tickets show UTC`, {
    expected: 'tickets that show the time of the place',
    remedy: `Set "ticket": {"timeZone": "${system}"} in the configuration.`,
  });
}

function systemZone(world: World): string {
  try {
    const [, name] = /zoneinfo\/(.+)$/.exec(readlinkSync(place(world, 'etc/localtime'))) ?? [];
    if (name !== undefined) return name;
  } catch {
    // A system without that link keeps UTC, or has the name in a file.
  }
  return textOf(world, 'etc/timezone').trim() || 'UTC';
}
