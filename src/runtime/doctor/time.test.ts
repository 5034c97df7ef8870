import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DoctorWorld, doctorWorld, findingOfCheck } from '../../testkit/doctor-world.ts';
import type { Settings } from '../config.ts';
import { timeChecks } from './time.ts';

let world: DoctorWorld;
beforeEach(() => {
  world = doctorWorld();
});
afterEach(() => world.remove());

const DAY_MS = 86_400_000;
const SERVICE = 'run/systemd/timesync/pid';
const MARK = 'run/systemd/timesync/synchronized';

it.each<[string, string, string | undefined, readonly string[], number, number]>([
  ['no time service of systemd', 'ok', undefined, [], 0, 0],
  ['synchronised', 'ok', undefined, [SERVICE, MARK], 0, 0],
  ['synchronised, after a wrong future', 'ok', undefined, [SERVICE, MARK], 0, DAY_MS],
  ['not synchronised yet', 'warning', 'clock-not-synchronised', [SERVICE], 0, 0],
  ['behind the journal', 'fault', 'clock-behind', [], 0, DAY_MS],
  ['in 1970', 'fault', 'clock-not-set', [SERVICE], -Date.UTC(2026, 5, 1), 0],
])('a clock that is %s: %s', async (_title, verdict, reason, files, stepMs, aheadMs) => {
  for (const file of files) world.put(file);
  const lived = world.clock.wallMs() + aheadMs;
  world.clock.stepWall(stepMs);
  const finding = await findingOfCheck(timeChecks(world, null, lived), 'clock');
  expect([finding.verdict, finding.reason]).toEqual([verdict, reason]);
});

it('tickets show the time of the place', async () => {
  const zone = (timeZone: string) =>
    findingOfCheck(timeChecks(world, { printer: {}, ticket: { timeZone } } as unknown as Settings, 0), 'time-zone');
  expect(await zone('UTC')).toEqual({ verdict: 'ok', found: 'UTC; tickets show UTC' });
  world.folder('etc');
  symlinkSync('/usr/share/zoneinfo/Asia/Bangkok', join(world.root, 'etc/localtime'));
  expect(await zone('Asia/Bangkok')).toMatchObject({ verdict: 'ok' });
  expect(await zone('UTC')).toMatchObject({
    verdict: 'warning',
    reason: 'time-zone-differs',
    remedy: expect.stringContaining('"Asia/Bangkok"'),
  });
  expect(await findingOfCheck(timeChecks(world, null, 0), 'time-zone')).toEqual({ verdict: 'ok', found: 'Asia/Bangkok' });
});
