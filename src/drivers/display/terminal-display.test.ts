import { expect, test } from 'vitest';
import type { Screen } from '../../domain/screen.ts';
import { FakeClock, settle } from '../../testkit/clock.ts';
import { fakeTerminal } from '../../testkit/fake-terminal.ts';
import { memoryLog } from '../../testkit/log.ts';
import { terminalDisplay } from './terminal-display.ts';

const HOME = '\u{1b}[H';
const CLEAR_LINE = '\u{1b}[K';
const CLEAR_BELOW = '\u{1b}[J';

const pin = (digits: string): Screen => ({ kind: 'pin', pin: digits, deviceId: 'box-1' });

function displayOn(output: ReturnType<typeof fakeTerminal>) {
  const clock = new FakeClock();
  const log = memoryLog();
  const display = terminalDisplay({ output, language: () => 'en', clock, log });
  const written = async (count: number): Promise<void> => {
    while (output.writes.length < count) await settle();
    await settle();
  };
  return { display, clock, log, written };
}

test('a terminal is drawn from its upper left corner, line by line over the old one, in its new size when it has one', async () => {
  const output = fakeTerminal({ isTTY: true, columns: 40, rows: 12 });
  const { display, written } = displayOn(output);
  display.start();
  display.show({ kind: 'thank-you' });
  await written(1);
  const lines = output.writes[0]?.split(`${CLEAR_LINE}\r\n`) ?? [];
  expect(lines[0]).toBe(`${HOME}┌${'─'.repeat(38)}┐`);
  expect(lines.at(-1)).toBe(`└${'─'.repeat(38)}┘${CLEAR_LINE}${CLEAR_BELOW}`);
  output.resize({ columns: 30, rows: 12 });
  await written(2);
  expect(output.writes[1]?.startsWith(`${HOME}┌${'─'.repeat(28)}┐`)).toBe(true);
  await display.stop();
  expect(output.writes[2]).toBe(`${HOME}${CLEAR_BELOW}`);
  output.resize({ columns: 50, rows: 12 });
  await settle();
  expect(output.writes).toHaveLength(3);
  expect(output.listeners()).toBe(0);
});

test('a pipe gets each screen as one block of plain text', async () => {
  const output = fakeTerminal({ isTTY: false });
  const { display, clock, written } = displayOn(output);
  display.start();
  display.show(pin('111111'));
  await written(1);
  display.show({ kind: 'show-qr', qr: 'HELLO', expiresAtMonotonicMs: clock.monotonicMs() + 90_000 });
  await written(2);
  await clock.flow(120_000, 10_000);
  display.show(pin('222222'));
  await written(3);
  await display.stop();
  expect(output.writes).toHaveLength(3);
  const all = output.writes.join('');
  expect(all).not.toContain('\u{1b}');
  expect(all).toMatch(/Pair this box\n[\s\S]*1 +1 +1 +1 +1 +1\n[\s\S]*\n\n[\s\S]*Scan to pay\n[\s\S]*1:30 left/);
  expect(all.endsWith('\n\n')).toBe(true);
});

test('of a reader that has fallen asleep nobody hears but the log, and it wakes up to the newest screen', async () => {
  const output = fakeTerminal({ isTTY: false });
  const { display, clock, log, written } = displayOn(output);
  output.sleep();
  display.start();
  for (const digits of ['111111', '222222', '333333']) {
    display.show(pin(digits));
    await clock.flow(5_000, 500);
  }
  expect(log.lines).toMatchObject([
    { level: 'warn', event: 'display.failed', fields: { display: 'terminal', error: { code: 'display-failed' } } },
  ]);
  output.wake();
  await clock.flow(2_500, 500);
  await written(2);
  expect(output.writes).toEqual([expect.stringMatching(/1 +1 +1 +1/), expect.stringMatching(/3 +3 +3 +3/)]);
  await display.stop();
});
