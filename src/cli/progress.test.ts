import { expect, test } from 'vitest';
import { progressBar } from './progress.ts';

const MIB = 1024 * 1024;
function terminal(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  return { isTTY, columns, written, write: (text: string) => written.push(text) };
}

test('a bar grows, is drawn when it changes only, and goes away', () => {
  const tty = terminal(true);
  const bar = progressBar('Checking', tty);
  for (let done = 0; done <= 100; done++) bar.update(done * MIB, 100 * MIB);
  bar.update(100 * MIB, 100 * MIB);
  bar.end();
  bar.end();
  expect(tty.written[0]).toBe(`\rChecking [${'.'.repeat(30)}]   0 %\u{1b}[K`);
  expect(tty.written[50]).toContain(`[${'#'.repeat(15)}${'.'.repeat(15)}]  50 %`);
  expect(tty.written.slice(100)).toEqual([`\rChecking [${'#'.repeat(30)}] 100 %\u{1b}[K`, '\r\u{1b}[K']);
});

test('it fits on one line of a narrow terminal', () => {
  const tty = terminal(true, 20);
  progressBar('Checking', tty).update(1, 100 * MIB);
  expect(tty.written[0]?.replace('\r', '').replace('\u{1b}[K', '')).toHaveLength(19);
});

test.each([
  ['in a pipe', terminal(false), 100 * MIB],
  ['for what is done at once', terminal(true), MIB],
])('nothing is drawn %s', (_, tty, total) => {
  const bar = progressBar('Checking', tty);
  bar.update(1, total);
  bar.end();
  expect(tty.written).toEqual([]);
});

test('steps that count something else than bytes say how many are worth a bar', () => {
  const tty = terminal(true);
  progressBar('Speaking', tty, 3).update(1, 2);
  expect(tty.written).toEqual([]);
  progressBar('Speaking', tty, 3).update(1, 4);
  expect(tty.written[0]).toContain('  25 %');
});
