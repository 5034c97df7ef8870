import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { DeviceFault } from '../domain/fault.ts';
import { createLog, type LogLevel } from './log.ts';

function lines(level: LogLevel, human: boolean, use: (log: ReturnType<typeof createLog>) => void): string[] {
  const written: string[] = [];
  use(createLog({ level, human, write: (line) => void written.push(line) }));
  return written;
}

test('writes one JSON line for an event, with its level, time and redacted fields', () => {
  const [line = ''] = lines('info', false, (log) =>
    log.warn('outbox.retry', { attempts: 3, token: 'x', note: 'two\nlines', card: '4111111111111111' }),
  );
  expect(line.endsWith('\n') && line.trimEnd().includes('\n')).toBe(false);
  expect(JSON.parse(line)).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    event: 'outbox.retry',
    attempts: 3,
    token: '[hidden]',
    note: 'two\nlines',
    card: '411111******1111',
  });
});

test.each<[LogLevel, string[]]>([
  ['debug', ['a', 'b', 'c', 'd']],
  ['info', ['b', 'c', 'd']],
  ['warn', ['c', 'd']],
  ['error', ['d']],
])('level %s', (level, events) => {
  const written = lines(level, false, (log) => {
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
  });
  expect(written.map((line) => JSON.parse(line).event)).toEqual(events);
});

test('short lines for people', () => {
  const [line] = lines('info', true, (log) => log.info('sale.settled', { dueMinor: 2000, reason: 'a "b"\n', via: 'push' }));
  expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}sale\.settled dueMinor=2000 reason="a \\"b\\"\\n" via=push\n$/);
});

test('fields cannot pass for the line itself, and errors are shown', () => {
  const [line = ''] = lines('info', false, (log) =>
    log.error('x', { level: 'info', event: 'y', error: new DeviceFault('Broken', { code: 'gpio-gone' }) }),
  );
  expect(JSON.parse(line)).toMatchObject({
    level: 'error',
    event: 'x',
    level_: 'info',
    event_: 'y',
    error: { message: 'Broken', code: 'gpio-gone' },
  });
  expect(line.match(/"level":/g)).toHaveLength(1);
});

test('a fault is one short line at every level; a stack is for the errors nobody foresaw, at error level', () => {
  const cause = Object.assign(new Error('connect ENETUNREACH 10.0.0.1:443'), { code: 'ENETUNREACH' });
  const fault = new DeviceFault('The network cannot be reached', { code: 'peer-unreachable', remedy: 'Look at the cable.', cause });
  const written = lines('info', false, (log) => {
    for (const error of [fault, new TypeError('a bug')]) {
      log.info('x', { error });
      log.warn('x', { error });
      log.error('x', { error });
    }
  }).map((line) => JSON.parse(line).error);
  const short = {
    code: 'peer-unreachable',
    message: 'The network cannot be reached',
    cause: 'ENETUNREACH: connect ENETUNREACH 10.0.0.1:443',
  };
  const bug = { name: 'TypeError', message: 'a bug' };
  expect(written).toEqual([short, short, short, bug, bug, { ...bug, stack: expect.stringContaining('log.test.ts') }]);
});

test('the last line before a process ends is on stderr, and stdout stays empty', () => {
  const module = fileURLToPath(new URL('log.ts', import.meta.url));
  const program = `const { stderrLog } = await import(${JSON.stringify(module)}); stderrLog('info').info('last.words'); process.kill(process.pid, 'SIGKILL');`;
  const { stdout, stderr, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect([stdout, JSON.parse(stderr).event, signal]).toEqual(['', 'last.words', 'SIGKILL']);
});
