import { setTimeout as delay } from 'node:timers/promises';

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

interface Source {
  /** Opens the stream after the entry with this id, or from now on. */
  readonly open: (last: number | null) => Promise<Response>;
  readonly after: number | null;
  readonly signal: AbortSignal;
  readonly retryMs?: number;
}

/** How often a stream that broke is opened again before it is given up: about half a minute, a box's restart. */
const TRIES = 30;
/** No event of a box is larger. */
const LONGEST_EVENT = 1024 * 1024;

/**
 * Server-sent events, over as many connections as it takes: each begins after the last id that was seen. Ends when the
 * signal aborts; fails when the stream cannot be opened at first, or not again.
 */
export async function* serverEvents({ open, after, signal, retryMs = 1_000 }: Source): AsyncGenerator<ServerEvent> {
  let last = after;
  let response = await open(last);
  while (!signal.aborted) {
    for await (const { event, data, id } of eventsOf(response, signal)) {
      if (id !== null) last = id;
      if (data !== '') yield { event, data };
    }
    const again = await reopen(() => open(last), signal, retryMs);
    if (!again) return;
    response = again;
  }
}

async function reopen(open: () => Promise<Response>, signal: AbortSignal, retryMs: number): Promise<Response | null> {
  for (let left = TRIES; ; left--) {
    await delay(retryMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return null;
    try {
      return await open();
    } catch (error) {
      if (signal.aborted) return null;
      if (left <= 1) throw error;
    }
  }
}

interface Parsed extends ServerEvent {
  readonly id: number | null;
}

/** The events of one connection, until it ends or breaks. */
async function* eventsOf(response: Response, signal: AbortSignal): AsyncGenerator<Parsed> {
  let text = '';
  try {
    for await (const chunk of (response.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) yield parse(block);
      if (text.length > LONGEST_EVENT || signal.aborted) return;
    }
  } catch {
    // A connection that breaks is opened again by the caller, from where it was.
  }
}

function parse(block: string): Parsed {
  const lines = block.split('\n');
  const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const id = Number(field('id') ?? Number.NaN);
  return { event: field('event') ?? 'message', data: field('data') ?? '', id: Number.isSafeInteger(id) ? id : null };
}
