import { expect, it } from 'vitest';
import { ConfigurationFault } from '../../domain/fault.ts';
import { FakeClock, settle } from '../../testkit/clock.ts';
import { examine, once } from './examine.ts';
import { type Check, ok } from './finding.ts';

const check = (code: string, run: Check['run']): Check => ({ code, title: code, run });

it('runs all at the same time, and gives up the one that never ends', async () => {
  const clock = new FakeClock();
  let told: AbortSignal | null = null;
  let done = 0;
  const never = check('never', (signal) => {
    told = signal;
    return new Promise(() => undefined);
  });
  const running = examine([never, check('quick', async () => ok('fine'))], clock, () => done++);
  await settle();
  expect(done).toBe(1);
  clock.advance(30_000);
  expect(await running).toMatchObject([
    { code: 'never', verdict: 'fault', reason: 'no-answer' },
    { code: 'quick', verdict: 'ok' },
  ]);
  expect([done, told]).toEqual([2, expect.objectContaining({ aborted: true })]);
  expect(clock.pending()).toBe(0);
});

it('makes findings of faults and of what the system refuses, and lets bugs through', async () => {
  const thrown = new ConfigurationFault('The board is wrong', {
    code: 'board-wrong',
    found: '"x"',
    expected: 'a board',
    remedy: 'Correct it.',
  });
  const failing = (error: unknown) => examine([check('one', () => Promise.reject(error))], new FakeClock());
  expect(await failing(thrown)).toEqual([
    {
      code: 'one',
      title: 'one',
      verdict: 'fault',
      reason: 'board-wrong',
      found: 'The board is wrong: "x"',
      expected: 'a board',
      remedy: 'Correct it.',
    },
  ]);
  expect(await failing(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }))).toMatchObject([
    { reason: 'system-error', found: 'EIO: i/o error' },
  ]);
  await expect(failing(new TypeError('undefined is not a function'))).rejects.toThrow('undefined is not a function');
});

it('shows no password of an address', async () => {
  const error = Object.assign(new Error('connect ECONNREFUSED mqtt://box:synthetic@broker.example'), { code: 'ECONNREFUSED' });
  expect(JSON.stringify(await examine([check('one', () => Promise.reject(error))], new FakeClock()))).not.toContain('synthetic');
});

it('finds out once what several ask for', async () => {
  let asked = 0;
  const find = once(async () => ++asked);
  expect([await find(), await find(), asked]).toEqual([1, 1, 1]);
});
