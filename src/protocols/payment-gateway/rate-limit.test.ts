import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FakeClock, settle } from '../../testkit/clock.ts';
import { requestFault } from '../../testkit/promptpay-gateway.ts';
import { RateLimit } from './rate-limit.ts';

const never = new AbortController().signal;
const made = (most = 2, windowMs = 1_000) => {
  const clock = new FakeClock();
  return { clock, limit: new RateLimit({ clock, most, windowMs }) };
};

test('as many as are allowed go at once, the next one when the first has left the window', async () => {
  const { clock, limit } = made();
  await limit.turn(never, 0);
  clock.advance(400);
  await limit.turn(never, 0);
  const went: string[] = [];
  void limit.turn(never, 5_000).then(() => went.push('third'));
  void limit.turn(never, 5_000).then(() => went.push('fourth'));
  await clock.flow(599, 1);
  expect(went).toEqual([]);
  await clock.flow(1);
  expect(went).toEqual(['third']);
  await clock.flow(400);
  expect(went).toEqual(['third', 'fourth']);
});

test('what would come too late is said at once, with how long it will be, and takes nobody`s place', async () => {
  const { clock, limit } = made(1);
  await limit.turn(never, 0);
  expect(await requestFault(limit.turn(never, 999))).toMatchObject({
    code: 'rate-limited',
    retryable: true,
    retryAfterMs: 1_000,
    unsent: true,
  });
  expect(clock.pending()).toBe(0);
  clock.advance(1_000);
  await limit.turn(never, 0);
});

test('what was never sent does not count', async () => {
  const { limit } = made(1);
  (await limit.turn(never, 0)).giveBack();
  await limit.turn(never, 0);
});

test('one who gives up while waiting leaves the place to the next', async () => {
  const { clock, limit } = made(1);
  await limit.turn(never, 0);
  const leaving = new AbortController();
  const left = requestFault(limit.turn(leaving.signal, 5_000));
  leaving.abort();
  expect(await left).toMatchObject({ code: 'request-aborted', unsent: true });
  expect(clock.pending()).toBe(0);
  expect(await requestFault(limit.turn(leaving.signal, 5_000))).toMatchObject({ code: 'request-aborted' });
  expect(await requestFault(limit.turn(never, 999))).toMatchObject({ retryAfterMs: 1_000 });
});

test('places given back are taken again, in whatever order they are left', async () => {
  const { clock, limit } = made(2);
  await limit.turn(never, 0);
  clock.advance(10);
  const second = await limit.turn(never, 0);
  const leaving = new AbortController();
  const third = requestFault(limit.turn(leaving.signal, 5_000));
  void limit.turn(never, 5_000);
  leaving.abort();
  await third;
  second.giveBack();
  void limit.turn(never, 990);
  expect(await requestFault(limit.turn(never, 0))).toMatchObject({ retryAfterMs: 1_990 });
  await clock.flow(1_000);
});

test('while the gateway wants to be left alone nobody goes, not even who was waiting already', async () => {
  const { clock, limit } = made(1);
  await limit.turn(never, 0);
  const patient = limit.turn(never, 60_000);
  const impatient = requestFault(limit.turn(never, 2_000));
  let gone = false;
  void patient.then(() => {
    gone = true;
  });
  limit.hold(10_000);
  limit.hold(1);
  clock.advance(2_000);
  expect(await impatient).toMatchObject({ code: 'rate-limited', retryAfterMs: 9_000 });
  await clock.flow(7_999, 1_000);
  expect(gone).toBe(false);
  await clock.flow(1);
  expect(gone).toBe(true);
});

test('no window ever holds more than is allowed', async () => {
  type Step = { readonly after: number; readonly patience: number; readonly outcome: 'sent' | 'unsent' | 'hold' };
  const step = fc.record({
    after: fc.nat(6),
    patience: fc.nat(40),
    outcome: fc.constantFrom<Step['outcome']>('sent', 'sent', 'sent', 'unsent', 'hold'),
  });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 25 }), async (most, steps) => {
      const { clock, limit } = made(most);
      const sent: number[] = [];
      let settled = 0;
      for (const { after, patience, outcome } of steps) {
        await clock.flow(100 * after, 100);
        void limit
          .turn(never, 100 * patience)
          .then(
            (turn) => {
              if (outcome === 'unsent') turn.giveBack();
              else sent.push(clock.monotonicMs());
              if (outcome === 'hold') limit.hold(300);
            },
            () => {},
          )
          .finally(() => settled++);
        await settle();
      }
      for (let i = 0; i < 60 && settled < steps.length; i++) await clock.flow(200, 100);
      // Nobody is forgotten.
      expect(settled).toBe(steps.length);
      for (const atMs of sent) expect(sent.filter((other) => other > atMs - 1_000 && other <= atMs).length).toBeLessThanOrEqual(most);
    }),
    { numRuns: 60 },
  );
});
