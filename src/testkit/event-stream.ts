/** One server-sent event as it arrived. `id` is what the event itself carried. */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | null;
}

/** Reads server-sent events from a response one by one; `null` at the end of the stream. */
export function eventReader(response: Response): { next(): Promise<StreamEvent | null>; cancel(): Promise<void> } {
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    cancel: () => reader.cancel(),
    async next() {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end < 0) {
          const { done, value } = await reader.read();
          if (done) return null;
          text += value;
          continue;
        }
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
        const data = field('data');
        if (data !== null) return { event: field('event') ?? 'message', data, id: field('id') };
      }
    },
  };
}
