import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Changes } from './changes.ts';
import { Refusal } from './refusal.ts';

/** Pages that may listen at the same time. */
const MAX_LISTENERS = 64;

/**
 * Server-sent events, one `change` event whenever something changed, with what (`devices`, `charges`, …:
 * see `Change`) as its data. Nothing is replayed: on (re)connecting a page fetches everything anyway.
 * @throws Refusal `too-many-listeners`
 */
export function changeStream(c: Context, changes: Changes, stopping: AbortSignal): Response {
  if (changes.listeners() >= MAX_LISTENERS) {
    throw new Refusal(503, 'Too many pages listen', { code: 'too-many-listeners', expected: `at most ${MAX_LISTENERS}` });
  }
  return streamSSE(c, async (stream) => {
    // Changes that come while a slow reader has not taken the last ones are told once: there are only a few kinds.
    const waiting = new Set<string>();
    let wake = () => {};
    const mute = changes.listen((change) => {
      waiting.add(change);
      wake();
    });
    const end = () => wake();
    stream.onAbort(end);
    stopping.addEventListener('abort', end);
    try {
      await stream.writeSSE({ event: 'ready', data: '', retry: 1000 });
      while (!stream.aborted && !stopping.aborted) {
        for (const change of waiting) {
          waiting.delete(change);
          await stream.writeSSE({ event: 'change', data: change });
        }
        if (waiting.size > 0) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (stream.aborted || stopping.aborted) resolve();
        });
      }
    } finally {
      stopping.removeEventListener('abort', end);
      mute();
    }
  });
}
