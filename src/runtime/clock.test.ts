import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';

const Y2026 = Date.UTC(2026, 0, 1);
const MARK = '/run/systemd/timesync/synchronized';
const FOLDER = '/run/systemd/timesync';

test.each([
  ['1970', 0, 0, [MARK, FOLDER], false],
  ['the day before the program was made', Y2026 - 1, 0, [MARK, FOLDER], false],
  ['before the last entry of the journal', Y2026 + 5, Y2026 + 6, [], false],
  ['before the last entry of the journal, synchronised', Y2026 + 5, Y2026 + 6, [MARK, FOLDER], true],
  ['synchronised', Y2026, Y2026 - 1, [MARK, FOLDER], true],
  ['not synchronised yet', Y2026, 0, [FOLDER], false],
  ['with another time service', Y2026, 0, [], true],
])('a wall clock %s', (_, nowMs, floorMs, files, trusted) => {
  const clock = systemClock({ wallMs: () => nowMs, exists: (path) => files.includes(path) });
  clock.notBefore(floorMs);
  clock.notBefore(0);
  expect(clock.wallTrusted()).toBe(trusted);
});

test('timers run once, in order, and not when cancelled', async () => {
  const clock = systemClock();
  const ran: string[] = [];
  const before = clock.monotonicMs();
  const cancel = clock.after(1, () => ran.push('cancelled'));
  await new Promise<void>((resolve) => {
    clock.after(-5, () => ran.push('at once'));
    clock.after(2, () => {
      ran.push('later');
      resolve();
    });
    cancel();
    cancel();
  });
  expect(ran).toEqual(['at once', 'later']);
  expect(clock.monotonicMs()).toBeGreaterThan(before);
});

test('a wait longer than a timer can take is not a wait of nothing', async () => {
  const clock = systemClock();
  let ran = false;
  const cancel = clock.after(2 ** 40, () => {
    ran = true;
  });
  await delay(5);
  cancel();
  expect(ran).toBe(false);
});

test('the wall clock is the system time', () => {
  expect(Math.abs(systemClock().wallMs() - Date.now())).toBeLessThan(1_000);
});
