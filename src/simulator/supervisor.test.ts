import { afterEach, expect, test } from 'vitest';
import { FakeClock } from '../testkit/clock.ts';
import { memoryLog } from '../testkit/log.ts';
import { Supervisor } from './supervisor.ts';

const supervisors: Supervisor[] = [];

afterEach(async () => {
  // Cut first: under a fake clock `stop` would wait for ever for a box that ignores SIGTERM.
  for (const supervisor of supervisors.splice(0)) await supervisor.cut().then(() => supervisor.stop());
});

/** A supervised `node -e SCRIPT` whose lines can be awaited one by one. */
function box(script: string, command = process.execPath) {
  const clock = new FakeClock();
  const log = memoryLog();
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  const onLine = (line: string) => {
    lines.push(line);
    for (const wake of waiting.splice(0)) wake();
  };
  const supervisor = new Supervisor({ command, args: ['-e', script], clock, log, onLine });
  supervisors.push(supervisor);
  const line = async (at: number): Promise<string> => {
    for (;;) {
      const found = lines[at];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return { supervisor, clock, log, lines, line };
}

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const FOREVER = 'console.log(process.pid); setInterval(() => {}, 1000);';

test('the lines of both streams of the box are forwarded', async () => {
  const { supervisor, line, lines } = box('console.log("one"); console.error("two"); setInterval(() => {}, 1000)');
  await supervisor.switchOn();
  await line(1);
  expect([...lines].sort()).toEqual(['one', 'two']);
  expect(supervisor.state()).toEqual({ power: 'on', run: 'running', lastDeath: null });
});

test('a power cut kills at once, even a box that ignores SIGTERM, and it stays off until switched on', async () => {
  const { supervisor, clock, line } = box(`process.on('SIGTERM', () => {}); ${FOREVER}`);
  await supervisor.switchOn();
  const pid = Number(await line(0));
  await supervisor.cut();
  expect(alive(pid)).toBe(false);
  expect(supervisor.state()).toEqual({ power: 'off', run: 'off', lastDeath: null });
  expect(clock.pending()).toBe(0);
  await supervisor.switchOn();
  expect(Number(await line(1))).not.toBe(pid);
  expect(supervisor.state().run).toBe('running');
});

test('a box that dies by itself is started again after a wait that doubles to half a minute', async () => {
  const { supervisor, clock, log } = box('process.exit(3)');
  const deaths = () => log.lines.filter((l) => l.event === 'box.died');
  const restarting = async (count: number) => {
    while (deaths().length < count) await new Promise<void>((resolve) => setImmediate(resolve));
  };
  await supervisor.switchOn();
  const waits: unknown[] = [];
  for (let count = 1; count <= 8; count++) {
    await restarting(count);
    expect(supervisor.state()).toEqual({ power: 'on', run: 'restarting', lastDeath: 'exit code 3' });
    const wait = deaths().at(-1)?.fields.restartMs;
    waits.push(wait);
    clock.advance(Number(wait) - 1);
    expect(supervisor.state().run).toBe('restarting');
    clock.advance(1);
    expect(supervisor.state().run).toBe('running');
  }
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test('after a healthy minute a death counts as the first one again', async () => {
  const { supervisor, clock, log, line } = box(FOREVER);
  const died = async (count: number) => {
    for (;;) {
      const deaths = log.lines.filter((l) => l.event === 'box.died');
      if (deaths.length === count) return deaths.at(-1)?.fields;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  await supervisor.switchOn();
  process.kill(Number(await line(0)), 'SIGKILL');
  expect(await died(1)).toEqual({ how: 'SIGKILL', restartMs: 500 });
  clock.advance(500);
  process.kill(Number(await line(1)), 'SIGKILL');
  expect(await died(2)).toEqual({ how: 'SIGKILL', restartMs: 1_000 });
  clock.advance(1_000);
  const pid = Number(await line(2));
  clock.advance(60_000);
  process.kill(pid, 'SIGKILL');
  expect(await died(3)).toEqual({ how: 'SIGKILL', restartMs: 500 });
});

test('a power cut while the box waits to start again keeps it off', async () => {
  const { supervisor, clock, log } = box('process.exit(1)');
  await supervisor.switchOn();
  while (!log.lines.some((l) => l.event === 'box.died')) await new Promise<void>((resolve) => setImmediate(resolve));
  await supervisor.cut();
  clock.advance(60_000);
  expect(supervisor.state().run).toBe('off');
});

test('a command that cannot be started counts as a death and is tried again', async () => {
  const { supervisor, clock, log } = box('', '/nowhere/node');
  await supervisor.switchOn();
  while (!log.lines.some((l) => l.event === 'box.died')) await new Promise<void>((resolve) => setImmediate(resolve));
  expect(supervisor.state().lastDeath).toContain('ENOENT');
  expect(clock.pending()).toBe(1);
});

test('stop lets the box end by itself and it is not started again', async () => {
  const { supervisor, clock, line } = box(`process.on('SIGTERM', () => { console.log('bye'); process.exit(0); }); ${FOREVER}`);
  await supervisor.switchOn();
  await line(0);
  await supervisor.stop();
  expect(await line(1)).toBe('bye');
  expect(clock.pending()).toBe(0);
  await supervisor.switchOn();
  expect(supervisor.state().run).toBe('off');
});

test('stop kills a box that does not end within five seconds', async () => {
  const { supervisor, clock, log, line } = box(`process.on('SIGTERM', () => console.log('no')); ${FOREVER}`);
  await supervisor.switchOn();
  const pid = Number(await line(0));
  const stopped = supervisor.stop();
  expect(await line(1)).toBe('no');
  clock.advance(4_999);
  expect(alive(pid)).toBe(true);
  clock.advance(1);
  await stopped;
  expect(alive(pid)).toBe(false);
  expect(log.lines.map((l) => l.event)).toContain('box.kill');
});

test('switching on, off and on again in one breath leaves exactly one box running', async () => {
  const { supervisor, line, lines } = box(FOREVER);
  await Promise.all([supervisor.switchOn(), supervisor.cut(), supervisor.switchOn(), supervisor.switchOn()]);
  expect(supervisor.state().run).toBe('running');
  const pid = Number(await line(0));
  expect(alive(pid)).toBe(true);
  await supervisor.cut();
  expect(lines.filter((l) => alive(Number(l)))).toEqual([]);
});
