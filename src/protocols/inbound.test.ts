import { expect, test } from 'vitest';
import type { Inbound } from '../ports/gateway.ts';
import { settle } from '../testkit/clock.ts';
import { inboundQueue } from './inbound.ts';

const confirmation = (charge: string): Inbound => ({ kind: 'confirmation', charge, answer: { state: 'paid' }, done: () => {} });

test('hands out what came before and after the consumer did, in order, with one `reconnected` waiting at most', async () => {
  const queue = inboundQueue();
  for (let i = 0; i < 3; i++) queue.push({ kind: 'reconnected' });
  queue.push(confirmation('ch_1'));
  const seen: string[] = [];
  const consumer = (async () => {
    for await (const event of queue.events()) seen.push(event.kind === 'confirmation' ? event.charge : event.kind);
  })();
  await settle();
  queue.push(confirmation('ch_2'));
  queue.push({ kind: 'reconnected' });
  await settle();
  expect(seen).toEqual(['reconnected', 'ch_1', 'ch_2', 'reconnected']);
  queue.end();
  queue.push(confirmation('ch_3'));
  await consumer;
  expect(seen).toHaveLength(4);
});

test('takes back the newest while nobody has it, and no other', async () => {
  const queue = inboundQueue();
  const [first, second] = [confirmation('ch_1'), confirmation('ch_2')];
  queue.push(first);
  queue.push(second);
  expect([queue.takeBack(first), queue.takeBack(second), queue.takeBack(second), queue.waiting()]).toEqual([false, true, false, 1]);
  const events = queue.events()[Symbol.asyncIterator]();
  expect((await events.next()).value).toBe(first);
  expect([queue.takeBack(first), queue.waiting()]).toEqual([false, 0]);
});
