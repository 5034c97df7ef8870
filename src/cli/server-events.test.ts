import { expect, test } from 'vitest';
import { serverEvents } from './server-events.ts';

const answer = (...chunks: string[]) =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(Buffer.from(chunk));
        controller.close();
      },
    }),
  );

/** Opens these one after the other, and remembers where each was asked to begin. */
function opening(...responses: (Response | Error)[]) {
  const asked: (number | null)[] = [];
  const open = async (last: number | null) => {
    asked.push(last);
    const next = responses.shift() ?? new Error('gone');
    if (next instanceof Error) throw next;
    return next;
  };
  return { open, asked };
}

test('goes on after the last id it saw, through breaks and failed tries', async () => {
  const { open, asked } = opening(
    answer('retry: 1\nid: 7\n\n', 'id: 8\nevent: en', 'try\ndata: {"a":"ก"}\n\n:\n\nevent: screen\ndata: {}\n\nid: 9\nevent: entry\nda'),
    new Error('down'),
    answer('id: 9\nevent: entry\ndata: nine\n\n'),
  );
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { event, data } of serverEvents({ open, after: null, signal: stop.signal, retryMs: 0 })) {
    seen.push(`${event} ${data}`);
    if (data === 'nine') stop.abort();
  }
  expect(seen).toEqual(['entry {"a":"ก"}', 'screen {}', 'entry nine']);
  expect(asked).toEqual([null, 8, 8]);
});

test('fails at once when it cannot be opened at first, and after many tries later', async () => {
  const signal = new AbortController().signal;
  const first = opening(new Error('refused'));
  await expect(serverEvents({ open: first.open, after: 3, signal }).next()).rejects.toThrow('refused');
  expect(first.asked).toEqual([3]);
  const later = opening(answer());
  await expect(serverEvents({ open: later.open, after: 3, signal, retryMs: 0 }).next()).rejects.toThrow('gone');
  expect(later.asked).toHaveLength(31);
});

test('an event without end is not collected for ever', async () => {
  const { open, asked } = opening(answer(`data: ${'x'.repeat(2 ** 21)}`), answer('data: y\n\n'));
  const events = serverEvents({ open, after: null, signal: new AbortController().signal, retryMs: 0 });
  expect((await events.next()).value).toEqual({ event: 'message', data: 'y' });
  expect(asked).toHaveLength(2);
});
