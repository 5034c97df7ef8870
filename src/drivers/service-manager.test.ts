import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../testkit/clock.ts';
import { memoryLog } from '../testkit/log.ts';
import { serviceManager } from './service-manager.ts';

let folder: string;
let said: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-manager-'));
  said = join(folder, 'said');
  writeFileSync(said, '');
  mkdirSync(join(folder, 'bin'));
  script('echo "$*" >> "$SAID"');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What stands for systemd-notify. */
function script(body: string): void {
  writeFileSync(join(folder, 'bin/systemd-notify'), `#!/bin/sh\n${body}\n`);
  chmodSync(join(folder, 'bin/systemd-notify'), 0o755);
}

const log = memoryLog();
const clock = new FakeClock();
const started = (more: Record<string, string> = {}) => {
  const PATH = [join(folder, 'bin'), process.env.PATH].join(delimiter);
  const manager = serviceManager({ env: { PATH, SAID: said, NOTIFY_SOCKET: '/run/nobody', ...more }, clock, log });
  if (!manager) throw new Error('no service manager');
  return manager;
};
const words = () => readFileSync(said, 'utf8').split('\n').filter(Boolean);
async function spoken(count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => words().length >= count && resolve();
  const watcher = watch(said, look);
  look();
  await promise;
  watcher.close();
}

test('without systemd there is nobody to tell', () => {
  expect(serviceManager({ env: {}, clock, log })).toBeNull();
});

test('it is told when the service is ready, and when it ends', async () => {
  const manager = started();
  manager.ready();
  await spoken(1);
  manager.stopping();
  await spoken(2);
  expect(words()).toEqual(['--ready --status=Ready to take money', '--stopping']);
});

test('the watchdog is fed three times in its time, and only while all is well', async () => {
  let well = true;
  const stop = started({ WATCHDOG_USEC: '15000000' }).watch(() => well);
  await spoken(1);
  clock.advance(5_000);
  await spoken(2);
  well = false;
  clock.advance(5_000);
  clock.advance(5_000);
  expect(log.lines.filter(({ event }) => event === 'watchdog.not-fed')).toHaveLength(1);
  well = true;
  clock.advance(5_000);
  await spoken(3);
  stop();
  expect(clock.pending()).toBe(0);
  expect(words()).toEqual(['WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
});

test.each([{}, { WATCHDOG_USEC: '0' }, { WATCHDOG_USEC: 'soon' }])('without a watchdog none is fed (%o)', (env) => {
  started(env).watch(() => true);
  expect(clock.pending()).toBe(0);
});

test('a word that does not arrive is in the log', async () => {
  script('exit 1');
  const told = new Promise((resolve) => {
    const manager = serviceManager({
      env: { PATH: join(folder, 'bin'), NOTIFY_SOCKET: '/run/nobody' },
      clock,
      log: { ...log, error: (event, fields) => resolve({ event, ...fields }) },
    });
    manager?.ready();
  });
  expect(await told).toMatchObject({ event: 'service-manager.not-told', code: 1 });
});

test('a word that cannot even be begun is logged, and nothing more', () => {
  const before = log.lines.length;
  const manager = started({ BALLAST: 'x'.repeat(200_000) });
  expect(() => manager.ready()).not.toThrow();
  expect(log.lines.slice(before)).toMatchObject([{ event: 'service-manager.not-told', fields: { error: { code: 'E2BIG' } } }]);
});
